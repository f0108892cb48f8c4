public import Bytes
public import Numerals

/// Which way an order trades.
public enum Side: UInt8, Sendable, Hashable {
    case buy = 1
    case sell = 2

    /// The side that it trades with.
    @inlinable
    public var opposite: Side { self == .buy ? .sell : .buy }
}

/// How an order meets the book.
public enum OrderKind: UInt8, Sendable, Hashable {
    /// At its price or better; the rest waits in the book.
    case limit = 1
    /// At any price up to the protection price that it carries; nothing of it ever rests.
    case market = 2
    /// At its price or better, at once or not at all for the rest.
    case immediateOrCancel = 3
    /// Only if it does not trade at once; refused otherwise.
    case postOnly = 4
}

/// A new order as it is sequenced.
public struct NewOrder: Sendable, Hashable {
    /// Whose it is.
    public var account: AccountID
    /// What is traded.
    public var instrument: InstrumentID
    /// Buy or sell.
    public var side: Side
    /// How it meets the book.
    public var kind: OrderKind
    /// The limit; for a market order the protection price, beyond which it does not trade.
    public var price: Price
    /// How much of the base currency; above zero.
    public var quantity: Quantity
    /// The client's name of it.
    public var client: ClientOrderID

    /// Puts an order together.
    public init(
        account: AccountID, instrument: InstrumentID, side: Side, kind: OrderKind, price: Price,
        quantity: Quantity, client: ClientOrderID
    ) {
        self.account = account
        self.instrument = instrument
        self.side = side
        self.kind = kind
        self.price = price
        self.quantity = quantity
        self.client = client
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(account.raw)
        writer.integer(instrument.raw)
        writer.integer(side.rawValue)
        writer.integer(kind.rawValue)
        writer.integer(price.raw)
        writer.integer(quantity.raw)
        client.encode(into: &writer)
    }

    /// Reads one; price and quantity are above zero.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> NewOrder {
        let place = reader.position
        let account = AccountID(try reader.integer())
        let instrument = InstrumentID(try reader.integer())
        guard let side = Side(rawValue: try reader.integer()),
            let kind = OrderKind(rawValue: try reader.integer())
        else { throw Malformed(at: place, expected: "a known side and kind") }
        let price = Price(try reader.integer())
        let quantity = Quantity(try reader.integer())
        guard price.raw > 0, quantity.raw > 0 else {
            throw Malformed(at: place, expected: "a price and quantity above zero")
        }
        return NewOrder(
            account: account, instrument: instrument, side: side, kind: kind, price: price,
            quantity: quantity, client: try ClientOrderID.decode(&reader))
    }
}

/// Why a command was refused by a rule of the venue; the words are part of the API.
public enum Refusal: UInt8, Sendable, Hashable, CaseIterable {
    case unknownInstrument = 1
    case unknownAccount = 2
    case unknownOrder = 3
    /// It was filled, cancelled or expired before the command came.
    case tooLate = 4
    case priceOffTick = 5
    case quantityOffLot = 6
    case quantityTooLarge = 7
    case valueTooLarge = 8
    case valueTooSmall = 9
    /// Beyond the collar around the reference price.
    case priceOutsideCollar = 10
    case insufficientFunds = 11
    case tooManyOrders = 12
    case rateExceeded = 13
    /// The account or the venue is stopped by a kill switch.
    case stopped = 14
    /// It would have traded at once.
    case wouldTrade = 15
    /// Nothing to trade with, or no reference price for a market order.
    case noLiquidity = 16
    case duplicate = 17
    case overflow = 18

    /// The word that clients match on.
    public var word: String {
        switch self {
        case .unknownInstrument: "unknown-instrument"
        case .unknownAccount: "unknown-account"
        case .unknownOrder: "unknown-order"
        case .tooLate: "too-late"
        case .priceOffTick: "price-off-tick"
        case .quantityOffLot: "quantity-off-lot"
        case .quantityTooLarge: "quantity-too-large"
        case .valueTooLarge: "value-too-large"
        case .valueTooSmall: "value-too-small"
        case .priceOutsideCollar: "price-outside-collar"
        case .insufficientFunds: "insufficient-funds"
        case .tooManyOrders: "too-many-orders"
        case .rateExceeded: "rate-exceeded"
        case .stopped: "stopped"
        case .wouldTrade: "would-trade"
        case .noLiquidity: "no-liquidity"
        case .duplicate: "duplicate"
        case .overflow: "overflow"
        }
    }
}
