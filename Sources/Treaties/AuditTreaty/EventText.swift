internal import Addresses

/// What a record says, for people and for machines.
///
/// Every text that a service or a packet may have chosen is escaped: no control character, no
/// direction override and no zero-width character reaches a terminal.
public enum EventText {
    /// `2026-01-31T09:05:00.000123Z`: RFC 3339, UTC, microseconds.
    public static func time(_ nanoseconds: UInt64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let (year, month, day) = civil(days: Int64(seconds / 86_400))
        let rest = seconds % 86_400
        return
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
            + "\(padded(Int64(rest / 3600), 2)):\(padded(Int64(rest / 60 % 60), 2)):"
            + "\(padded(Int64(rest % 60), 2))."
            + "\(padded(Int64(nanoseconds / 1000 % 1_000_000), 6))Z"
    }

    /// Nanoseconds of a time written as `time` does, with 0 to 9 digits behind the second and `Z`,
    /// or of a bare date or minute; nil for anything else.
    public static func parse(time text: String) -> UInt64? {
        var characters = Array(text.utf8)
        if characters.last == UInt8(ascii: "Z") { characters.removeLast() }
        var fraction: UInt64 = 0
        if let dot = characters.firstIndex(of: UInt8(ascii: ".")) {
            let digits = characters[(dot + 1)...]
            guard (1...9).contains(digits.count), let value = number(digits) else { return nil }
            fraction = (0..<(9 - digits.count)).reduce(value) { value, _ in value * 10 }
            characters.removeSubrange(dot...)
            guard characters.count == 19 else { return nil }
        }
        let shape = Array("0000-00-00T00:00:00".utf8)
        guard [10, 16, 19].contains(characters.count),
            zip(characters, shape).allSatisfy({ (48...57).contains($0) == ($1 == 48) }),
            zip(characters, shape).allSatisfy({ $1 == 48 || $0 == $1 || ($1 == 84 && $0 == 32) })
        else { return nil }
        characters += Array("0000-00-00T00:00:00".utf8)[characters.count...]
        func part(_ range: Range<Int>) -> UInt64 { number(characters[range]) ?? 0 }
        let (year, month, day) = (part(0..<4), part(5..<7), part(8..<10))
        guard (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day),
            part(11..<13) < 24, part(14..<16) < 60, part(17..<19) < 60
        else { return nil }
        let days = days(year: Int64(year), month: Int64(month), day: Int64(day))
        guard civil(days: days) == (Int64(year), Int64(month), Int64(day)) else { return nil }
        let seconds =
            UInt64(days) * 86_400 + part(11..<13) * 3600 + part(14..<16) * 60 + part(17..<19)
        return seconds * 1_000_000_000 + fraction
    }

    /// The text with everything escaped that could move a cursor or mislead a reader.
    public static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x5C: out += "\\\\"
            case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
                0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
                out += "\\u{\(String(scalar.value, radix: 16))}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 48)
        }
        return value
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// Gregorian date of a day counted from 1970-01-01, by eras of 400 years that start in March.
    private static func civil(days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), civilMonth, day)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
