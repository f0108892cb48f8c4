// OrderTreaty: what is ordered, by whom, of what, and what became of it; types and codecs only.
//
// Shared by everything that an order passes. All integers are little-endian on the wire, every
// length and count has a bound, and a codec refuses what does not fit: no value here is half read.

/// An account of the venue: given in the order of opening, from 1.
public struct AccountID: Hashable, Sendable, Comparable {
    /// 0 is nobody.
    public let raw: UInt32
    /// Whose the fees are: the venue's own, which nobody opens and no order is of.
    public static let fees = AccountID(.max)

    /// From its number.
    @inlinable
    public init(_ raw: UInt32) { self.raw = raw }

    /// By number.
    @inlinable
    public static func < (left: AccountID, right: AccountID) -> Bool { left.raw < right.raw }
}

/// A currency: its place in the venue's listing.
public struct CurrencyID: Hashable, Sendable, Comparable {
    /// Index into `Listing.currencies`.
    public let raw: UInt16

    /// From its place.
    @inlinable
    public init(_ raw: UInt16) { self.raw = raw }

    /// By place.
    @inlinable
    public static func < (left: CurrencyID, right: CurrencyID) -> Bool { left.raw < right.raw }
}

/// An instrument: its place in the venue's listing.
public struct InstrumentID: Hashable, Sendable, Comparable {
    /// Index into `Listing.instruments`.
    public let raw: UInt16

    /// From its place.
    @inlinable
    public init(_ raw: UInt16) { self.raw = raw }

    /// By place.
    @inlinable
    public static func < (left: InstrumentID, right: InstrumentID) -> Bool { left.raw < right.raw }
}

/// An order: the sequence number of the command that placed it, so it is known before it is sent on
/// and the same at every replay.
public struct OrderID: Hashable, Sendable, Comparable {
    /// 0 is none.
    public let raw: UInt64

    /// From a sequence number.
    @inlinable
    public init(_ raw: UInt64) { self.raw = raw }

    /// In the order of placing.
    @inlinable
    public static func < (left: OrderID, right: OrderID) -> Bool { left.raw < right.raw }
}

/// A trade: numbered by matching from 1 without gaps, the same at every replay.
public struct TradeID: Hashable, Sendable, Comparable {
    /// 0 is none.
    public let raw: UInt64

    /// From its number.
    @inlinable
    public init(_ raw: UInt64) { self.raw = raw }

    /// In the order of trading.
    @inlinable
    public static func < (left: TradeID, right: TradeID) -> Bool { left.raw < right.raw }
}
