internal import Bytes
internal import Chance
internal import LedgerTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import Risk
internal import RiskTreaty
internal import Testing

/// Random commands of a few accounts, most of them sensible.
struct Traffic {
    var random: Seeded
    var placed: [(account: UInt32, order: UInt64)] = []
    var reserves: [UInt64] = []
    static let accounts: Int64 = 6

    mutating func commands(from first: UInt64) -> [Command] {
        let count = Int(random.number(1...30))
        return (0..<count).map { command(first + UInt64($0)) }
    }

    private mutating func account() -> AccountID {
        AccountID(UInt32(random.number(random.number(0...60) == 0 ? 0...9 : 1...Self.accounts)))
    }

    private mutating func command(_ sequence: UInt64) -> Command {
        let account = account()
        switch random.number(0...99) {
        case 0..<60: return place(account, sequence)
        case 60..<75:
            guard let pick = placed.randomElement(using: &random) else {
                return .cancelAll(account)
            }
            return .replace(
                AccountID(pick.account), OrderID(pick.order), Price(price()), Quantity(quantity()))
        case 75..<88:
            guard let pick = placed.randomElement(using: &random) else {
                return .cancelAll(account)
            }
            return .cancel(AccountID(pick.account), OrderID(pick.order))
        case 88: return .cancelAll(account)
        case 89: return .stop(account)
        case 90, 91, 92: return .resume(random.number(0...1) == 0 ? account : AccountID(0))
        case 93, 94:
            reserves.append(sequence)
            return .reserve(account, CurrencyID(1), Amount(random.number(1...20_000)))
        case 95: return .settle(reserve: reserves.randomElement(using: &random) ?? 1)
        case 96: return .release(reserve: reserves.randomElement(using: &random) ?? 1)
        case 97: return .open(AccountID(UInt32(random.number(1...8))))
        default:
            return .credit(
                account, CurrencyID(UInt16(random.number(0...2))),
                Amount(random.number(1...30_000)))
        }
    }

    private mutating func price() -> Int64 { random.number(180...220) * 5 }
    private mutating func quantity() -> Int64 { random.number(1...20) * 20 }

    private mutating func place(_ account: AccountID, _ sequence: UInt64) -> Command {
        placed.append((account.raw, sequence))
        if placed.count > 60 { placed.removeFirst() }
        let kinds: [OrderKind] = [.limit, .limit, .limit, .market, .immediateOrCancel, .postOnly]
        return .place(
            NewOrder(
                account: account, instrument: InstrumentID(UInt16(random.number(0...1))),
                side: random.number(0...1) == 0 ? .buy : .sell,
                kind: kinds.randomElement(using: &random) ?? .limit, price: Price(price()),
                quantity: Quantity(quantity()), client: clientName))
    }
}

let clientName = ClientOrderID("a").unsafelyKnown

extension Optional where Wrapped == ClientOrderID {
    fileprivate var unsafelyKnown: ClientOrderID {
        guard let self else { fatalError("a client order id that is one") }
        return self
    }
}

@Suite("Risk and matching together")
struct PropertyTests {
    static func start() throws -> Venue {
        var venue = Venue()
        for account in 1...5 as ClosedRange<UInt32> {
            try venue.run([
                .open(AccountID(account)),
                .credit(AccountID(account), CurrencyID(0), Amount(2_000)),
                .credit(AccountID(account), CurrencyID(1), Amount(20_000)),
                .credit(AccountID(account), CurrencyID(2), Amount(2_000)),
            ])
        }
        return venue
    }

    @Test(
        "money is conserved, never negative, held exactly as open orders need; the auditor agrees",
        arguments: 0..<40 as Range<UInt64>)
    func conserved(seed: UInt64) throws {
        var venue = try Self.start()
        var traffic = Traffic(random: Seeded(state: seed))
        for _ in 0..<120 {
            try venue.run(traffic.commands(from: venue.next))
            let wrong = Self.findings(venue)
            #expect(wrong.isEmpty, "block \(venue.number): \(wrong.prefix(3))")
            if !wrong.isEmpty { return }
        }
        #expect(venue.matching.tradeCount > 100)
    }

    static func findings(_ venue: Venue) -> [String] {
        var wrong = venue.auditor.wrong
        var totals: [UInt16: Int64] = [:]
        for account in 1...UInt32(venue.risk.accountCount) {
            for balance in venue.risk.balances(AccountID(account)) {
                let key = Auditor.Key(account: account, currency: balance.currency.raw)
                let numbers = [balance.available.raw, balance.held.raw, balance.reserved.raw]
                let booked = [
                    venue.auditor.available[key, default: 0], venue.auditor.held[key, default: 0],
                    venue.auditor.reserved[key, default: 0],
                ]
                if numbers != booked { wrong.append("\(key): risk \(numbers), booked \(booked)") }
                if numbers.contains(where: { $0 < 0 }) { wrong.append("\(key) below zero") }
                totals[key.currency, default: 0] += numbers.reduce(0, +)
            }
        }
        for currency in 0..<3 as Range<UInt16> {
            let fees = venue.risk.feesTaken(CurrencyID(currency)).raw
            if fees != venue.auditor.fees[currency, default: 0] { wrong.append("fees differ") }
            let issued = venue.risk.issued(CurrencyID(currency)).raw
            if totals[currency, default: 0] + fees != issued
                || issued != venue.auditor.issued[currency, default: 0]
            {
                wrong.append("currency \(currency) is not conserved")
            }
        }
        return wrong + holdFindings(venue)
    }

    /// Holds against the book itself: sells hold their rest, buys their value and highest fee.
    static func holdFindings(_ venue: Venue) -> [String] {
        var wrong: [String] = []
        var sums: [Auditor.Key: Int64] = [:]
        var count = 0
        for (place, instrument) in Venue.listing.instruments.enumerated() {
            for side in [Side.buy, .sell] {
                for order in venue.matching.open(InstrumentID(UInt16(place)), side) {
                    count += 1
                    let hold = venue.risk.held(for: order.id)?.raw ?? -1
                    let value = instrument.notional(order.price, order.rest) ?? .zero
                    let rate = max(instrument.makerFee, instrument.takerFee)
                    let most =
                        side == .sell
                        ? order.rest.raw
                        : value.raw + (value.share(perHundredThousand: rate)?.raw ?? 0)
                    let least = side == .sell ? order.rest.raw : most - 1
                    if !(least...most).contains(hold) {
                        wrong.append("order \(order.id.raw) holds \(hold), not \(most)")
                    }
                    let currency = side == .buy ? instrument.quote : instrument.base
                    let key = Auditor.Key(account: order.account.raw, currency: currency.raw)
                    sums[key, default: 0] += hold
                }
            }
        }
        if count != venue.risk.openOrders { wrong.append("open orders differ") }
        for (key, held) in venue.auditor.held where held != sums[key, default: 0] {
            wrong.append("\(key) holds \(held), its orders \(sums[key, default: 0])")
        }
        return wrong
    }

    @Test("a rebuild from block 1 gives the same bytes", arguments: 0..<6 as Range<UInt64>)
    func rebuilt(seed: UInt64) throws {
        var blocks: [Block] = []
        var bytes: [[UInt8]] = [[], []]
        for (pass, digest) in [(0, 0), (1, 1)] {
            var risk = Risk(Venue.listing)
            var matching = Matching(Venue.listing)
            var traffic = Traffic(random: Seeded(state: seed))
            var next: UInt64 = 1
            var writer = ByteWriter()
            for number in 1...80 as ClosedRange<UInt64> {
                if pass == 0 {
                    var commands = number < 7 ? Self.opening(UInt32(number)) : []
                    commands += traffic.commands(from: next + UInt64(commands.count))
                    blocks.append(Venue.block(number, next, commands))
                    next += UInt64(commands.count)
                }
                let decided = try risk.decide(blocks[Int(number) - 1])
                decided.encode(into: &writer)
                var reports: [Report] = []
                try matching.apply(decided, into: &reports)
                for report in reports { report.encode(into: &writer) }
                let half = reports.count / 2 * digest
                try risk.take(Array(reports[..<half]), of: number)
                try risk.take(Array(reports[half...]), of: number)
                try risk.finish().encode(into: &writer)
            }
            bytes[pass] = writer.bytes
        }
        #expect(bytes[0] == bytes[1] && bytes[0].count > 10_000)
    }

    static func opening(_ account: UInt32) -> [Command] {
        [
            .open(AccountID(account)),
            .credit(AccountID(account), CurrencyID(1), Amount(20_000)),
            .credit(AccountID(account), CurrencyID(0), Amount(5_000)),
        ]
    }
}
