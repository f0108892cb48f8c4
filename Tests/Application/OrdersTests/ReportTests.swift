import AdminTreaty
import Numerals
import OrderTreaty
import Orders
import RiskTreaty
import Testing

/// A false tale of matching's about the last block, and what the venue says when it halts.
struct FalseTale: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reason: String
    let tell: @Sendable (inout [Report]) -> Void

    init(
        _ testDescription: String, _ reason: String,
        _ tell: @escaping @Sendable (inout [Report]) -> Void
    ) {
        self.testDescription = testDescription
        self.reason = reason
        self.tell = tell
    }

    /// The same with each trade changed.
    static func trade(
        _ what: String, _ reason: String, _ change: @escaping @Sendable (inout Trade) -> Void
    ) -> FalseTale {
        FalseTale(what, reason) { reports in
            reports = reports.map { report in
                guard case .trade(var trade) = report else { return report }
                change(&trade)
                return .trade(trade)
            }
        }
    }

    /// The same with each departure changed.
    static func left(
        _ what: String, _ reason: String,
        _ change: @escaping @Sendable (OrderID, AccountID, Departure, Quantity) -> Report
    ) -> FalseTale {
        FalseTale(what, reason) { reports in
            reports = reports.map { report in
                guard case .left(let id, let account, let why, let rest) = report else {
                    return report
                }
                return change(id, account, why, rest)
            }
        }
    }
}

@Suite("What matching says to orders")
struct ReportTests {
    /// Accounts 1 and 2, an order of 1 that rests (2 units at 1000) and one of 2 that meets it in
    /// the last block (1 unit at up to 1005), not yet answered.
    private func met(_ place: Place) throws -> Rig {
        var rig = try Rig(place.path)
        try rig.attach()
        try rig.fund()
        _ = rig.submit(rig.client.place("rests", "sell", "2", at: "1000"), .place)
        try rig.run()
        _ = rig.submit(rig.client.place("meets", "buy", "1", at: "1005", account: 2), .place)
        try rig.close()
        try rig.sync()
        try rig.send()
        return rig
    }

    private static let notOpen = "a report of an order that is not open"
    private static let strangers = "a trade of two orders that do not meet"
    private static let priced = "a trade at a price that its orders do not allow"
    private static let beyond = "a trade beyond what is left of its orders"
    private static let numbered = "a trade that is not the next one"
    private static let left = "an order left with another rest"

    private static let tales: [FalseTale] = [
        .trade("a fill of an order that nobody placed", notOpen) { $0.maker = OrderID(999) },
        .trade("a fill of a taker that nobody placed", notOpen) { $0.taker = OrderID(999) },
        .trade("a fill beyond the taker's quantity", beyond) {
            $0.quantity = Quantity(20_000)
            $0.notional = Amount(200_000)
        },
        .trade("a fill beyond both quantities", beyond) {
            $0.quantity = Quantity(40_000)
            $0.notional = Amount(400_000)
        },
        .trade("a price above the taker's limit", priced) {
            $0.price = Price(1_010)
            $0.notional = Amount(101_000)
        },
        .trade("a price that is not the maker's", priced) {
            $0.price = Price(1_005)
            $0.notional = Amount(100_500)
        },
        .trade("a cost that is not price times quantity", priced) { $0.notional = Amount(1) },
        .trade("another instrument", strangers) { $0.instrument = InstrumentID(7) },
        .trade("a maker as its own taker", strangers) { $0.taker = $0.maker },
        .trade("another account's order", strangers) { $0.makerAccount = AccountID(3) },
        .trade("an account that trades with itself", strangers) {
            $0.takerAccount = $0.makerAccount
        },
        .trade("buyer and seller exchanged", strangers) { $0.takerSide = .sell },
        .trade("a number that leaves one out", numbered) { $0.id = TradeID(2) },
        FalseTale("the same fill twice", numbered) { reports in
            guard let place = reports.firstIndex(where: { $0.isTrade }) else { return }
            guard case .trade(var half) = reports[place] else { return }
            half.quantity = Quantity(half.quantity.raw / 2)
            half.notional = Amount(half.notional.raw / 2)
            reports[place] = .trade(half)
            reports.insert(.trade(half), at: place)
        },
        FalseTale("an order that entered at another price", "an order entered as another") {
            $0[0] = .accepted(
                sequence: $0[0].sequence, AccountID(2), InstrumentID(0), .buy, Price(1_200),
                Quantity(10_000))
        },
        FalseTale("an order that entered for another", "an order entered as another") {
            $0[0] = .accepted(
                sequence: $0[0].sequence, AccountID(1), InstrumentID(0), .buy, Price(1_005),
                Quantity(10_000))
        },
        FalseTale("an order that was done", "an answer to another command than the next one") {
            $0[0] = .done(sequence: $0[0].sequence)
        },
        FalseTale("a replacement that nobody asked for", "an order was replaced by another") {
            $0[0] = .replaced(
                sequence: $0[0].sequence, OrderID(6), AccountID(1), Price(5),
                remaining: Quantity(10_000))
        },
        FalseTale("a fill before the order entered", notOpen) { reports in
            guard let place = reports.firstIndex(where: { $0.isTrade }) else { return }
            reports.insert(reports.remove(at: place), at: 0)
        },
        FalseTale("no word of a command", "do not decide each command") { reports in
            reports = []
        },
        .left("an order that left before it was filled", left) { id, account, why, _ in
            .left(id, account, why, remaining: Quantity(10_000))
        },
        .left("an order that left cancelled when it was filled", left) { id, account, _, rest in
            .left(id, account, .cancelled, remaining: rest)
        },
        .left("another account's order that left", left) { id, _, why, rest in
            .left(id, AccountID(1), why, remaining: rest)
        },
        .left("an order that left and was not there", notOpen) { _, account, why, rest in
            .left(OrderID(999), account, why, remaining: rest)
        },
    ]

    @Test(
        "a false report halts the venue, names what is false, and answers nobody", arguments: tales)
    func lies(_ tale: FalseTale) throws {
        let place = try Place()
        var rig = try met(place)
        var results = rig.decider.results.removeFirst()
        let before = results.reports
        tale.tell(&results.reports)
        #expect(results.reports != before)
        guard case .halted(let why) = rig.orders.take(results) else {
            Issue.record("it was believed")
            return
        }
        #expect(why.contains(tale.reason), "\(why)")
        rig.collect()
        #expect(rig.outcome(rig.ticket) == nil)
        #expect(rig.orders.state.isHalted)
    }

    @Test("the true tale of the same block is taken")
    func truth() throws {
        let place = try Place()
        var rig = try met(place)
        let results = rig.decider.results.removeFirst()
        #expect(results.reports.contains { $0.isTrade })
        #expect(rig.orders.take(results) == .fine)
        rig.collect()
        #expect(rig.view(rig.ticket)?.state == .filled)
    }
}

extension Report {
    fileprivate var isTrade: Bool {
        if case .trade = self { return true }
        return false
    }

    fileprivate var sequence: UInt64 {
        switch self {
        case .done(let sequence), .refused(let sequence, _),
            .accepted(let sequence, _, _, _, _, _), .replaced(let sequence, _, _, _, _):
            sequence
        case .trade, .left: 0
        }
    }
}
