import Addresses
import Blueprint
import Compile
import Confinement
import Findings
import Packs
import Platform
import Testing

func platform(_ text: String) throws -> Platform {
    let (platform, findings) = Blueprint.read(Array(text.utf8), folder: "/srv", today: 20454)
    return try #require(platform, "\(findings.map { $0.line(file: "sample") })")
}

func judged(_ platform: Platform, _ name: PackName = .capitalMinimum) -> [Finding] {
    let outline = Compile.outline(platform, file: "sample").deployment
    return PackCheck.findings(.named(name), platform, outline: outline)
}

/// A platform that holds, with one line more.
struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let flow: String
    let publish: String
    /// Codes of errors.
    let errors: [String]
    let packet: String

    init(
        _ claim: String, _ flow: String, publish: String = "web.https: \"0.0.0.0:443\"",
        _ errors: String..., packet: String = ""
    ) {
        testDescription = claim
        self.flow = flow
        self.publish = publish
        self.errors = errors
        self.packet = packet
    }

    var text: String {
        """
        platform: minimum
        office: [192.0.2.0/24]
        zones:
          dmz: {network: 10.1.0.0/24}
          application: {network: 10.2.0.0/24}
          data: {network: 10.3.0.0/24}
        services:
          web: {zone: dmz, run: [web], ports: {https: tcp/8443, plain: tcp/8080}}
          bastion: {zone: dmz, run: [sshd], ports: {ssh: tcp/22}}
          app: {zone: application, run: [app], ports: {http: tcp/8000, ssh: tcp/22}}
          jobs: {zone: application, run: [jobs], ports: {door: tcp/2222}}
          store: {zone: data, run: [postgres], ports: {sql: tcp/7777, rows: tcp/5432}}
        flows:
          - {from: internet, to: web.https, because: people read the page}
          - {from: office, to: bastion.ssh, because: operators come in here}
          - {from: bastion, to: app.ssh, because: the application is looked after}
          - {from: web, to: app.http, because: the page asks for its rows}
          - {from: app, to: store.rows, because: rows are kept there}
          - {\(flow)}
        guarantees:
          - {only: [app], reach: store.rows}
          - {only: [app, application], reach: store.sql}
        publish: {\(publish), bastion.ssh: "192.0.2.1:22"}
        """
    }
}

@Suite("The pack capital-minimum")
struct PackTests {
    static let changes: [Change] = [
        Change("service to service is named", "from: jobs, to: app.http, because: sums of the day"),
        Change(
            "a promised service may use the database",
            "from: app, to: store.sql, because: sums of the day"),
        Change(
            "another may not", "from: jobs, to: store.rows, because: sums of the day",
            "pack-database", packet: "tcp 10.2.0."),
        Change(
            "a database is known by its port's name too",
            "from: jobs, to: store.sql, because: sums",
            "pack-database"),
        Change(
            "a zone is no named service, whatever is promised",
            "from: application, to: store.sql, because: sums of the day", "pack-database"),
        Change(
            "SSH comes from the bastion", "from: jobs, to: app.ssh, because: repairs of the day",
            "pack-ssh", packet: ":22 passes fabric and compartments"),
        Change(
            "not from the public either", "from: internet, to: bastion.ssh, because: it is handy",
            "pack-ssh", packet: "tcp 198.51.100.1 > 192.0.2.1:22"),
        Change(
            "nor from the office to anything but the bastion",
            "from: office, to: app.ssh, because: repairs of the day", "pack-ssh"),
        Change(
            "the public reaches HTTPS only",
            "from: internet, to: web.plain, because: old links work",
            publish: "web.https: \"0.0.0.0:443\", web.plain: \"0.0.0.0:80\"", "pack-public-https",
            packet: "> the host:80 passes"),
        Change(
            "the published number counts, not the service's own",
            "from: jobs, to: app.http, because: sums of the day",
            publish: "web.https: \"0.0.0.0:8443\"", "pack-public-https", packet: "> the host:8443"),
        Change(
            "at a loopback address it is published to nobody",
            "from: jobs, to: app.http, because: sums of the day",
            publish: "web.https: \"127.0.0.1:8443\""),
        Change(
            "what is not published is no published service",
            "from: internet, to: web.plain, because: old links work", "pack-public-https",
            packet: "no packet passes yet"),
        Change(
            "a published SSH is one under any number inside",
            "from: internet, to: jobs.door, because: it is handy",
            publish: "web.https: \"0.0.0.0:443\", jobs.door: \"192.0.2.2:22\"", "pack-ssh"),
        Change(
            "the office reaches nothing but the bastion",
            "from: office, to: web.plain, because: operators look at it",
            publish: "web.https: \"0.0.0.0:443\", web.plain: \"192.0.2.1:80\"", "pack-denied"),
        Change(
            "a zone is not a named service", "from: dmz, to: app.http, because: pages ask for rows",
            "pack-denied"),
    ]

    @Test("each rule refuses what it does not permit, with packet and repair", arguments: changes)
    func judges(_ change: Change) throws {
        let found = judged(try platform(change.text))
        let errors = found.filter { $0.severity == .error }
        #expect(errors.map(\.code) == change.errors, "\(found.map { $0.line(file: "") })")
        for error in errors {
            #expect(error.place?.line == 19 || change.publish.contains("8443"))
            #expect(error.problem.contains(change.packet), "\(error.problem)")
            #expect(error.remedy.contains("line \(error.place?.line ?? 0)"), "\(error.remedy)")
        }
        let accounts = found.filter { $0.severity == .note && $0.place == nil }
        #expect(Set(accounts.map(\.code)).count == 4)
        for account in accounts {
            #expect(account.problem.contains("PCI DSS v4.0.1"))
            #expect(account.problem.contains(": broken") == change.errors.contains(account.code))
        }
    }

    @Test("without the compiled platform the last rule is not proved, so it fails")
    func unproved() throws {
        let text = Change("", "from: jobs, to: app.http, because: sums of the day").text
        let found = PackCheck.findings(.named(.capitalMinimum), try platform(text), outline: nil)
        #expect(found.filter { $0.severity == .error }.map(\.code) == ["pack-denied"])
    }

    @Test("rules that let more pass than the flows say are found by packets")
    func excess() throws {
        let platform = try platform(Change("", "from: jobs, to: app.http, because: sums").text)
        var deployment = try #require(Compile.outline(platform, file: "sample").deployment)
        let found = PackCheck.findings(.named(.capitalMinimum), platform, outline: deployment)
        #expect(!found.contains { $0.severity == .error })
        // A compiler that opens a port of its own.
        let copied = try #require(deployment.flows.first { $0.line == 19 })
        deployment.flows.append(
            FlowPlan(
                from: .compartment(0), to: copied.to, port: try #require(Port(.tcp, 9999)), line: 1)
        )
        let wider = PackCheck.findings(.named(.capitalMinimum), platform, outline: deployment)
        let errors = wider.filter { $0.severity == .error }
        #expect(errors.map(\.code) == ["pack-denied", "pack-denied"])
        #expect(errors.allSatisfy { $0.problem.contains(":9999 pass, which no flow allows") })
    }

    @Test("each rule has a reason and controls, and each code is its own")
    func data() {
        for name in PackName.allCases {
            let rules = Pack.named(name).rules
            #expect(Set(rules.map(\.code)).count == rules.count)
            for rule in rules {
                #expect(!rule.reason.isEmpty && !rule.controls.isEmpty)
                #expect(rule.controls.allSatisfy { !$0.ids.isEmpty })
            }
        }
    }
}
