extension JSONParser {
    /// Text in quotes, the position at the opening one.
    mutating func text() throws(NotationFailure) -> String {
        let start = position
        position += 1
        var out: [UInt8] = []
        while true {
            let from = position
            while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""),
                byte != UInt8(ascii: "\\")
            {
                position += 1
            }
            out.append(contentsOf: bytes[from..<position])
            switch next {
            case UInt8(ascii: "\""):
                position += 1
                guard let text = String(validating: out, as: UTF8.self) else {
                    throw failure("text that is not UTF-8", at: start)
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &out)
            case nil: throw failure("the text ends inside quotes")
            default: throw failure("a control character inside quotes")
            }
        }
    }

    private mutating func escape(into out: inout [UInt8]) throws(NotationFailure) {
        let start = position
        position += 1
        guard let code = next else { throw failure("the text ends inside quotes") }
        position += 1
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(code)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            var value = try unit(escapeAt: start)
            if (0xD800...0xDBFF).contains(value) {
                guard bytes[position...].starts(with: "\\u".utf8) else {
                    throw failure("half a surrogate pair", at: start)
                }
                position += 2
                let low = try unit(escapeAt: start)
                guard (0xDC00...0xDFFF).contains(low) else {
                    throw failure("half a surrogate pair", at: start)
                }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw failure("half a surrogate pair", at: start)
            }
            out.append(contentsOf: String(scalar).utf8)
        default: throw failure("no such escape", at: start)
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit(escapeAt start: Int) throws(NotationFailure) -> UInt32 {
        guard bytes.count - position >= 4 else { throw failure("no such escape", at: start) }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("no such escape", at: start)
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
