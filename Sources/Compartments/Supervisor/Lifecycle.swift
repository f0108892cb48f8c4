package import ControlTreaty

/// The life of one compartment as a pure state machine: what happened goes in, what to do comes
/// out, and every transition stands in one function.
package struct Lifecycle: Sendable, Equatable {
    /// Where it is.
    package enum Phase: Sendable, Equatable {
        case waiting
        /// A preparation step runs, or is being started.
        case preparing(Int)
        /// The jail works: no instruction of the program has run.
        case starting
        case running
        case ready
        /// It ended and starts again at that time (monotonic nanoseconds).
        case backoff(until: UInt64)
        case stopping
        case stopped
        /// It ended too often, or its preparation failed: it stays down.
        case abandoned
    }

    /// What happened.
    package enum Input: Sendable, Equatable {
        /// All it waits for is ready; that many preparation steps are still to be done.
        case begin(preparations: Int)
        case started
        case ready
        /// Its pid 1 is gone; `clean` means exit status 0.
        case ended(clean: Bool)
        case stop
        case tick
    }

    /// What the supervisor must do now.
    package enum Action: Sendable, Equatable {
        case launch(preparation: Int?)
        case markPrepared
        case terminate
        case announceReady
        case announceRestart(attempt: UInt32, delayMilliseconds: UInt32)
        case announceAbandoned(attempts: UInt32)
    }

    /// Ends in a row, without a calm period between them, after which it stays down.
    package static let attemptsMax: UInt32 = 6
    /// Being ready this long makes earlier ends forgotten: 10 s.
    package static let calmNanoseconds: UInt64 = 10_000_000_000

    package private(set) var phase = Phase.waiting
    /// Times it was started again since the platform came up.
    package private(set) var restarts: UInt32 = 0
    private var attempts: UInt32 = 0
    private var readySince: UInt64?
    private var preparations = 0

    package init() {}

    /// The delay before the given attempt: 50 ms doubled each time, at most 5 s.
    package static func delayMilliseconds(attempt: UInt32) -> UInt32 {
        min(5_000, 50 << min(attempt > 0 ? attempt - 1 : 0, 7))
    }

    /// Takes what happened at `now` (monotonic nanoseconds); inputs that mean nothing in the
    /// current phase change nothing.
    package mutating func move(_ input: Input, now: UInt64) -> [Action] {
        switch (phase, input) {
        case (.waiting, .begin(let steps)):
            preparations = steps
            phase = steps > 0 ? .preparing(0) : .starting
            return [.launch(preparation: steps > 0 ? 0 : nil)]
        case (.preparing(let step), .ended(clean: true)):
            if step + 1 < preparations {
                phase = .preparing(step + 1)
                return [.launch(preparation: step + 1)]
            }
            phase = .starting
            return [.markPrepared, .launch(preparation: nil)]
        case (.preparing, .ended(clean: false)):
            // Half-done preparation is not repeated on top of itself: the next start of the
            // platform begins it again with an empty directory.
            phase = .abandoned
            return [.announceAbandoned(attempts: 1)]
        case (.starting, .started):
            phase = .running
            return []
        case (.running, .ready):
            phase = .ready
            readySince = now
            return [.announceReady]
        case (.starting, .ended), (.running, .ended), (.ready, .ended):
            return endedUnasked(now: now)
        case (.backoff(let until), .tick) where now >= until:
            phase = .starting
            restarts += 1
            return [.launch(preparation: nil)]
        case (.waiting, .stop), (.backoff, .stop), (.abandoned, .stop):
            phase = .stopped
            return []
        case (.preparing, .stop), (.starting, .stop), (.running, .stop), (.ready, .stop):
            phase = .stopping
            return [.terminate]
        case (.stopping, .ended):
            phase = .stopped
            return []
        default:
            return []
        }
    }

    private mutating func endedUnasked(now: UInt64) -> [Action] {
        if let since = readySince, now - since >= Self.calmNanoseconds { attempts = 0 }
        readySince = nil
        attempts += 1
        guard attempts < Self.attemptsMax else {
            phase = .abandoned
            return [.announceAbandoned(attempts: attempts)]
        }
        let delay = Self.delayMilliseconds(attempt: attempts)
        phase = .backoff(until: now + UInt64(delay) * 1_000_000)
        return [.announceRestart(attempt: attempts, delayMilliseconds: delay)]
    }

    /// A stopped one may begin again: a drill gives a compartment its program back.
    package mutating func rearm() {
        if phase == .stopped || phase == .abandoned { phase = .waiting }
    }

    /// Ends that a drill brought about do not count.
    package mutating func forgive() { attempts = 0 }

    /// Whether a process of it may exist.
    package var isAlive: Bool {
        switch phase {
        case .preparing, .starting, .running, .ready, .stopping: true
        case .waiting, .backoff, .stopped, .abandoned: false
        }
    }

    /// The phase in the words of the control treaty.
    package var state: CompartmentState {
        switch phase {
        case .waiting: .waiting
        case .preparing: .preparing
        case .starting: .starting
        case .running: .running
        case .ready: .ready
        case .backoff: .restarting
        case .stopping: .stopping
        case .stopped: .stopped
        case .abandoned: .abandoned
        }
    }
}
