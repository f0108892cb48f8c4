/// An amount of one currency, in its smallest units; which currency, the context says.
public struct Amount: Hashable, Sendable, Comparable {
    /// Whole units of 10^-digits of the currency.
    public let raw: Int64

    /// Nothing.
    public static let zero = Amount(0)

    /// From whole units.
    @inlinable
    public init(_ raw: Int64) { self.raw = raw }

    /// By value.
    @inlinable
    public static func < (left: Amount, right: Amount) -> Bool { left.raw < right.raw }

    /// The sum, nil beyond 64 bits.
    @inlinable
    public func added(_ other: Amount) -> Amount? { raw.added(other.raw).map(Amount.init) }

    /// The difference, nil beyond 64 bits.
    @inlinable
    public func subtracted(_ other: Amount) -> Amount? {
        raw.subtracted(other.raw).map(Amount.init)
    }

    /// The share of that many hundred-thousandths (1 basis point is 10), rounded up.
    ///
    /// The venue is never short of a fraction. Nil beyond 64 bits and for a negative amount.
    public func share(perHundredThousand rate: UInt32) -> Amount? {
        guard raw >= 0 else { return nil }
        let (high, low) = raw.magnitude.multipliedFullWidth(by: UInt64(rate))
        guard high < 100_000 else { return nil }
        let (quotient, remainder) = UInt64(100_000).dividingFullWidth((high, low))
        let rounded = quotient.addingReportingOverflow(remainder == 0 ? 0 : 1)
        guard !rounded.overflow else { return nil }
        return Int64(exactly: rounded.partialValue).map(Amount.init)
    }
}

/// A price in whole units of 10^-digits of the quote currency for one unit of the base currency.
public struct Price: Hashable, Sendable, Comparable {
    /// Whole units of the instrument's price digits.
    public let raw: Int64

    /// From whole units.
    @inlinable
    public init(_ raw: Int64) { self.raw = raw }

    /// By value.
    @inlinable
    public static func < (left: Price, right: Price) -> Bool { left.raw < right.raw }
}

/// How much of the base currency, in whole units of 10^-digits of it.
public struct Quantity: Hashable, Sendable, Comparable {
    /// Whole units of the instrument's quantity digits.
    public let raw: Int64

    /// Nothing.
    public static let zero = Quantity(0)

    /// From whole units.
    @inlinable
    public init(_ raw: Int64) { self.raw = raw }

    /// By value.
    @inlinable
    public static func < (left: Quantity, right: Quantity) -> Bool { left.raw < right.raw }
}
