import Addresses
import Confinement

/// A classic BPF program of one instruction that allows every call.
let allowAll: [UInt8] = [6, 0, 0, 0, 0, 0, 0xFF, 0x7F]

/// Small numbers from a seed, the same in every run.
struct Dice {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(sides, 1)))
    }

    /// A copy with a few bytes changed, cut out or added.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + roll(4)) where !bytes.isEmpty {
            let place = roll(bytes.count)
            switch roll(6) {
            case 0: bytes[place] = UInt8(roll(256))
            case 1: bytes[place] ^= UInt8(1 << roll(8))
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(roll(256)), at: place)
            case 4: bytes.removeLast(min(bytes.count, roll(40)))
            default: bytes[place] = [0, 0xFF, 0x7F, 0x80][roll(4)]
            }
        }
        return bytes
    }
}

enum Samples {
    /// A compartment that uses every kind of record.
    static func compartment(_ name: String = "web", address: UInt32 = 0x0A4D_0105)
        -> CompartmentPlan
    {
        var plan = CompartmentPlan(
            name: name, zone: 0, address: Address(address), program: "/usr/bin/web")
        plan.arguments = ["web", "--quiet", ""]
        plan.environment = ["PATH=/usr/bin", "EMPTY="]
        plan.mounts = [
            .tree(source: "/usr/bin/web", target: "/usr/bin/web", executable: true),
            .tree(source: "/usr/share/zoneinfo", target: "/usr/share/zoneinfo", executable: false),
            .file(target: "/etc/hosts", contents: Array("127.0.0.1 localhost\n".utf8)),
            .link(target: "/bin", to: "usr/bin"),
            .scratch(target: "/tmp", bytes: 1 << 20),
            .state(target: "/state"),
        ]
        plan.paths = [PathRule("/usr", .execute), PathRule("/", .read), PathRule("/tmp", .write)]
        plan.bindPorts = [8080]
        plan.connectPorts = [5432, 1]
        plan.ports = [Port(.tcp, 8080), Port(.udp, 53)].compactMap { $0 }
        plan.filter = allowAll + allowAll
        plan.initFilter = allowAll
        plan.prepare = [
            PreparationPlan(
                program: "/usr/bin/init", arguments: ["init"],
                mounts: [
                    .tree(source: "/usr/bin/init", target: "/usr/bin/init", executable: true)
                ],
                paths: [PathRule("/usr/share", .read)], input: "/etc/hostname", filter: allowAll)
        ]
        plan.ready = .notify
        plan.stop = 2
        plan.role = ["stdio", "inet-server"]
        return plan
    }

    static func order(_ plan: CompartmentPlan = compartment()) -> JailOrder {
        JailOrder(
            compartment: plan, uid: 61_000, gid: 61_000, isolation: .full, without: [],
            environment: plan.environment + ["LISTEN_PID="], descriptors: 2, hasNotify: true)
    }

    /// Two services, their writers, the sensor and the supervisor's writer, with flows.
    static func deployment() -> Deployment {
        var all = Deployment(platform: "first", file: "Platforms/first.yaml", isolation: .full)
        all.zones = [
            Prefix("10.77.1.0/24").map { ZonePlan(name: "dmz", network: $0) },
            Prefix("10.77.3.0/24").map { ZonePlan(name: "data", network: $0) },
        ].compactMap { $0 }
        var database = compartment("database.2", address: 0x0A4D_0307)
        database.zone = 1
        var web = compartment()
        web.after = [1]
        all.compartments = [web, database]
        for (name, kind) in [
            ("sensor", CompartmentKind.sensor), ("trail.web", .writer(of: 0)),
            ("trail.database.2", .writer(of: 1)), ("trail.sensor", .writer(of: 2)),
            ("trail.supervisor", .supervisorWriter),
        ] {
            var plan = compartment(name, address: 0)
            plan.kind = kind
            plan.ports = []
            all.compartments.append(plan)
        }
        if let port = Port(.tcp, 8080) {
            all.flows = [
                FlowPlan(from: .internet, to: 0, port: port, line: 12),
                FlowPlan(from: .compartment(0), to: 1, port: port, line: 13, expires: 9),
                FlowPlan(from: .office, to: 0, port: port, line: 14),
            ]
        }
        all.listeners = [
            ListenerPlan(
                compartment: 0, name: "http", address: Address(0x7F00_0001), port: 8443,
                flows: [0, 2])
        ]
        all.channels = [
            .pair(from: 0, to: 1, name: "authority"), .operators(to: 1, name: "operator"),
            .table(of: 0, name: "passages", bytes: [1, 2, 3]),
        ]
        return all
    }
}
