// Numerals: money, prices and quantities as whole numbers of a stated unit, and their decimal text.
//
// No floating point anywhere, no rounding that the caller did not name, every sum and product
// checked. The room knows no currency and no instrument: digits come from the caller.
// Bounds: 18 decimal digits after the point, values of a signed 64-bit integer.

/// Decimal text of whole numbers that stand for 10^-digits units.
public enum FixedPoint {
    /// Most digits after the point.
    public static let digitsMax = 18

    /// Reads `123`, `123.45` or `0.5`: digits, one optional point with digits on both sides, no
    /// sign, no exponent, no spaces; nil for anything else, for more than `digits` digits after
    /// the point, and beyond 64 bits.
    public static func parse(_ text: some Sequence<UInt8>, digits: Int) -> Int64? {
        var value: Int64 = 0
        var whole = 0
        var fraction = -1
        for byte in text {
            if byte == 0x2E {
                guard fraction < 0, whole > 0 else { return nil }
                fraction = 0
                continue
            }
            guard (0x30...0x39).contains(byte) else { return nil }
            if fraction >= 0 { fraction += 1 } else { whole += 1 }
            guard fraction <= digits,
                let next = value.multiplied(by: 10)?.added(Int64(byte - 0x30))
            else { return nil }
            value = next
        }
        guard whole > 0, fraction != 0 else { return nil }
        return value.multiplied(by: power(digits - max(fraction, 0)))
    }

    /// Decimal text with exactly `digits` digits after the point; no point for none.
    public static func render(_ value: Int64, digits: Int) -> String {
        let magnitude = String(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard digits > 0 else { return sign + magnitude }
        let missing = max(0, digits + 1 - magnitude.utf8.count)
        let padded = String(repeating: "0", count: missing) + magnitude
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    /// 10 to that power, 0 to 18.
    public static func power(_ digits: Int) -> Int64 {
        var result: Int64 = 1
        for _ in 0..<min(max(digits, 0), digitsMax) { result *= 10 }
        return result
    }
}

extension Int64 {
    /// The sum, nil beyond 64 bits.
    @inlinable
    public func added(_ other: Int64) -> Int64? {
        let (result, overflow) = addingReportingOverflow(other)
        return overflow ? nil : result
    }

    /// The difference, nil beyond 64 bits.
    @inlinable
    public func subtracted(_ other: Int64) -> Int64? {
        let (result, overflow) = subtractingReportingOverflow(other)
        return overflow ? nil : result
    }

    /// The product, nil beyond 64 bits.
    @inlinable
    public func multiplied(by other: Int64) -> Int64? {
        let (result, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : result
    }
}
