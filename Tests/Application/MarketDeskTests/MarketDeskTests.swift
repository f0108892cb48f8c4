import Bytes
import Chance
import MarketDesk
import MarketTreaty
import Matching
import Neighbours
import Numerals
import OrderTreaty
import RiskTreaty
import Testing

@Suite("Marketdata on its passages", .serialized)
struct MarketDeskTests {
    private static let results = StreamMessage.results.rawValue

    private func resume(_ block: UInt64) -> [UInt8] {
        encoded { Resume(block: block).encode(into: &$0) }
    }

    private func check(_ stage: Stage, since prints: [Int] = [0, 0]) throws {
        for instrument: UInt16 in 0...1 {
            #expect(try stage.depth(instrument) == stage.summed(instrument))
            let place = Int(instrument)
            let tape = stage.prints[place][prints[place]...].reversed().prefix(1_000)
            #expect(try stage.tape(instrument) == Array(tape))
        }
    }

    @Test(
        "a snapshot holds what is open, by id, and the blocks behind it are as they were",
        arguments: 1...3 as ClosedRange<UInt64>)
    func snapshot(seed: UInt64) throws {
        let stage = try Stage(seed: seed)
        try stage.start(matching: true, market: false, stranger: "marketdata")
        let attach = StreamMessage.attach.rawValue
        try stage.until { !stage.stranger.heard(attach).isEmpty }
        for _ in 0..<60 { try stage.make() }
        try stage.run(stage.blocks)
        let question = try #require(stage.stranger.heard(attach).last)
        stage.stranger.say(
            .answer(StreamMessage.resume.rawValue, to: question.correlation, resume(0)))
        try stage.until { stage.stranger.heard(Self.results).count == 1 }
        var open: [(UInt64, Report)] = []
        for instrument in [InstrumentID(0), InstrumentID(1)] {
            for side in [Side.buy, .sell] {
                for order in stage.model.open(instrument, side) {
                    let report = Report.accepted(
                        sequence: order.id.raw, order.account, instrument, side, order.price,
                        order.rest)
                    open.append((order.id.raw, report))
                }
            }
        }
        #expect(!open.isEmpty)
        open.sort { $0.0 < $1.0 }
        let first = Results(
            block: 60, time: 60_000, digest: stage.chain.digest, isPart: false,
            reports: open.map(\.1))
        try stage.make()
        try stage.run(stage.blocks.suffix(1))
        try stage.until { stage.stranger.heard(Self.results).count == 2 }
        let second = Results(
            block: 61, time: 61_000, digest: stage.chain.digest, isPart: false,
            reports: stage.reports)
        let heard = stage.stranger.heard(Self.results).map(\.body)
        #expect(heard == [first, second].map { one in encoded { one.encode(into: &$0) } })
    }

    @Test("books and tapes are answered as matching has them, also by one that began anew")
    func answers() throws {
        let stage = try Stage(seed: 4)
        try stage.start(matching: true, market: true)
        try stage.startAPI()
        for _ in 0..<80 { try stage.make() }
        try stage.run(stage.blocks)
        try stage.until { stage.market.read(\.block) == 80 }
        try check(stage)
        let whole = stage.summed(0)
        #expect(try stage.depth(0, 1).bids == Array(whole.bids.prefix(1)))
        #expect(try stage.tape(0, 2) == Array(stage.prints[0].reversed().prefix(2)))
        let none = try stage.depth(9)
        #expect(none.block == 80 && none.bids.isEmpty && none.asks.isEmpty)
        #expect(try stage.tape(9).isEmpty)

        let before = stage.prints.map(\.count)
        try stage.start(matching: false, market: true)
        try stage.startAPI()
        try stage.until { stage.market.read(\.block) == 80 }
        try check(stage, since: before)
        for _ in 0..<20 { try stage.make() }
        try stage.run(stage.blocks.suffix(20))
        try stage.until { stage.market.read(\.block) == 100 }
        try check(stage, since: before)
    }

    @Test("while matching is rebuilt, blocks that marketdata has change nothing of its picture")
    func rebuilt() throws {
        let stage = try Stage(seed: 5)
        try stage.start(matching: true, market: true)
        try stage.startAPI()
        for _ in 0..<50 { try stage.make() }
        try stage.run(stage.blocks)
        try stage.until { stage.market.read(\.block) == 50 }
        try stage.start(matching: true, market: false)
        for block in stage.blocks.dropLast() {
            try stage.run([block])
            #expect(stage.market.read(\.block) == 50)
        }
        try check(stage)
        try stage.run(stage.blocks.suffix(1))
        for _ in 0..<20 { try stage.make() }
        try stage.run(stage.blocks.suffix(20))
        try stage.until { stage.market.read(\.block) == 70 }
        try check(stage)
    }

    private func attach(_ stage: Stage) throws {
        try stage.startStranger("matching")
        stage.stranger.say(.ask(StreamMessage.attach.rawValue, []))
        let kind = StreamMessage.resume.rawValue
        try stage.until { !stage.stranger.heard(kind).isEmpty }
    }

    private func told(_ block: UInt64, _ reports: [Report]) -> [UInt8] {
        let results = Results(
            block: block, time: block, digest: [UInt8](repeating: 0, count: 32), isPart: false,
            reports: reports)
        return encoded { results.encode(into: &$0) }
    }

    private var order: Report {
        .accepted(sequence: 3, AccountID(1), InstrumentID(0), .buy, Price(100), Quantity(7))
    }

    @Test("after a contradiction the picture is empty until matching sends a snapshot")
    func contradiction() throws {
        let stage = try Stage(seed: 6)
        try stage.start(matching: false, market: true)
        try stage.startAPI()
        try attach(stage)
        stage.stranger.say(.tell(Self.results, told(3, [order])))
        try stage.until { stage.market.read(\.block) == 3 }
        #expect(try stage.depth(0).bids.count == 1)
        let wrong = Report.left(OrderID(77), AccountID(1), .cancelled, remaining: Quantity(1))
        stage.stranger.say(.tell(Self.results, told(4, [.done(sequence: 4), wrong])))
        try stage.until { stage.stranger.ends == 1 }
        #expect(stage.market.read(\.block) == 0)
        #expect(try stage.depth(0).bids.isEmpty)
        try attach(stage)
        let body = try #require(stage.stranger.heard(StreamMessage.resume.rawValue).first?.body)
        #expect(body == resume(0))
        stage.stranger.say(.tell(Self.results, told(9, [order])))
        try stage.until { stage.market.read(\.block) == 9 }
        #expect(try stage.depth(0).bids.count == 1)
    }

    @Test("whatever bodies come from either side, it goes on answering")
    func malformed() throws {
        let stage = try Stage(seed: 7)
        try stage.start(matching: false, market: true)
        var random = Seeded(state: 7)
        let query = encoded {
            MarketQuery(instrument: InstrumentID(0), count: 5).encode(into: &$0)
        }
        for turn in 0..<40 {
            try attach(stage)
            try stage.startAPI()
            stage.stranger.say(.tell(Self.results, random.broken(told(3, [order]))))
            if turn % 8 == 0 { stage.stranger.say(.ask(StreamMessage.attach.rawValue, [1])) }
            let kind = turn % 2 == 0 ? MarketMessage.book : .trades
            stage.api.say(.ask(kind.rawValue, random.broken(query)))
            for _ in 0..<20 { try stage.round() }
        }
        try attach(stage)
        try stage.startAPI()
        stage.stranger.say(.tell(Self.results, told(3, [order])))
        try stage.until { stage.market.read(\.block) == 3 }
        #expect(try stage.depth(0).bids.count == 1)
    }
}
