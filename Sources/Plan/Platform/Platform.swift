package import Addresses
package import Findings

/// Everything one platform file says, with names resolved and every value in its own type.
///
/// The order of the arrays is the order of the file. `Blueprint` makes it; nothing here reads text.
package struct Platform: Sendable {
    package var name: String
    package var zones: [Zone] = []
    package var services: [Service] = []
    package var flows: [Flow] = []
    package var channels: [Channel] = []
    package var guarantees: [Guarantee] = []
    package var publications: [Publication] = []
    /// Weakest isolation the file accepts; nil means `full`.
    package var isolation: Isolation?
    /// Networks of the operators' side; empty when the file names none.
    package var office: [Prefix] = []
    /// Rules of others that every check holds the platform to.
    package var packs: [PackName] = []

    package init(name: String) { self.name = name }

    /// The service of that name.
    package func service(_ name: String) -> Service? { services.first { $0.name == name } }
    /// The zone of that name.
    package func zone(_ name: String) -> Zone? { zones.first { $0.name == name } }
}

/// How strongly compartments are kept apart, weakest first.
package enum Isolation: UInt8, Sendable, Comparable, CaseIterable {
    case none = 0
    case user = 1
    case full = 2

    package init?(name: some StringProtocol) {
        switch name {
        case "none": self = .none
        case "user": self = .user
        case "full": self = .full
        default: return nil
        }
    }
    package var name: String {
        switch self {
        case .none: "none"
        case .user: "user"
        case .full: "full"
        }
    }
    package static func < (left: Isolation, right: Isolation) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A set of rules that a platform can be held to beside its own guarantees.
package enum PackName: String, Sendable, CaseIterable {
    case capitalMinimum = "capital-minimum"
}

/// A trust level with a network.
package struct Zone: Sendable {
    package var name: String
    package var network: Prefix
    /// 802.1Q id for rendering; nothing on one host uses it.
    package var vlan: UInt16?
    package var place: Place

    package init(name: String, network: Prefix, vlan: UInt16? = nil, place: Place) {
        self.name = name
        self.network = network
        self.vlan = vlan
        self.place = place
    }
}

/// Limits of one compartment; each has a default, none is infinite.
package struct Limits: Sendable, Equatable {
    /// Bytes of memory, page cache included, before the kernel kills; 16 MiB to 1 TiB.
    package var memoryBytes: UInt64 = 256 << 20
    /// Processes and threads; 2 to 32,768.
    package var processes: UInt32 = 64
    /// Open files of one process; 16 to 16,384.
    package var files: UInt32 = 1024
    /// CPU in thousandths of one core; 0 means no quota.
    package var cpuMilli: UInt32 = 0
    /// Bytes of the service's own disk; 4 MiB to 1 TiB.
    package var diskBytes: UInt64 = 256 << 20

    package init() {}
}

/// When a starting service counts as ready.
package enum Readiness: Sendable, Equatable {
    /// It sent `READY=1` to the notify socket.
    case notify
    /// It listens on every port it declares.
    case port
    /// Its program runs.
    case started
}

/// The signal that asks a service to end; one that does not follow it is killed.
package enum StopSignal: String, Sendable, CaseIterable {
    case hangup = "SIGHUP"
    case interrupt = "SIGINT"
    case quit = "SIGQUIT"
    case user1 = "SIGUSR1"
    case user2 = "SIGUSR2"
    case terminate = "SIGTERM"

    /// Its number, the same on every architecture that Linux shares these with.
    package var number: UInt8 {
        switch self {
        case .hangup: 1
        case .interrupt: 2
        case .quit: 3
        case .user1: 10
        case .user2: 12
        case .terminate: 15
        }
    }
}

/// A command that runs to its end in the service's compartment before the service, while its
/// state directory has no mark that it was done.
package struct Preparation: Sendable {
    package var run: [String]
    /// Extra read-only trees that only this step sees.
    package var files: [FileTree]
    /// A file of the platform's that becomes standard input.
    package var input: String?
    package var place: Place

    package init(run: [String], files: [FileTree] = [], input: String? = nil, place: Place) {
        self.run = run
        self.files = files
        self.input = input
        self.place = place
    }
}

/// A read-only file or tree that a compartment sees.
package struct FileTree: Sendable, Equatable {
    /// Absolute path on the host, symbolic links not yet resolved.
    package var source: String
    /// Absolute path in the compartment.
    package var target: String
    package var place: Place

    package init(source: String, target: String, place: Place) {
        self.source = source
        self.target = target
        self.place = place
    }
}

/// What a service needs from the vault and the watch.
package struct Needs: Sendable {
    package var secrets: [String] = []
    package var trail: String?

    package init() {}
}

/// A program with a name, a zone, ports, limits and needs.
package struct Service: Sendable {
    package var name: String
    package var zone: String
    /// The host it runs on; `here` is the only one for now.
    package var host: String = "here"
    package var instances: Int = 1
    /// The program and its arguments; never empty.
    package var run: [String] = []
    /// Where the program's name stands; nil stands for the service's own place.
    package var runPlace: Place?
    package var ports: [ServicePort] = []
    package var limits = Limits()
    package var needs = Needs()
    /// Services that must be ready first.
    package var after: [String] = []
    /// Seccomp words; empty means the default words.
    package var role: [String] = []
    /// Where each word of `role` stands.
    package var rolePlaces: [Place] = []
    package var files: [FileTree] = []
    package var prepare: [Preparation] = []
    package var ready: Readiness = .started
    package var stop: StopSignal = .terminate
    /// In the order of the file; values may hold `${…}` references, not yet expanded.
    package var environment: [(name: String, value: String)] = []
    /// Writable and executable memory is allowed.
    package var wx = false
    package var database: String?
    package var place: Place

    package init(name: String, zone: String, place: Place) {
        self.name = name
        self.zone = zone
        self.place = place
    }

    /// The port of that name.
    package func port(_ name: String) -> Port? { ports.first { $0.name == name }?.port }
}

/// A named port of a service.
package struct ServicePort: Sendable {
    package var name: String
    package var port: Port
    package var place: Place

    package init(name: String, port: Port, place: Place) {
        self.name = name
        self.port = port
        self.place = place
    }
}

/// Where a flow begins or a guarantee points: a service, a zone, or an outside.
package enum Party: Sendable, Hashable {
    case internet
    case office
    case zone(String)
    case service(String)

    package var name: String {
        switch self {
        case .internet: "internet"
        case .office: "office"
        case .zone(let name), .service(let name): name
        }
    }
}

/// One allowed kind of connection, with its reason.
package struct Flow: Sendable {
    package var from: Party
    /// The service that listens.
    package var to: String
    /// The name of its port.
    package var port: String
    package var because: String
    package var owner: String?
    package var ticket: String?
    /// Last day on which the flow is allowed, as days since 1970-01-01.
    package var expires: Int?
    /// Message types that the receiver permits; empty means all.
    package var messages: [String] = []
    package var observe = false
    package var place: Place

    package init(from: Party, to: String, port: String, because: String, place: Place) {
        self.from = from
        self.to = to
        self.port = port
        self.because = because
        self.place = place
    }
}

/// A descriptor that a compartment inherits from another's side: declared like a flow.
package struct Channel: Sendable {
    /// A service, or the office for a channel of the operators'.
    package var from: Party
    package var to: String
    package var name: String
    package var because: String
    package var place: Place

    package init(from: Party, to: String, name: String, because: String, place: Place) {
        self.from = from
        self.to = to
        self.name = name
        self.because = because
        self.place = place
    }
}

/// A property that the platform must have.
package struct Guarantee: Sendable {
    package enum Kind: Sendable {
        /// `{never: A, reaches: B}`
        case never(from: Party, to: Party, port: String?)
        /// `{only: [A…], reach: S.port}` (or `reach: S`); a port may also be a channel's name or a
        /// message type, here and elsewhere.
        case only(from: [Party], to: Party, port: String?)
        /// `{must: A, reach: B}`: the path must exist.
        case must(from: Party, to: Party, port: String?)
        /// `{contain: S, within: [A…], steps: N}`
        case contain(service: String, within: [Party], steps: Int)
        /// `A can reach B on tcp/5432`, or cannot; `name` is the port's, `port` a port by its
        /// number, and without both any connection counts.
        case expect(from: Party, to: Party, name: String?, port: Port?, isOpen: Bool)
        /// It names a secret: `reason` says why packets and channels do not decide
        /// it. A check counts it as failed.
        case beyond(claim: String, reason: String)
    }
    package var kind: Kind
    package var place: Place
    /// How many further services fall on the way that `never`, `only` or `must` are about.
    package var steps: Int

    package init(_ kind: Kind, steps: Int = 0, place: Place) {
        self.kind = kind
        self.steps = steps
        self.place = place
    }
}

/// A service's port made reachable from outside at an address of the host.
package struct Publication: Sendable {
    package var service: String
    package var port: String
    package var address: Address
    package var number: UInt16
    package var place: Place

    package init(service: String, port: String, address: Address, number: UInt16, place: Place) {
        self.service = service
        self.port = port
        self.address = address
        self.number = number
        self.place = place
    }
}
