package import Addresses

/// What the supervisor is asked to run: a platform compiled to facts, without policy language.
///
/// The front makes it from a platform file; the supervisor, which is root, reads nothing else.
/// Every count and length has a bound in `DeploymentCodec`. Indices point into this value's arrays.
package struct Deployment: Sendable, Equatable {
    /// Platform name: 1 to 32 of a-z, 0-9 and `-`, starting with a letter.
    package var platform: String
    /// The platform file as the operator named it, for records.
    package var file: String
    package var isolation: IsolationLevel
    package var zones: [ZonePlan] = []
    package var compartments: [CompartmentPlan] = []
    package var flows: [FlowPlan] = []
    package var listeners: [ListenerPlan] = []
    package var channels: [ChannelPlan] = []
    /// Walls left out on purpose; only a drill's twin may run with any.
    package var without: Walls = []

    package init(platform: String, file: String, isolation: IsolationLevel) {
        self.platform = platform
        self.file = file
        self.isolation = isolation
    }
}

/// How strongly compartments are kept apart.
package enum IsolationLevel: UInt8, Sendable, Equatable {
    case none = 0
    case user = 1
    case full = 2
}

/// The walls that an ablation can take away one at a time.
package struct Walls: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The ruleset of the routing namespace.
    package static let fabric = Walls(rawValue: 1 << 0)
    /// The firewall inside each compartment.
    package static let host = Walls(rawValue: 1 << 1)
    /// The system-call filter.
    package static let seccomp = Walls(rawValue: 1 << 2)
    /// Landlock's file, port and scope rules.
    package static let landlock = Walls(rawValue: 1 << 3)
    /// Dropping capabilities and their bounding set.
    package static let capabilities = Walls(rawValue: 1 << 4)
    /// The own uid and gid: without it a compartment runs as root.
    package static let uid = Walls(rawValue: 1 << 5)
    /// The fresh root: without it the host's file system is visible.
    package static let root = Walls(rawValue: 1 << 6)
    /// The own pid namespace and masked /proc.
    package static let pids = Walls(rawValue: 1 << 7)
    /// Control groups and rlimits.
    package static let limits = Walls(rawValue: 1 << 8)
    /// No new privileges by executing a file.
    package static let privileges = Walls(rawValue: 1 << 9)
    /// Memory is never writable and executable.
    package static let wx = Walls(rawValue: 1 << 10)
    /// The host's table that keeps published sockets from dialling out.
    package static let publishing = Walls(rawValue: 1 << 11)
    /// The IPC and UTS namespaces.
    package static let ipc = Walls(rawValue: 1 << 12)

    /// Names as the command line writes them, in the order of the bits.
    package static let names: [(name: String, wall: Walls)] = [
        ("fabric", .fabric), ("host", .host), ("seccomp", .seccomp), ("landlock", .landlock),
        ("capabilities", .capabilities), ("uid", .uid), ("root", .root), ("pids", .pids),
        ("limits", .limits), ("privileges", .privileges), ("wx", .wx),
        ("publishing", .publishing), ("ipc", .ipc),
    ]
}

/// A zone as records name it.
package struct ZonePlan: Sendable, Equatable {
    package var name: String
    package var network: Prefix

    package init(name: String, network: Prefix) {
        self.name = name
        self.network = network
    }
}

/// Where the other end of an allowed connection lies.
package enum Origin: Sendable, Equatable, Hashable {
    /// Index of a compartment.
    case compartment(Int)
    /// Any source outside the host's platform: only published ports take these.
    case internet
    /// The operators' side.
    case office
}

/// One allowed kind of connection between two ends; its index plus one is the flow's id and mark.
package struct FlowPlan: Sendable, Equatable {
    package var from: Origin
    /// Index of the compartment that listens.
    package var to: Int
    package var port: Port
    /// Line of the platform file that allows it.
    package var line: UInt32
    /// First second, since 1970, at which it is no longer allowed; 0 means never.
    package var expires: UInt64
    /// Each connection is on record as one that would be refused without this flow.
    package var isObserved: Bool

    package init(
        from: Origin, to: Int, port: Port, line: UInt32, expires: UInt64 = 0,
        isObserved: Bool = false
    ) {
        self.from = from
        self.to = to
        self.port = port
        self.line = line
        self.expires = expires
        self.isObserved = isObserved
    }
}

/// A published port: a socket made on the host and handed to one compartment.
package struct ListenerPlan: Sendable, Equatable {
    package var compartment: Int
    /// LISTEN_FDNAMES name: the port's name in the platform file.
    package var name: String
    package var address: Address
    package var port: UInt16
    /// Flows `from: internet` or `from: office` that justify it: indices.
    package var flows: [Int]

    package init(compartment: Int, name: String, address: Address, port: UInt16, flows: [Int]) {
        self.compartment = compartment
        self.name = name
        self.address = address
        self.port = port
        self.flows = flows
    }
}

/// A descriptor that a service inherits beside its listeners and its event channel.
package enum ChannelPlan: Sendable, Equatable {
    /// Two ends of a message socket: `from` finds `name`, `to` finds `name.FROM`.
    ///
    /// The descriptor is the identity: whatever arrives on it was sent by `from`.
    case pair(from: Int, to: Int, name: String)
    /// A message socket that listens for operators, whom the supervisor connects.
    case operators(to: Int, name: String)
    /// Bytes that the compiler wrote, in sealed memory.
    case table(of: Int, name: String, bytes: [UInt8])
}

/// What stands at a path of a compartment's root.
package enum MountPlan: Sendable, Equatable {
    /// A host file or tree, read-only, nosuid, nodev; `executable` false adds noexec.
    case tree(source: String, target: String, executable: Bool)
    /// A small generated file, read-only.
    case file(target: String, contents: [UInt8])
    /// A symbolic link.
    case link(target: String, to: String)
    /// An own tmpfs: nosuid, nodev, noexec, at most `bytes`.
    case scratch(target: String, bytes: UInt64)
    /// The service's own state directory, writable, noexec.
    case state(target: String)
}

/// A Landlock rule: what may be done beneath a path of the compartment's root.
package struct PathRule: Sendable, Equatable {
    package enum Access: UInt8, Sendable {
        case read = 0
        case execute = 1
        case write = 2
        /// Character devices: read, write, no creation.
        case device = 3
    }
    package var path: String
    package var access: Access

    package init(_ path: String, _ access: Access) {
        self.path = path
        self.access = access
    }
}

/// A command that runs to its end under the compartment's walls before its program does.
package struct PreparationPlan: Sendable, Equatable {
    /// Path of the program in the root, and on the host where it is opened and hashed.
    package var program: String
    /// argv, the program's name first.
    package var arguments: [String]
    /// Mounts that only this step sees, besides the compartment's own.
    package var mounts: [MountPlan]
    package var paths: [PathRule]
    /// A host file for standard input; empty means none.
    package var input: String
    package var filter: [UInt8]

    package init(
        program: String, arguments: [String], mounts: [MountPlan], paths: [PathRule],
        input: String, filter: [UInt8]
    ) {
        self.program = program
        self.arguments = arguments
        self.mounts = mounts
        self.paths = paths
        self.input = input
        self.filter = filter
    }
}

/// What a compartment is for.
///
/// Writers and the sensor are implicit: the compiler adds them, they have no address (0.0.0.0), no
/// veth and no flow, and their namespace has no route.
package enum CompartmentKind: Sendable, Equatable {
    /// A service of the platform file, or one of its instances.
    case service
    /// `bulkhead-trail` for the compartment of that index (a service or the sensor).
    case writer(of: Int)
    /// `bulkhead-trail` for the supervisor's own trail.
    case supervisorWriter
    /// `bulkhead-sensor`.
    case sensor
}

/// When a starting compartment counts as ready.
package enum ReadyPlan: UInt8, Sendable, Equatable {
    case started = 0
    case notify = 1
    case port = 2
}

/// One compartment: everything that the jail and the supervisor do for it.
package struct CompartmentPlan: Sendable, Equatable {
    /// Service name; `name.2` for a second instance; `trail.NAME` for its writer; `sensor`.
    package var name: String
    package var kind: CompartmentKind
    /// Index of its zone.
    package var zone: Int
    package var address: Address
    /// Path of the program on the host and in the root alike, symbolic links resolved.
    package var program: String
    package var arguments: [String]
    /// `NAME=value` pairs, without those that the supervisor adds.
    package var environment: [String]
    package var mounts: [MountPlan]
    package var paths: [PathRule]
    /// Ports that Landlock lets it bind and connect.
    package var bindPorts: [UInt16]
    package var connectPorts: [UInt16]
    package var ports: [Port]
    package var memoryBytes: UInt64
    package var processes: UInt32
    package var files: UInt32
    package var cpuMilli: UInt32
    package var diskBytes: UInt64
    package var wx: Bool
    /// Classic BPF program as the kernel takes it, 8 bytes an instruction.
    package var filter: [UInt8]
    /// The filter of the compartment's pid 1.
    package var initFilter: [UInt8]
    package var prepare: [PreparationPlan]
    package var ready: ReadyPlan
    /// Number of the signal that asks its program to end.
    package var stop: UInt8
    /// Compartments that must be ready before this one starts: indices.
    package var after: [Int]
    /// Seccomp words, for records.
    package var role: [String]

    package init(name: String, zone: Int, address: Address, program: String) {
        self.name = name
        kind = .service
        self.zone = zone
        self.address = address
        self.program = program
        arguments = []
        environment = []
        mounts = []
        paths = []
        bindPorts = []
        connectPorts = []
        ports = []
        memoryBytes = 256 << 20
        processes = 64
        files = 1024
        cpuMilli = 0
        diskBytes = 256 << 20
        wx = false
        filter = []
        initFilter = []
        prepare = []
        ready = .started
        stop = 15
        after = []
        role = []
    }
}
