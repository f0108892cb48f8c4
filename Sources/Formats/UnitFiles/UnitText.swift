/// Values of unit files as systemd takes them apart: words, quotes and escapes, specifiers, commands.
package enum UnitText {
    package enum Fault: Error, Equatable {
        case quote
        case escape
        case specifier
        case variable
        case command
        case encoding
    }

    package struct Word: Sendable, Equatable {
        package let text: String
        package let isQuoted: Bool
    }

    /// Words between white space.
    ///
    /// A quoted word is quoted whole: a quote inside a word is refused.
    package static func words(_ value: String) throws(Fault) -> [Word] {
        var words: [Word] = []
        var rest = Array(value.utf8)[...]
        while true {
            rest = rest.drop(while: isSpace)
            guard let first = rest.first else { return words }
            let isQuoted = first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
            if isQuoted { rest = rest.dropFirst() }
            let bytes = try word(&rest, quote: isQuoted ? first : nil)
            guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
                throw .encoding
            }
            words.append(Word(text: text, isQuoted: isQuoted))
        }
    }

    private static func word(
        _ rest: inout ArraySlice<UInt8>, quote: UInt8?
    ) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote {
                if let next = rest.first, !isSpace(next) { throw .quote }
                return bytes
            }
            switch byte {
            case UInt8(ascii: "\\"): bytes += try escaped(&rest)
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard quote != nil else { throw .quote }
                bytes.append(byte)
            case _ where quote == nil && isSpace(byte): return bytes
            default: bytes.append(byte)
            }
        }
        guard quote == nil else { throw .quote }
        return bytes
    }

    /// What stands behind a backslash, as C has it.
    private static func escaped(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
        guard let byte = rest.popFirst() else { throw .escape }
        switch byte {
        case UInt8(ascii: "a"): return [7]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "v"): return [11]
        case UInt8(ascii: "s"): return [32]
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): return [byte]
        case UInt8(ascii: "x"): return [UInt8(try number(&rest, 2, 16))]
        case UInt8(ascii: "u"): return try scalar(number(&rest, 4, 16))
        case UInt8(ascii: "U"): return try scalar(number(&rest, 8, 16))
        case 48...55:
            rest = rest.prefix(0) + [byte] + rest
            let value = try number(&rest, 3, 8)
            guard value < 256 else { throw .escape }
            return [UInt8(value)]
        default: throw .escape
        }
    }

    private static func number(
        _ rest: inout ArraySlice<UInt8>, _ digits: Int, _ radix: UInt32
    ) throws(Fault) -> UInt32 {
        guard rest.count >= digits,
            rest.prefix(digits).allSatisfy({ $0 != UInt8(ascii: "+") && $0 < 128 }),
            let value = UInt32(
                String(decoding: rest.prefix(digits), as: UTF8.self), radix: Int(radix))
        else { throw .escape }
        rest = rest.dropFirst(digits)
        return value
    }

    private static func scalar(_ value: UInt32) throws(Fault) -> [UInt8] {
        guard let scalar = Unicode.Scalar(value) else { throw .escape }
        return Array(String(scalar).utf8)
    }

    /// The text with `%%` as one percent sign; any other specifier must be among the known.
    package static func expanded(
        _ text: String, _ known: [Character: String] = [:]
    ) throws(Fault) -> String {
        var result = ""
        var rest = Substring(text)
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            guard let letter = rest.popFirst() else { throw .specifier }
            if letter == "%" {
                result.append("%")
            } else if let value = known[letter] {
                result += value
            } else {
                throw .specifier
            }
        }
        return result + rest
    }

    /// The words that one command runs with, its program first.
    ///
    /// Refused: marks before the program that change what it may do, a second command behind `;`,
    /// and variables, which only a running system has.
    package static func command(_ value: String) throws(Fault) -> [String] {
        let words = try words(value)
        guard let program = words.first, let mark = program.text.utf8.first,
            !"@-:+!|".utf8.contains(mark), !program.text.contains("$")
        else { throw .command }
        var command: [String] = []
        for word in words {
            guard word.isQuoted || word.text != ";" else { throw .command }
            command.append(try unvaried(expanded(word.text)))
        }
        return command
    }

    private static func unvaried(_ text: String) throws(Fault) -> String {
        let plain = text.replacing("$$", with: "\u{0}")
        guard !plain.contains("$") else { throw .variable }
        return plain.replacing("\u{0}", with: "$")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 32 || byte == 9 || byte == 10 || byte == 13
    }
}
