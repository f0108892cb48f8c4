internal import Findings

/// One pass over the bytes; recursion is bounded by the depth.
struct JSONParser {
    let bytes: [UInt8]
    let bounds: JSON.Bounds
    var position = 0
    private var values = 0
    /// Where each value begins and how many values it is with all inside it, in order of reading;
    /// nil when nobody asked.
    private(set) var trace: (starts: [UInt32], sizes: [UInt32])?

    init(bytes: [UInt8], bounds: JSON.Bounds, traces: Bool = false) {
        self.bytes = bytes
        self.bounds = bounds
        trace = traces ? ([], []) : nil
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func failure(_ problem: StaticString, at offset: Int? = nil) -> NotationFailure {
        let end = min(offset ?? position, bytes.count)
        var line = 1
        var column = 1
        for byte in bytes[..<end] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return NotationFailure(
            place: Place(line: line, column: column), offset: end, problem: problem)
    }

    mutating func document() throws(NotationFailure) -> JSON {
        guard bytes.count <= bounds.bytes else { throw failure("too many bytes", at: bounds.bytes) }
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard next == nil else { throw failure("something follows the value") }
        return value
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func value(depth: Int) throws(NotationFailure) -> JSON {
        guard let index = trace?.starts.count else { return try untraced(depth: depth) }
        trace?.starts.append(UInt32(truncatingIfNeeded: position))
        trace?.sizes.append(1)
        let value = try untraced(depth: depth)
        if let end = trace?.starts.count {
            trace?.sizes[index] = UInt32(truncatingIfNeeded: end - index)
        }
        return value
    }

    private mutating func untraced(depth: Int) throws(NotationFailure) -> JSON {
        values += 1
        guard values <= bounds.values else { throw failure("too many values") }
        guard let byte = next else { throw failure("the text ends where a value should be") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try list(depth: depth + 1)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("no value begins like this")
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(NotationFailure) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else {
            throw failure("no value begins like this")
        }
        position += word.utf8.count
        return value
    }

    /// Steps past the opening bracket; true when the closing one follows at once.
    private mutating func enter(_ depth: Int, close: UInt8) throws(NotationFailure) -> Bool {
        guard depth <= min(bounds.depth, 64) else { throw failure("nested too deeply") }
        position += 1
        skipSpace()
        guard next == close else { return false }
        position += 1
        return true
    }

    /// Steps past a comma or the closing bracket; true at the bracket.
    private mutating func leave(
        _ close: UInt8, _ problem: StaticString
    ) throws(NotationFailure) -> Bool {
        skipSpace()
        guard let byte = next, byte == close || byte == UInt8(ascii: ",") else {
            throw failure(problem)
        }
        position += 1
        if byte != close { skipSpace() }
        return byte == close
    }

    private mutating func list(depth: Int) throws(NotationFailure) -> JSON {
        let close = UInt8(ascii: "]")
        var items: [JSON] = []
        var ended = try enter(depth, close: close)
        while !ended {
            items.append(try value(depth: depth))
            ended = try leave(close, "`,` or `]` should be here")
        }
        return .list(items)
    }

    private mutating func object(depth: Int) throws(NotationFailure) -> JSON {
        let close = UInt8(ascii: "}")
        var members: [JSON.Member] = []
        var seen: Set<String> = []
        var ended = try enter(depth, close: close)
        while !ended {
            let start = position
            guard next == UInt8(ascii: "\"") else {
                throw failure("a name in quotes should be here")
            }
            let name = try text()
            guard seen.insert(name).inserted else {
                throw failure("a name appears twice in one object", at: start)
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw failure("`:` should be here") }
            position += 1
            skipSpace()
            members.append(JSON.Member(name, try value(depth: depth)))
            ended = try leave(close, "`,` or `}` should be here")
        }
        return .object(members)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        return position - start
    }

    private mutating func number() throws(NotationFailure) -> JSON {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let leadingZero = next == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !leadingZero) else {
            throw failure("not a number", at: start)
        }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard digits() > 0 else { throw failure("not a number", at: start) }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw failure("not a number", at: start) }
        }
        guard position - start <= 400 else { throw failure("a number too long", at: start) }
        let written = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, written != "-0", let value = Int64(written) { return .integer(value) }
        return .number(written)
    }
}
