import Bytes
import Chance
import Enrolment
import LedgerTreaty
import Matching
import Neighbours
import Numerals
import OrderTreaty
import Risk
import RiskDesk
import RiskTreaty

/// Risk between orders, matching and the ledger, which do what a test says.
final class Stage {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 4), Currency(name: "USD", digits: 2)],
        instruments: [
            Instrument(
                symbol: "BTC-USD", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
                quantityDigits: 2, tick: Price(5), lot: Quantity(20), quantityMax: Quantity(4_000),
                valueMin: Amount(10), valueMax: Amount(1_000_000), collarBasisPoints: 2_000,
                makerFee: 100, takerFee: 150, reference: Price(1_000), divisor: 100)
        ])

    private let map: Map
    private var office: Office
    let blocks: [Block]
    /// What the ledger hears of each block.
    private(set) var holds: [[UInt8]] = []
    /// What matching answers to each block.
    private(set) var results: [Results] = []

    let risk = Seat<RiskDesk>()
    let orders = Seat<Neighbour>()
    let matching = Seat<Neighbour>()
    let ledger = Seat<Neighbour>()
    /// Questions of risk that matching and the ledger have answered, since they began anew.
    private var matched = 0
    private var booked = 0

    init(seed: UInt64, blocks count: Int, holdsMax: Int? = nil) throws {
        map = try Map([
            ("orders", "risk", ["attach", "block"]),
            ("risk", "matching", ["attach", "instructions", "restart"]),
            ("risk", "ledger", ["attach", "holds"]),
        ])
        office = try Office()
        blocks = try Self.journal(seed, count)
        try work()
        try risk.start(RiskDesk(Self.listing, holdsMax: holdsMax), "risk", map, &office)
    }

    private static func journal(_ seed: UInt64, _ count: Int) throws -> [Block] {
        guard let client = ClientOrderID("a") else { throw Missing() }
        var random = Seeded(state: seed)
        var next: UInt64 = 1
        return (1...UInt64(count)).map { number in
            var commands: [Command] = []
            if number == 1 {
                for account in 1...4 as ClosedRange<UInt32> {
                    commands += [
                        .open(AccountID(account)),
                        .credit(AccountID(account), CurrencyID(0), Amount(1_000_000)),
                        .credit(AccountID(account), CurrencyID(1), Amount(100_000_000)),
                    ]
                }
            } else {
                commands = (0..<random.number(1...8)).map { _ in
                    .place(
                        NewOrder(
                            account: AccountID(UInt32(random.number(1...4))),
                            instrument: InstrumentID(0),
                            side: random.number(0...1) == 0 ? .buy : .sell, kind: .limit,
                            price: Price(random.number(195...205) * 5),
                            quantity: Quantity(random.number(1...9) * 20), client: client))
                }
            }
            defer { next += UInt64(commands.count) }
            return Block(
                number: number, first: next, time: number * 500_000_000, outcomeOf: 0,
                outcome: [UInt8](repeating: 0, count: 32), commands: commands)
        }
    }

    /// What must become of the journal.
    private func work() throws {
        var risk = Risk(Self.listing)
        var matching = Matching(Self.listing)
        var chain = ReportChain()
        for block in blocks {
            let decided = try risk.decide(block)
            var reports: [Report] = []
            try matching.apply(decided, into: &reports)
            chain.extend(reports)
            try risk.take(reports, of: block.number)
            var changes = try risk.finish()
            changes.witness = Settlements.witness(of: reports, Self.listing)
            holds.append(encoded { changes.encode(into: &$0) })
            results.append(
                Results(
                    block: block.number, time: block.time, digest: chain.digest, isPart: false,
                    reports: reports))
        }
    }

    func round() throws {
        try orders.round()
        try risk.round()
        try matching.round()
        try ledger.round()
    }

    func until(_ holds: () throws -> Bool) throws {
        for _ in 0..<200_000 {
            if try holds() { return }
            try round()
        }
        throw Missing()
    }

    func attachOrders() throws {
        try orders.start(Neighbour(), "orders", map, &office)
        orders.say(.ask(StreamMessage.attach.rawValue, []))
        try until { self.resumed != nil || self.refusal != nil }
    }

    /// What orders was told at its last attachment.
    var resumed: [UInt8]? { orders.heard(StreamMessage.resume.rawValue).last?.body }

    /// Why it was not attached.
    var refusal: String? {
        orders.heard(StreamMessage.halted.rawValue).last.map {
            String(decoding: $0.body, as: UTF8.self)
        }
    }

    func send(_ some: some Sequence<Block>) {
        for block in some {
            orders.say(.tell(StreamMessage.block.rawValue, encoded { block.encode(into: &$0) }))
        }
    }

    func attachMatching(_ block: UInt64, _ digest: [UInt8]) throws {
        matched = 0
        try attach(matching, "matching", Resume(block: block, digest: digest))
    }

    func attachLedger(_ block: UInt64) throws {
        booked = 0
        try attach(ledger, "ledger", Resume(block: block))
    }

    private func attach(_ seat: Seat<Neighbour>, _ name: String, _ resume: Resume) throws {
        try attach(seat, name, encoded { resume.encode(into: &$0) })
    }

    /// Comes anew and answers risk's `attach` with that body.
    func attach(_ seat: Seat<Neighbour>, _ name: String, _ body: [UInt8]) throws {
        try seat.start(Neighbour(), name, map, &office)
        let kind = StreamMessage.attach.rawValue
        try until { !seat.heard(kind).isEmpty }
        guard let question = seat.heard(kind).last else { throw Missing() }
        seat.say(
            .answer(
                StreamMessage.resume.rawValue, to: question.correlation, body))
    }

    /// Answers instructions as matching would, through that block.
    func match(through last: Int) throws {
        let asked = matching.heard(StreamMessage.instructions.rawValue)
        for question in asked[min(matched, asked.count)...] {
            var reader = ByteReader(question.body)
            let block = Int(try Instructions.decode(&reader).block)
            guard block <= last else { return }
            matched += 1
            let result = results[block - 1]
            matching.say(
                .answer(
                    StreamMessage.results.rawValue, to: question.correlation,
                    encoded { result.encode(into: &$0) }))
        }
    }

    /// The bodies of all holds that the ledger was told.
    var held: [[UInt8]] { ledger.heard(LedgerMessage.holds.rawValue).map(\.body) }

    /// The ledger says that it has the next blocks on disk.
    func book(_ count: Int) {
        let asked = ledger.heard(LedgerMessage.holds.rawValue)
        for question in asked[booked...].prefix(count) {
            booked += 1
            ledger.say(.answer(LedgerMessage.applied.rawValue, to: question.correlation, []))
        }
    }
}
