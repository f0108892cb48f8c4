/// Reads NASDAQ TotalView-ITCH 5.0, one message after the other.
///
/// Each message stands behind two bytes of length; files of simulated flow have zero there, so
/// messages are told by their type, and a length that is not zero must be the type's.
package struct ITCHReader: Sendable {
    /// Where and why a file is none.
    package struct Flaw: Error, Sendable, Hashable {
        /// Bytes before the message.
        package let offset: Int
        package let problem: Problem
    }

    package enum Problem: String, Sendable, Hashable {
        case unknownType, wrongLength, cutShort, unknownSide, unreadableStock
    }

    private let bytes: [UInt8]
    private var position = 0
    /// Messages read so far.
    package private(set) var count = 0

    /// Over a whole file.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next message; nil at the end.
    package mutating func next() throws(Flaw) -> FlowMessage? {
        guard position < bytes.count else { return nil }
        let start = position
        guard bytes.count - start >= 3 else { throw Flaw(offset: start, problem: .cutShort) }
        let type = bytes[start + 2]
        guard let length = Self.length(type) else {
            throw Flaw(offset: start, problem: .unknownType)
        }
        let said = Int(bytes[start]) << 8 | Int(bytes[start + 1])
        guard said == 0 || said == length else {
            throw Flaw(offset: start, problem: .wrongLength)
        }
        guard bytes.count - start - 2 >= length else {
            throw Flaw(offset: start, problem: .cutShort)
        }
        let body = start + 2
        let message = try parse(type, body)
        position = body + length
        count += 1
        return message
    }

    private func parse(_ type: UInt8, _ body: Int) throws(Flaw) -> FlowMessage {
        let reference = integer(body + 11, 8)
        switch type {
        case UInt8(ascii: "A"), UInt8(ascii: "F"):
            let side = bytes[body + 19]
            guard side == UInt8(ascii: "B") || side == UInt8(ascii: "S") else {
                throw Flaw(offset: body - 2, problem: .unknownSide)
            }
            return .add(
                reference: reference, isBuy: side == UInt8(ascii: "B"),
                shares: UInt32(integer(body + 20, 4)), stock: try stock(body + 24),
                price: UInt32(integer(body + 32, 4)))
        case UInt8(ascii: "E"), UInt8(ascii: "C"):
            return .executed(reference: reference, shares: UInt32(integer(body + 19, 4)))
        case UInt8(ascii: "X"):
            return .reduce(reference: reference, shares: UInt32(integer(body + 19, 4)))
        case UInt8(ascii: "D"): return .delete(reference: reference)
        case UInt8(ascii: "U"):
            return .replace(
                old: reference, new: integer(body + 19, 8),
                shares: UInt32(integer(body + 27, 4)), price: UInt32(integer(body + 31, 4)))
        default: return .other(type)
        }
    }

    private func integer(_ place: Int, _ count: Int) -> UInt64 {
        guard place + count <= bytes.count else { return 0 }
        return bytes[place..<place + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func stock(_ place: Int) throws(Flaw) -> String {
        var name = bytes[place..<place + 8]
        while name.last == 0x20 { name.removeLast() }
        guard !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Flaw(offset: place, problem: .unreadableStock)
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// Bytes of a message without the two of its length; nil for no type of the format.
    package static func length(_ type: UInt8) -> Int? {
        switch Unicode.Scalar(type) {
        case "S", "W": 12
        case "R": 39
        case "H": 25
        case "Y": 20
        case "L": 26
        case "V", "J", "U": 35
        case "K": 28
        case "h": 21
        case "A", "C": 36
        case "F", "Q": 40
        case "E": 31
        case "X": 23
        case "D", "B": 19
        case "P": 44
        case "I": 50
        case "N": 20
        default: nil
        }
    }
}
