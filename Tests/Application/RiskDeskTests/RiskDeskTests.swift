import Bytes
import Chance
import LedgerTreaty
import Neighbours
import Numerals
import OrderTreaty
import RiskDesk
import RiskTreaty
import Testing

@Suite("Risk on its passages", .serialized)
struct RiskDeskTests {
    private static let zeroes = [UInt8](repeating: 0, count: 32)

    private func resume(_ block: UInt64, _ digest: [UInt8] = zeroes) -> [UInt8] {
        encoded { Resume(block: block, digest: digest).encode(into: &$0) }
    }

    /// All attached, and the journal decided up to that block.
    private func stage(_ seed: UInt64, through block: Int, of count: Int) throws -> Stage {
        let stage = try Stage(seed: seed, blocks: count)
        try stage.attachMatching(0, Self.zeroes)
        try stage.attachLedger(0)
        try stage.attachOrders()
        stage.send(stage.blocks.prefix(block))
        try finish(stage, block)
        return stage
    }

    private func finish(_ stage: Stage, _ block: Int) throws {
        try stage.until {
            try stage.match(through: block)
            return stage.risk.read(\.digest) == stage.results[block - 1].digest
        }
    }

    /// From block 1 again, whatever was before.
    private func again(_ stage: Stage) throws {
        try stage.attachOrders()
        #expect(stage.resumed == resume(0))
        try stage.attachLedger(0)
        try stage.attachMatching(0, Self.zeroes)
        stage.send(stage.blocks)
        try finish(stage, stage.blocks.count)
        try stage.until { stage.held.count == stage.blocks.count }
        #expect(stage.held == stage.holds)
    }

    @Test("a ledger that sleeps fills the window: risk decides nothing until it is released")
    func window() throws {
        let stage = try Stage(seed: 1, blocks: 40, holdsMax: 8)
        try stage.attachMatching(0, Self.zeroes)
        try stage.attachLedger(0)
        try stage.attachOrders()
        stage.send(stage.blocks)
        var released = 0
        for count in [0, 3, 8, 1, 0, 8, 8, 8] {
            stage.book(count)
            released += count
            let last = min(8 + released, 40)
            try finish(stage, last)
            try stage.until { stage.held.count == last }
            for _ in 0..<50 {
                try stage.match(through: 40)
                try stage.round()
            }
            #expect(stage.risk.read(\.block) == UInt64(last))
            let asked = stage.matching.heard(StreamMessage.instructions.rawValue)
            #expect(asked.count == last)
        }
        #expect(released == 36)
        #expect(stage.held == stage.holds)
        #expect(stage.orders.ends == 0)
    }

    @Test("blocks that come while matching is away wait, and none is lost")
    func waiting() throws {
        let stage = try Stage(seed: 2, blocks: 300)
        try stage.attachLedger(0)
        try stage.attachOrders()
        stage.send(stage.blocks)
        for _ in 0..<50 { try stage.round() }
        #expect(stage.risk.read(\.block) == 0)
        try stage.attachMatching(0, Self.zeroes)
        try finish(stage, 300)
        try stage.until { stage.held.count == 300 }
        #expect(stage.held == stage.holds)
        #expect(stage.orders.ends == 0)
    }

    @Test("matching that comes back where risk stands goes on")
    func goesOn() throws {
        let stage = try stage(3, through: 10, of: 20)
        try stage.attachMatching(10, stage.results[9].digest)
        stage.send(stage.blocks.dropFirst(10))
        try finish(stage, 20)
        try stage.until { stage.held.count == 20 }
        #expect(stage.held == stage.holds)
        #expect(stage.matching.heard(StreamMessage.restart.rawValue).isEmpty)
        #expect(stage.orders.ends == 0 && stage.ledger.ends == 0)
    }

    @Test(
        "matching that stands elsewhere, or has another digest, is told to start anew with risk",
        arguments: [(10, 8), (9, 9), (11, 10), (0, 0)])
    func mismatch(block: UInt64, digestOf: Int) throws {
        let stage = try stage(4, through: 10, of: 20)
        let digest = digestOf == 0 ? Self.zeroes : stage.results[digestOf - 1].digest
        try stage.attachMatching(block, digest)
        let restart = StreamMessage.restart.rawValue
        try stage.until { !stage.matching.heard(restart).isEmpty && stage.orders.ends == 1 }
        #expect(stage.risk.read(\.block) == 0)
        #expect(stage.risk.read(\.digest) == Self.zeroes)
        try stage.until { stage.ledger.ends == 1 }
        try again(stage)
    }

    /// How matching departs from what risk's own books give.
    enum Departure: CaseIterable {
        /// A report of nothing that was asked.
        case invented
        /// An order that entered is said to have been refused: fits its command, not the books.
        case preferred
        /// All reports are right, the running digest is another.
        case digest
        /// The last report is missing.
        case short

        func changed(_ right: Results) -> Results {
            var wrong = right
            switch self {
            case .invented: wrong.reports[right.reports.count - 1] = .done(sequence: 1 << 40)
            case .preferred:
                let place = right.reports.firstIndex { report in
                    if case .accepted = report { true } else { false }
                }
                guard let place, case .accepted(let sequence, _, _, _, _, _) = right.reports[place]
                else { break }
                wrong.reports[place] = .refused(sequence: sequence, .wouldTrade)
            case .digest: wrong.digest[0] ^= 1
            case .short: wrong.reports.removeLast()
            }
            return wrong
        }
    }

    @Test(
        "results that are not those of risk's own books begin all anew; the ledger hears nothing",
        arguments: Departure.allCases)
    func divergence(departure: Departure) throws {
        let stage = try stage(5, through: 10, of: 20)
        try stage.until { stage.held.count == 10 }
        stage.send([stage.blocks[10]])
        let kind = StreamMessage.instructions.rawValue
        try stage.until { stage.matching.heard(kind).count == 11 }
        let question = try #require(stage.matching.heard(kind).last)
        let wrong = departure.changed(stage.results[10])
        #expect(wrong != stage.results[10])
        stage.matching.say(
            .answer(
                StreamMessage.results.rawValue, to: question.correlation,
                encoded { wrong.encode(into: &$0) }))
        try stage.until { stage.orders.ends == 1 && stage.matching.ends == 1 }
        #expect(stage.risk.read(\.block) == 0)
        #expect(stage.held.count == 10)
        try again(stage)
    }

    @Test("what goes wrong in one way at one block three times is tried no more: orders hears why")
    func lasting() throws {
        let stage = try stage(5, through: 10, of: 20)
        let kind = StreamMessage.instructions.rawValue
        for round in 1...3 {
            if round == 1 {
                stage.send([stage.blocks[10]])
            } else {
                try stage.attachOrders()
                #expect(stage.resumed == resume(0))
                try stage.attachLedger(0)
                try stage.attachMatching(0, Self.zeroes)
                stage.send(stage.blocks.prefix(11))
                try finish(stage, 10)
            }
            #expect(stage.risk.read(\.haltReason) == .some(nil))
            try stage.until { stage.matching.heard(kind).count == 11 }
            let question = try #require(stage.matching.heard(kind).last)
            var wrong = stage.results[10]
            wrong.reports.removeLast()
            wrong.reports.append(.done(sequence: 1 << 40))
            stage.matching.say(
                .answer(
                    StreamMessage.results.rawValue, to: question.correlation,
                    encoded { wrong.encode(into: &$0) }))
            try stage.until { stage.orders.ends == 1 && stage.matching.ends == 1 }
        }
        try stage.attachOrders()
        #expect(stage.resumed == nil)
        #expect(stage.refusal?.contains("matching's results of block 11") == true)
        try stage.attachMatching(0, Self.zeroes)
        stage.send(stage.blocks)
        for _ in 0..<50 { try stage.round() }
        #expect(stage.risk.read(\.block) == 0)
    }

    @Test("blocks do not wait for matching's answers, up to a bound, and the ledger does")
    func ahead() throws {
        let stage = try Stage(seed: 8, blocks: 100)
        try stage.attachMatching(0, Self.zeroes)
        try stage.attachLedger(0)
        try stage.attachOrders()
        stage.send(stage.blocks)
        let bound = Instructions.flightsMax
        let kind = StreamMessage.instructions.rawValue
        try stage.until { stage.matching.heard(kind).count == bound }
        for _ in 0..<50 { try stage.round() }
        #expect(stage.matching.heard(kind).count == bound)
        #expect(stage.risk.read(\.block) == UInt64(bound))
        #expect(stage.held.isEmpty)
        try finish(stage, 100)
        try stage.until { stage.held.count == 100 }
        #expect(stage.held == stage.holds)
    }

    @Test("a ledger that lost blocks which were released begins everything anew")
    func lostLedger() throws {
        let stage = try stage(6, through: 10, of: 20)
        try stage.until { stage.held.count == 10 }
        stage.book(10)
        stage.send([stage.blocks[10]])
        try finish(stage, 11)
        try stage.until { stage.held.count == 11 }
        try stage.attachLedger(4)
        try stage.until { stage.orders.ends == 1 && stage.matching.ends == 1 }
        #expect(stage.risk.read(\.block) == 0)
        try again(stage)
    }

    @Test("a block that does not follow ends the passage, and orders attaches again")
    func gap() throws {
        let stage = try stage(7, through: 10, of: 20)
        stage.send([stage.blocks[11]])
        try stage.until { stage.orders.ends == 1 }
        try stage.attachOrders()
        #expect(stage.resumed == resume(10, stage.results[9].digest))
        stage.send(stage.blocks.dropFirst(10))
        try finish(stage, 20)
    }

    /// No body of its kind: a part of one, or one with more behind it.
    private func spoiled(_ body: [UInt8], _ random: inout Seeded) -> [UInt8] {
        random.below(3) == 0 ? body + [0] : Array(body.prefix(random.below(body.count)))
    }

    @Test("a malformed block ends the passage, and nothing of it is taken")
    func malformedOrders() throws {
        let stage = try stage(8, through: 10, of: 20)
        var random = Seeded(state: 8)
        for _ in 0..<10 {
            let body = spoiled(encoded { stage.blocks[10].encode(into: &$0) }, &random)
            stage.orders.say(.tell(StreamMessage.block.rawValue, body))
            try stage.until { stage.orders.ends == 1 }
            try stage.attachOrders()
            #expect(stage.resumed == resume(10, stage.results[9].digest))
        }
        stage.send(stage.blocks.dropFirst(10))
        try finish(stage, 20)
        #expect(stage.matching.ends == 0 && stage.ledger.ends == 0)
    }

    @Test("malformed results end the passage, and matching can come back")
    func malformedResults() throws {
        let stage = try stage(9, through: 10, of: 20)
        var random = Seeded(state: 9)
        stage.send([stage.blocks[10]])
        let kind = StreamMessage.instructions.rawValue
        try stage.until { stage.matching.heard(kind).count == 11 }
        let question = try #require(stage.matching.heard(kind).last)
        let body = spoiled(encoded { stage.results[10].encode(into: &$0) }, &random)
        stage.matching.say(
            .answer(StreamMessage.results.rawValue, to: question.correlation, body))
        try stage.until { stage.matching.ends == 1 }
        #expect(stage.risk.read(\.digest) == stage.results[9].digest)
        #expect(stage.orders.ends == 0 && stage.ledger.ends == 0)
        try stage.attachMatching(0, Self.zeroes)
        try stage.until { stage.orders.ends == 1 && stage.ledger.ends == 1 }
        try again(stage)
    }

    @Test("a malformed answer to `attach` ends the passage, from matching and from the ledger")
    func malformedResume() throws {
        let stage = try stage(10, through: 10, of: 20)
        var random = Seeded(state: 10)
        let body = resume(10, stage.results[9].digest)
        for _ in 0..<2 {
            try stage.attach(stage.matching, "matching", spoiled(body, &random))
            try stage.until { stage.matching.ends == 1 }
            try stage.attach(stage.ledger, "ledger", spoiled(body, &random))
            try stage.until { stage.ledger.ends == 1 }
        }
        #expect(stage.risk.read(\.block) == 10 && stage.orders.ends == 0)
        try stage.attachLedger(0)
        try stage.attachMatching(10, stage.results[9].digest)
        stage.send(stage.blocks.dropFirst(10))
        try finish(stage, 20)
        try stage.until { stage.held.count == 20 }
        #expect(stage.held == stage.holds)
    }
}
