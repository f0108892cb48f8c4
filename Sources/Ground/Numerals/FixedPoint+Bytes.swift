/// Decimal text in byte arrays, without a text in between: the same language as `parse`, `render`.
extension FixedPoint {
    /// Reads the part of `bytes` inside `range`, which must lie within it.
    public static func parse(_ bytes: [UInt8], in range: Range<Int>, digits: Int) -> Int64? {
        var value: Int64 = 0
        var point = -1
        for index in range {
            let byte = bytes[index]
            if byte == 0x2E {
                guard point < 0, index > range.lowerBound else { return nil }
                point = index
                continue
            }
            let digit = byte &- 0x30
            guard digit <= 9, let next = value.multiplied(by: 10)?.added(Int64(digit)) else {
                return nil
            }
            value = next
        }
        guard !range.isEmpty else { return nil }
        var fraction = 0
        if point >= 0 {
            fraction = range.upperBound - point - 1
            guard (1...max(digits, 1)).contains(fraction), fraction <= digits else { return nil }
        }
        return value.multiplied(by: power(digits - fraction))
    }

    /// Appends what `render` returns.
    public static func append(_ value: Int64, digits: Int, to out: inout [UInt8]) {
        if value < 0 { out.append(0x2D) }
        let start = out.count
        var rest = value.magnitude
        var written = 0
        // Backwards, at least one digit before the point; then turned round in place.
        while rest > 0 || written <= digits {
            if written == digits && digits > 0 { out.append(0x2E) }
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            out.append(0x30 + UInt8(digit))
            rest = quotient
            written += 1
        }
        out[start...].reverse()
    }
}
