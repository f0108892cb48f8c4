import Bytes
import Chance
import Digests
import Enrolment
import LedgerTreaty
import Matching
import Numerals
import OrderTreaty
import Risk
import RiskTreaty

/// A journal, and what must become of it.
struct Traffic {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 4), Currency(name: "USD", digits: 2)],
        instruments: [
            Instrument(
                symbol: "BTC-USD", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
                quantityDigits: 2, tick: Price(5), lot: Quantity(20), quantityMax: Quantity(4_000),
                valueMin: Amount(10), valueMax: Amount(1_000_000), collarBasisPoints: 2_000,
                makerFee: 100, takerFee: 150, reference: Price(1_000), divisor: 100)
        ])

    private(set) var blocks: [Block] = []
    private var random: Seeded
    private var next: UInt64 = 1

    init(seed: UInt64, blocks count: Int, commandsMax: Int64 = 12) throws {
        random = Seeded(state: seed)
        guard let client = ClientOrderID("a") else { throw Missing() }
        add(
            (1...6).flatMap { account in
                [
                    Command.open(AccountID(account)),
                    .credit(AccountID(account), CurrencyID(0), Amount(1_000_000)),
                    .credit(AccountID(account), CurrencyID(1), Amount(100_000_000)),
                ]
            })
        while blocks.count < count {
            add((0..<random.number(1...commandsMax)).map { _ in command(client) })
        }
    }

    private mutating func add(_ commands: [Command]) {
        blocks.append(
            Block(
                number: UInt64(blocks.count) + 1, first: next,
                time: UInt64(blocks.count) * 500_000_000, outcomeOf: 0,
                outcome: [UInt8](repeating: 0, count: 32), commands: commands))
        next += UInt64(commands.count)
    }

    private mutating func command(_ client: ClientOrderID) -> Command {
        let account = AccountID(UInt32(random.number(1...6)))
        switch random.number(0...19) {
        case 0, 1:
            return .cancel(account, OrderID(UInt64(random.number(1...Int64(next)))))
        case 2: return .cancelAll(account)
        default:
            return .place(
                NewOrder(
                    account: account, instrument: InstrumentID(0),
                    side: random.number(0...1) == 0 ? .buy : .sell,
                    kind: random.number(0...5) == 0 ? .postOnly : .limit,
                    price: Price(random.number(190...210) * 5),
                    quantity: Quantity(random.number(1...20) * 20), client: client))
        }
    }

    /// What comes of the whole journal when nothing is ever disturbed: the digests of results, and
    /// of what the ledger was told.
    func outcome() throws -> (results: [UInt8], ledger: [UInt8], matching: Matching) {
        var risk = Risk(Self.listing)
        var matching = Matching(Self.listing)
        var chain = ReportChain()
        var ledger = [UInt8](repeating: 0, count: 32)
        for block in blocks {
            let decided = try risk.decide(block)
            var reports: [Report] = []
            try matching.apply(decided, into: &reports)
            chain.extend(reports)
            try risk.take(reports, of: block.number)
            var writer = ByteWriter()
            var changes = try risk.finish()
            changes.witness = Settlements.witness(of: reports, Self.listing)
            changes.encode(into: &writer)
            let trades = reports.compactMap { report in
                if case .trade(let trade) = report { Settlement(trade, Self.listing) } else { nil }
            }
            Settlements(block: block.number, isPart: false, trades: trades).encode(into: &writer)
            ledger = SHA256.hash(of: ledger + writer.bytes)
        }
        return (chain.digest, ledger, matching)
    }
}
