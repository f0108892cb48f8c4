public import Addresses

/// What a rule of some wall decided about a connection attempt.
public enum Verdict: UInt8, Sendable, Equatable {
    case allowed = 1
    /// No flow allows it.
    case refused = 2
    /// It belongs to no connection and opens none: a bare ACK, a forged RST.
    case invalid = 3
    /// Its source address is not that of the compartment it came from.
    case spoofed = 4
}

/// Which wall a record comes from.
public enum Wall: UInt8, Sendable, Equatable {
    /// The routing namespace.
    case fabric = 1
    /// The firewall inside the source's or target's compartment.
    case host = 2
    /// The host's table around published ports.
    case publishing = 3
    case seccomp = 4
    case landlock = 5
}

/// One connection attempt as a wall saw it.
public struct Attempt: Sendable, Equatable {
    /// The index that stands for everything outside the platform.
    public static let outside: UInt16 = 0xFFFF
    /// The index that stands for the operators' side, which is outside too.
    public static let office: UInt16 = 0xFFFE

    /// Nanoseconds since 1970, UTC.
    public var time: UInt64
    /// The wall that saw it.
    public var wall: Wall
    /// What the wall decided.
    public var verdict: Verdict
    /// Index of the compartment whose veth or namespace it came from; 0xFFFF means outside.
    public var source: UInt16
    /// Index of the compartment that owns the target address; 0xFFFF means none does.
    public var target: UInt16
    /// Id of the flow that allows it; 0 means none does.
    public var flow: UInt32
    /// Source address of the packet.
    public var sourceAddress: Address
    /// Destination address of the packet.
    public var targetAddress: Address
    /// IP protocol number: 6, 17, 1, …; 0 for a packet that is not IPv4.
    public var transport: UInt8
    /// Source port; 0 for protocols without ports.
    public var sourcePort: UInt16
    /// Destination port; 0 for protocols without ports.
    public var targetPort: UInt16

    /// Puts an attempt together.
    public init(
        time: UInt64, wall: Wall, verdict: Verdict, source: UInt16, target: UInt16, flow: UInt32,
        sourceAddress: Address, targetAddress: Address, transport: UInt8, sourcePort: UInt16,
        targetPort: UInt16
    ) {
        self.time = time
        self.wall = wall
        self.verdict = verdict
        self.source = source
        self.target = target
        self.flow = flow
        self.sourceAddress = sourceAddress
        self.targetAddress = targetAddress
        self.transport = transport
        self.sourcePort = sourcePort
        self.targetPort = targetPort
    }
}

/// Attempts of one kind that were counted, not listed, over one window.
public struct AttemptCount: Sendable, Equatable {
    /// End of the window, nanoseconds since 1970.
    public var time: UInt64
    /// The wall that saw it.
    public var wall: Wall
    /// What the wall decided.
    public var verdict: Verdict
    /// 0xFFFF means outside.
    public var source: UInt16
    /// Index of the target compartment; 0xFFFF means outside.
    public var target: UInt16
    /// Destination port; 0 for protocols without ports.
    public var targetPort: UInt16
    /// How many attempts.
    public var count: UInt64

    /// Puts a count together.
    public init(
        time: UInt64, wall: Wall, verdict: Verdict, source: UInt16, target: UInt16,
        targetPort: UInt16, count: UInt64
    ) {
        self.time = time
        self.wall = wall
        self.verdict = verdict
        self.source = source
        self.target = target
        self.targetPort = targetPort
        self.count = count
    }
}

/// How a program ended.
public enum Ending: Sendable, Equatable {
    case exited(status: UInt8)
    case signalled(UInt8)
    /// The kernel killed it at its memory limit.
    case outOfMemory
}

/// A name in a `Roster`: a compartment with its zone and address.
public struct RosterEntry: Sendable, Equatable {
    /// Its name in the platform file.
    public var name: String
    /// Its zone.
    public var zone: String
    /// Its address in the fabric.
    public var address: Address

    /// Puts an entry together.
    public init(name: String, zone: String, address: Address) {
        self.name = name
        self.zone = zone
        self.address = address
    }
}

/// A flow in a `Roster`: where the platform file allows it.
public struct RosterFlow: Sendable, Equatable {
    /// Name of the end that connects.
    public var from: String
    /// Name of the end that listens.
    public var to: String
    /// Port of the listening end.
    public var port: Port
    /// Line of the platform file.
    public var line: UInt32
    /// It is allowed for now, and each connection over it is on record as one that would be refused.
    public var isObserved: Bool

    /// Puts a flow together.
    public init(from: String, to: String, port: Port, line: UInt32, isObserved: Bool = false) {
        self.from = from
        self.to = to
        self.port = port
        self.line = line
        self.isObserved = isObserved
    }
}

/// The names behind the indices of a trail's later records; written when a platform starts.
///
/// A large one travels in parts that follow one another, see `parts` and `join`.
public struct Roster: Sendable, Equatable {
    /// Name of the platform.
    public var platform: String
    /// The platform file as the operator named it.
    public var file: String
    /// `full`, `user` or `none`.
    public var isolation: String
    /// In the order of their indices.
    public var compartments: [RosterEntry]
    /// Flow id 1 is the first.
    public var flows: [RosterFlow]
    /// Index of this part's first compartment; 0 unless it continues an earlier part.
    public var firstCompartment: UInt32 = 0
    /// Index of this part's first flow; 0 unless it continues an earlier part.
    public var firstFlow: UInt32 = 0

    /// Puts a roster together.
    public init(
        platform: String, file: String, isolation: String, compartments: [RosterEntry],
        flows: [RosterFlow]
    ) {
        self.platform = platform
        self.file = file
        self.isolation = isolation
        self.compartments = compartments
        self.flows = flows
    }
}

/// One thing that happened, of a known kind, with typed fields.
public enum Event: Sendable, Equatable {
    case roster(Roster)
    case attempt(Attempt)
    case attemptCount(AttemptCount)
    /// The log of a wall skipped numbers: that many records never arrived.
    case attemptGap(wall: Wall, compartment: UInt16, lost: UInt64)
    /// A compartment's program started: SHA-256 of the program, host pid, achieved Landlock ABI.
    case started(compartment: UInt16, digest: [UInt8], pid: UInt32, landlock: UInt8)
    case ready(compartment: UInt16, milliseconds: UInt32)
    case ended(compartment: UInt16, Ending)
    case restarting(compartment: UInt16, attempt: UInt32, delayMilliseconds: UInt32)
    /// It ended too often and stays down.
    case abandoned(compartment: UInt16, attempts: UInt32)
    /// A step of the jail failed: nothing was started.
    case stepFailed(compartment: UInt16, step: String, errno: Int32)
    /// The running program differs from the plan: it was killed.
    case mismatch(compartment: UInt16, what: String)
    /// The kernel denied a system call (`detail` = its number) or a file or port access.
    case denied(compartment: UInt16, wall: Wall, pid: UInt32, what: String, detail: UInt64)
    /// A flow ended: by its date, or because an operator revoked it; `connections` were cut.
    case flowClosed(flow: UInt32, connections: UInt32, by: String)
    /// The live ruleset differs from the plan.
    case drift(where: String)
    /// A verb came over the control socket.
    case command(uid: UInt32, verb: String, granted: Bool)
    /// A platform came up or went down.
    case platformUp(compartments: UInt16, milliseconds: UInt32)
    case platformDown(reason: String)
    /// What an earlier run left behind and this start removed.
    case swept(what: String)
    /// The writer found this many bytes of an unfinished record at the end of its file and cut them.
    case recovered(bytes: UInt64)
    /// Numbers missing in a channel: the sender, or the socket, shed that many events.
    case shed(count: UInt64)
    /// The trail reached its size or the disk is full: later events are counted, not kept.
    case full(bytes: UInt64)
    /// There is room again; that many events arrived meanwhile and were not kept.
    case resumed(lost: UInt64)
    /// A service's own event: a short kind and a text; never shown raw.
    case note(kind: String, text: String)
    /// A channel carried bytes that are no event.
    case malformed(bytes: UInt32)
}
