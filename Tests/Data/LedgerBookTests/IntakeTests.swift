import LedgerBook
import LedgerTreaty
import OrderTreaty
import Testing

@Suite("Ledger intake")
struct IntakeTests {
    func attached(last: UInt64 = 0) -> Intake {
        var intake = Intake(last: last)
        for stream in Intake.Stream.allCases { intake.attach(stream) }
        return intake
    }

    func external(_ block: UInt64) -> External { External(block: block, time: block) }
    func holds(_ block: UInt64) -> Holds { Holds(block: block, held: [], released: []) }
    func settlements(_ block: UInt64, _ trades: [Settlement] = [], isPart: Bool = false)
        -> Settlements
    {
        Settlements(block: block, isPart: isPart, trades: trades)
    }

    @Test("a block is whole when all three spoke, whoever came first", arguments: 0..<6)
    func orders(_ order: Int) {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        var intake = attached()
        for (count, stream) in orders[order].enumerated() {
            #expect(intake.ready == 0, "after \(count)")
            for block in 1...3 as ClosedRange<UInt64> {
                let verdict =
                    switch stream {
                    case 0: intake.take(external(block), bytes: 1)
                    case 1: intake.take(holds(block), bytes: 1)
                    default: intake.take(settlements(block), bytes: 1)
                    }
                #expect(verdict == .kept)
            }
        }
        #expect(intake.ready == 3)
        #expect(intake.next()?.external.block == 1)
        #expect(intake.last == 1)
        let again = intake.take(external(1), bytes: 1)
        #expect(again == .known)
    }

    @Test("a long block's trades arrive in parts and stay in order")
    func parts() {
        var intake = attached()
        _ = intake.take(external(1), bytes: 1)
        _ = intake.take(holds(1), bytes: 1)
        for id in 1...3 as ClosedRange<UInt64> {
            #expect(intake.ready == 0)
            let verdict = intake.take(settlements(1, [trade(id)], isPart: id < 3), bytes: 60)
            #expect(verdict == .kept)
        }
        #expect(intake.next()?.trades.map(\.trade.raw) == [1, 2, 3])
    }

    @Test("gaps, strangers and what goes beyond the window are told apart")
    func bounds() {
        var intake = Intake(last: 7)
        var verdict = intake.take(external(8), bytes: 1)
        #expect(verdict == .outOfOrder)
        intake.attach(.orders)
        verdict = intake.take(external(9), bytes: 1)
        #expect(verdict == .outOfOrder)
        verdict = intake.take(external(7), bytes: 1)
        #expect(verdict == .known)
        verdict = intake.take(external(8), bytes: Intake.bytesMax + 1)
        #expect(verdict == .beyondWindow)
        for block in 8..<8 + UInt64(Intake.blocksMax) {
            verdict = intake.take(external(block), bytes: 1)
            #expect(verdict == .kept)
        }
        verdict = intake.take(external(8 + UInt64(Intake.blocksMax)), bytes: 1)
        #expect(verdict == .beyondWindow)
    }

    @Test("who attaches again begins behind the last booked block")
    func again() {
        var intake = attached()
        for block in 1...2 as ClosedRange<UInt64> {
            _ = intake.take(external(block), bytes: 1)
            _ = intake.take(holds(block), bytes: 1)
            _ = intake.take(settlements(block), bytes: 1)
        }
        _ = intake.next()
        _ = intake.take(settlements(3, [trade(1)], isPart: true), bytes: 1)
        intake.attach(.matching)
        #expect(intake.ready == 0)
        let verdict = intake.take(settlements(2, [trade(5)]), bytes: 1)
        #expect(verdict == .kept)
        #expect(intake.next()?.trades.map(\.trade.raw) == [5])
    }
}
