// Netlink: talking to the kernel about links, routes, connections, sockets, rules and its logs.
//
// Three altitudes: messages (pure: building and parsing bytes), `NetlinkSocket` (one datagram
// after another), sessions (one subject each). Nothing here waits for anything but the kernel's
// answer, no parser traps on any input, and each dump has a bound. The host is little-endian.

package import Bytes

/// A netlink message's header without its length.
package struct MessageHeader: Sendable, Equatable {
    package let type: UInt16
    package let flags: UInt16
    package let sequence: UInt32
    /// Where the payload lies in the datagram.
    package let payload: Range<Int>

    /// Answers of every protocol: `NLMSG_ERROR` carries an errno, 0 being an acknowledgement.
    package static let error: UInt16 = 2
    package static let done: UInt16 = 3
}

/// Is shown each answer of a dump: its datagram, and where in it the message lies.
package typealias MessageVisitor = (Span<UInt8>, MessageHeader) throws(Malformed) -> Void

/// Request flags (`linux/netlink.h`).
package enum MessageFlag {
    package static let request: UInt16 = 0x1
    package static let acknowledge: UInt16 = 0x4
    package static let dump: UInt16 = 0x300
    package static let create: UInt16 = 0x400
    package static let exclusive: UInt16 = 0x200
    package static let append: UInt16 = 0x800
    /// On an answer: the dump changed under way and may be incomplete.
    package static let interrupted: UInt16 = 0x10
}

/// One attribute: its type without flag bits, and where its value lies.
package struct Attribute: Sendable, Equatable {
    package let type: UInt16
    package let value: Range<Int>
}

/// Walks over the messages and attributes of one datagram, never outside it.
package enum MessageReader {
    /// The message at `offset`, which moves behind it; nil at the end.
    package static func next(
        in bytes: Span<UInt8>, at offset: inout Int
    ) throws(Malformed) -> MessageHeader? {
        guard offset < bytes.count else { return nil }
        guard offset >= 0, bytes.count - offset >= 16 else {
            throw Malformed(at: offset, expected: "a netlink header")
        }
        let length = Int(bytes.u32(offset))
        guard length >= 16, length <= bytes.count - offset else {
            throw Malformed(at: offset, expected: "a netlink length within the datagram")
        }
        let header = MessageHeader(
            type: bytes.u16(offset + 4), flags: bytes.u16(offset + 6),
            sequence: bytes.u32(offset + 8), payload: offset + 16..<offset + length)
        offset = min(offset + (length + 3) & ~3, bytes.count)
        return header
    }

    /// The attribute at `offset`, which moves behind it; nil at `end`.
    package static func attribute(
        in bytes: Span<UInt8>, at offset: inout Int, end: Int
    ) throws(Malformed) -> Attribute? {
        let end = min(end, bytes.count)
        guard offset < end else { return nil }
        guard offset >= 0, end - offset >= 4 else {
            throw Malformed(at: offset, expected: "an attribute header")
        }
        let length = Int(bytes.u16(offset))
        guard length >= 4, length <= end - offset else {
            throw Malformed(at: offset, expected: "an attribute length within its parent")
        }
        // The two high bits say nested and big-endian.
        let found = Attribute(
            type: bytes.u16(offset + 2) & 0x3FFF, value: offset + 4..<offset + length)
        offset = min(offset + (length + 3) & ~3, end)
        return found
    }
}

/// Puts netlink messages one behind the other into one datagram.
package struct MessageWriter: Sendable {
    /// The datagram so far.
    package private(set) var bytes: [UInt8] = []
    /// Messages begun so far.
    package private(set) var count = 0

    package init() { bytes.reserveCapacity(1024) }

    /// Appends one whole message; `body` writes its payload.
    package mutating func message(
        type: UInt16, flags: UInt16, sequence: UInt32, _ body: (inout MessageWriter) -> Void
    ) {
        pad()
        let start = bytes.count
        word(0)
        half(type)
        half(flags | MessageFlag.request)
        word(sequence)
        word(0)
        body(&self)
        patch(start, UInt32(bytes.count - start))
        pad()
        count += 1
    }

    package mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// 16 bits in host order.
    package mutating func half(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value))
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    }

    /// 32 bits in host order; `byteSwapped` values are in network order.
    package mutating func word(_ value: UInt32) {
        half(UInt16(truncatingIfNeeded: value))
        half(UInt16(truncatingIfNeeded: value >> 16))
    }

    package mutating func zeroes(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    package mutating func raw(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    package mutating func attribute(_ type: UInt16, _ value: [UInt8]) {
        nest(type) { $0.raw(value) }
    }

    package mutating func attribute(_ type: UInt16, word value: UInt32) {
        nest(type) { $0.word(value) }
    }

    /// A text with its closing zero.
    package mutating func attribute(_ type: UInt16, text: String) {
        nest(type) { writer in
            writer.raw(Array(text.utf8))
            writer.byte(0)
        }
    }

    /// An attribute whose value `body` writes; pass `nested` to set the flag that newer kernel
    /// subsystems insist on.
    package mutating func nest(
        _ type: UInt16, nested: Bool = false, _ body: (inout MessageWriter) -> Void
    ) {
        pad()
        let start = bytes.count
        half(0)
        half(nested ? type | 0x8000 : type)
        body(&self)
        let length = UInt16(truncatingIfNeeded: bytes.count - start)
        bytes[start] = UInt8(truncatingIfNeeded: length)
        bytes[start + 1] = UInt8(length >> 8)
        pad()
    }

    private mutating func pad() { zeroes((4 - bytes.count & 3) & 3) }

    private mutating func patch(_ offset: Int, _ value: UInt32) {
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
        }
    }
}

extension Span where Element == UInt8 {
    // Callers have checked that the bytes are there; a wrong offset reads as zero, never traps.
    @inline(__always) func u8(_ offset: Int) -> UInt8 {
        offset >= 0 && offset < count ? self[offset] : 0
    }
    @inline(__always) func u16(_ offset: Int) -> UInt16 {
        UInt16(u8(offset)) | UInt16(u8(offset + 1)) << 8
    }
    @inline(__always) func u32(_ offset: Int) -> UInt32 {
        UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16
    }
    @inline(__always) func be16(_ offset: Int) -> UInt16 { u16(offset).byteSwapped }
    @inline(__always) func be32(_ offset: Int) -> UInt32 { u32(offset).byteSwapped }
    @inline(__always) func be64(_ offset: Int) -> UInt64 {
        UInt64(be32(offset)) << 32 | UInt64(be32(offset + 4))
    }
    func copy(_ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(u8(index)) }
        return copy
    }
}
