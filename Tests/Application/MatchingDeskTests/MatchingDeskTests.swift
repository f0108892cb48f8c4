import Descriptors
import MarketDesk
import MatchingDesk
import OrderTreaty
import Passage
import Relay
import RiskDesk
import Testing

/// One service as it runs, until it is killed.
final class Seat<Work: Desk> {
    private var relay: Relay<Work>?
    private var authority: SharedDescriptor?

    func start(_ desk: Work, _ name: String, _ map: Map, _ office: inout Office) throws {
        // The old process had no time to say anything.
        relay = nil
        let authority = try office.pair(name)
        var next = try Relay(
            desk, name, map.table(name), authority: authority.number, events: nil)
        try office.serve()
        try next.attach()
        relay = consume next
        self.authority = authority
    }

    func round(_ milliseconds: Int32 = 0) throws {
        _ = try relay?.round(timeoutMilliseconds: milliseconds)
    }

    func read<Value>(_ look: (Work) -> Value) -> Value? {
        guard let here = relay.take() else { return nil }
        let value = look(here.desk)
        relay = consume here
        return value
    }

    func change(_ change: (inout Work) -> Void) {
        guard var here = relay.take() else { return }
        change(&here.desk)
        relay = consume here
    }
}

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
        map = try Map()
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
            orders.read(\.received), risk.read(\.block), matching.read(\.block),
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
