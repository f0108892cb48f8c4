public import Bytes

/// The client's own name of an order and the key that makes placing it idempotent: 1 to 36 letters,
/// digits, `-`, `_`, `.`; unique for its account for ever.
///
/// It lies in the order itself: a heap object for each would be most of what an order costs.
public struct ClientOrderID: Hashable, Sendable {
    /// Most characters.
    public static let bytesMax = 36

    /// Eight characters each, the first in the lowest bits; zeroes behind the last.
    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    private let count: UInt8

    /// Nil for anything else.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard let count = UInt8(exactly: bytes.count) else { return nil }
        self.count = count
        guard (1...Self.bytesMax).contains(bytes.count) else { return nil }
        for (place, byte) in bytes.enumerated() {
            guard put(byte, place) else { return nil }
        }
    }

    private init(count: UInt8) { self.count = count }

    /// The characters, all ASCII.
    public var text: String {
        String(decoding: (0..<Int(count)).map { byte($0) }, as: UTF8.self)
    }

    private func byte(_ place: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: word(place / 8) &>> (8 &* UInt64(place % 8)))
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        case 3: words.3
        default: words.4
        }
    }

    /// False for a character that no name has.
    private mutating func put(_ byte: UInt8, _ place: Int) -> Bool {
        guard Self.isAllowed(byte) else { return false }
        let bits = UInt64(byte) &<< (8 &* UInt64(place % 8))
        switch place / 8 {
        case 0: words.0 |= bits
        case 1: words.1 |= bits
        case 2: words.2 |= bits
        case 3: words.3 |= bits
        default: words.4 |= bits
        }
        return true
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// Writes a length and the characters.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(count)
        let whole = Int(count) / 8
        for index in 0..<whole { writer.integer(word(index)) }
        for place in 8 * whole..<Int(count) { writer.integer(byte(place)) }
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> ClientOrderID {
        let place = reader.position
        let count = try reader.integer(UInt8.self)
        guard (1...bytesMax).contains(Int(count)) else {
            throw Malformed(at: place, expected: "a client order id")
        }
        var id = ClientOrderID(count: count)
        for index in 0..<Int(count) where !id.put(try reader.integer(), index) {
            throw Malformed(at: place, expected: "a client order id")
        }
        return id
    }

    /// The same characters.
    public static func == (left: ClientOrderID, right: ClientOrderID) -> Bool {
        left.count == right.count && left.words == right.words
    }

    /// By all of them.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
        hasher.combine(words.4)
    }
}
