import Descriptors
import MarketDesk
import MatchingDesk
import OrderTreaty
import Passage
import Relay
import RiskDesk
import Testing

/// All five on loopback, in one thread, each with its own passages.
struct Venue: ~Copyable {
    enum Part: CaseIterable { case orders, risk, matching, market }

    private let map: Map
    private var office: Office
    private let journal: [Block]
    private var ends: [SharedDescriptor] = []
    var orders: Relay<OrdersStub>?
    var risk: Relay<RiskDesk>?
    var matching: Relay<MatchingDesk>?
    var ledger: Relay<LedgerStub>?
    var market: Relay<MarketDesk>?

    init(_ journal: [Block]) throws {
        let map = try Map()
        let office = try Office()
        self.map = map
        self.office = office
        self.journal = journal
        ledger = try start(LedgerStub(), "ledger")
        for part in Part.allCases { try renew(part) }
    }

    private mutating func start<Work: Desk>(
        _ desk: Work, _ name: String
    ) throws -> Relay<Work> {
        let authority = try office.pair(name)
        ends.append(authority)
        var relay = try Relay(
            desk, name, map.table(name), authority: authority.number, events: nil)
        try office.serve()
        try relay.attach()
        return relay
    }

    /// A new process in the place of the old one, which had no time to say anything.
    mutating func renew(_ part: Part) throws {
        switch part {
        case .orders:
            orders = nil
            orders = try start(OrdersStub(journal), "orders")
        case .risk:
            risk = nil
            risk = try start(RiskDesk(Traffic.listing), "risk")
        case .matching:
            matching = nil
            matching = try start(MatchingDesk(Traffic.listing), "matching")
        case .market:
            market = nil
            market = try start(MarketDesk(Traffic.listing), "marketdata")
        }
    }

    mutating func round() throws {
        _ = try orders?.round(timeoutMilliseconds: 1)
        _ = try risk?.round(timeoutMilliseconds: 0)
        _ = try matching?.round(timeoutMilliseconds: 0)
        _ = try ledger?.round(timeoutMilliseconds: 0)
        _ = try market?.round(timeoutMilliseconds: 0)
    }

    /// Everybody has the whole journal.
    var isDone: Bool {
        let end = UInt64(journal.count)
        return orders?.desk.received == end && ledger?.desk.last == end
            && market?.desk.block == end && risk?.desk.block == end
            && matching?.desk.block == end
    }

    /// Turns until everybody is done; false when that does not come.
    mutating func finish(rounds: Int = 30_000) throws -> Bool {
        for _ in 0..<rounds where !isDone { try round() }
        return isDone
    }
}

@Suite("Risk and matching on their passages", .serialized)
struct MatchingDeskTests {
    private func check(_ venue: borrowing Venue, _ traffic: Traffic) throws {
        let expected = try traffic.outcome()
        #expect(venue.orders?.desk.digest == expected.results)
        #expect(venue.matching?.desk.digest == expected.results)
        #expect(venue.risk?.desk.digest == expected.results)
        #expect(venue.ledger?.desk.digest == expected.ledger)
        #expect(venue.orders?.desk.wrong == [])
        #expect(venue.ledger?.desk.wrong == [])
    }

    @Test("a journal goes through risk and matching to orders, the ledger and marketdata")
    func undisturbed() throws {
        let traffic = try Traffic(seed: 1, blocks: 300)
        var venue = try Venue(traffic.blocks)
        #expect(try venue.finish())
        try check(venue, traffic)
        #expect(venue.orders?.desk.restarts == 0)
    }

    @Test(
        "whoever dies at whatever moment, the outcome is that of an undisturbed run",
        arguments: 1...6 as ClosedRange<UInt64>)
    func kills(seed: UInt64) throws {
        let traffic = try Traffic(seed: seed, blocks: 200)
        var venue = try Venue(traffic.blocks)
        var random = Seeded(state: seed)
        for _ in 0..<12 {
            for _ in 0..<random.number(1...120) { try venue.round() }
            try venue.renew(Venue.Part.allCases.randomElement(using: &random) ?? .risk)
        }
        #expect(try venue.finish())
        try check(venue, traffic)
    }
}
