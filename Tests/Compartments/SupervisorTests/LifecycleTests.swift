import Supervisor
import Testing

@Suite("Lifecycle of a compartment")
struct LifecycleTests {
    private let second: UInt64 = 1_000_000_000

    private func running() -> Lifecycle {
        var life = Lifecycle()
        _ = life.move(.begin(preparations: 0), now: 0)
        _ = life.move(.started, now: 0)
        _ = life.move(.ready, now: 0)
        return life
    }

    @Test("preparation steps run one after another, then the program")
    func preparation() {
        var life = Lifecycle()
        #expect(life.move(.begin(preparations: 2), now: 0) == [.launch(preparation: 0)])
        #expect(life.move(.ended(clean: true), now: 0) == [.launch(preparation: 1)])
        #expect(
            life.move(.ended(clean: true), now: 0) == [.markPrepared, .launch(preparation: nil)])
        #expect(life.phase == .starting)
    }

    @Test("a failed preparation is never repeated on top of itself")
    func failedPreparation() {
        var life = Lifecycle()
        _ = life.move(.begin(preparations: 1), now: 0)
        #expect(life.move(.ended(clean: false), now: 0) == [.announceAbandoned(attempts: 1)])
        #expect(life.phase == .abandoned)
        #expect(life.move(.tick, now: 99 * second) == [])
    }

    @Test("a program that ends again and again is started later each time, then never")
    func backoff() {
        var life = running()
        var now: UInt64 = 0
        var delays: [UInt32] = []
        for _ in 0..<Int(Lifecycle.attemptsMax) {
            for action in life.move(.ended(clean: false), now: now) {
                if case .announceRestart(_, let delay) = action { delays.append(delay) }
            }
            guard case .backoff(let until) = life.phase else { break }
            #expect(life.move(.tick, now: until - 1) == [])
            now = until
            #expect(life.move(.tick, now: now) == [.launch(preparation: nil)])
            _ = life.move(.started, now: now)
        }
        #expect(delays == [50, 100, 200, 400, 800])
        #expect(life.phase == .abandoned)
        #expect(life.restarts == 5)
    }

    @Test("a calm time makes earlier ends forgotten")
    func calm() {
        var life = running()
        _ = life.move(.ended(clean: true), now: 0)
        guard case .backoff(let until) = life.phase else {
            Issue.record("it is not started again")
            return
        }
        _ = life.move(.tick, now: until)
        _ = life.move(.started, now: until)
        _ = life.move(.ready, now: until)
        let later = until + 61 * second
        #expect(
            life.move(.ended(clean: false), now: later)
                == [.announceRestart(attempt: 1, delayMilliseconds: 50)])
    }

    @Test("stopping ends in stopped from every phase, and no end restarts it")
    func stop() {
        var life = running()
        #expect(life.move(.stop, now: 0) == [.terminate])
        #expect(life.move(.stop, now: 0) == [])
        #expect(life.move(.ended(clean: false), now: 0) == [])
        #expect(life.phase == .stopped)
        var waiting = Lifecycle()
        #expect(waiting.move(.stop, now: 0) == [])
        #expect(waiting.phase == .stopped)
    }

    @Test("the delay grows to its bound and stays there", arguments: [1, 2, 7, 8, 100, .max])
    func delay(attempt: UInt32) {
        #expect((50...5_000).contains(Lifecycle.delayMilliseconds(attempt: attempt)))
    }
}
