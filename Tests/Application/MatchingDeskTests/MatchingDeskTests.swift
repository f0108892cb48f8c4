import Chance
import Chance
import Enrolment
import MarketDesk
import MatchingDesk
import Neighbours
import OrderTreaty
import Passage
import Relay
import RiskDesk
import Testing

/// All five on loopback, in one thread, each with its own passages.
final class Venue {
    enum Part: CaseIterable { case orders, risk, matching, market }

    private let map: Map
    private var office: Office
    private let journal: [Block]
    let orders = Seat<OrdersStub>()
    let risk = Seat<RiskDesk>()
    let matching = Seat<MatchingDesk>()
    let ledger = Seat<LedgerStub>()
    let market = Seat<MarketDesk>()

    init(_ journal: [Block]) throws {
        map = try Map([
            ("orders", "risk", ["attach", "block"]),
            ("risk", "matching", ["attach", "instructions", "restart"]),
            ("risk", "ledger", ["attach", "holds"]),
            ("matching", "orders", ["attach", "results"]),
            ("matching", "ledger", ["attach", "settlements"]),
            ("matching", "marketdata", ["attach", "results"]),
        ])
        office = try Office()
        self.journal = journal
        try ledger.start(LedgerStub(), "ledger", map, &office)
        for part in Part.allCases { try renew(part) }
    }

    func renew(_ part: Part) throws {
        switch part {
        case .orders: try orders.start(OrdersStub(journal), "orders", map, &office)
        case .risk: try risk.start(RiskDesk(Traffic.listing), "risk", map, &office)
        case .matching: try matching.start(MatchingDesk(Traffic.listing), "matching", map, &office)
        case .market: try market.start(MarketDesk(Traffic.listing), "marketdata", map, &office)
        }
    }

    func round() throws {
        try orders.round(1)
        try risk.round()
        try matching.round()
        try ledger.round()
        try market.round()
    }

    /// The last block that each has: orders, risk, matching, ledger, marketdata.
    var blocks: [UInt64] {
        [
            orders.read(\.received), risk.read(\.answered), matching.read(\.block),
            ledger.read(\.last), market.read(\.block),
        ].map { $0 ?? 0 }
    }

    var isDone: Bool { blocks.allSatisfy { $0 == UInt64(journal.count) } }

    /// Turns until everybody has the whole journal; false when that does not come.
    func finish(rounds: Int = 20_000) throws -> Bool {
        for _ in 0..<rounds where !isDone { try round() }
        return isDone
    }
}

@Suite("Risk and matching on their passages", .serialized)
struct MatchingDeskTests {
    private func check(_ venue: Venue, _ traffic: Traffic) throws {
        let expected = try traffic.outcome()
        #expect(venue.orders.read(\.digest) == expected.results)
        #expect(venue.matching.read(\.digest) == expected.results)
        #expect(venue.risk.read(\.digest) == expected.results)
        #expect(venue.ledger.read(\.digest) == expected.ledger)
        #expect(venue.orders.read(\.wrong) == [])
        #expect(venue.ledger.read(\.wrong) == [])
    }

    @Test("a journal goes through risk and matching to orders, the ledger and marketdata")
    func undisturbed() throws {
        let traffic = try Traffic(seed: 1, blocks: 300)
        let venue = try Venue(traffic.blocks)
        #expect(try venue.finish(), "\(venue.blocks)")
        try check(venue, traffic)
        #expect(venue.orders.read(\.restarts) == 0)
    }

    @Test(
        "whoever dies at whatever moment, the outcome is that of an undisturbed run",
        arguments: 1...6 as ClosedRange<UInt64>)
    func kills(seed: UInt64) throws {
        let traffic = try Traffic(seed: seed, blocks: 200)
        let venue = try Venue(traffic.blocks)
        var random = Seeded(state: seed)
        for _ in 0..<12 {
            for _ in 0..<random.number(1...120) { try venue.round() }
            try venue.renew(Venue.Part.allCases.randomElement(using: &random) ?? .risk)
        }
        #expect(try venue.finish(), "\(venue.blocks)")
        try check(venue, traffic)
    }
}
