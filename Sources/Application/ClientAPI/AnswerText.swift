internal import Numerals

/// Appends JSON to bytes: no text, no tree in between.
struct AnswerText {
    var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// JSON that is written as it stands.
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func raw(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    mutating func integer(_ value: UInt64) {
        guard let small = Int64(exactly: value) else { return raw(String(value)) }
        FixedPoint.append(small, digits: 0, to: &bytes)
    }

    /// A decimal text in quotes.
    mutating func decimal(_ value: Int64, digits: Int) {
        bytes.append(UInt8(ascii: "\""))
        FixedPoint.append(value, digits: digits, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A number in quotes, for names that are numbers: not every reader keeps 64 bits.
    mutating func name(_ value: UInt64) {
        bytes.append(UInt8(ascii: "\""))
        integer(value)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A text in quotes; everything but plain ASCII is escaped.
    mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C:
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(unit))
            case 0x20...0x7E: bytes.append(UInt8(unit))
            default:
                raw("\\u")
                for shift in [12, 8, 4, 0] as [UInt16] {
                    let digit = UInt8(unit >> shift & 15)
                    bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    static func quoted(_ text: String) -> [UInt8] {
        var out = AnswerText(capacity: text.utf8.count + 2)
        out.text(text)
        return out.bytes
    }
}
