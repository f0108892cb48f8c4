import Addresses
import Bytes
import Confinement
import Testing

@Suite("Deployment codec")
struct DeploymentCodecTests {
    @Test("a deployment survives the way through bytes")
    func roundTrip() throws {
        let deployment = Samples.deployment()
        #expect(try DeploymentCodec.decode(DeploymentCodec.encode(deployment)) == deployment)
    }

    @Test("what a service inherits is its listeners, its events and its ends of channels")
    func handed() {
        var deployment = Samples.deployment()
        #expect(deployment.handed(0) == ["http", "events", "authority", "passages"])
        #expect(deployment.handed(1) == ["events", "authority.web", "operator"])
        deployment.compartments.removeAll { $0.kind == .writer(of: 0) }
        #expect(deployment.handed(0) == ["http", "authority", "passages"])
    }

    @Test("a thousand compartments and all their flows survive it")
    func large() throws {
        var deployment = Samples.deployment()
        deployment.compartments = []
        deployment.listeners = []
        deployment.channels = []
        deployment.zones = [Prefix("10.0.0.0/8").map { ZonePlan(name: "wide", network: $0) }]
            .compactMap { $0 }
        for index in 0..<1024 {
            var plan = Samples.compartment("s\(index)", address: 0x0A00_0001 + UInt32(index))
            plan.after = index > 0 ? [index - 1] : []
            plan.prepare = []
            deployment.compartments.append(plan)
        }
        if let port = Port(.tcp, 8080) {
            deployment.flows = (0..<100_000).map {
                FlowPlan(from: .compartment($0 % 1024), to: $0 % 1000, port: port, line: UInt32($0))
            }
        }
        #expect(try DeploymentCodec.decode(DeploymentCodec.encode(deployment)) == deployment)
        deployment.flows.append(deployment.flows[0])
        #expect(throws: Malformed.self) {
            try DeploymentCodec.decode(DeploymentCodec.encode(deployment))
        }
    }

    typealias Change = @Sendable (inout Deployment) -> Void
    static let refused: [(String, Change)] = [
        ("a platform's name", { $0.platform = "Bad" }),
        ("an empty name", { $0.platform = "" }),
        ("a long name", { $0.platform = .init(repeating: "a", count: 33) }),
        ("a long file name", { $0.file = .init(repeating: "a", count: 4097) }),
        ("unknown walls", { $0.without = Walls(rawValue: 1 << 20) }),
        ("overlapping zones", { $0.zones[1].network = $0.zones[0].network }),
        ("equal zones", { $0.zones[1].name = "dmz" }),
        ("equal compartments", { $0.compartments[1].name = "web" }),
        (
            "equal addresses",
            {
                $0.compartments[1].zone = 0; $0.compartments[1].address = $0.compartments[0].address
            }
        ),
        ("an address outside its zone", { $0.compartments[0].address = Address(0x0A4D_0305) }),
        ("a zone that is not there", { $0.compartments[0].zone = 2 }),
        ("a negative index", { $0.compartments[0].zone = -1 }),
        ("a compartment's name", { $0.compartments[0].name = "web.x" }),
        ("an instance zero", { $0.compartments[0].name = "web.0" }),
        ("a relative program", { $0.compartments[0].program = "web" }),
        ("dots in a program", { $0.compartments[0].program = "/usr/../web" }),
        ("a long path", { $0.compartments[0].program = "/" + .init(repeating: "a", count: 4096) }),
        ("no arguments", { $0.compartments[0].arguments = [] }),
        ("an environment without a name", { $0.compartments[0].environment = ["=x"] }),
        (
            "a mount over /proc",
            { $0.compartments[0].mounts = [.scratch(target: "/proc", bytes: 4096)] }
        ),
        (
            "a scratch of no size",
            { $0.compartments[0].mounts = [.scratch(target: "/a", bytes: 0)] }
        ),
        ("two states", { $0.compartments[0].mounts += [.state(target: "/b")] }),
        ("a state of a step", { $0.compartments[0].prepare[0].mounts = [.state(target: "/b")] }),
        ("a relative input", { $0.compartments[0].prepare[0].input = "x" }),
        ("a relative rule", { $0.compartments[0].paths = [PathRule("x", .read)] }),
        ("port zero", { $0.compartments[0].bindPorts = [0] }),
        ("a filter of no instruction", { $0.compartments[0].filter = [] }),
        ("half an instruction", { $0.compartments[0].filter = [1, 2, 3] }),
        (
            "a filter over the bound",
            { $0.compartments[0].filter = .init(repeating: 0, count: 32_776) }
        ),
        ("no pid 1 filter", { $0.compartments[0].initFilter = [] }),
        ("no memory", { $0.compartments[0].memoryBytes = 0 }),
        ("no processes", { $0.compartments[0].processes = 0 }),
        ("too many files", { $0.compartments[0].files = 20_001 }),
        ("itself first", { $0.compartments[0].after = [0] }),
        ("a cycle", { $0.compartments[1].after = [0] }),
        ("nobody first", { $0.compartments[0].after = [99] }),
        ("a writer of a writer", { $0.compartments[3].kind = .writer(of: 4) }),
        ("two writers of one", { $0.compartments[3].kind = .writer(of: 1) }),
        ("two sensors", { $0.compartments[3].kind = .sensor }),
        ("two supervisor's writers", { $0.compartments[3].kind = .supervisorWriter }),
        ("a writer with an address", { $0.compartments[3].address = Address(0x0A4D_0109) }),
        ("a writer with a port", { $0.compartments[3].ports = $0.compartments[0].ports }),
        ("a flow from nobody", { $0.flows[1].from = .compartment(99) }),
        ("a flow from a writer", { $0.flows[1].from = .compartment(3) }),
        ("a flow to nobody", { $0.flows[1].to = 99 }),
        ("a flow to the sensor", { $0.flows[1].to = 2 }),
        ("a flow to no port", { $0.compartments[1].ports = [] }),
        ("a listener for nobody", { $0.listeners[0].compartment = 99 }),
        ("a listener for another's flow", { $0.listeners[0].compartment = 1 }),
        ("a listener without a flow", { $0.listeners[0].flows = [] }),
        ("a listener for an inner flow", { $0.listeners[0].flows = [1] }),
        ("a listener at port zero", { $0.listeners[0].port = 0 }),
        ("a listener's name", { $0.listeners[0].name = "a:b" }),
        ("two at one place", { $0.listeners.append($0.listeners[0]) }),
        ("a channel of nobody", { $0.channels[0] = .pair(from: 0, to: 99, name: "a") }),
        ("a channel with itself", { $0.channels[0] = .pair(from: 1, to: 1, name: "a") }),
        ("a channel of the sensor", { $0.channels[0] = .pair(from: 2, to: 1, name: "a") }),
        ("a channel twice", { $0.channels.append($0.channels[1]) }),
        ("a channel named as a listener", { $0.channels[1] = .operators(to: 0, name: "http") }),
        ("a channel named events", { $0.channels[1] = .operators(to: 0, name: "events") }),
        ("a channel's name", { $0.channels[1] = .operators(to: 0, name: "a:b") }),
        (
            "a table over its bound",
            {
                $0.channels[2] = .table(
                    of: 0, name: "passages", bytes: .init(repeating: 0, count: 262_145))
            }
        ),
    ]

    @Test("what root relies on is checked", arguments: refused)
    func refuses(_ name: String, _ change: @Sendable (inout Deployment) -> Void) {
        var deployment = Samples.deployment()
        change(&deployment)
        #expect(throws: Malformed.self, "\(name)") {
            try DeploymentCodec.decode(DeploymentCodec.encode(deployment))
        }
    }

    @Test("below full, services have loopback addresses of our own network")
    func loopback() throws {
        var deployment = Samples.deployment()
        deployment.isolation = .none
        #expect(throws: Malformed.self) {
            try DeploymentCodec.decode(DeploymentCodec.encode(deployment))
        }
        deployment.compartments[0].address = Address(127 << 24 | 77 << 16 | 0x102)
        deployment.compartments[1].address = Address(127 << 24 | 77 << 16 | 0x203)
        #expect(try DeploymentCodec.decode(DeploymentCodec.encode(deployment)) == deployment)
    }

    @Test("every cut and whatever follows the end are refused")
    func cuts() {
        let bytes = DeploymentCodec.encode(Samples.deployment())
        for end in stride(from: 0, to: bytes.count, by: 13) {
            #expect(throws: Malformed.self) { try DeploymentCodec.decode(Array(bytes[..<end])) }
        }
        #expect(throws: Malformed.self) { try DeploymentCodec.decode(bytes + [0]) }
    }

    @Test("mutated bytes never trap, and what is accepted means one thing")
    func mutations() {
        let bytes = DeploymentCodec.encode(Samples.deployment())
        var dice = Dice(seed: 7)
        var accepted = 0
        for _ in 0..<5_000 {
            let mutated = dice.mutate(bytes)
            guard let decoded = try? DeploymentCodec.decode(mutated) else { continue }
            accepted += 1
            if DeploymentCodec.encode(decoded) != mutated {
                Issue.record("other bytes mean the same deployment")
            }
        }
        #expect(accepted > 0)
    }
}
