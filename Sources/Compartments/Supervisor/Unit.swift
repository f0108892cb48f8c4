internal import Cgroups
internal import Confinement
internal import Descriptors

/// A descriptor that a compartment inherits, by the name it finds it under.
struct Handed {
    let name: String
    let descriptor: SharedDescriptor
}

/// A probe that stands in a compartment's place during a drill.
struct ProbeSeat {
    /// The probe's program on the host.
    let program: String
    let orders: SharedDescriptor
    let report: SharedDescriptor
}

/// One compartment while its platform runs: its plan's index, its place in life, and what the
/// supervisor holds for it.
///
/// What outlives a restart stands above what belongs to one run.
struct Unit {
    let plan: CompartmentPlan
    let index: Int
    let uid: UInt32
    var lifecycle = Lifecycle()
    var handed: [Handed] = []

    /// The network namespace, kept across restarts with its rules and its veth.
    var namespace: SharedDescriptor?
    /// The service's disk, mounted nowhere: the jail attaches a copy.
    var state: SharedDescriptor?
    var group: Cgroup?
    var notify: SharedDescriptor?
    var probe: ProbeSeat?
    /// Its event channel was shut down: it gets a new one when its run has ended.
    var isMuted = false

    var run: Run?

    /// One run of the jail, from its start to its end.
    struct Run {
        let control: SharedDescriptor
        let log: SharedDescriptor
        var initProcess: SharedDescriptor?
        var initPid: UInt32 = 0
        var programPid: UInt32 = 0
        var landlock: UInt8 = 0
        /// Monotonic nanoseconds.
        let launched: UInt64
        /// The kernel's count of memory kills in the group when it started.
        let outOfMemoryBefore: UInt64
        let digest: [UInt8]
        let preparation: Int?
        /// A drill's probe, not the program: it sits once.
        let isProbe: Bool
        var ending: RunEnding?
        /// When it is killed if it has not ended; nil while nobody asked it to.
        var killAt: UInt64?
        /// It said that it is ready; that may arrive before the jail's word that it started.
        var saidReady = false
        /// SHA-256 and descriptors agreed with the plan before it ran.
        var verified = false
    }
}

extension Unit {
    /// When the run was launched that is not ready, or not prepared, yet.
    var startsSince: UInt64? {
        switch lifecycle.phase {
        case .preparing, .starting, .running: run?.launched
        case .waiting, .ready, .backoff, .stopping, .stopped, .abandoned: nil
        }
    }
}

/// How a run ended, as the jail or the kernel told.
enum RunEnding: Equatable {
    case exited(UInt8)
    case signalled(UInt8)
    case stepFailed(String, errno: Int32)
    case mismatch(String)
    /// It was not ready in time.
    case late
}

/// What a ready descriptor of the loop belongs to.
enum Token {
    case front
    case signals
    case control
    case peer(Int)
    case jail(Int)
    case process(Int)
    case log(Int)
    case notify(Int)
    case trail(Int)
    case channel(Int)
    case rules(Int)
    case amendment

    var raw: UInt64 {
        switch self {
        case .front: 0
        case .signals: 1
        case .control: 2
        case .amendment: 3
        case .peer(let index): 3 << 32 | UInt64(index)
        case .jail(let index): 4 << 32 | UInt64(index)
        case .process(let index): 5 << 32 | UInt64(index)
        case .log(let index): 6 << 32 | UInt64(index)
        case .notify(let index): 7 << 32 | UInt64(index)
        case .trail(let index): 8 << 32 | UInt64(index)
        case .channel(let index): 9 << 32 | UInt64(index)
        case .rules(let place): 10 << 32 | UInt64(place)
        }
    }

    init?(raw: UInt64) {
        let index = Int(raw & 0xFFFF_FFFF)
        switch (raw >> 32, index) {
        case (0, 0): self = .front
        case (0, 1): self = .signals
        case (0, 2): self = .control
        case (0, 3): self = .amendment
        case (3, _): self = .peer(index)
        case (4, _): self = .jail(index)
        case (5, _): self = .process(index)
        case (6, _): self = .log(index)
        case (7, _): self = .notify(index)
        case (8, _): self = .trail(index)
        case (9, _): self = .channel(index)
        case (10, _): self = .rules(index)
        default: return nil
        }
    }
}
