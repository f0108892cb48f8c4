import Bytes
import Chance
import Enrolment
import MarketDesk
import MarketTreaty
import Matching
import MatchingDesk
import Neighbours
import Numerals
import OrderTreaty
import RiskTreaty

/// Matching, marketdata and those around them, with a model of the books beside.
final class Stage {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 2), Currency(name: "USD", digits: 2)],
        instruments: [instrument("BTC-USD"), instrument("XBT-USD")])

    private static func instrument(_ symbol: String) -> Instrument {
        Instrument(
            symbol: symbol, base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
            quantityDigits: 2, tick: Price(1), lot: Quantity(1), quantityMax: Quantity(1_000_000),
            valueMin: Amount(1), valueMax: Amount(1 << 50), collarBasisPoints: 10_000,
            makerFee: 50, takerFee: 150, reference: Price(100), divisor: 1)
    }

    private let map: Map
    private var office: Office
    private var random: Seeded
    private let client: ClientOrderID
    private(set) var blocks: [Instructions] = []
    private(set) var model = Matching(Stage.listing)
    private(set) var chain = ReportChain()
    /// The last block's reports.
    private(set) var reports: [Report] = []
    /// By instrument, oldest first.
    private(set) var prints: [[Print]] = [[], []]
    private var sequence: UInt64 = 0
    private var answers = 0

    let risk = Seat<Neighbour>()
    let matching = Seat<MatchingDesk>()
    let market = Seat<MarketDesk>()
    let api = Seat<Neighbour>()
    /// In the place of marketdata, or of matching.
    let stranger = Seat<Neighbour>()

    init(seed: UInt64) throws {
        map = try Map([
            ("risk", "matching", ["attach", "instructions", "restart"]),
            ("matching", "marketdata", ["attach", "results"]),
            ("api", "marketdata", ["book", "trades"]),
        ])
        office = try Office()
        random = Seeded(state: seed)
        guard let client = ClientOrderID("a") else { throw Missing() }
        self.client = client
    }

    func start(matching: Bool, market: Bool, stranger: String? = nil) throws {
        if market {
            try self.market.start(MarketDesk(Self.listing), "marketdata", map, &office)
        }
        if let stranger { try self.stranger.start(Neighbour(), stranger, map, &office) }
        if matching {
            try self.matching.start(MatchingDesk(Self.listing), "matching", map, &office)
            try startRisk()
        }
    }

    func startRisk() throws {
        try risk.start(Neighbour(), "risk", map, &office)
        risk.say(.ask(StreamMessage.attach.rawValue, []))
        try until { !self.risk.heard(StreamMessage.resume.rawValue).isEmpty }
    }

    func startStranger(_ name: String) throws {
        try stranger.start(Neighbour(), name, map, &office)
        try until { self.stranger.isOpen }
    }

    func startAPI() throws {
        try api.start(Neighbour(), "api", map, &office)
        answers = 0
        try until { self.api.isOpen }
    }

    func round() throws {
        try risk.round()
        try matching.round()
        try market.round()
        try stranger.round()
        try api.round()
    }

    /// Turns until that holds; an error when it does not come to hold.
    func until(_ holds: () -> Bool) throws {
        for _ in 0..<200_000 {
            if holds() { return }
            try round()
        }
        throw Missing()
    }

    /// The next block of random orders, in the model only.
    func make() throws {
        var list: [Instruction] = []
        for _ in 0..<random.number(1...12) {
            sequence += 1
            list.append(instruction())
        }
        let number = UInt64(blocks.count) + 1
        let block = Instructions(block: number, time: number * 1_000, list: list)
        blocks.append(block)
        reports = []
        try model.apply(block, into: &reports)
        chain.extend(reports)
        for case .trade(let trade) in reports {
            prints[Int(trade.instrument.raw)].append(
                Print(
                    id: trade.id, price: trade.price, quantity: trade.quantity,
                    takerSide: trade.takerSide, time: block.time))
        }
    }

    private func instruction() -> Instruction {
        let account = AccountID(UInt32(random.number(1...5)))
        switch random.number(0...15) {
        case 0: return .cancelAll(sequence: sequence, account)
        case 1, 2:
            let order = OrderID(UInt64(random.number(1...Int64(sequence))))
            return .cancel(sequence: sequence, account, order)
        default:
            return .place(
                sequence: sequence,
                NewOrder(
                    account: account, instrument: InstrumentID(UInt16(random.number(0...1))),
                    side: random.number(0...1) == 0 ? .buy : .sell, kind: .limit,
                    price: Price(random.number(90...110)),
                    quantity: Quantity(random.number(1...50)),
                    client: client))
        }
    }

    /// Has matching run those blocks, each when the one before is answered.
    func run(_ some: some Sequence<Instructions>) throws {
        for block in some {
            let kind = StreamMessage.results.rawValue
            let before = risk.heard(kind).count
            risk.say(
                .ask(StreamMessage.instructions.rawValue, encoded { block.encode(into: &$0) }))
            try until { self.risk.heard(kind).count > before }
        }
    }

    func ask(_ kind: MarketMessage, _ query: MarketQuery) throws -> [UInt8] {
        api.say(.ask(kind.rawValue, encoded { query.encode(into: &$0) }))
        answers += 1
        try until { (self.api.read(\.heard) ?? []).count == self.answers }
        return api.read(\.heard)?.last?.body ?? []
    }

    func depth(_ instrument: UInt16, _ count: UInt16 = 1_000) throws -> Depth {
        let query = MarketQuery(instrument: InstrumentID(instrument), count: count)
        var reader = ByteReader(try ask(.book, query))
        return try Depth.decode(&reader)
    }

    func tape(_ instrument: UInt16, _ count: UInt16 = 1_000) throws -> [Print] {
        let query = MarketQuery(instrument: InstrumentID(instrument), count: count)
        var reader = ByteReader(try ask(.trades, query))
        return try Tape.decode(&reader).prints
    }

    /// What the model's book adds up to.
    func summed(_ instrument: UInt16) -> Depth {
        func side(_ side: Side) -> [Level] {
            var list: [Level] = []
            for order in model.open(InstrumentID(instrument), side) {
                if list.last?.price != order.price {
                    list.append(Level(price: order.price, quantity: Quantity(0), orders: 0))
                }
                let last = list.count - 1
                list[last].quantity = Quantity(list[last].quantity.raw + order.rest.raw)
                list[last].orders += 1
            }
            return list
        }
        return Depth(
            instrument: InstrumentID(instrument), block: model.block, bids: side(.buy),
            asks: side(.sell))
    }
}
