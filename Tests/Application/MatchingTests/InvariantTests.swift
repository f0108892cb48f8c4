internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Testing

@Suite("Matching")
struct InvariantTests {
    @Test("a cancel at the head, in the middle or at the end of a level loses nobody else")
    func cancelInLevel() {
        for gone in 1...3 as ClosedRange<UInt64> {
            var bench = Bench()
            for account in 1...3 as ClosedRange<UInt32> { bench.place(account, .buy, 5, at: 10) }
            bench.cancel(UInt32(gone), gone)
            #expect(bench.departures == [[Int64(gone), 2, 5]])
            #expect(bench.book(.buy).map { $0[0] } == [1, 2, 3].filter { $0 != gone })
            bench.place(9, .sell, 10, at: 10)
            #expect(bench.trades.count == 2 && bench.book(.buy).isEmpty)
        }
    }

    @Test("a partial fill and a cancel conserve the quantity")
    func partialThenCancel() {
        var bench = Bench()
        bench.place(1, .sell, 10, at: 20)
        bench.place(2, .buy, 4, at: 20)
        #expect(bench.trades == [[1, 4, 20]])
        bench.cancel(1, 1)
        #expect(bench.departures == [[1, 2, 6]] && bench.book(.sell).isEmpty)
    }

    @Test("an exact sweep over levels leaves nothing, and no best price stays behind")
    func exactSweep() {
        var bench = Bench()
        for price in 1...3 as ClosedRange<Int64> { bench.place(1, .sell, 5, at: price) }
        bench.place(2, .buy, 15, at: 3)
        #expect(bench.trades == [[1, 5, 1], [2, 5, 2], [3, 5, 3]])
        #expect(bench.departures.last == [4, 1, 0])
        #expect(bench.book(.sell).isEmpty && bench.book(.buy).isEmpty)
        bench.place(3, .buy, 1, at: 1_000, .market)
        #expect(bench.refusal == .noLiquidity)
    }

    @Test("what a limit order cannot trade becomes the best price, and stops at its own limit")
    func residual() {
        var bench = Bench()
        bench.place(1, .sell, 5, at: 10)
        bench.place(1, .sell, 5, at: 12)
        bench.place(2, .buy, 8, at: 11)
        #expect(bench.trades == [[1, 5, 10]])
        #expect(bench.book(.buy) == [[3, 11, 3]] && bench.book(.sell) == [[2, 12, 5]])
    }

    @Test("nothing of a market or immediate order ever rests")
    func neverRests() {
        for kind in [OrderKind.market, .immediateOrCancel] {
            var bench = Bench()
            bench.place(1, .sell, 5, at: 10)
            bench.place(2, .buy, 8, at: 10, kind)
            #expect(bench.trades == [[1, 5, 10]] && bench.departures.last == [2, 3, 3])
            #expect(bench.book(.buy).isEmpty)
        }
        var bench = Bench()
        bench.place(1, .buy, 5, at: 10, .immediateOrCancel)
        #expect(bench.departures == [[1, 3, 5]])
    }

    @Test("a market order trades up to its protection price only")
    func protection() {
        var bench = Bench()
        bench.place(1, .sell, 5, at: 10)
        bench.place(1, .sell, 5, at: 20)
        bench.place(2, .buy, 10, at: 15, .market)
        #expect(bench.trades == [[1, 5, 10]] && bench.departures.last == [3, 3, 5])
        bench.place(2, .buy, 10, at: 15, .market)
        #expect(bench.refusal == .noLiquidity)
    }

    @Test("a post-only order rests or is refused, also when it is moved")
    func postOnly() {
        var bench = Bench()
        bench.place(1, .sell, 5, at: 10)
        bench.place(2, .buy, 5, at: 10, .postOnly)
        #expect(bench.refusal == .wouldTrade)
        bench.place(2, .buy, 5, at: 9, .postOnly)
        #expect(bench.refusal == nil)
        bench.replace(2, 3, 5, at: 10)
        #expect(bench.refusal == .wouldTrade && bench.book(.buy) == [[3, 9, 5]])
    }

    @Test("ids: unknown when never issued or somebody else's, too late when finished")
    func absent() {
        var bench = Bench()
        bench.place(1, .buy, 5, at: 10)
        bench.place(2, .sell, 5, at: 10)
        for order in [1, 2] as [UInt64] {
            bench.cancel(1, order)
            #expect(bench.refusal == .tooLate)
            bench.replace(1, order, 5, at: 10)
            #expect(bench.refusal == .tooLate)
        }
        let open = bench.place(1, .buy, 5, at: 10)
        bench.cancel(2, open)
        #expect(bench.refusal == .unknownOrder)
        bench.replace(2, open, 1, at: 10)
        #expect(bench.refusal == .unknownOrder)
        for order in [0, 1_000, .max] as [UInt64] {
            bench.cancel(1, order)
            #expect(bench.refusal == .unknownOrder)
        }
    }

    @Test("one order fills against several thousand that rest, in their order")
    func thousands() {
        var bench = Bench()
        for account in 1...5_000 as ClosedRange<UInt32> { bench.place(account, .sell, 1, at: 7) }
        bench.place(9_999, .buy, 5_000, at: 7)
        #expect(bench.trades.map { $0[0] } == Array(1...5_000))
        #expect(bench.book(.sell).isEmpty)
    }

    @Test("less at the same price keeps its place, more or another price loses it")
    func priority() {
        let cases: [(quantity: Int64, price: Int64, first: Int64)] = [
            (3, 10, 1), (5, 10, 1), (6, 10, 2), (5, 11, 1), (5, 9, 2),
        ]
        for (quantity, price, first) in cases {
            var bench = Bench()
            bench.place(1, .buy, 5, at: 10)
            bench.place(2, .buy, 5, at: 10)
            bench.replace(1, 1, quantity, at: price)
            #expect(bench.book(.buy).first?[0] == first)
            #expect(bench.book(.buy).count == 2)
        }
    }

    @Test("an amend to what is filled is a cancel, and its quantity counts what is filled")
    func amendFilled() {
        for (quantity, rest) in [(4, nil), (3, nil), (6, 2)] as [(Int64, Int64?)] {
            var bench = Bench()
            bench.place(1, .buy, 10, at: 10)
            bench.place(2, .sell, 4, at: 10)
            bench.replace(1, 1, quantity, at: 10)
            #expect(bench.book(.buy).first?[2] == rest)
            if rest == nil { #expect(bench.departures == [[1, 2, 6]]) }
        }
    }

    @Test("an amend that crosses trades at the maker's price")
    func amendCrosses() {
        var bench = Bench()
        bench.place(1, .sell, 5, at: 20)
        bench.place(2, .buy, 8, at: 10)
        bench.replace(2, 2, 8, at: 25)
        #expect(bench.trades == [[1, 5, 20]] && bench.book(.buy) == [[2, 25, 3]])
        bench.place(3, .sell, 3, at: 1)
        #expect(bench.trades == [[2, 3, 25]] && bench.book(.buy).isEmpty)
    }

    @Test("an order never trades with its own account: the newer one's rest leaves")
    func selfTrade() {
        var bench = Bench()
        bench.place(2, .sell, 2, at: 10)
        bench.place(1, .sell, 5, at: 10)
        bench.place(1, .buy, 9, at: 10)
        #expect(bench.trades == [[1, 2, 10]] && bench.departures.last == [3, 4, 7])
        #expect(bench.book(.sell) == [[2, 10, 5]] && bench.book(.buy).isEmpty)
        bench.place(1, .buy, 5, at: 5)
        bench.replace(1, 4, 5, at: 10)
        #expect(bench.departures == [[4, 4, 5]] && bench.book(.sell).count == 1)
    }

    @Test("cancel-all takes an account's orders, or everybody's, by ascending id")
    func cancelAll() {
        var bench = Bench()
        for order in 0..<12 as Range<UInt32> {
            bench.place(order % 3 + 1, order % 2 == 0 ? .buy : .sell, 5, at: order % 2 == 0 ? 5 : 9)
        }
        bench.replace(1, 1, 9, at: 4)
        bench.cancelAll(1)
        #expect(bench.departures.map { $0[0] } == [1, 4, 7, 10])
        bench.cancelAll(0)
        #expect(bench.departures.map { $0[0] } == [2, 3, 5, 6, 8, 9, 11, 12])
        #expect(bench.matching.openCount == 0)
        bench.cancelAll(1)
        #expect(bench.departures.isEmpty)
    }

    @Test("fees of an order add up to its whole fee, rounded up once")
    func fees() {
        var bench = Bench()
        bench.place(1, .sell, 1_000, at: 7)
        var fees: Int64 = 0
        for account in 2...1_001 as ClosedRange<UInt32> {
            bench.place(account, .buy, 1, at: 7)
            guard case .trade(let trade) = bench.reports[1] else { continue }
            fees += trade.makerFee.raw
            #expect(trade.takerFee.raw == 1)
        }
        #expect(fees == (7_000 * 50 + 99_999) / 100_000)
    }

    @Test("what is off the grid, unknown or over a bound is refused, and nothing changes")
    func refused() {
        var bounds = Matching.Bounds()
        bounds.orders = 2
        bounds.accounts = 5
        var bench = Bench(bounds: bounds)
        let cases: [(UInt32, Int64, Int64, UInt16, Refusal)] = [
            (1, 10, 12, 0, .priceOffTick), (1, 11, 10, 0, .quantityOffLot),
            (1, 1, 1, 2, .unknownInstrument), (0, 1, 1, 1, .unknownAccount),
            (6, 1, 1, 1, .unknownAccount), (1, 1 << 61, 1 << 61, 1, .overflow),
        ]
        for (account, quantity, price, instrument, refusal) in cases {
            bench.place(account, .buy, quantity, at: price, in: instrument)
            #expect(bench.refusal == refusal && bench.reports.count == 1)
        }
        bench.place(1, .buy, 1, at: 1)
        bench.place(1, .buy, 1, at: 2)
        bench.place(1, .buy, 1, at: 3)
        #expect(bench.refusal == .tooManyOrders)
        bench.place(2, .sell, 1, at: 2, .immediateOrCancel)
        bench.place(1, .buy, 1, at: 3)
        #expect(bench.refusal == nil && bench.book(.buy).map { $0[1] } == [3, 1])
    }

    @Test("a block that does not follow changes nothing")
    func disorder() throws {
        var bench = Bench()
        var reports: [Report] = []
        func list(_ block: UInt64, _ sequences: [UInt64]) -> Instructions {
            Instructions(block: block, time: 1, list: sequences.map { .pass(sequence: $0) })
        }
        try bench.matching.apply(list(1, [1, 2]), into: &reports)
        for wrong in [list(1, [3]), list(3, [3]), list(2, [2]), list(2, [3, 3])] {
            #expect(throws: Disorder.self) {
                try bench.matching.apply(wrong, into: &reports)
            }
        }
        try bench.matching.apply(list(2, [3]), into: &reports)
        #expect(reports == [.done(sequence: 1), .done(sequence: 2), .done(sequence: 3)])
        var chains = [ReportChain(), ReportChain()]
        chains[0].extend(reports)
        chains[1].extend([])
        #expect(chains[0].digest != chains[1].digest && chains[0].digest.count == 32)
    }
}
