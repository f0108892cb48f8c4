/// Numbers with units, as the file writes them.
enum Units {
    private static let suffixes: [(name: String, shift: UInt64)] = [
        ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40),
    ]

    /// Bytes of `512MiB`; nil for anything else.
    static func size(_ text: String) -> UInt64? {
        guard let suffix = suffixes.first(where: { text.hasSuffix($0.name) }),
            let number = whole(String(text.dropLast(3))), number < 1 << 20
        else { return nil }
        return UInt64(number) << suffix.shift
    }

    /// Bytes in the biggest unit that leaves no rest.
    static func render(_ bytes: UInt64) -> String {
        let suffix = suffixes.last { bytes % (1 << $0.shift) == 0 } ?? suffixes[0]
        return "\(bytes >> suffix.shift)\(suffix.name)"
    }

    /// A decimal number without sign, leading zero or more than nine digits.
    static func whole(_ text: String) -> Int? {
        guard (1...9).contains(text.utf8.count), text == "0" || text.utf8.first != 48,
            text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int(text)
    }

    /// Thousandths of a core of `50%` or `1.5`, 10 to 1,024,000.
    static func cpuMilli(_ text: String) -> UInt32? {
        let milli: Int?
        if text.hasSuffix("%") {
            milli = whole(String(text.dropLast())).map { $0 * 10 }
        } else {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count <= 2, let cores = whole(String(parts[0])) else { return nil }
            var thousandths = 0
            if parts.count == 2 {
                let digits = parts[1]
                guard (1...3).contains(digits.utf8.count),
                    digits.utf8.allSatisfy({ (48...57).contains($0) }),
                    let value = Int(digits + String(repeating: "0", count: 3 - digits.utf8.count))
                else { return nil }
                thousandths = value
            }
            milli = cores * 1000 + thousandths
        }
        guard let milli, (10...1_024_000).contains(milli) else { return nil }
        return UInt32(milli)
    }

    /// Days since 1970-01-01 of `2027-03-31` in the Gregorian calendar, 1970 to 9999.
    static func day(_ text: String) -> Int? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, text.utf8.count == 10, parts[0].utf8.count == 4,
            parts[1].utf8.count == 2,
            text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: "-") }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            year >= 1970, (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day) else { return nil }
        let before = year - 1
        let leaps = before / 4 - before / 100 + before / 400
        let daysTo1970 = 1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400
        return before * 365 + leaps - daysTo1970 + lengths[..<(month - 1)].reduce(0, +) + day - 1
    }

    /// The text without white space at both ends.
    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
