import Supervisor
import Testing

@Suite("Refused requests on record")
struct RefusalMeterTests {
    private let window = RefusalMeter.windowNanoseconds

    @Test("some are listed, the rest of a minute is one number, and the next minute lists again")
    func bounded() {
        var meter = RefusalMeter()
        var listed = 0
        for _ in 0..<1_000 where meter.admits(now: 5) { listed += 1 }
        #expect(listed == RefusalMeter.listedMax)
        #expect(meter.dueAt == 5 + window)
        let counts = [window - 1, window, window].map { meter.due(now: 5 + $0) }
        #expect(counts == [nil, UInt64(1_000 - listed), nil])
        #expect(meter.dueAt == nil)
        let again = meter.admits(now: 5 + window)
        #expect(again)
    }

    @Test("nothing is due while nothing was left out")
    func quiet() {
        var meter = RefusalMeter()
        let listed = meter.admits(now: 0)
        let due = meter.due(now: .max)
        #expect(listed && due == nil && meter.dueAt == nil)
    }

    @Test("what was counted when the platform ends is not forgotten")
    func last() {
        var meter = RefusalMeter()
        for _ in 0...RefusalMeter.listedMax { _ = meter.admits(now: 0) }
        let due = [meter.due(now: 1), meter.due(now: 1, isLast: true)]
        #expect(due == [nil, 1])
    }
}
