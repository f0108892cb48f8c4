internal import LedgerTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import Risk
internal import RiskTreaty
internal import Testing

/// Each control at its edge: what is just within it passes, what is just beyond is refused.
@Suite("Controls")
struct ControlTests {
    static let one = AccountID(1)

    @Test("numbers of an order, one control at a time, for a new order and for a replacement")
    func numbers() throws {
        let cases: [(quantity: Int64, price: Int64, Refusal?)] = [
            (20, 1_000, nil), (20, 1_001, .priceOffTick), (21, 1_000, .quantityOffLot),
            (4_000, 1_000, nil), (4_020, 1_000, .quantityTooLarge),
            (20, 995, .valueTooSmall), (4_000, 1_100, nil), (4_000, 1_105, .valueTooLarge),
            (40, 1_200, nil), (40, 1_205, .priceOutsideCollar), (40, 800, nil),
            (40, 795, .priceOutsideCollar),
        ]
        for (quantity, price, refusal) in cases {
            var desk = try Desk()
            let placed = try desk.run([Desk.place(1, .buy, quantity, at: price)])
            #expect(placed == [refusal], "\(quantity) at \(price)")
            let order = OrderID(desk.next)
            try desk.run([Desk.place(1, .buy)])
            let replaced = try desk.run([
                .replace(Self.one, order, Price(price), Quantity(quantity))
            ])
            #expect(replaced == [refusal], "replaced by \(quantity) at \(price)")
        }
    }

    @Test("accounts and instruments must be there")
    func unknown() throws {
        var desk = try Desk()
        #expect(
            try desk.run([
                Desk.place(0, .buy), Desk.place(3, .buy), Desk.place(1, .buy, in: 1),
                .cancel(AccountID(3), OrderID(1)), .cancelAll(AccountID(3)),
                .replace(AccountID(3), OrderID(1), Price(1_000), Quantity(20)),
                .credit(AccountID(3), CurrencyID(0), Amount(1)),
                .credit(Self.one, CurrencyID(2), Amount(1)),
                .reserve(AccountID(3), CurrencyID(0), Amount(1)),
                .reserve(Self.one, CurrencyID(2), Amount(1)), .stop(AccountID(3)),
                .resume(AccountID(3)), .open(AccountID(2)), .open(AccountID(4)),
            ]) == [
                .unknownAccount, .unknownAccount, .unknownInstrument, .unknownAccount,
                .unknownAccount, .unknownAccount, .unknownAccount, .unknownInstrument,
                .unknownAccount, .unknownInstrument, .unknownAccount, .unknownAccount, .duplicate,
                .unknownAccount,
            ])
    }

    @Test("a buyer holds the value and the highest fee, a seller what is sold")
    func funds() throws {
        for (side, enough) in [(Side.buy, 201), (.sell, 20)] as [(Side, Int64)] {
            for (money, refusal) in [(enough, nil), (enough - 1, .insufficientFunds)]
                as [(Int64, Refusal?)]
            {
                var desk = try Desk(base: money, quote: money)
                #expect(try desk.run([Desk.place(1, side)]) == [refusal])
                #expect(
                    try desk.run([Desk.place(1, side)]) == [.insufficientFunds],
                    "the same money twice")
            }
        }
    }

    @Test("a replacement holds what it costs more")
    func replacementFunds() throws {
        for (money, refusal) in [(241, nil), (240, .insufficientFunds)] as [(Int64, Refusal?)] {
            var desk = try Desk(quote: money)
            let order = OrderID(desk.next)
            try desk.run([Desk.place(1, .buy)])
            #expect(
                try desk.run([.replace(Self.one, order, Price(1_200), Quantity(20))]) == [refusal])
        }
    }

    @Test("open orders of an account and of the venue have a limit")
    func openOrders() throws {
        var limits = Risk.Limits()
        limits.openOrders = 2
        limits.orders = 3
        var desk = try Desk(limits: limits)
        let buy = { (account: UInt32) in Desk.place(account, .buy) }
        #expect(try desk.run([buy(1), buy(1), buy(1)]) == [nil, nil, .tooManyOrders])
        #expect(try desk.run([buy(2), buy(2)]) == [nil, .tooManyOrders])
        try desk.run([.cancelAll(Self.one)])
        #expect(try desk.run([buy(2), buy(2)]) == [nil, .tooManyOrders])
    }

    @Test("messages of a second have a limit, and cancels one of their own")
    func rate() throws {
        var limits = Risk.Limits()
        limits.messagesPerSecond = 2
        var desk = try Desk(limits: limits)
        let order = OrderID(desk.next)
        let change = Command.replace(Self.one, order, Price(1_000), Quantity(20))
        #expect(
            try desk.run([Desk.place(1, .buy), change, change, Desk.place(1, .buy)])
                == [nil, nil, .rateExceeded, .rateExceeded])
        #expect(try desk.run([Desk.place(2, .buy)]) == [nil])
        #expect(
            try desk.run([
                .cancel(Self.one, OrderID(.max)), .cancel(Self.one, order), .cancelAll(Self.one),
                .cancel(Self.one, order),
            ]) == [.unknownOrder, nil, .rateExceeded, .rateExceeded])
        #expect(
            try desk.run([Desk.place(1, .buy), .cancelAll(Self.one)], second: 2) == [nil, nil])
    }

    @Test("who is stopped loses open orders and places none, until resumed", arguments: [1, 0])
    func stopped(account: UInt32) throws {
        var desk = try Desk()
        let order = OrderID(desk.next)
        try desk.run([Desk.place(1, .buy)])
        #expect(
            try desk.run([
                .stop(AccountID(account)), Desk.place(1, .buy),
                .replace(Self.one, order, Price(1_000), Quantity(20)),
                .cancel(Self.one, order), .cancelAll(Self.one),
            ]) == [nil, .stopped, .stopped, .tooLate, nil])
        #expect(desk.risk.openOrders == 0)
        #expect(try desk.run([Desk.place(2, .buy)]) == [account == 0 ? .stopped : nil])
        #expect(try desk.run([.resume(AccountID(account)), Desk.place(1, .buy)]) == [nil, nil])
    }

    @Test("a market order needs a reference price, and is protected by the collar around it")
    func market() throws {
        var desk = try Desk(reference: 0)
        #expect(try desk.run([Desk.place(1, .buy, 20, at: 1_000, .market)]) == [.noLiquidity])
        desk = try Desk()
        try desk.run([Desk.place(1, .sell, 20, at: 1_200)])
        #expect(try desk.run([Desk.place(2, .buy, 20, at: 5, .market)]) == [nil])
        #expect(desk.matching.tradeCount == 1)
        desk = try Desk()
        #expect(try desk.run([Desk.place(2, .sell, 4_020, at: 5, .market)]) == [.quantityTooLarge])
        var poor = try Desk(quote: 240)
        try poor.run([Desk.place(1, .sell)])
        #expect(
            try poor.run([Desk.place(2, .buy, 20, at: 5, .market)]) == [.insufficientFunds],
            "it may cost up to its protection price")
    }

    @Test("money set aside to leave is not there twice, and is settled or released once")
    func reserves() throws {
        var limits = Risk.Limits()
        limits.reserves = 2
        var desk = try Desk(limits: limits, quote: 10)
        let usd = CurrencyID(1)
        let first = desk.next
        #expect(
            try desk.run([
                .reserve(Self.one, usd, Amount(10)), .reserve(Self.one, usd, Amount(1)),
                .settle(reserve: first + 1), .release(reserve: first + 9),
            ]) == [nil, .insufficientFunds, .tooLate, .unknownOrder])
        #expect(
            try desk.run([
                .release(reserve: first), .release(reserve: first), .settle(reserve: first),
            ]) == [nil, .tooLate, .tooLate])
        let again = (0..<3).map { _ in Command.reserve(Self.one, usd, Amount(1)) }
        #expect(try desk.run(again) == [nil, nil, .tooManyOrders])
    }

    @Test("no sum of a currency goes beyond 64 bits, no account beyond the limit")
    func sums() throws {
        var limits = Risk.Limits()
        limits.accounts = 2
        var desk = try Desk(limits: limits, quote: 1)
        #expect(
            try desk.run([
                .credit(Self.one, CurrencyID(1), Amount(.max - 2)),
                .credit(AccountID(2), CurrencyID(1), Amount(1)), .open(AccountID(3)),
            ]) == [nil, .overflow, .overflow])
    }

    @Test("another's order is unknown, a finished one too late")
    func others() throws {
        var desk = try Desk()
        let order = OrderID(desk.next)
        try desk.run([Desk.place(1, .buy)])
        let change = { (account: UInt32) in
            Command.replace(AccountID(account), order, Price(1_000), Quantity(20))
        }
        #expect(
            try desk.run([change(2), .cancel(AccountID(2), order)])
                == [.unknownOrder, .unknownOrder])
        try desk.run([.cancel(Self.one, order)])
        #expect(try desk.run([change(1), .cancel(Self.one, order)]) == [.tooLate, .tooLate])
    }
}
