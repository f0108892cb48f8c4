internal import Chance
internal import MarketData
internal import MarketTreaty
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Testing

@Suite("MarketData")
struct MarketDataTests {
    static func query(_ instrument: UInt16, _ count: UInt16 = MarketQuery.countMax) -> MarketQuery {
        MarketQuery(instrument: InstrumentID(instrument), count: count)
    }

    static func command(_ random: inout Seeded, _ last: UInt64) -> (UInt64) -> Instruction {
        let account = UInt32(random.number(1...6))
        let side: Side = random.number(0...1) == 0 ? .buy : .sell
        let order = OrderID(UInt64(random.number(max(1, Int64(last) - 60)...Int64(last) + 2)))
        let price = random.number(80...120) * 5
        let quantity = random.number(1...20) * 10
        switch random.number(0...39) {
        case 0: return { .cancelAll(sequence: $0, AccountID(account % 4)) }
        case 1...4: return { .cancel(sequence: $0, AccountID(account), order) }
        case 5...9:
            return {
                .replace(
                    sequence: $0, AccountID(account), order, Price(price), Quantity(quantity))
            }
        case 10: return { .pass(sequence: $0) }
        case 11: return { .refuse(sequence: $0, .stopped) }
        default:
            let kinds: [OrderKind] = [
                .limit, .limit, .limit, .market, .immediateOrCancel, .postOnly,
            ]
            let kind = kinds[Int(random.number(0...5))]
            return Stage.place(
                account, side, quantity, at: price, kind, in: UInt16(random.number(0...1)))
        }
    }

    @Test(
        "after every block depth and tape are what the book and its trades add up to",
        arguments: 0..<24 as Range<UInt64>)
    func followsTheBook(seed: UInt64) throws {
        var stage = Stage()
        var random = Seeded(state: seed)
        for block in 1...150 as ClosedRange<UInt64> {
            let last = stage.sequence
            let commands = (0..<random.number(1...30)).map { _ in Self.command(&random, last) }
            try stage.run(commands, parts: Int(random.number(1...4)))
            for instrument in 0...1 as ClosedRange<UInt16> {
                let depth = try #require(stage.picture.depth(Self.query(instrument)))
                #expect(depth.block == block && !stage.picture.isPartial)
                #expect(depth.bids == stage.summed(instrument, .buy))
                #expect(depth.asks == stage.summed(instrument, .sell))
                let tape = try #require(stage.picture.tape(Self.query(instrument)))
                #expect(
                    tape.prints == stage.prints[Int(instrument)].suffix(1_000).reversed())
            }
        }
        #expect(stage.matching.tradeCount > 300)
    }

    @Test("a tape forgets the oldest trades, and a question bounds its answer")
    func bounded() throws {
        var stage = Stage()
        for round in 0..<12 as Range<Int64> {
            var commands: [(UInt64) -> Instruction] = []
            for _ in 0..<100 {
                commands.append(Stage.place(1, .sell, 1, at: 50 + round))
                commands.append(Stage.place(2, .buy, 1, at: 50 + round))
            }
            try stage.run(commands)
        }
        let all = try #require(stage.picture.tape(Self.query(1)))
        #expect(all.prints.map(\.id.raw) == Array((201...1_200).reversed()))
        let three = try #require(stage.picture.tape(Self.query(1, 3)))
        #expect(three.prints == Array(all.prints.prefix(3)))
        for price in 1...1_500 as ClosedRange<Int64> {
            try stage.run([Stage.place(1, .buy, 2, at: price), Stage.place(2, .buy, 3, at: price)])
        }
        let deep = try #require(stage.picture.depth(Self.query(1)))
        #expect(deep.bids.count == 1_000 && deep.asks.isEmpty)
        #expect(
            deep.bids.first == Level(price: Price(1_500), quantity: Quantity(5), orders: 2)
                && deep.bids.last?.price == Price(501))
        let two = try #require(stage.picture.depth(Self.query(1, 2)))
        #expect(two.bids == Array(deep.bids.prefix(2)))
        #expect(stage.picture.depth(Self.query(2)) == nil)
        #expect(stage.picture.tape(Self.query(2)) == nil)
    }

    @Test("a sum beyond 64 bits is told as the largest, and comes back when orders leave")
    func large() throws {
        var stage = Stage()
        for _ in 0..<4 { try stage.run([Stage.place(1, .buy, 1 << 62, at: 1)]) }
        let level = stage.picture.depth(Self.query(1))?.bids.first
        #expect(level == Level(price: Price(1), quantity: Quantity(.max), orders: 4))
        try stage.run((1...3).map { id in { .cancel(sequence: $0, AccountID(1), OrderID(id)) } })
        let left = stage.picture.depth(Self.query(1))?.bids.first
        #expect(left == Level(price: Price(1), quantity: Quantity(1 << 62), orders: 1))
    }

    @Test("nothing that matching takes is too much for a picture of the same bounds")
    func sameBounds() throws {
        var bounds = Matching.Bounds()
        bounds.orders = 40
        bounds.levels = 12
        bounds.nodes = 60
        var pictured = MarketData.Bounds()
        pictured.orders = 40
        pictured.levels = 12
        pictured.nodes = 60
        var stage = Stage(bounds, pictured)
        var random = Seeded(state: 7)
        for _ in 0..<2_000 {
            let price = random.number(0...3) == 0 ? random.number(1...1 << 40) : 5
            let order = OrderID(UInt64(random.number(0...Int64(stage.sequence))))
            let account = UInt32(random.number(1...2))
            let side: Side = random.number(0...1) == 0 ? .buy : .sell
            let quantity = random.number(1...9)
            try stage.run([
                Stage.place(account, side, quantity, at: price),
                {
                    .replace(
                        sequence: $0, AccountID(account), order, Price(price), Quantity(quantity))
                },
            ])
        }
        #expect(stage.picture.depth(Self.query(1))?.bids == stage.summed(1, .buy))
        #expect(stage.picture.depth(Self.query(1))?.asks == stage.summed(1, .sell))
    }
}
