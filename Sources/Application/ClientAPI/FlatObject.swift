/// Reads a JSON object whose values are all texts, member by member, without copying.
///
/// Names and texts are printable ASCII without escapes: everything that the API takes can be
/// written so, and what needs no unescaping cannot be read in two ways.
struct FlatObject {
    let bytes: [UInt8]
    private var position: Int
    private let end: Int
    private var isFirst = true

    init(_ bytes: [UInt8], _ range: Range<Int>) throws(ClientProblem) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
        skipSpace()
        try expect(UInt8(ascii: "{"))
        skipSpace()
    }

    /// The next member; nil when the object has ended and nothing follows it.
    mutating func next() throws(ClientProblem) -> (name: Range<Int>, value: Range<Int>)? {
        if !isFirst || peek == UInt8(ascii: "}") {
            if peek == UInt8(ascii: "}") {
                position += 1
                skipSpace()
                guard position == end else { throw .body }
                return nil
            }
            try expect(UInt8(ascii: ","))
            skipSpace()
        }
        isFirst = false
        let name = try text()
        skipSpace()
        try expect(UInt8(ascii: ":"))
        skipSpace()
        guard peek == UInt8(ascii: "\"") else {
            throw ClientProblem(.malformedValue, Self.harmless(bytes[name]), "a text in quotes")
        }
        let value = try text()
        skipSpace()
        return (name, value)
    }

    private var peek: UInt8? { position < end ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func expect(_ byte: UInt8) throws(ClientProblem) {
        guard peek == byte else { throw .body }
        position += 1
    }

    private mutating func text() throws(ClientProblem) -> Range<Int> {
        try expect(UInt8(ascii: "\""))
        let start = position
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return start..<position
            case UInt8(ascii: "\\"): throw .body
            case 0x20...0x7E: position += 1
            default: throw .body
            }
        }
        throw .body
    }

    /// A name fit to be repeated in an answer; empty for any other.
    static func harmless(_ name: ArraySlice<UInt8>) -> String {
        guard name.count <= 32,
            name.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) })
        else { return "" }
        return String(decoding: name, as: UTF8.self)
    }
}
