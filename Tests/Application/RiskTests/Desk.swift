internal import LedgerTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import Risk
internal import RiskTreaty

/// Two accounts with money in one instrument, to try one control at a time.
struct Desk {
    /// Prices are multiples of 5 around 1,000, quantities of 20, a value is price times quantity
    /// by 100.
    static func listing(reference: Int64 = 1_000) -> Listing {
        Listing(
            currencies: [Currency(name: "BTC", digits: 4), Currency(name: "USD", digits: 2)],
            instruments: [
                Instrument(
                    symbol: "BTC-USD", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
                    quantityDigits: 4, tick: Price(5), lot: Quantity(20),
                    quantityMax: Quantity(4_000), valueMin: Amount(200), valueMax: Amount(44_000),
                    collarBasisPoints: 2_000, makerFee: 100, takerFee: 150,
                    reference: Price(reference), divisor: 100)
            ])
    }

    var risk: Risk
    var matching: Matching
    var number: UInt64 = 0
    var next: UInt64 = 1

    init(
        limits: Risk.Limits = Risk.Limits(), reference: Int64 = 1_000, base: Int64 = 1_000_000,
        quote: Int64 = 1_000_000
    ) throws {
        risk = Risk(Self.listing(reference: reference), limits: limits)
        matching = Matching(Self.listing(reference: reference))
        for account in [AccountID(1), AccountID(2)] {
            try run([
                .open(account), .credit(account, CurrencyID(0), Amount(base)),
                .credit(account, CurrencyID(1), Amount(quote)),
            ])
        }
    }

    /// A block of commands: why each was refused.
    @discardableResult
    mutating func run(_ commands: [Command], second: UInt64 = 1) throws -> [Refusal?] {
        let reports = try decided(commands, second: second)
        try risk.take(reports, of: number)
        _ = try risk.finish()
        return reports.compactMap { report in
            switch report {
            case .refused(_, let refusal): .some(refusal)
            case .done, .accepted, .replaced: .some(nil)
            default: nil
            }
        }
    }

    /// The block decided and matched; its results are still to be told to risk.
    mutating func decided(_ commands: [Command], second: UInt64 = 1) throws -> [Report] {
        number += 1
        let block = Block(
            number: number, first: next, time: second * 1_000_000_000, outcomeOf: 0,
            outcome: [UInt8](repeating: 0, count: 32), commands: commands)
        next += UInt64(commands.count)
        var reports: [Report] = []
        try matching.apply(try risk.decide(block), into: &reports)
        return reports
    }

    static func place(
        _ account: UInt32, _ side: Side, _ quantity: Int64 = 20, at price: Int64 = 1_000,
        _ kind: OrderKind = .limit, in instrument: UInt16 = 0
    ) -> Command {
        .place(
            NewOrder(
                account: AccountID(account), instrument: InstrumentID(instrument), side: side,
                kind: kind, price: Price(price), quantity: Quantity(quantity), client: clientName))
    }
}
