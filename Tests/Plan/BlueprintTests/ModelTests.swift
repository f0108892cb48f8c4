import Addresses
import Blueprint
import Findings
import Platform
import Testing

@Suite("Platform file to model")
struct ModelTests {
    @Test("a file with every key becomes the model, and only notes are said")
    func everyKey() throws {
        let (platform, findings) = read(full)
        #expect(findings.allSatisfy { $0.severity == .note && $0.code == "inactive" })
        #expect(
            findings.map { $0.problem.prefix { $0 != " " } } == [
                "`secrets`"
            ])
        let model = try #require(platform)
        #expect(model.name == "full" && model.isolation == .full)
        #expect(model.office.map(\.description) == ["192.168.7.0/24", "192.168.8.0/24"])
        #expect(model.zones.map(\.name) == ["dmz", "application", "data"])
        #expect(model.zones[0].vlan == 101 && model.zones[0].place == Place(line: 5, column: 3))
        #expect(model.services.map(\.name) == ["gateway", "api", "db"])
        #expect(model.channels.map(\.name) == ["certificates"])
        #expect(model.guarantees.count == 6)
        #expect(model.publications.map(\.number) == [8443, 9878])
    }

    @Test("services keep what the file says, in units of the machine")
    func services() throws {
        let model = try #require(read(full).platform)
        let gateway = model.services[0]
        #expect(gateway.instances == 2 && gateway.ready == .notify && gateway.after == ["api"])
        #expect(gateway.run == ["/srv/plan/bin/gateway", "--verbose"])
        #expect(gateway.port("fix")?.description == "tcp/9878")
        #expect(gateway.limits.memoryBytes == 512 << 20 && gateway.limits.diskBytes == 1 << 30)
        #expect(gateway.limits.cpuMilli == 500 && gateway.limits.files == 4096)
        #expect(gateway.needs.secrets == ["tls/gateway"] && gateway.needs.trail == "gateway")
        let api = model.services[1]
        #expect(api.run == ["python3", "/app/server.py"] && api.wx && api.ready == .port)
        #expect(api.files.map(\.source) == ["/usr/share/zoneinfo", "/srv/plan/app"])
        #expect(api.files.map(\.target) == ["/usr/share/zoneinfo", "/app"])
        #expect(api.role == ["web", "python"])
        let database = model.services[2]
        #expect(database.limits.cpuMilli == 1500 && database.database == "sqlite")
        #expect(database.prepare[0].input == "/srv/plan/setup.sql")
        #expect(database.prepare[0].run == ["initdb", "-D", "/state/data"])
        #expect(database.prepare[0].files.map(\.target) == ["/usr/share/postgresql"])
    }

    @Test("a service is asked to end by SIGTERM, or by the signal of its file")
    func stop() throws {
        for signal in StopSignal.allCases {
            let text = full.replacing("wx: true", with: "stop: \(signal.rawValue)")
            let services = try #require(read(text).platform).services
            #expect(services.map(\.stop) == [.terminate, signal, .terminate])
        }
        #expect(StopSignal.allCases.map(\.number) == [1, 2, 3, 10, 12, 15])
    }

    @Test("what YAML 1.1 takes for something else stays the text it is")
    func traps() throws {
        let model = try #require(read(full).platform)
        let values = model.services[1].environment
        #expect(values.map(\.name) == ["DATABASE", "LEVEL", "START", "MODE"])
        #expect(values.map(\.value) == ["postgresql://db", "no", "22:22", "0644"])
    }

    @Test("flows keep reason, owner, ticket, last day and line")
    func flows() throws {
        let model = try #require(read(full).platform)
        let flow = model.flows[1]
        #expect(flow.from == .office && flow.to == "gateway" && flow.port == "fix")
        #expect(flow.because == "operators test the FIX door" && flow.owner == "operations")
        #expect(flow.ticket == "OPS-12" && flow.expires == 22279)
        #expect(flow.place == Place(line: 47, column: 5))
        #expect(model.flows[2].messages == ["place", "cancel"])
        #expect(model.flows[3].from == .zone("application"))
    }

    @Test("a guarantee about a secret is kept as one that the graph cannot answer")
    func beyond() throws {
        let model = try #require(read(full).platform)
        let claims = model.guarantees.compactMap { guarantee in
            if case .beyond(let claim, _) = guarantee.kind { claim } else { nil }
        }
        #expect(claims == ["never data reaches tls/gateway"])
    }

    @Test("the order of the keys of the file does not matter")
    func order() throws {
        var blocks: [String] = []
        for line in full.split(separator: "\n") {
            if line.hasPrefix(" ") {
                blocks[blocks.count - 1] += "\n" + line
            } else {
                blocks.append(String(line))
            }
        }
        let expected = try #require(read(full).platform)
        var state: UInt64 = 3
        for _ in 0..<200 {
            for index in blocks.indices.reversed() {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                blocks.swapAt(index, Int(state >> 33) % (index + 1))
            }
            let (platform, findings) = read(blocks.joined(separator: "\n"))
            let model = try #require(platform)
            try #require(findings.count == 1)
            try #require(model.services.map(\.name) == expected.services.map(\.name))
            try #require(model.flows.map(\.because) == expected.flows.map(\.because))
            try #require(model.guarantees.count == expected.guarantees.count)
            try #require(model.publications.map(\.port) == expected.publications.map(\.port))
            try #require(model.zones.map(\.network) == expected.zones.map(\.network))
        }
    }

    @Test("six lines are a platform")
    func smallest() throws {
        let (platform, findings) = read(
            """
            platform: mine
            zones: {app: {network: 10.9.0.0/24}}
            services:
              hello: {zone: app, run: [./hello], ports: {http: tcp/8080}}
            flows: [{from: internet, to: hello.http, because: people say hello}]
            publish: {hello.http: 127.0.0.1:8080}
            """)
        #expect(findings.isEmpty)
        #expect(platform?.services.first?.run == ["/srv/plan/hello"])
        #expect(platform?.services.first?.limits == Limits())
    }

    @Test("an expired flow is an error from the day after its last one, and a warning before")
    func expiry() throws {
        #expect(read(full, today: 22279).platform != nil)
        #expect(marks(read(full, today: 22279).findings) == ["expires-soon 52:14"])
        #expect(marks(read(full, today: 22280).findings) == ["expired-flow 52:14"])
        #expect(read(full, today: 22280).platform == nil)
        let lapsed = try #require(Blueprint.lapsed(Array(full.utf8), folder: "/srv/plan"))
        #expect(lapsed.flows.map(\.place) == read(full, today: 22279).platform?.flows.map(\.place))
        #expect(Blueprint.lapsed(Array("platform: mine".utf8), folder: "/") == nil)
        for day in ["1970-01-01", "9999-12-31"] {
            let text = full.replacing("2030-12-31", with: day)
            #expect(Blueprint.lapsed(Array(text.utf8), folder: "/srv/plan") != nil, "\(day)")
        }
    }

    @Test("isolation below full is said to be inactive where it is")
    func isolation() {
        let (platform, findings) = read(
            full.replacing("isolation: full", with: "isolation: user"))
        #expect(platform?.isolation == .user)
        #expect(findings.first?.problem.hasPrefix("`isolation: user` is accepted") == true)
    }
}
