/// Words as they are written into units.
enum UnitWord {
    /// One word, quoted whole, with nothing left that systemd acts on.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "%": out += "%%"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    /// The same for a command, where a dollar begins a variable.
    static func argument(_ text: String) -> String {
        quoted(text.replacing("$", with: "$$"))
    }

    /// Whether a text has characters that no word of a unit may have.
    static func isRefused(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            scalar.value < 32 && scalar != "\n" && scalar != "\t"
                || (127..<160).contains(scalar.value)
        }
    }

    /// A program's or file's absolute path that needs no quotes: no part is `.` or `..`.
    static func isPath(_ path: String) -> Bool {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count < 4096, path != "/" else {
            return false
        }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            .allSatisfy { isPlain($0) && $0 != "." && $0 != ".." }
    }

    /// A program's bare name.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        return isPlain(name) && isWord(first) && name.utf8.count <= 255
    }

    /// A name that the kernel gives an interface: 1 to 15 of letters, digits, `.`, `_`, `-`.
    static func isInterface(_ name: String) -> Bool {
        isName(name) && name.utf8.count <= 15 && name != "lo" && !name.contains("+")
    }

    private static func isPlain(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isWord($0) || "._+-".utf8.contains($0) }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: false
        }
    }
}
