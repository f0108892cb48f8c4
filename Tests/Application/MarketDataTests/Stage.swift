internal import MarketData
internal import MarketTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// Matching and a picture that follows it, block by block.
struct Stage {
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
    var picture: MarketData
    var sequence: UInt64 = 0
    var prints: [[Print]] = [[], []]

    init(
        _ bounds: Matching.Bounds = Matching.Bounds(),
        _ pictured: MarketData.Bounds = MarketData.Bounds()
    ) {
        matching = Matching(Self.listing, bounds: bounds)
        picture = MarketData(Self.listing, bounds: pictured)
    }

    /// Numbers the instructions, runs them as one block and hands the results on in parts.
    mutating func run(_ make: [(UInt64) -> Instruction], parts: Int = 1) throws {
        var list: [Instruction] = []
        for one in make {
            sequence += 1
            list.append(one(sequence))
        }
        var reports: [Report] = []
        let block = matching.block + 1
        try matching.apply(Instructions(block: block, time: block, list: list), into: &reports)
        for report in reports {
            guard case .trade(let trade) = report else { continue }
            prints[Int(trade.instrument.raw)].append(
                Print(
                    id: trade.id, price: trade.price, quantity: trade.quantity,
                    takerSide: trade.takerSide, time: block))
        }
        for part in 1...parts {
            let range = reports.count * (part - 1) / parts..<reports.count * part / parts
            try picture.take(
                Self.results(block, Array(reports[range]), isPart: part < parts))
        }
    }

    static func results(_ block: UInt64, _ reports: [Report], isPart: Bool = false) -> Results {
        Results(
            block: block, time: block, digest: [UInt8](repeating: 0, count: 32), isPart: isPart,
            reports: reports)
    }

    static func place(
        _ account: UInt32, _ side: Side, _ quantity: Int64, at price: Int64,
        _ kind: OrderKind = .limit, in instrument: UInt16 = 1
    ) -> (UInt64) -> Instruction {
        { sequence in
            .place(
                sequence: sequence,
                NewOrder(
                    account: AccountID(account), instrument: InstrumentID(instrument), side: side,
                    kind: kind, price: Price(price), quantity: Quantity(quantity), client: name))
        }
    }

    /// What the book itself adds up to.
    func summed(_ instrument: UInt16, _ side: Side) -> [Level] {
        var list: [Level] = []
        for order in matching.open(InstrumentID(instrument), side) {
            if list.last?.price != order.price {
                list.append(Level(price: order.price, quantity: .zero, orders: 0))
            }
            let place = list.count - 1
            list[place].quantity = Quantity(list[place].quantity.raw + order.rest.raw)
            list[place].orders += 1
        }
        return list
    }
}

let name: ClientOrderID = {
    guard let id = ClientOrderID("a") else { fatalError("a client order id that is one") }
    return id
}()
