internal import AuditTreaty
internal import CLinux
package import Confinement
package import Descriptors
package import Findings
internal import Glibc
internal import Loop
internal import Namespaces
internal import PacketFilter
internal import Processes

/// A running platform: its compartments, its network, and the way events reach their trails.
package struct Supervisor: ~Copyable {
    /// Where the platform as a whole stands.
    enum Stage: Equatable {
        case starting
        case up
        case stopping(reason: String)
        case over
    }

    /// The plan as it runs: an amendment changes its flows.
    var deployment: Deployment
    let places: Places
    /// The jail's program on the host.
    let jail: String
    /// Walls that may be left out: none, but in a drill's twin those that its operator named.
    let spared: Walls
    /// A uid besides root that may ask for status.
    let observer: UInt32?
    /// Puts rules back that somebody else changed.
    let reasserts: Bool

    var front: FrontLink
    var loop: EventLoop
    var signals: SignalSource
    var stage = Stage.starting
    var units: [Unit] = []
    var logs: [ServiceLog] = []
    var outbox = Outbox()
    var network: Network?
    var audit: AuditWatch?
    var drift = Drift()
    var amendment = Amendment()
    var programs = ProgramDigests()
    var peers: [Int: SharedDescriptor] = [:]
    var controlSocket: SharedDescriptor?
    var revoked: Set<Int> = []
    var refusals = RefusalMeter()
    var failure: Failure?
    /// The lock is ours: what lies in the run directory is this run's, and ours to remove.
    var ownsPlaces = false
    /// Why each compartment last went down, for people.
    var lastError: [Int: String] = [:]
    /// This process, for comparing namespaces.
    let own: ProcessFacts
    let launchedAt: UInt64

    /// Descriptors of the supervisor: some 20 for each of the 1,024 compartments that there may be.
    private static let descriptorsMax: UInt64 = 65_536
    /// Longest time from the signal that asks to SIGKILL: 4 s.
    static let graceNanoseconds: UInt64 = 4_000_000_000
    /// Longest time from a launch to readiness, or to the end of a preparation step: 60 s.
    static let startNanoseconds: UInt64 = 60_000_000_000
    /// How long a program must run to count as ready when it says nothing itself: 50 ms.
    ///
    /// One that cannot run at all has ended by then.
    static let settleNanoseconds: UInt64 = 50_000_000
    /// How often a socket table is read while a service that counts as ready by its ports starts.
    static let portPollMilliseconds: Int32 = 5

    package init(
        deployment: Deployment, places: Places, jail: String, spared: Walls, observer: UInt32?,
        reasserts: Bool, front: consuming FrontLink
    ) throws(SystemFailure) {
        // Before anything else runs: a signal that arrives early waits in the descriptor.
        let signals = try SignalSource([SIGTERM, SIGINT, SIGHUP, SIGCHLD])
        let loop = try EventLoop(capacity: 128)
        let own = try ProcessFacts.own()
        self.deployment = deployment
        self.places = places
        self.jail = jail
        self.spared = spared
        self.observer = observer
        self.reasserts = reasserts
        self.front = front
        self.signals = signals
        self.loop = loop
        self.own = own
        launchedAt = Clock.monotonic
    }

    /// What the process needs before it takes a platform: no group beside its own, whose files
    /// would be within reach of what it opens for others, and room for every descriptor.
    package static func settle() throws(SystemFailure) {
        if geteuid() == 0 {
            let dropped = bh_drop_groups()
            if dropped < 0 { throw SystemFailure("setgroups", "supervisor", errno: -dropped) }
        }
        RuleSession.keepNumbers()
        let raised = bh_raise_files(descriptorsMax)
        if raised < 0 { throw SystemFailure("setrlimit", "open files", errno: -raised) }
    }

    /// Brings the platform up, keeps it, and takes it down.
    ///
    /// Returns when nothing of it is left.
    package mutating func run() -> ExitCode {
        do {
            try FilterFloor.require(deployment)
            try SourceOwners.require(deployment, observer: observer)
            try prepare()
            try watchChannels()
            advance()
            while stage != .over {
                let ready = try loop.wait(timeoutMilliseconds: patience())
                for one in ready { take(one) }
                tick()
                outbox.flush(&loop)
            }
        } catch let error as Failure {
            failure = failure ?? error
            abort()
        } catch {
            failure =
                failure
                ?? Failure(
                    .machine, "supervisor", "the supervisor failed: \(error)", remedy: "see its log"
                )
            abort()
        }
        dismantle()
        if let failure { front.failed(failure) }
        return failure?.exit ?? .good
    }

    /// Milliseconds until something is due even if no descriptor says so; nil when nothing is.
    private func patience() -> Int32? {
        var wait: Int32?
        let now = Clock.monotonic
        func due(_ time: UInt64) {
            let left = time > now ? Int32(clamping: (time - now) / 1_000_000 + 1) : 0
            wait = min(wait ?? left, left)
        }
        for unit in units {
            if case .backoff(let until) = unit.lifecycle.phase { due(until) }
            if let kill = unit.run?.killAt { due(kill) }
            if let launched = unit.startsSince { due(launched + Self.startNanoseconds) }
            if unit.plan.ready == .started, unit.lifecycle.phase == .running, let run = unit.run {
                due(run.launched + Self.settleNanoseconds)
            }
            if unit.plan.ready == .port, unit.lifecycle.phase == .running {
                wait = min(wait ?? Self.portPollMilliseconds, Self.portPollMilliseconds)
            }
        }
        if let count = refusals.dueAt { due(count) }
        if !drift.due.isEmpty { due(drift.next) }
        if let end = amendment.dueAt { due(end) }
        if let expiry = nextExpiry() {
            let seconds = expiry > Clock.seconds ? expiry - Clock.seconds : 0
            let left = Int32(clamping: min(seconds, 3600) * 1000)
            wait = min(wait ?? left, left)
        }
        return wait
    }

    private mutating func take(_ ready: Ready) {
        guard let token = Token(raw: ready.token) else { return }
        switch token {
        case .front: takeFront()
        case .signals: takeSignals()
        case .control: acceptPeer()
        case .peer(let index): takeRequest(index)
        case .jail(let index): takeReports(index)
        case .process(let index): conclude(index)
        case .log(let index): takeOutput(index)
        case .notify(let index): takeNotice(index)
        case .rules(let place): takeRules(place)
        case .trail(let index): outbox.readable(index, &loop)
        case .channel(let index): channelEnded(index)
        case .amendment: takeAmendment()
        }
    }

    private mutating func takeFront() {
        front.poll()
        if !front.isAttached {
            try? loop.remove(front.number)
            if !front.isDetached { stop(reason: "the operator's front ended") }
        }
    }

    private mutating func takeSignals() {
        while let arrival = try? signals.next() {
            switch arrival.signal {
            case SIGTERM, SIGINT: stop(reason: "signal \(arrival.signal)")
            default: break
            }
        }
        // Jails that handed over to their pid 1, and pid 1s: their stories come by other ways.
        var status: Int32 = 0
        while unsafe waitpid(-1, &status, WNOHANG) > 0 {}
    }

    /// What the clock alone makes due.
    private mutating func tick() {
        let now = Clock.monotonic
        for index in units.indices {
            if case .backoff(let until) = units[index].lifecycle.phase, now >= until {
                move(index, .tick)
            }
            if let kill = units[index].run?.killAt, now >= kill {
                units[index].run?.killAt = nil
                killNow(index)
            }
            if let launched = units[index].startsSince, now >= launched + Self.startNanoseconds {
                units[index].run?.ending = .late
                killNow(index)
            }
            if units[index].plan.ready == .started, units[index].lifecycle.phase == .running,
                let run = units[index].run, now >= run.launched + Self.settleNanoseconds
            {
                move(index, .ready)
            }
            if units[index].plan.ready == .port, units[index].lifecycle.phase == .running,
                listens(units[index])
            {
                move(index, .ready)
            }
        }
        recordRefusals()
        expireFlows()
        checkDrift()
        checkAmendment()
        if case .stopping = stage { stopNext() }
    }

    /// Whether the program of a service listens on every port that its plan declares.
    private func listens(_ unit: Unit) -> Bool {
        if let namespace = unit.namespace {
            return Network.listens(
                unit.plan.ports, in: namespace.descriptor, at: nil)
        }
        // Below `full` all services share the host's namespace: its own address tells them apart.
        guard let host = try? NetworkNamespace.current() else { return false }
        return Network.listens(unit.plan.ports, in: host, at: unit.plan.address)
    }

    /// Gives what happened to a compartment's state machine and does what comes out.
    mutating func move(_ index: Int, _ input: Lifecycle.Input) {
        let actions = units[index].lifecycle.move(input, now: Clock.monotonic)
        for action in actions { perform(action, index) }
        if !actions.isEmpty { advance() }
    }

    private mutating func perform(_ action: Lifecycle.Action, _ index: Int) {
        let id = UInt16(index)
        switch action {
        case .launch(let preparation): launch(index, preparation: preparation)
        case .markPrepared: markPrepared(index)
        case .terminate: terminate(index)
        case .announceReady:
            let launched = units[index].run?.launched ?? Clock.monotonic
            let took = UInt32(clamping: (Clock.monotonic - launched) / 1_000_000)
            record(index, .ready(compartment: id, milliseconds: took))
            if stage == .starting, case .service = units[index].plan.kind {
                front.progress("\(units[index].plan.name) ready in \(took) ms")
            }
        case .announceRestart(let attempt, let delay):
            record(
                index,
                .restarting(compartment: id, attempt: attempt, delayMilliseconds: delay))
        case .announceAbandoned(let attempts):
            record(index, .abandoned(compartment: id, attempts: attempts))
            closeListeners(index)
            giveUp(on: index)
        }
    }

    /// A service that stays down fails a start; a recorder that stays down ends the platform,
    /// because what cannot be recorded must not happen.
    mutating func giveUp(on index: Int) {
        let plan = units[index].plan
        let isRecorder = plan.kind != .service
        guard stage == .starting || isRecorder else { return }
        if failure == nil {
            failure = Failure(
                .refused, "service-failed",
                "\(plan.name) did not start: \(lastWords(index))",
                remedy: "see `bulkhead logs \(plan.name)`; nothing was left running")
        }
        stop(reason: "\(plan.name) cannot run")
    }

    /// Starts whatever waits for nothing any more, and notices when all are up or all are down.
    mutating func advance() {
        switch stage {
        case .starting:
            for index in units.indices where units[index].lifecycle.phase == .waiting {
                if mayStart(index) {
                    move(index, .begin(preparations: preparationsLeft(index)))
                }
            }
            if units.allSatisfy({ $0.lifecycle.phase == .ready }) { announceUp() }
        case .up:
            for index in units.indices where units[index].lifecycle.phase == .waiting {
                move(index, .begin(preparations: preparationsLeft(index)))
            }
        case .stopping: stopNext()
        case .over: break
        }
    }

    /// Writers first, then the sensor, then services in the order of `after`: nothing runs that
    /// could not be recorded.
    private func mayStart(_ index: Int) -> Bool {
        let plan = units[index].plan
        func ready(_ other: Int) -> Bool { units[other].lifecycle.phase == .ready }
        switch plan.kind {
        case .writer, .supervisorWriter: return true
        case .sensor:
            return units.indices.allSatisfy { !units[$0].plan.kind.isWriter || ready($0) }
        case .service:
            return units.indices.allSatisfy { units[$0].plan.kind == .service || ready($0) }
                && plan.after.allSatisfy(ready)
        }
    }

    private mutating func announceUp() {
        stage = .up
        let took = UInt32(clamping: (Clock.monotonic - launchedAt) / 1_000_000)
        let services = units.filter { $0.plan.kind == .service }.count
        record(nil, .platformUp(compartments: UInt16(services), milliseconds: took))
        for listener in deployment.listeners {
            let name = deployment.compartments[listener.compartment].name
            front.address("\(name).\(listener.name) \(listener.address):\(listener.port)")
        }
        front.ready("\(services) compartments ready in \(took) ms")
    }
}

extension CompartmentKind {
    /// Writes a trail.
    var isWriter: Bool {
        switch self {
        case .writer, .supervisorWriter: true
        case .service, .sensor: false
        }
    }
}

/// The two clocks: one for spans, one for records.
enum Clock {
    /// Nanoseconds that never step back.
    static var monotonic: UInt64 { now(CLOCK_MONOTONIC) }
    /// Nanoseconds since 1970.
    static var real: UInt64 { now(CLOCK_REALTIME) }
    /// Seconds since 1970.
    static var seconds: UInt64 { real / 1_000_000_000 }

    private static func now(_ clock: Int32) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
