/// Intervals of addresses for people: `10.0.0.0/8` where a prefix holds just them, or first and
/// last.
public enum RangeText {
    /// An interval of IPv4 addresses.
    public static func v4(_ range: ClosedRange<UInt32>) -> String {
        let size = UInt64(range.upperBound - range.lowerBound) + 1
        let bits = size.trailingZeroBitCount
        guard size & (size - 1) == 0, UInt64(range.lowerBound) & (size - 1) == 0 else {
            return "\(Address(range.lowerBound))-\(Address(range.upperBound))"
        }
        return bits == 0
            ? "\(Address(range.lowerBound))" : "\(Address(range.lowerBound))/\(32 - bits)"
    }

    /// An interval of IPv6 addresses.
    public static func v6(_ range: ClosedRange<UInt128>) -> String {
        let span = range.upperBound - range.lowerBound
        guard span & (span &+ 1) == 0, range.lowerBound & span == 0 else {
            return "\(text(range.lowerBound))-\(text(range.upperBound))"
        }
        let bits = 128 - span.leadingZeroBitCount
        return bits == 0 ? text(range.lowerBound) : "\(text(range.lowerBound))/\(128 - bits)"
    }

    /// RFC 5952: lower case, the longest row of zero groups as `::`.
    private static func text(_ address: UInt128) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: address >> UInt128(112 - 16 * $0)) }
        var gap = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(gap.count, 1) { gap = start..<end }
            start = end + 1
        }
        let words = groups.map { String($0, radix: 16) }
        guard !gap.isEmpty else { return words.joined(separator: ":") }
        return words[..<gap.lowerBound].joined(separator: ":") + "::"
            + words[gap.upperBound...].joined(separator: ":")
    }
}
