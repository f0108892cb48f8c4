package import Bytes

/// The head of a frame: `u32 length | u16 kind | u8 flags | u8 0 | u64 correlation`, little-endian.
///
/// The length counts what follows it. Kind 0 is about the connection itself: the correlation is the
/// word, and there is no body.
package struct FrameHead: Sendable, Equatable {
    package static let bytes = 16
    /// Longest value of the length field.
    package static let lengthMax = 1 << 20
    /// Longest body.
    package static let bodyMax = lengthMax - (bytes - 4)

    package var bodyBytes: Int
    package var kind: UInt16
    package var isAnswer: Bool
    package var isLast: Bool
    package var correlation: UInt64

    /// Puts a head together.
    package init(
        bodyBytes: Int, kind: UInt16, isAnswer: Bool, isLast: Bool, correlation: UInt64
    ) {
        self.bodyBytes = bodyBytes
        self.kind = kind
        self.isAnswer = isAnswer
        self.isLast = isLast
        self.correlation = correlation
    }

    /// What the start of some bytes is.
    package enum Reading: Sendable, Equatable {
        case head(FrameHead)
        /// Too few bytes to say; those that are there are well-formed so far.
        case more
        case malformed
    }

    /// Reads the head at `start`.
    package static func read(_ bytes: [UInt8], at start: Int) -> Reading {
        let present = bytes.count - start
        guard present >= 4 else { return .more }
        let length = Int(word(bytes, start, 4))
        // A hostile length is refused before anything is kept for it.
        guard (bytes16Rest...lengthMax).contains(length) else { return .malformed }
        guard present >= Self.bytes else { return .more }
        let flags = bytes[start + 6]
        guard flags <= 3, flags != 2, bytes[start + 7] == 0 else { return .malformed }
        let head = FrameHead(
            bodyBytes: length - bytes16Rest, kind: UInt16(word(bytes, start + 4, 2)),
            isAnswer: flags & 1 != 0, isLast: flags & 2 != 0,
            correlation: word(bytes, start + 8, 8))
        return .head(head)
    }

    private static let bytes16Rest = bytes - 4

    private static func word(_ bytes: [UInt8], _ start: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return value
    }

    /// Appends the head; the length is right only when `bodyBytes` is.
    package func write(to writer: inout ByteWriter) {
        writer.integer(UInt32(truncatingIfNeeded: bodyBytes + Self.bytes - 4))
        writer.integer(kind)
        writer.integer(UInt8(isAnswer ? 1 : 0) | UInt8(isLast ? 2 : 0))
        writer.integer(UInt8(0))
        writer.integer(correlation)
    }
}

/// Words about a connection itself.
enum Word: UInt64 {
    /// The opener: this is a new passage.
    case open = 1
    /// The opener: this goes on where our other connection ends.
    case join = 2
    /// The acceptor: agreed.
    case welcome = 3
    /// Either, as the last on the old connection: what follows is on the new one.
    case move = 4
}
