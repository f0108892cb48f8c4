public import Numerals
public import OrderTreaty

/// A new order as a client asks for it.
public struct OrderRequest: Sendable, Hashable {
    /// The client's own name of it.
    public var client: ClientOrderID
    /// What is traded.
    public var instrument: InstrumentID
    /// Buy or sell.
    public var side: Side
    /// How it meets the book.
    public var kind: OrderKind
    /// The limit; nil only for a market order without a protection price of its own.
    public var price: Price?
    /// How much of the base currency.
    public var quantity: Quantity

    /// Puts a request together.
    public init(
        client: ClientOrderID, instrument: InstrumentID, side: Side, kind: OrderKind,
        price: Price?, quantity: Quantity
    ) {
        self.client = client
        self.instrument = instrument
        self.side = side
        self.kind = kind
        self.price = price
        self.quantity = quantity
    }
}

/// What an order is to become: numbers with the digits they were written with, because the
/// instrument's digits are known only to who knows the order.
public struct OrderChange: Sendable, Hashable {
    /// A decimal number above zero: `raw` units of 10^-`digits`.
    public struct Decimal: Sendable, Hashable {
        let raw: Int64
        let digits: Int

        /// Reads the part of `bytes` inside `range`; nil for what no instrument could take.
        init?(_ bytes: [UInt8], _ range: Range<Int>) {
            let point = bytes[range].firstIndex(of: 0x2E)
            digits = point.map { range.upperBound - $0 - 1 } ?? 0
            guard digits <= FixedPoint.digitsMax,
                let raw = FixedPoint.parse(bytes, in: range, digits: digits), raw > 0
            else { return nil }
            self.raw = raw
        }

        /// In units of 10^-`digits`; nil when it was written with more of them, or is too large.
        func scaled(to digits: Int) -> Int64? {
            digits < self.digits ? nil : raw.multiplied(by: FixedPoint.power(digits - self.digits))
        }
    }

    /// New limit.
    public let price: Decimal
    /// New whole quantity, fills included.
    public let quantity: Decimal

    /// In the instrument's units; nil when a number has more digits than it, or is too large.
    public func resolve(_ instrument: Instrument) -> (price: Price, quantity: Quantity)? {
        guard let price = price.scaled(to: instrument.priceDigits),
            let quantity = quantity.scaled(to: instrument.quantityDigits)
        else { return nil }
        return (Price(price), Quantity(quantity))
    }
}
