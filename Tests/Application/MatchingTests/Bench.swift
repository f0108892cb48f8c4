internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// A book to write cases against: accounts, orders by sequence number, what was reported last.
struct Bench {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 2), Currency(name: "USD", digits: 2)],
        instruments: [instrument("BTC-USD", 5, 10), instrument("XBT-USD", 1, 1)])

    static func instrument(_ symbol: String, _ tick: Int64, _ lot: Int64) -> Instrument {
        Instrument(
            symbol: symbol, base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
            quantityDigits: 2, tick: Price(tick), lot: Quantity(lot),
            quantityMax: Quantity(1_000_000), valueMin: Amount(1), valueMax: Amount(1 << 50),
            collarBasisPoints: 10_000, makerFee: 50, takerFee: 150, reference: Price(100),
            divisor: 1)
    }

    var matching: Matching
    var sequence: UInt64 = 0
    var reports: [Report] = []

    init(bounds: Matching.Bounds = Matching.Bounds()) {
        matching = Matching(Self.listing, bounds: bounds)
    }

    /// Places an order and gives its id.
    @discardableResult
    mutating func place(
        _ account: UInt32, _ side: Side, _ quantity: Int64, at price: Int64,
        _ kind: OrderKind = .limit, in instrument: UInt16 = 1
    ) -> UInt64 {
        step()
        matching.place(
            sequence, AccountID(account), InstrumentID(instrument), side, kind, Price(price),
            Quantity(quantity), into: &reports)
        return sequence
    }

    mutating func cancel(_ account: UInt32, _ order: UInt64) {
        step()
        matching.cancel(sequence, AccountID(account), OrderID(order), into: &reports)
    }

    mutating func cancelAll(_ account: UInt32) {
        step()
        matching.cancelAll(sequence, AccountID(account), into: &reports)
    }

    mutating func replace(_ account: UInt32, _ order: UInt64, _ quantity: Int64, at price: Int64) {
        step()
        matching.replace(
            sequence, AccountID(account), OrderID(order), Price(price), Quantity(quantity),
            into: &reports)
    }

    private mutating func step() {
        sequence += 1
        reports.removeAll()
    }

    /// Trades of the last command: maker, quantity, price.
    var trades: [[Int64]] {
        reports.compactMap { report in
            guard case .trade(let trade) = report else { return nil }
            return [Int64(trade.maker.raw), trade.quantity.raw, trade.price.raw]
        }
    }

    /// Departures of the last command: order, why, what was left.
    var departures: [[Int64]] {
        reports.compactMap { report in
            guard case .left(let order, _, let why, let rest) = report else { return nil }
            return [Int64(order.raw), Int64(why.rawValue), rest.raw]
        }
    }

    var refusal: Refusal? {
        if case .refused(_, let refusal) = reports.first { return refusal }
        return nil
    }

    /// One side of the book: id, price, rest.
    func book(_ side: Side, _ instrument: UInt16 = 1) -> [[Int64]] {
        matching.open(InstrumentID(instrument), side).map {
            [Int64($0.id.raw), $0.price.raw, $0.rest.raw]
        }
    }
}
