package import Breach
internal import Descriptors
internal import Glibc
internal import Sockets

/// What one seated probe said, message by message.
package struct Hearing: Sendable, Equatable {
    /// How the listening ended.
    package enum End: Sendable, Equatable {
        case finished
        /// The probe is gone.
        case hungUp
        /// Nothing came for too long.
        case silent
        case interrupted
    }

    package var identity: Identity?
    package var trials: [String: Trial] = [:]
    package var sightings: [Sighting] = []
    /// The attempt that began and has not ended, and when.
    package var pending: (id: String, time: UInt64)?
    /// The last port that an attempt listened on.
    package var listening: UInt16?
    /// Messages that were no report.
    package var malformed = 0
    /// What an envoy took.
    package var loot: [Loot] = []
    /// What an envoy waits for, since the last time.
    var prompts: [String] = []

    private static let sightingsMax = 4096
    private static let promptsMax = 64

    package init() {}

    package static func == (left: Hearing, right: Hearing) -> Bool {
        left.identity == right.identity && left.trials == right.trials
            && left.sightings == right.sightings && left.pending?.id == right.pending?.id
            && left.malformed == right.malformed
    }

    /// Takes one message; true when it was the last.
    package mutating func take(_ bytes: [UInt8]) -> Bool {
        guard let report = try? ReportCodec.decode(bytes) else {
            malformed += 1
            return false
        }
        switch report {
        case .identity(let own): identity = identity ?? own
        case .began(let id, let time): pending = (id, time)
        case .ended(let trial):
            // The first word counts: a probe that is owned by its own attempt may say more later.
            if trials[trial.id] == nil, Technique.byID[trial.id] != nil { trials[trial.id] = trial }
            if pending?.id == trial.id { pending = nil }
        case .sighting(let sighting):
            if sightings.count < Self.sightingsMax { sightings.append(sighting) }
        case .listening(let port): listening = port
        case .loot(let one): if loot.count < EnvoyOrders.lootMax { loot.append(one) }
        case .prompt(let word): if prompts.count < Self.promptsMax { prompts.append(word) }
        case .finished: return true
        }
        return false
    }

    /// Listens until the probe has finished, is gone, or says nothing for `idleMilliseconds`.
    mutating func listen(
        on socket: Int32, idleMilliseconds: Int, until deadline: UInt64,
        onIdentity: () -> Void = {}, onListening: (UInt16) -> Void = { _ in },
        onPrompt: (String) -> Void = { _ in }
    ) throws(SystemFailure) -> End {
        var quiet = 0
        while true {
            if Interruption.isRaised { return .interrupted }
            var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&waiting, 1, 100)
            guard ready > 0 else {
                quiet += 100
                if quiet >= idleMilliseconds || Moment.now >= deadline { return .silent }
                continue
            }
            quiet = 0
            switch try LocalSocket.receive(on: socket) {
            case .message(let message):
                let wasKnown = identity != nil
                if take(message.bytes) { return .finished }
                if !wasKnown, identity != nil { onIdentity() }
                if let port = listening {
                    listening = nil
                    onListening(port)
                }
                let asked = prompts
                prompts = []
                for word in asked { onPrompt(word) }
            case .end: return .hungUp
            case .wouldBlock: continue
            }
        }
    }
}

/// The drill's clocks.
enum Moment {
    /// Monotonic nanoseconds.
    static var now: UInt64 { read(CLOCK_MONOTONIC) }
    /// Nanoseconds since 1970.
    static var real: UInt64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: Int32) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// The operator's wish to stop: the drill ends its waits, takes the twin down, and reports nothing.
package enum Interruption {
    // SAFETY: a single flag that only ever goes from 0 to 1; a handler writes it, and the one
    // thread that runs the drill reads it.
    nonisolated(unsafe) private static var raised: Int32 = 0

    /// From now on Ctrl-C and SIGTERM only raise the flag.
    package static func catchSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in unsafe Interruption.raised = 1 }
        }
        signal(SIGPIPE, SIG_IGN)
    }

    package static var isRaised: Bool { unsafe raised != 0 }
}
