import Addresses
import Blueprint
import Findings
import Lint
import Platform
import Testing

/// 2026-01-01.
private let today = 20454

/// The platform of a text that must have no errors.
func platform(_ text: String) throws -> Platform {
    let (platform, findings) = Blueprint.read(Array(text.utf8), folder: "/srv", today: today)
    return try #require(platform, "\(findings.map { $0.line(file: "sample") })")
}

/// Findings as `code line`, in the order of the file.
func marks(_ findings: [Finding]) -> [String] {
    findings.map { "\($0.code) \($0.place?.line ?? 0)" }
}

/// Services in three zones with the given flows and whatever else stands behind.
struct Sample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let flows: [String]
    let expected: [String]
    /// Two services of this zone name the store; `jobs` does not.
    var web = "after: store"
    var zones = "dmz: {network: 10.1.0.0/24}, data: {network: 10.2.0.0/24}"
    /// First flow.
    static let line = 10

    init(
        _ claim: String, _ flows: [String], _ expected: String..., web: String = "after: store",
        zones: String? = nil
    ) {
        testDescription = claim
        self.flows = flows
        self.expected = expected
        self.web = web
        if let zones { self.zones = zones }
    }

    var text: String {
        """
        platform: sample
        zones: {\(zones)}
        services:
          web: {zone: dmz, run: [web], \(web)}
          jobs: {zone: dmz, run: [jobs, "${store.address}"], ports: {http: tcp/80}}
          idle: {zone: dmz, run: [idle], ports: {http: tcp/80}}
          store: {zone: data, run: [store], ports: {sql: tcp/5432, copy: tcp/5433}}
          other: {zone: data, run: [other], ports: {http: tcp/80}}
        flows:
        \(flows.map { "  - {\($0)}\n" }.joined())
        """
    }
}

private let rows = "because: the page shows rows of the day"

@Suite("Looking over platform files")
struct LintTests {
    static let samples: [Sample] = [
        Sample(
            "a service's flow inside its zone's is redundant",
            [
                "from: dmz, to: store.sql, \(rows)",
                "from: web, to: store.sql, because: web keeps rows",
            ],
            "broad-flow 10", "redundant-flow 11"),
        Sample(
            "a zone's flow that its members' own make superfluous together is shadowed by them",
            [
                "from: web, to: store.sql, because: rows of the pages",
                "from: jobs, to: store.sql, because: sums of the day",
                "from: idle, to: store.sql, because: it keeps its marks",
                "from: dmz, to: store.sql, because: whoever else keeps rows",
            ], "shadowed-flow 13", "broad-flow 13"),
        Sample(
            "one member without a flow of its own needs the zone's",
            [
                "from: web, to: store.sql, because: rows of the pages",
                "from: jobs, to: store.sql, because: sums of the day",
                "from: dmz, to: store.copy, because: everybody copies rows",
                "from: dmz, to: store.sql, because: whoever else keeps rows",
            ], "redundant-flow 10", "redundant-flow 11", "broad-flow 12", "broad-flow 13"),
        Sample(
            "a flow that outlasts its zone's is not redundant",
            [
                "from: data, to: jobs.http, because: results are fetched, expires: 2027-01-01",
                "from: store, to: jobs.http, because: results of the store, expires: 2027-01-02",
                "from: other, to: jobs.http, because: results of others, expires: 2026-12-31",
            ], "redundant-flow 12"),
        Sample(
            "a passage inside a zone's plain flow is redundant, a plain flow inside a passage is not",
            [
                "from: data, to: jobs.http, because: results are fetched",
                "from: store, to: jobs.http, messages: [fetch], because: results of the store",
                "from: data, to: idle.http, messages: [fetch], because: marks are fetched",
                "from: store, to: idle.http, because: marks of the store",
            ], "redundant-flow 11", "no-messages 10", "no-messages 13", "zone-to-zone 10"),
        Sample(
            "a zone's flow is broad where only some of its services name the target",
            ["from: dmz, to: store.sql, \(rows)"], "broad-flow 10"),
        Sample(
            "where no service names the target, nobody knows who needs it",
            ["from: data, to: idle.http, because: marks are fetched by the hour"]),
        Sample(
            "zones that may connect everywhere are one",
            [
                "from: dmz, to: store.sql, because: rows of the pages",
                "from: dmz, to: other.http, because: hints are looked up",
            ], "broad-flow 10", "zone-to-zone 10"),
        Sample(
            "reasons made of words that fit any flow say nothing",
            [
                "from: web, to: store.sql, because: required for business",
                "from: jobs, to: store.sql, because: TODO",
                "from: idle, to: store.sql, because: \"...\"",
                "from: web, to: other.http, because: web uses other over http",
                "from: jobs, to: other.http, because: dmz connects to data",
                "from: idle, to: other.http, because: lookups",
            ], "empty-reason 10", "empty-reason 11", "empty-reason 12", "empty-reason 13",
            "empty-reason 14", "empty-reason 15"),
        Sample(
            "reasons in other scripts are not short",
            [
                "from: web, to: store.sql, because: 注文を保存する",
                "from: jobs, to: store.sql, because: дневные итоги",
            ]),
        Sample(
            "one reason on three flows was copied, on two it may be shared",
            [
                "from: web, to: store.sql, because: rows of the day are kept",
                "from: jobs, to: store.sql, because: Rows of the day are kept.",
                "from: idle, to: store.sql, because: rows of the day  are kept",
                "from: web, to: other.http, because: hints are looked up",
                "from: jobs, to: other.http, because: hints are looked up",
            ], "copied-reason 10"),
        Sample(
            "two zones with one tag are one network",
            [
                "from: web, to: store.sql, \(rows)",
                "from: jobs, to: other.http, because: hints shown",
            ],
            "shared-vlan 2",
            zones: "dmz: {network: 10.1.0.0/24, vlan: 7}, data: {network: 10.2.0.0/24, vlan: 7}"),
        Sample(
            "a zone without a tag is the untagged network of a trunk",
            [
                "from: web, to: store.sql, \(rows)",
                "from: jobs, to: other.http, because: hints shown",
            ],
            "untagged-zone 2",
            zones: "dmz: {network: 10.1.0.0/24, vlan: 7}, data: {network: 10.2.0.0/24}"),
        Sample(
            "VLAN 1 is untagged on switches as they come",
            [
                "from: web, to: store.sql, \(rows)",
                "from: jobs, to: other.http, because: hints shown",
            ],
            "native-vlan 2",
            zones: "dmz: {network: 10.1.0.0/24, vlan: 1}, data: {network: 10.2.0.0/24, vlan: 2}"),
    ]

    @Test("each defect is found where it stands, and nothing else", arguments: samples)
    func finds(_ sample: Sample) throws {
        let found = Lint.findings(try platform(sample.text)).filter {
            $0.code != "idle-service" && $0.severity != .error
        }
        #expect(Set(marks(found)) == Set(sample.expected), "\(found.map { $0.line(file: "") })")
        #expect(found.allSatisfy { !$0.problem.isEmpty && !$0.remedy.isEmpty })
    }

    @Test("programs of ours name the messages between them")
    func passages() throws {
        let text = """
            platform: ours
            zones: {application: {network: 10.1.0.0/24}, vault: {network: 10.2.0.0/24}}
            services:
              gateway: {zone: application, run: [bulkhead-gateway]}
              api: {zone: application, run: [/opt/bin/bulkhead-api], ports: {http: tcp/80}}
              foreign: {zone: application, run: [nginx], ports: {http: tcp/80}}
            flows:
              - {from: gateway, to: api.http, because: what was inspected goes on}
              - {from: gateway, to: foreign.http, because: pages are made elsewhere}
            """
        #expect(marks(Lint.findings(try platform(text))) == ["no-messages 8"])
    }

    @Test("a flow to oneself is found, unless it joins instances")
    func selves() throws {
        let text = """
            platform: selves
            zones: {dmz: {network: 10.1.0.0/24}}
            services:
              one: {zone: dmz, run: [one], ports: {http: tcp/80}}
              many: {zone: dmz, instances: 2, run: [many], ports: {http: tcp/80}}
            flows:
              - {from: one, to: one.http, because: it asks itself for pages}
              - {from: many, to: many.http, because: they tell each other of pages}
            """
        #expect(marks(Lint.findings(try platform(text))) == ["self-flow 7"])
    }

    @Test("an expectation about the other protocol of a port is found")
    func vacuous() throws {
        let text = """
            platform: vacuous
            zones: {dmz: {network: 10.1.0.0/24}}
            services:
              web: {zone: dmz, run: [web]}
              store: {zone: dmz, run: [store], ports: {sql: tcp/5432}}
            flows: [{from: web, to: store.sql, because: rows are shown to people}]
            expect:
              - web cannot reach store on udp/5432
              - web cannot reach store on tcp/22
              - web can reach store on tcp/5432
            """
        #expect(marks(Lint.findings(try platform(text))) == ["vacuous-expectation 8"])
    }

    @Test("what nothing is connected to is noted, unless it is promised to be alone")
    func idle() throws {
        let text = """
            platform: idle
            zones: {dmz: {network: 10.1.0.0/24}, cold: {network: 10.2.0.0/24}}
            services:
              web: {zone: dmz, run: [web], ports: {http: tcp/80}}
              asks: {zone: dmz, run: [asks]}
              left: {zone: dmz, run: [left]}
              handed: {zone: dmz, run: [handed]}
              wallet: {zone: cold, run: [wallet]}
            flows: [{from: asks, to: web.http, because: pages are looked at}]
            channels: [{from: office, to: handed, name: door, because: people bring it files}]
            guarantees: [{contain: wallet, within: []}]
            """
        #expect(
            marks(Lint.findings(try platform(text))) == [
                "zone-without-guarantee 2", "idle-service 6",
            ])
    }

    @Test("findings of one kind are bounded, and the rest is counted")
    func bounded() throws {
        var text = "platform: many\nzones: {dmz: {network: 10.0.0.0/16}}\nservices:\n"
        for index in 0..<300 { text += "  s\(index): {zone: dmz, run: [x], ports: {p: tcp/1}}\n" }
        text += "flows:\n"
        for index in 1..<300 {
            text += "  - {from: s0, to: s\(index).p, because: needed x\(index)}\n"
        }
        let findings = Lint.findings(try platform(text.replacing("needed x", with: "needed ")))
        #expect(findings.count <= 102)
        #expect(findings.contains { $0.problem.contains("more findings") } || findings.count < 101)
    }
}
