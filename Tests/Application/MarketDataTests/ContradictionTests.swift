internal import MarketData
internal import MarketTreaty
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Testing

@Suite("What cannot be true")
struct ContradictionTests {
    static func accepted(
        _ sequence: UInt64, _ side: Side, at price: Int64, _ quantity: Int64 = 5,
        in instrument: UInt16 = 1
    ) -> Report {
        .accepted(
            sequence: sequence, AccountID(UInt32(sequence)), InstrumentID(instrument), side,
            Price(price), Quantity(quantity))
    }

    static func left(
        _ order: UInt64, _ rest: Int64, _ why: Departure = .cancelled, account: UInt32? = nil
    ) -> Report {
        .left(
            OrderID(order), AccountID(account ?? UInt32(order)), why, remaining: Quantity(rest))
    }

    static func trade(
        _ quantity: Int64 = 5, at price: Int64 = 10, id: UInt64 = 1, maker: UInt64 = 1,
        taker: UInt64 = 2, side: Side = .buy, in instrument: UInt16 = 1
    ) -> Report {
        .trade(
            Trade(
                id: TradeID(id), instrument: InstrumentID(instrument), price: Price(price),
                quantity: Quantity(quantity), notional: Amount(quantity * price), takerSide: side,
                maker: OrderID(maker), makerAccount: AccountID(UInt32(maker)),
                taker: OrderID(taker), takerAccount: AccountID(UInt32(taker)), makerFee: .zero,
                takerFee: .zero))
    }

    static func replaced(_ order: UInt64, at price: Int64, _ rest: Int64) -> Report {
        .replaced(
            sequence: 3, OrderID(order), AccountID(UInt32(order)), Price(price),
            remaining: Quantity(rest))
    }

    /// A sell order rests, a buy order may come; then the last report is wrong.
    static let sell = accepted(1, .sell, at: 10)
    static let buy = accepted(2, .buy, at: 10)
    static let wrong: [[Report]] = [
        [.done(sequence: 2), .done(sequence: 2)],
        [.done(sequence: 2), .refused(sequence: 1, .stopped)],
        [accepted(0, .buy, at: 10)],
        [accepted(1, .buy, at: 10, in: 2)],
        [accepted(1, .buy, at: 11, 10, in: 0)],
        [accepted(1, .buy, at: 0)],
        [accepted(1, .buy, at: 10, 0)],
        [sell, buy, .done(sequence: 3)],
        [sell, left(2, 5)],
        [sell, left(1, 4)],
        [sell, left(1, 5, .filled)],
        [sell, left(1, 5, account: 2)],
        [sell, left(1, 5), left(1, 5)],
        [sell, trade()],
        [sell, buy, trade(6)],
        [sell, buy, trade(0)],
        [sell, buy, trade(-1)],
        [sell, buy, trade(at: 9)],
        [sell, buy, trade(id: 2)],
        [sell, buy, trade(side: .sell)],
        [sell, buy, trade(maker: 2, taker: 1)],
        [sell, buy, trade(maker: 2, taker: 2)],
        [sell, buy, trade(in: 0)],
        [sell, accepted(2, .buy, at: 9), trade()],
        [sell, accepted(2, .sell, at: 10), trade()],
        [sell, buy, trade(), .done(sequence: 3)],
        [sell, buy, trade(4), left(1, 0, .filled)],
        [sell, replaced(2, at: 10, 5)],
        [sell, replaced(1, at: 10, 0)],
        [sell, replaced(1, at: -5, 5)],
        [sell, accepted(2, .buy, at: 9), replaced(1, at: 9, 5), .done(sequence: 4)],
    ]

    @Test("each false report is a contradiction, and after it nothing more is taken")
    func contradictions() throws {
        for reports in Self.wrong {
            var picture = MarketData(Stage.listing)
            try picture.take(Stage.results(1, Array(reports.dropLast()), isPart: true))
            #expect(throws: Contradiction.self, "\(reports.last.debugDescription)") {
                try picture.take(Stage.results(1, reports.suffix(1)))
            }
            #expect(picture.isBroken && picture.block == 0)
            #expect(throws: Contradiction.self) { try picture.take(Stage.results(1, [])) }
        }
    }

    @Test("a block ends with nothing filled left behind and no crossed book")
    func endOfBlock() throws {
        for reports in [[Self.sell, Self.buy], [Self.sell, Self.buy, Self.trade()]] {
            var picture = MarketData(Stage.listing)
            #expect(throws: Contradiction.self) { try picture.take(Stage.results(1, reports)) }
        }
    }

    @Test("results of another block, and more than the bounds, are a contradiction")
    func bounds() throws {
        for block in [0, 2, .max] as [UInt64] {
            var picture = MarketData(Stage.listing)
            #expect(throws: Contradiction.self) {
                try picture.take(Stage.results(block, []))
            }
            try picture.take(Stage.results(1, []))
        }
        var tight = [MarketData.Bounds(), MarketData.Bounds(), MarketData.Bounds()]
        tight[0].orders = 2
        tight[1].levels = 3
        tight[2].nodes = 3
        for bounds in tight {
            var picture = MarketData(Stage.listing, bounds: bounds)
            let many = (1...8).map { Self.accepted($0, .buy, at: 1 << (6 * Int64($0))) }
            #expect(throws: Contradiction.self) { try picture.take(Stage.results(1, many)) }
        }
    }
}
