internal import Addresses
internal import Compile
internal import Confinement
internal import Descriptors
internal import Findings
internal import Platform
internal import Testing

@Suite("Compiling a platform")
struct CompileTests {
    @Test("the same platform gives the same bytes, and the supervisor's reader takes them")
    func deterministic() throws {
        let programs = try Fixture.programs()
        try withExtendedLifetime(programs) {
            let bytes = try (0..<2).map { _ in
                DeploymentCodec.encode(
                    try Compile.deployment(
                        try Fixture.platform(), file: "s.yaml", folder: "/", isolation: .full,
                        host: Fixture.host(programs)))
            }
            #expect(bytes[0] == bytes[1])
            let decoded = try DeploymentCodec.decode(bytes[0])
            #expect(DeploymentCodec.encode(decoded) == bytes[0])
        }
    }

    @Test("each service has its writer, the sensor too, and the supervisor has one")
    func implicit() throws {
        let deployment = try Fixture.deployment(try Fixture.platform())
        #expect(
            deployment.compartments.map(\.name) == [
                "front", "middle", "store", "sensor", "trail.front", "trail.middle", "trail.store",
                "trail.sensor", "trail.supervisor",
            ])
        let kinds = deployment.compartments.map(\.kind)
        #expect(kinds.suffix(5).contains(.writer(of: 3)) && kinds.last == .supervisorWriter)
    }

    @Test("an observed flow stands behind all others, so that of two alike it is not the first")
    func observed() throws {
        var platform = try Fixture.platform()
        platform.flows[1].observe = true
        let flows = try Fixture.deployment(platform).flows
        #expect(flows.map(\.line) == [20, 22, 21])
        #expect(flows.map(\.isObserved) == [false, false, true])
    }

    @Test("flows carry their line and the end of their last day; outside ones need a publication")
    func flows() throws {
        var platform = try Fixture.platform()
        platform.flows[1].expires = 20_000
        let deployment = try Fixture.deployment(platform)
        #expect(deployment.flows.map(\.line) == [20, 21, 22])
        #expect(deployment.flows.map(\.expires) == [0, 20_001 * 86_400, 0])
        #expect(
            deployment.flows[0].from == .internet && deployment.flows[1].from == .compartment(0))
        #expect(deployment.listeners.map(\.flows) == [[0]])
        platform.publications = []
        #expect(try Fixture.codes(platform) == ["not-published"])
        #expect(try Fixture.deployment(platform).flows.map(\.line) == [21, 22])
    }

    @Test("a zone's flow begins at each of its compartments, never at the target or its instances")
    func zoneFlow() throws {
        var platform = try Fixture.platform()
        platform.flows[1].from = .zone("dmz")
        platform.services[1].instances = 2
        let ends = try Fixture.deployment(platform).flows.filter { $0.line == 21 }
        #expect(ends.map(\.from) == [0, 0].map { .compartment($0) })
        #expect(ends.map(\.to) == [1, 2])
        // Who wants its instances to speak with each other says so.
        platform.flows[1].from = .service(platform.services[1].name)
        let inner = try Fixture.deployment(platform).flows.filter { $0.line == 21 }
        #expect(inner.map(\.from) == [1, 2].map { .compartment($0) })
        #expect(inner.map(\.to) == [2, 1])
    }

    @Test("ports that Landlock permits follow from flows and publications")
    func ports() throws {
        let plans = try Fixture.deployment(try Fixture.platform()).compartments
        #expect(plans[0].bindPorts == [] && plans[0].connectPorts == [9000])
        #expect(plans[1].bindPorts == [9000] && plans[1].connectPorts == [5432])
        #expect(plans[2].bindPorts == [5432] && plans[2].connectPorts == [])
    }

    @Test("words that nobody wrote follow from what the service does")
    func words() throws {
        var platform = try Fixture.platform()
        platform.services[2].ready = .notify
        let roles = try Fixture.deployment(platform).compartments.map(\.role)
        #expect(
            roles[0] == ["inet-client", "inet-server", "rpath", "stdio", "thread", "wpath"])
        #expect(roles[2] == ["inet-server", "notify", "rpath", "stdio", "thread", "wpath"])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let code: String
        let isolation: IsolationLevel
        let change: @Sendable (inout Platform) throws -> Void
        var testDescription: String { code }
        init(
            _ code: String, _ isolation: IsolationLevel = .full,
            _ change: @escaping @Sendable (inout Platform) throws -> Void
        ) {
            self.code = code
            self.isolation = isolation
            self.change = change
        }
    }

    static let refusals: [Refusal] = [
        Refusal("program-missing") { $0.services[1].run = ["no-such-program"] },
        Refusal("files-missing") {
            $0.services[1].files = [
                FileTree(source: "/no/such", target: "/x", place: Fixture.place(12))
            ]
        },
        Refusal("files-clash") {
            $0.services[1].files = [
                FileTree(source: "/usr/bin/env", target: "/tmp/x", place: Fixture.place(12))
            ]
        },
        Refusal("role-unknown") { $0.services[1].role = ["stdoi"] },
        Refusal("role-wx") { $0.services[1].role = ["wx"] },
        Refusal("reference-unknown") {
            $0.services[0].environment = [(name: "S", value: "${store.address}")]
        },
        Refusal("reference-unknown") {
            $0.services[0].environment = [(name: "S", value: "${middle.port.other}")]
        },
        Refusal("reference-open") { $0.services[0].run = ["env", "${address"] },
        Refusal("publish-unjustified") { $0.flows.removeFirst() },
        Refusal("publish-instances") { $0.services[0].instances = 2 },
        Refusal("publish-isolation", .none) {
            $0.publications[0].address = Address(0x0A00_0001)
        },
        Refusal("published-inside") {
            $0.flows.append(
                Flow(
                    from: .service("middle"), to: "front", port: "main", because: "x",
                    place: Fixture.place(23)))
        },
        Refusal("ports-mixed") {
            $0.services[0].ports.append(
                ServicePort(name: "b", port: try Fixture.port(81), place: Fixture.place(13)))
        },
        Refusal("ready-published") { $0.services[0].ready = .port },
        Refusal("network-full") {
            $0.zones[1].network = try Fixture.network("10.9.2.0/30")
            $0.services[2].instances = 2
        },
    ]

    @Test("more than one machine runs is a warning of a plan, and what `up` needs refuses it")
    func oversized() throws {
        var platform = try Fixture.platform()
        platform.zones[1].network = try Fixture.network("10.9.2.0/23")
        platform.services[2].instances = 240
        let outcome = try Fixture.compile(platform)
        #expect(outcome.deployment == nil)
        #expect(outcome.findings.map(\.code) == ["services-too-many"])
        #expect(outcome.findings.first?.severity == .warning)
        #expect(Compile.outline(platform, file: "s.yaml").deployment?.compartments.count == 242)
        let programs = try Fixture.programs()
        let error = #expect(throws: Failure.self) {
            _ = try Compile.deployment(
                platform, file: "s.yaml", folder: "/", isolation: .full,
                host: Fixture.host(programs))
        }
        #expect(error?.code == "services-too-many")
        #expect(error?.problem.contains("no one machine runs them all") == true)
        // What is wrong with a service is still told.
        platform.services[0].environment = [(name: "S", value: "${store.address}")]
        platform.services[1].role = ["stdoi"]
        let errors = try Fixture.compile(platform).findings.filter { $0.severity == .error }
        #expect(Set(errors.map(\.code)) == ["reference-unknown", "role-unknown"])
    }

    @Test("what cannot run is refused with its own code and the place", arguments: refusals)
    func refused(row: Refusal) throws {
        var platform = try Fixture.platform()
        try row.change(&platform)
        let outcome = try Fixture.compile(platform, isolation: row.isolation)
        let errors = outcome.findings.filter { $0.severity == .error }
        #expect(errors.contains { $0.code == row.code && $0.place != nil }, "\(outcome.findings)")
        #expect(outcome.deployment == nil)
    }

    @Test("a plan beyond the bounds of all verbs is refused where it grows too large")
    func unbounded() throws {
        var platform = try Fixture.platform()
        platform.zones[0].network = try Fixture.network("10.16.0.0/12")
        platform.zones[1].network = try Fixture.network("10.32.0.0/12")
        for number in 0..<160 {
            var service = platform.services[1]
            service.name = "more\(number)"
            service.instances = 62
            platform.services.append(service)
        }
        let refused = { (platform: Platform) in
            let outline = Compile.outline(platform, file: "s.yaml")
            #expect((outline.deployment == nil) == !outline.findings.isEmpty)
            return outline.findings.map(\.code)
        }
        #expect(refused(platform) == [])
        platform.services[2].instances = 64
        platform.flows.append(
            Flow(
                from: .zone("dmz"), to: "store", port: "main", because: "x",
                place: Fixture.place(23)))
        #expect(refused(platform) == ["plan-too-large"])
        platform.flows.removeLast()
        for index in 3..<63 { platform.services[index].instances = 64 }
        #expect(refused(platform) == ["plan-too-large"])
        #expect(try Fixture.compile(platform).findings.map(\.code) == ["plan-too-large"])
    }

    @Test("every error comes in one failure, a line each")
    func together() throws {
        var platform = try Fixture.platform()
        platform.services[0].run = ["no-such-program"]
        platform.services[2].role = ["nonsense"]
        let error = #expect(throws: Failure.self) {
            _ = try Compile.deployment(
                platform, file: "s.yaml", folder: "/", isolation: .full,
                host: Host(programs: "/usr/bin"))
        }
        let problem = error?.problem ?? ""
        #expect(problem.contains("no-such-program") && problem.contains("nonsense"))
    }
}
