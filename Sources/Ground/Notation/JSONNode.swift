public import Findings

/// A value of a text that was read, which knows where it stands there.
public struct JSONNode: Sendable {
    /// The value itself.
    public let value: JSON
    private let index: Int
    private let outline: Outline

    /// Reads exactly one value, as `JSON.parse` does, and keeps its places; texts of 4 GiB and more
    /// are refused.
    public static func parse(
        _ bytes: [UInt8], within bounds: JSON.Bounds = JSON.Bounds()
    ) throws(NotationFailure) -> JSONNode {
        var bounds = bounds
        bounds.bytes = min(bounds.bytes, Int(UInt32.max))
        var parser = JSONParser(bytes: bytes, bounds: bounds, traces: true)
        let value = try parser.document()
        let trace = parser.trace ?? ([], [])
        return JSONNode(value: value, index: 0, outline: Outline(bytes, trace.starts, trace.sizes))
    }

    private init(value: JSON, index: Int, outline: Outline) {
        self.value = value
        self.index = index
        self.outline = outline
    }

    /// Where the value begins.
    public var place: Place { outline.place(of: index) }

    /// The value of the first member of that name; nil for anything but an object that has it.
    public subscript(name: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        var next = index + 1
        for member in members {
            if member.name == name {
                return JSONNode(value: member.value, index: next, outline: outline)
            }
            next += outline.size(of: next)
        }
        return nil
    }

    /// The items of a list; none for anything else.
    public var items: [JSONNode] {
        guard case .list(let values) = value else { return [] }
        return nodes(values)
    }

    /// The members of an object in their order; none for anything else.
    public var members: [(name: String, value: JSONNode)] {
        guard case .object(let members) = value else { return [] }
        return Array(zip(members.map(\.name), nodes(members.map(\.value))))
    }

    private func nodes(_ values: [JSON]) -> [JSONNode] {
        var next = index + 1
        return values.map { value in
            defer { next += outline.size(of: next) }
            return JSONNode(value: value, index: next, outline: outline)
        }
    }
}

/// The places of a text's values, in order of reading.
private final class Outline: Sendable {
    private let bytes: [UInt8]
    private let starts: [UInt32]
    private let sizes: [UInt32]
    /// Where lines begin.
    private let lines: [UInt32]
    /// Characters before each block of bytes: a whole text may be one line.
    private let characters: [UInt32]
    private static let blockBits = 8

    init(_ bytes: [UInt8], _ starts: [UInt32], _ sizes: [UInt32]) {
        self.bytes = bytes
        self.starts = starts
        self.sizes = sizes
        var lines: [UInt32] = [0]
        var characters: [UInt32] = []
        var count: UInt32 = 0
        for (offset, byte) in bytes.enumerated() {
            if offset & (1 << Self.blockBits - 1) == 0 { characters.append(count) }
            if byte & 0xC0 != 0x80 { count += 1 }
            if byte == UInt8(ascii: "\n") {
                lines.append(UInt32(truncatingIfNeeded: offset + 1))
            }
        }
        self.lines = lines
        self.characters = characters
    }

    /// Characters before a byte of the text.
    private func characters(before offset: Int) -> Int {
        guard offset < bytes.count else { return 0 }
        let block = offset >> Self.blockBits
        let rest = bytes[block << Self.blockBits..<offset]
        return Int(characters[block]) + rest.count { $0 & 0xC0 != 0x80 }
    }

    func size(of index: Int) -> Int { sizes.indices.contains(index) ? Int(sizes[index]) : 1 }

    func place(of index: Int) -> Place {
        guard starts.indices.contains(index) else { return Place(line: 0, column: 0) }
        let start = starts[index]
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle] <= start { low = middle } else { high = middle }
        }
        let column = characters(before: Int(start)) - characters(before: Int(lines[low])) + 1
        return Place(line: low + 1, column: column)
    }
}
