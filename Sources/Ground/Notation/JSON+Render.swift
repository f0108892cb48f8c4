extension JSON {
    /// On one line without spaces; members in their order.
    ///
    /// Control characters, line separators and what terminals act on are escaped, so the result is
    /// safe to print and to keep one object a line.
    public func render() -> String {
        var out: [UInt8] = []
        write(to: &out, indent: nil, level: 0)
        return String(decoding: out, as: UTF8.self)
    }

    /// On many lines, two spaces a level, for people; no line break at the end.
    public func renderPretty() -> String {
        var out: [UInt8] = []
        write(to: &out, indent: 2, level: 0)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(to out: inout [UInt8], indent: Int?, level: Int) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .boolean(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): out.append(contentsOf: String(value).utf8)
        case .number(let digits): out.append(contentsOf: digits.utf8)
        case .text(let text): Self.write(text, to: &out)
        case .list(let items):
            Self.writeGroup("[", "]", items.count, to: &out, indent, level) { index, out in
                items[index].write(to: &out, indent: indent, level: level + 1)
            }
        case .object(let members):
            Self.writeGroup("{", "}", members.count, to: &out, indent, level) { index, out in
                Self.write(members[index].name, to: &out)
                out.append(UInt8(ascii: ":"))
                if indent != nil { out.append(UInt8(ascii: " ")) }
                members[index].value.write(to: &out, indent: indent, level: level + 1)
            }
        }
    }

    private static func writeGroup(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ count: Int, to out: inout [UInt8],
        _ indent: Int?, _ level: Int, item: (Int, inout [UInt8]) -> Void
    ) {
        out.append(UInt8(ascii: open))
        for index in 0..<count {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            newLine(to: &out, indent, level + 1)
            item(index, &out)
        }
        if count > 0 { newLine(to: &out, indent, level) }
        out.append(UInt8(ascii: close))
    }

    private static func newLine(to out: inout [UInt8], _ indent: Int?, _ level: Int) {
        guard let indent else { return }
        out.append(UInt8(ascii: "\n"))
        out.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * level))
    }

    private static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out.append(contentsOf: "\\\"".utf8)
            case "\\": out.append(contentsOf: "\\\\".utf8)
            case "\n": out.append(contentsOf: "\\n".utf8)
            case "\r": out.append(contentsOf: "\\r".utf8)
            case "\t": out.append(contentsOf: "\\t".utf8)
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{200b}"..."\u{200f}",
                "\u{2028}"..."\u{202e}", "\u{2066}"..."\u{2069}", "\u{feff}":
                let digits = String(scalar.value, radix: 16)
                out.append(contentsOf: "\\u".utf8)
                out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.count))
                out.append(contentsOf: digits.utf8)
            default: out.append(contentsOf: String(scalar).utf8)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
