internal import LedgerTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import Risk
internal import RiskTreaty
internal import Testing

/// Risk and matching together with an auditor that books what the ledger would book.
struct Venue {
    static let listing = Listing(
        currencies: [
            Currency(name: "BTC", digits: 4), Currency(name: "USD", digits: 2),
            Currency(name: "ETH", digits: 3),
        ],
        instruments: [instrument("BTC-USD", 0, 100, 150), instrument("ETH-USD", 2, 200, 0)])

    static func instrument(
        _ symbol: String, _ base: UInt16, _ maker: UInt32, _ taker: UInt32
    ) -> Instrument {
        Instrument(
            symbol: symbol, base: CurrencyID(base), quote: CurrencyID(1), priceDigits: 0,
            quantityDigits: 2, tick: Price(5), lot: Quantity(20), quantityMax: Quantity(4_000),
            valueMin: Amount(10), valueMax: Amount(1_000_000), collarBasisPoints: 2_000,
            makerFee: maker, takerFee: taker, reference: Price(1_000), divisor: 100)
    }

    static func block(
        _ number: UInt64, _ first: UInt64, _ commands: [Command], time: UInt64? = nil
    ) -> Block {
        Block(
            number: number, first: first, time: time ?? number * 500_000_000, outcomeOf: 0,
            outcome: [UInt8](repeating: 0, count: 32), commands: commands)
    }

    var risk: Risk
    var matching = Matching(listing)
    var number: UInt64 = 0
    var next: UInt64 = 1
    var auditor = Auditor()
    var instructions: [Instruction] = []
    var reports: [Report] = []

    init(limits: Risk.Limits = Risk.Limits()) { risk = Risk(Self.listing, limits: limits) }

    /// One block through risk, matching, risk again and the auditor; gives its first number.
    @discardableResult
    mutating func run(_ commands: [Command], time: UInt64? = nil) throws -> UInt64 {
        number += 1
        let first = next
        next += UInt64(commands.count)
        let decided = try risk.decide(Self.block(number, first, commands, time: time))
        instructions = decided.list
        reports.removeAll()
        try matching.apply(decided, into: &reports)
        try risk.take(reports, of: number)
        let holds = try risk.finish()
        auditor.book(decided, commands, holds, reports)
        return first
    }

    /// Why the command at that place of the last block was refused by risk; nil when it was not.
    func refusal(_ place: Int = 0) -> Refusal? {
        guard case .refuse(_, let refusal) = instructions[place] else { return nil }
        return refusal
    }
}

/// A ledger in dictionaries: deposits, holds, trades, releases, nothing ever below zero.
struct Auditor {
    struct Key: Hashable {
        let account: UInt32
        let currency: UInt16
    }

    var available: [Key: Int64] = [:]
    var held: [Key: Int64] = [:]
    var reserved: [Key: Int64] = [:]
    var pending: [UInt64: (Key, Int64)] = [:]
    var fees: [UInt16: Int64] = [:]
    var issued: [UInt16: Int64] = [:]
    var wrong: [String] = []

    mutating func book(
        _ decided: Instructions, _ commands: [Command], _ holds: Holds, _ reports: [Report]
    ) {
        for (command, instruction) in zip(commands, decided.list) {
            if case .refuse = instruction { continue }
            external(command, instruction.sequence)
        }
        move(holds.held, 1)
        for report in reports {
            guard case .trade(let trade) = report, let one = Settlement(trade, Venue.listing) else {
                continue
            }
            settle(one)
        }
        move(holds.released, -1)
    }

    private mutating func external(_ command: Command, _ sequence: UInt64) {
        switch command {
        case .credit(let account, let currency, let amount):
            add(\.available, account, currency, amount.raw)
            issued[currency.raw, default: 0] += amount.raw
        case .reserve(let account, let currency, let amount):
            add(\.available, account, currency, -amount.raw)
            add(\.reserved, account, currency, amount.raw)
            pending[sequence] = (Key(account: account.raw, currency: currency.raw), amount.raw)
        case .settle(let id), .release(let id):
            guard let (key, amount) = pending.removeValue(forKey: id) else {
                wrong.append("a reserve that is none")
                return
            }
            reserved[key, default: 0] -= amount
            if case .release = command {
                available[key, default: 0] += amount
            } else {
                issued[key.currency, default: 0] -= amount
            }
        default: break
        }
    }

    private mutating func move(_ changes: [Change], _ sign: Int64) {
        var last: (UInt32, UInt16)?
        for change in changes {
            add(\.available, change.account, change.currency, -sign * change.amount.raw)
            add(\.held, change.account, change.currency, sign * change.amount.raw)
            let here = (change.account.raw, change.currency.raw)
            if let last, last >= here { wrong.append("changes are not sorted") }
            last = here
        }
    }

    private mutating func settle(_ one: Settlement) {
        add(\.held, one.buyer, one.quote, -one.paid.raw - one.buyerFee.raw)
        add(\.available, one.buyer, one.base, one.delivered.raw)
        add(\.held, one.seller, one.base, -one.delivered.raw)
        add(\.available, one.seller, one.quote, one.paid.raw - one.sellerFee.raw)
        fees[one.quote.raw, default: 0] += one.buyerFee.raw + one.sellerFee.raw
    }

    private mutating func add(
        _ table: WritableKeyPath<Auditor, [Key: Int64]>, _ account: AccountID,
        _ currency: CurrencyID, _ amount: Int64
    ) {
        let key = Key(account: account.raw, currency: currency.raw)
        self[keyPath: table][key, default: 0] += amount
        if self[keyPath: table][key, default: 0] < 0 { wrong.append("below zero: \(key)") }
    }
}
