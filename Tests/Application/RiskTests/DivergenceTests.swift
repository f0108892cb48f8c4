internal import LedgerTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import Risk
internal import RiskTreaty
internal import Testing

@Suite("What matching cannot have done")
struct DivergenceTests {
    /// A block with every kind of report, and risk waiting for it.
    static func waiting() throws -> (desk: Desk, reports: [Report]) {
        var desk = try Desk()
        try desk.run([Desk.place(1, .sell, 40), Desk.place(2, .buy, 40, at: 900)])
        let reports = try desk.decided([
            .resume(AccountID(1)), Desk.place(2, .buy, 60),
            .replace(AccountID(2), OrderID(8), Price(905), Quantity(60)),
            Desk.place(1, .sell, 20, at: 995, .immediateOrCancel), Desk.place(3, .buy),
            .cancel(AccountID(2), OrderID(8)), Desk.place(1, .sell, 20, at: 1_100, .market),
            Desk.place(1, .sell), Desk.place(1, .sell), .cancelAll(AccountID(1)),
            Desk.place(2, .buy, 20, at: 900), .stop(AccountID(0)),
        ])
        return (desk, reports)
    }

    static func isTaken(_ desk: Desk, _ reports: [Report]) -> Bool {
        var risk = desk.risk
        do {
            try risk.take(reports, of: desk.number)
            _ = try risk.finish()
            return true
        } catch { return false }
    }

    @Test("true results are taken, whole or in parts")
    func whole() throws {
        let (desk, reports) = try Self.waiting()
        #expect(Self.isTaken(desk, reports))
        #expect(reports.count > 9 && desk.matching.tradeCount == 2)
    }

    @Test("a report that is left out, said twice or moved is noticed")
    func order() throws {
        let (desk, reports) = try Self.waiting()
        for place in reports.indices {
            var without = reports
            without.remove(at: place)
            #expect(!Self.isTaken(desk, without), "without \(reports[place])")
            var twice = reports
            twice.insert(reports[place], at: place)
            #expect(!Self.isTaken(desk, twice), "twice \(reports[place])")
        }
        #expect(!Self.isTaken(desk, Array(reports.reversed())))
        #expect(!Self.isTaken(desk, []))
    }

    static func lies(_ trade: Trade) -> [Trade] {
        let changes: [(inout Trade) -> Void] = [
            { $0.id = TradeID($0.id.raw + 1) }, { $0.instrument = InstrumentID(1) },
            { $0.price = Price($0.price.raw + 5) }, { $0.price = Price($0.price.raw - 5) },
            { $0.quantity = Quantity($0.quantity.raw + 20) },
            { $0.quantity = Quantity($0.quantity.raw - 20) },
            { $0.notional = Amount($0.notional.raw + 1) },
            { $0.notional = Amount($0.notional.raw - 1) }, { $0.takerSide = $0.takerSide.opposite },
            { $0.maker = OrderID(999) }, { $0.taker = OrderID(999) }, { $0.taker = $0.maker },
            { $0.makerAccount = AccountID($0.makerAccount.raw + 1) },
            { $0.takerAccount = AccountID($0.takerAccount.raw + 1) },
            { $0.makerFee = Amount($0.makerFee.raw + 1) },
            { $0.takerFee = Amount($0.takerFee.raw + 1) },
            { $0.takerFee = Amount($0.takerFee.raw - 1) },
        ]
        return changes.map { change in
            var lie = trade
            change(&lie)
            return lie
        }
    }

    /// Everything that a report could say otherwise; reasons of refusals and departures are
    /// matching's own.
    static func lies(_ report: Report) -> [Report] {
        switch report {
        case .done(let sequence):
            [.done(sequence: sequence + 1), .refused(sequence: sequence, .stopped)]
        case .refused(let sequence, let refusal):
            [.refused(sequence: sequence + 1, refusal), .done(sequence: sequence)]
        case .accepted(let sequence, let account, let instrument, let side, let price, let quantity):
            [
                .accepted(sequence: sequence + 1, account, instrument, side, price, quantity),
                .accepted(
                    sequence: sequence, AccountID(account.raw + 1), instrument, side, price,
                    quantity),
                .accepted(sequence: sequence, account, InstrumentID(1), side, price, quantity),
                .accepted(sequence: sequence, account, instrument, side.opposite, price, quantity),
                .accepted(
                    sequence: sequence, account, instrument, side, Price(price.raw + 5), quantity),
                .accepted(
                    sequence: sequence, account, instrument, side, price,
                    Quantity(quantity.raw + 20)), .done(sequence: sequence),
            ]
        case .trade(let trade): lies(trade).map { .trade($0) }
        case .left(let order, let account, let why, let rest):
            [
                .left(OrderID(order.raw + 99), account, why, remaining: rest),
                .left(order, AccountID(account.raw + 1), why, remaining: rest),
                .left(order, account, why, remaining: Quantity(rest.raw + 20)),
            ]
        case .replaced(let sequence, let order, let account, let price, let rest):
            [
                .replaced(sequence: sequence + 1, order, account, price, remaining: rest),
                .replaced(sequence: sequence, OrderID(7), account, price, remaining: rest),
                .replaced(sequence: sequence, order, AccountID(1), price, remaining: rest),
                .replaced(
                    sequence: sequence, order, account, Price(price.raw + 5), remaining: rest),
                .replaced(
                    sequence: sequence, order, account, price, remaining: Quantity(rest.raw + 20)),
            ]
        }
    }

    @Test("each number of each report that is another is noticed")
    func numbers() throws {
        let (desk, reports) = try Self.waiting()
        for place in reports.indices {
            for lie in Self.lies(reports[place]) {
                var told = reports
                told[place] = lie
                #expect(!Self.isTaken(desk, told), "\(lie) for \(reports[place])")
            }
        }
    }

    @Test("results and blocks that are out of turn are refused, and change nothing")
    func turns() throws {
        let (desk, reports) = try Self.waiting()
        for block in [desk.number - 1, desk.number + 1] {
            var other = desk
            #expect(throws: Divergence.self) { try other.risk.take(reports, of: block) }
            #expect(Self.isTaken(other, reports))
        }
        var early = desk
        #expect(throws: Divergence.self) { try early.decided([.resume(AccountID(0))]) }
        early.number = desk.number
        #expect(Self.isTaken(early, reports))
    }
}
