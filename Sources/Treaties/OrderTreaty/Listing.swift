public import Numerals

/// A currency of the venue.
public struct Currency: Sendable, Hashable {
    /// Upper-case letters and digits, 2 to 8.
    public var name: String
    /// Digits after the point of an amount, 0 to 8; it never changes.
    public var digits: Int

    /// Puts a currency together.
    public init(name: String, digits: Int) {
        self.name = name
        self.digits = digits
    }
}

/// Something that is traded: one unit of `base` costs a price in `quote`.
public struct Instrument: Sendable, Hashable {
    /// `BTC-USD`.
    public var symbol: String
    /// What is traded.
    public var base: CurrencyID
    /// What it is paid in.
    public var quote: CurrencyID
    /// Digits after the point of a price, 0 to 8.
    public var priceDigits: Int
    /// Digits after the point of a quantity: those of the base currency.
    public var quantityDigits: Int
    /// Prices are multiples of this; above zero.
    public var tick: Price
    /// Quantities are multiples of this; above zero.
    public var lot: Quantity
    /// Largest quantity of one order.
    public var quantityMax: Quantity
    /// Smallest value of one order in the quote currency.
    public var valueMin: Amount
    /// Largest value of one order in the quote currency.
    public var valueMax: Amount
    /// How far from the reference price an order may be, in hundredths of a percent; 10,000 is all.
    public var collarBasisPoints: UInt32
    /// The resting order's fee in hundred-thousandths of the value: 10 is one basis point.
    public var makerFee: UInt32
    /// The incoming order's fee, likewise.
    public var takerFee: UInt32
    /// The reference price before the first trade.
    public var reference: Price
    /// The quote currency's units in one step of price digits times quantity digits: exact, so that
    /// tick times lot is always a whole number of units.
    public var divisor: Int64

    /// Puts an instrument together; `Listing` checks it.
    public init(
        symbol: String, base: CurrencyID, quote: CurrencyID, priceDigits: Int, quantityDigits: Int,
        tick: Price, lot: Quantity, quantityMax: Quantity, valueMin: Amount, valueMax: Amount,
        collarBasisPoints: UInt32, makerFee: UInt32, takerFee: UInt32, reference: Price,
        divisor: Int64
    ) {
        self.symbol = symbol
        self.base = base
        self.quote = quote
        self.priceDigits = priceDigits
        self.quantityDigits = quantityDigits
        self.tick = tick
        self.lot = lot
        self.quantityMax = quantityMax
        self.valueMin = valueMin
        self.valueMax = valueMax
        self.collarBasisPoints = collarBasisPoints
        self.makerFee = makerFee
        self.takerFee = takerFee
        self.reference = reference
        self.divisor = divisor
    }

    /// What a quantity costs at a price: exact for multiples of tick and lot, nil beyond 64 bits.
    @inlinable
    public func notional(_ price: Price, _ quantity: Quantity) -> Amount? {
        guard price.raw >= 0, quantity.raw >= 0 else { return nil }
        let (high, low) = price.raw.magnitude.multipliedFullWidth(by: quantity.raw.magnitude)
        guard high < divisor.magnitude else { return nil }
        let (quotient, _) = divisor.magnitude.dividingFullWidth((high, low))
        return Int64(exactly: quotient).map(Amount.init)
    }
}

/// What the venue trades: the same file in every service that needs it, in the same order.
public struct Listing: Sendable, Hashable {
    /// Most currencies, and most instruments.
    public static let countMax = 1_024
    /// By `CurrencyID`.
    public var currencies: [Currency]
    /// By `InstrumentID`.
    public var instruments: [Instrument]

    /// Puts a listing together.
    public init(currencies: [Currency], instruments: [Instrument]) {
        self.currencies = currencies
        self.instruments = instruments
    }

    /// The instrument of that place.
    public func instrument(_ id: InstrumentID) -> Instrument? {
        Int(id.raw) < instruments.count ? instruments[Int(id.raw)] : nil
    }

    /// The instrument of that symbol.
    public func instrument(_ symbol: String) -> InstrumentID? {
        instruments.firstIndex { $0.symbol == symbol }.map { InstrumentID(UInt16($0)) }
    }

    /// The currency of that place.
    public func currency(_ id: CurrencyID) -> Currency? {
        Int(id.raw) < currencies.count ? currencies[Int(id.raw)] : nil
    }

    /// The currency of that name.
    public func currency(_ name: String) -> CurrencyID? {
        currencies.firstIndex { $0.name == name }.map { CurrencyID(UInt16($0)) }
    }
}
