internal import Bytes

/// What a compartment is doing.
package enum CompartmentState: UInt8, Sendable, Equatable {
    case waiting = 0
    case preparing = 1
    case starting = 2
    case running = 3
    case ready = 4
    case restarting = 5
    case stopping = 6
    case stopped = 7
    case abandoned = 8
    case probed = 9

    package var name: String {
        switch self {
        case .waiting: "waiting"
        case .preparing: "preparing"
        case .starting: "starting"
        case .running: "running"
        case .ready: "ready"
        case .restarting: "restarting"
        case .stopping: "stopping"
        case .stopped: "stopped"
        case .abandoned: "abandoned"
        case .probed: "probed"
        }
    }
}

/// What a compartment may take at most.
package struct LimitStatus: Sendable, Equatable {
    package var memoryBytes: UInt64 = 0
    package var processes: UInt32 = 0
    package var files: UInt32 = 0
    package var diskBytes: UInt64 = 0
    /// Size of its largest scratch mount.
    package var scratchBytes: UInt64 = 0

    package init() {}
}

/// One compartment at the moment of asking.
package struct CompartmentStatus: Sendable, Equatable {
    package var name: String
    package var zone: String
    /// Dotted quad; empty for compartments without a network.
    package var address: String
    package var state: CompartmentState
    /// A service of the platform file, not one of the implicit compartments.
    package var isService: Bool
    /// Host pid of the program; 0 when it does not run.
    package var pid: UInt32
    package var uid: UInt32
    package var memoryBytes: UInt64
    package var restarts: UInt32
    /// Connections that it opened or took, by the rules' counters, and attempts of its that were
    /// refused, since the platform started.
    package var connections: UInt64
    package var refusals: UInt64
    /// Declared ports, as `tcp/5432`.
    package var ports: [String]
    /// Its program's path in its root.
    package var program = ""
    /// Words of its role.
    package var role: [String] = []
    package var limits = LimitStatus()
    /// How many descriptors it inherits by the plan, from number 3 on.
    package var handed: UInt16 = 0
    /// Its table of passages, line by line; empty when it has none.
    package var passages: [String] = []
    /// Names of its channels for operators.
    package var channels: [String] = []

    /// Lines of a table beyond this many are left out of a reply, so that it fits one message.
    package static let passagesMax = 64
    /// Longest line of a table.
    package static let passageBytesMax = 8 << 10
    static let channelsMax = 16

    package init(
        name: String, zone: String, address: String, state: CompartmentState, isService: Bool,
        pid: UInt32, uid: UInt32, memoryBytes: UInt64, restarts: UInt32, connections: UInt64,
        refusals: UInt64, ports: [String]
    ) {
        self.name = name
        self.zone = zone
        self.address = address
        self.state = state
        self.isService = isService
        self.pid = pid
        self.uid = uid
        self.memoryBytes = memoryBytes
        self.restarts = restarts
        self.connections = connections
        self.refusals = refusals
        self.ports = ports
    }
}

/// One flow at the moment of asking.
package struct FlowStatus: Sendable, Equatable {
    /// The flow's id, from 1.
    package var id: UInt32
    package var from: String
    package var to: String
    package var port: String
    package var line: UInt32
    package var open: Bool

    package init(id: UInt32, from: String, to: String, port: String, line: UInt32, open: Bool) {
        self.id = id
        self.from = from
        self.to = to
        self.port = port
        self.line = line
        self.open = open
    }
}

/// A running platform at the moment of asking.
package struct PlatformStatus: Sendable, Equatable {
    package var platform: String
    package var file: String
    package var isolation: String
    package var upMilliseconds: UInt64
    /// Walls that a drill took away; empty otherwise.
    package var without: [String]
    package var compartments: [CompartmentStatus]
    package var flows: [FlowStatus]
    /// Published addresses as `service.port address:port`.
    package var published: [String]
    /// Places whose live rules differ from the plan, each with the first difference.
    package var drift: [String] = []

    package init(
        platform: String, file: String, isolation: String, upMilliseconds: UInt64,
        without: [String], compartments: [CompartmentStatus], flows: [FlowStatus],
        published: [String]
    ) {
        self.platform = platform
        self.file = file
        self.isolation = isolation
        self.upMilliseconds = upMilliseconds
        self.without = without
        self.compartments = compartments
        self.flows = flows
        self.published = published
    }

    /// Flows beyond this many are left out of a reply, so that it fits one message.
    package static let flowsMax = 2_000
    /// Places of `drift`, at most; the first ones stand for all.
    private static let driftMax = 32

    func encode(into writer: inout ByteWriter) {
        writer.text(platform)
        writer.text(file)
        writer.text(isolation)
        writer.integer(upMilliseconds)
        writer.integer(UInt32(without.count))
        without.forEach { writer.text($0) }
        writer.integer(UInt32(compartments.count))
        for one in compartments {
            writer.text(one.name)
            writer.text(one.zone)
            writer.text(one.address)
            writer.integer(one.state.rawValue)
            writer.integer(UInt8(one.isService ? 1 : 0))
            writer.integer(one.pid)
            writer.integer(one.uid)
            writer.integer(one.memoryBytes)
            writer.integer(one.restarts)
            writer.integer(one.connections)
            writer.integer(one.refusals)
            writer.integer(UInt32(one.ports.count))
            one.ports.forEach { writer.text($0) }
            writer.text(one.program)
            writer.integer(UInt32(one.role.count))
            one.role.forEach { writer.text($0) }
            writer.integer(one.limits.memoryBytes)
            writer.integer(one.limits.processes)
            writer.integer(one.limits.files)
            writer.integer(one.limits.diskBytes)
            writer.integer(one.limits.scratchBytes)
            writer.integer(one.handed)
            writer.integer(UInt32(min(one.passages.count, CompartmentStatus.passagesMax)))
            one.passages.prefix(CompartmentStatus.passagesMax).forEach { writer.text($0) }
            writer.integer(UInt32(min(one.channels.count, CompartmentStatus.channelsMax)))
            one.channels.prefix(CompartmentStatus.channelsMax).forEach { writer.text($0) }
        }
        writer.integer(UInt32(min(flows.count, Self.flowsMax)))
        for one in flows.prefix(Self.flowsMax) {
            writer.integer(one.id)
            writer.text(one.from)
            writer.text(one.to)
            writer.text(one.port)
            writer.integer(one.line)
            writer.integer(UInt8(one.open ? 1 : 0))
        }
        writer.integer(UInt32(published.count))
        published.forEach { writer.text($0) }
        writer.integer(UInt32(min(drift.count, Self.driftMax)))
        drift.prefix(Self.driftMax).forEach { writer.text($0) }
    }

    static func decode(_ reader: inout ByteReader) throws(Malformed) -> PlatformStatus {
        var status = PlatformStatus(
            platform: try reader.text(limit: 64), file: try reader.text(limit: 4096),
            isolation: try reader.text(limit: 16), upMilliseconds: try reader.integer(),
            without: [], compartments: [], flows: [], published: [])
        for _ in 0..<(try reader.count(limit: 32)) {
            status.without.append(try reader.text(limit: 32))
        }
        for _ in 0..<(try reader.count(limit: 4096)) {
            status.compartments.append(try compartment(&reader))
        }
        for _ in 0..<(try reader.count(limit: flowsMax)) {
            status.flows.append(
                FlowStatus(
                    id: try reader.integer(), from: try reader.text(limit: 64),
                    to: try reader.text(limit: 64), port: try reader.text(limit: 64),
                    line: try reader.integer(), open: try reader.integer(UInt8.self) == 1))
        }
        for _ in 0..<(try reader.count(limit: 1024)) {
            status.published.append(try reader.text(limit: 256))
        }
        for _ in 0..<(try reader.count(limit: driftMax)) {
            status.drift.append(try reader.text(limit: 2048))
        }
        return status
    }

    private static func compartment(
        _ reader: inout ByteReader
    ) throws(Malformed) -> CompartmentStatus {
        let name = try reader.text(limit: 64)
        let zone = try reader.text(limit: 64)
        let address = try reader.text(limit: 64)
        let place = reader.position
        guard let state = CompartmentState(rawValue: try reader.integer()) else {
            throw Malformed(at: place, expected: "a compartment's state")
        }
        var status = CompartmentStatus(
            name: name, zone: zone, address: address, state: state,
            isService: try reader.integer(UInt8.self) == 1, pid: try reader.integer(),
            uid: try reader.integer(), memoryBytes: try reader.integer(),
            restarts: try reader.integer(), connections: try reader.integer(),
            refusals: try reader.integer(), ports: [])
        for _ in 0..<(try reader.count(limit: 256)) {
            status.ports.append(try reader.text(limit: 16))
        }
        status.program = try reader.text(limit: 4096)
        for _ in 0..<(try reader.count(limit: 64)) {
            status.role.append(try reader.text(limit: 32))
        }
        status.limits.memoryBytes = try reader.integer()
        status.limits.processes = try reader.integer()
        status.limits.files = try reader.integer()
        status.limits.diskBytes = try reader.integer()
        status.limits.scratchBytes = try reader.integer()
        status.handed = try reader.integer()
        for _ in 0..<(try reader.count(limit: CompartmentStatus.passagesMax)) {
            status.passages.append(
                try reader.text(limit: CompartmentStatus.passageBytesMax))
        }
        for _ in 0..<(try reader.count(limit: CompartmentStatus.channelsMax)) {
            status.channels.append(try reader.text(limit: 64))
        }
        return status
    }
}
