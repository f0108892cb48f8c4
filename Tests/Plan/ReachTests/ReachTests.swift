import Addresses
import Findings
import Platform
import Reach
import Testing

@Suite("Reach and guarantees")
struct ReachTests {
    /// internet > gateway > api > {orders > ledger}, dmz > log, vault behind a channel to gateway.
    static let platform: Platform = {
        var platform = Platform(name: "test")
        let nowhere = Place(line: 1, column: 1)
        let zones = ["dmz", "application", "data", "vault", "empty"]
        for (index, name) in zones.enumerated() {
            guard
                let network = Prefix(base: Address(0x0A4D_0000 + UInt32(index) << 8), length: 24)
            else { continue }
            platform.zones.append(Zone(name: name, network: network, place: nowhere))
        }
        let services = [
            ("gateway", "dmz"), ("bastion", "dmz"), ("api", "application"),
            ("orders", "application"), ("ledger", "data"), ("log", "data"), ("keys", "vault"),
        ]
        for (name, zone) in services {
            var service = Service(name: name, zone: zone, place: nowhere)
            service.ports = [("main", 1), ("side", 2)].compactMap { name, number in
                Port(.tcp, number).map { ServicePort(name: name, port: $0, place: nowhere) }
            }
            platform.services.append(service)
        }
        let flows: [(Party, String, String)] = [
            (.internet, "gateway", "main"), (.service("gateway"), "api", "main"),
            (.service("api"), "orders", "main"), (.service("orders"), "ledger", "main"),
            (.zone("dmz"), "log", "main"), (.zone("application"), "orders", "side"),
            (.office, "bastion", "main"),
        ]
        for (index, flow) in flows.enumerated() {
            platform.flows.append(
                Flow(
                    from: flow.0, to: flow.1, port: flow.2, because: "test",
                    place: Place(line: 10 + index, column: 1)))
        }
        platform.channels = [
            Channel(
                from: .service("keys"), to: "gateway", name: "certificates", because: "test",
                place: Place(line: 30, column: 1))
        ]
        platform.publications = [
            Publication(
                service: "gateway", port: "main", address: Address(0x7F00_0001), number: 8443,
                place: nowhere)
        ]
        return platform
    }()

    static let graph = Graph(platform)

    @Test("the matrix holds each hop that a flow or channel allows, and no other")
    func matrix() {
        let graph = Self.graph
        let hops = graph.links(from: nil, to: nil).map { link in
            "\(graph.name(link.from))>\(graph.platform.services[link.to].name).\(link.by.name)"
        }
        #expect(
            hops == [
                "internet>gateway.main", "office>bastion.main", "gateway>api.main",
                "gateway>log.main", "bastion>log.main", "api>orders.main", "api>orders.side",
                "orders>ledger.main", "keys>gateway.certificates",
            ])
    }

    @Test("one side narrows the answer to its members, a port to its flows")
    func narrowed() {
        let graph = Self.graph
        #expect(graph.links(from: .zone("dmz"), to: nil).map(\.place.line) == [11, 14, 14])
        #expect(graph.links(from: nil, to: .zone("data")).map(\.place.line) == [14, 14, 13])
        #expect(
            graph.links(from: nil, to: .service("orders"), port: "side").map(\.place.line) == [15])
        #expect(graph.links(from: .service("api"), to: .service("ledger")).isEmpty)
        #expect(graph.party("dmz") == .zone("dmz") && graph.party("nothing") == nil)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let kind: Guarantee.Kind
        let verdict: String
        /// Lines of the path, or part of the reason when there is none.
        var lines: [Int] = []
        var testDescription: String {
            Guarantee(kind, place: Place(line: 1, column: 1)).claim + ": " + verdict
        }
    }

    static let cases: [Case] = [
        Case(kind: .never(from: .internet, to: .zone("data"), port: nil), verdict: "holds"),
        Case(
            kind: .never(from: .internet, to: .zone("dmz"), port: nil), verdict: "refuted",
            lines: [10]),
        Case(
            kind: .never(from: .zone("dmz"), to: .service("ledger"), port: nil), verdict: "holds"),
        Case(
            kind: .never(from: .zone("dmz"), to: .zone("data"), port: nil), verdict: "refuted",
            lines: [14]),
        Case(
            kind: .never(from: .service("api"), to: .service("orders"), port: "main"),
            verdict: "refuted", lines: [12]),
        Case(
            kind: .never(from: .service("orders"), to: .service("orders"), port: nil),
            verdict: "holds"),
        Case(kind: .never(from: .zone("dmz"), to: .zone("vault"), port: nil), verdict: "holds"),
        Case(
            kind: .never(from: .zone("vault"), to: .zone("dmz"), port: nil), verdict: "refuted",
            lines: [30]),
        Case(
            kind: .never(from: .zone("vault"), to: .service("gateway"), port: "main"),
            verdict: "holds"),
        Case(
            kind: .never(from: .zone("vault"), to: .service("gateway"), port: "certificates"),
            verdict: "refuted", lines: [30]),
        Case(kind: .never(from: .zone("data"), to: .internet, port: nil), verdict: "holds"),
        Case(
            kind: .never(from: .internet, to: .service("keys"), port: "sign"),
            verdict: "unanswered"),
        Case(
            kind: .never(from: .internet, to: .service("ghost"), port: nil), verdict: "unanswered"),
        Case(
            kind: .only(from: [.service("gateway")], to: .service("api"), port: "main"),
            verdict: "holds"),
        Case(
            kind: .only(from: [.service("gateway")], to: .zone("data"), port: nil),
            verdict: "refuted", lines: [13]),
        Case(
            kind: .only(from: [.service("gateway")], to: .service("log"), port: nil),
            verdict: "refuted", lines: [14]),
        Case(kind: .only(from: [.zone("dmz")], to: .service("log"), port: nil), verdict: "holds"),
        Case(kind: .only(from: [], to: .service("keys"), port: nil), verdict: "holds"),
        Case(
            kind: .only(from: [], to: .service("api"), port: nil), verdict: "refuted", lines: [11]),
        Case(
            kind: .only(from: [.service("api")], to: .service("orders"), port: "side"),
            verdict: "holds"),
        Case(
            kind: .must(from: .internet, to: .service("gateway"), port: "main"), verdict: "holds"),
        Case(
            kind: .must(from: .office, to: .service("bastion"), port: nil), verdict: "refuted"),
        Case(kind: .must(from: .zone("dmz"), to: .service("log"), port: nil), verdict: "holds"),
        Case(kind: .must(from: .zone("dmz"), to: .service("api"), port: nil), verdict: "refuted"),
        Case(kind: .must(from: .zone("empty"), to: .zone("data"), port: nil), verdict: "refuted"),
        Case(
            kind: .must(from: .service("api"), to: .service("keys"), port: "sign"),
            verdict: "unanswered"),
        Case(
            kind: .contain(
                service: "gateway", within: [.service("api"), .service("log")], steps: 0),
            verdict: "holds"),
        Case(
            kind: .contain(service: "gateway", within: [.service("api")], steps: 0),
            verdict: "refuted", lines: [14]),
        Case(
            kind: .contain(
                service: "gateway", within: [.service("api"), .service("log")], steps: 1),
            verdict: "refuted", lines: [11, 12]),
        Case(
            kind: .contain(
                service: "gateway", within: [.zone("application"), .service("log")], steps: 1),
            verdict: "holds"),
        Case(
            kind: .contain(
                service: "gateway", within: [.zone("application"), .service("log")], steps: 9),
            verdict: "refuted", lines: [11, 12, 13]),
        Case(
            kind: .contain(service: "keys", within: [], steps: 0), verdict: "refuted", lines: [30]),
        Case(kind: .contain(service: "ledger", within: [], steps: 1000), verdict: "holds"),
        Case(kind: .contain(service: "ghost", within: [], steps: 0), verdict: "unanswered"),
        Case(kind: .beyond(claim: "only a reaches b", reason: "a secret"), verdict: "unanswered"),
    ]

    @Test("each guarantee gets its verdict, and a refutation names its lines", arguments: cases)
    func verdicts(row: Case) {
        let verdict = Self.graph.verdict(on: Guarantee(row.kind, place: Place(line: 1, column: 1)))
        #expect(verdict.name == row.verdict, "\(verdict.why)")
        #expect(verdict.path.map(\.place.line) == row.lines)
        #expect(verdict.passes == (row.verdict == "holds"))
        #expect(!verdict.why.isEmpty)
    }

    @Test("each removed flow is noticed by `must`, each added one by `only`")
    func mutation() throws {
        let whole = Self.platform
        for (number, flow) in whole.flows.enumerated() {
            let only = Guarantee(
                .only(from: [flow.from], to: .service(flow.to), port: flow.port), place: flow.place)
            let expected = Graph(whole).verdict(on: only).passes
            try #require(expected)
            var more = whole
            more.flows.append(
                Flow(
                    from: .service("keys"), to: flow.to, port: flow.port, because: "test",
                    place: Place(line: 99, column: 1)))
            #expect(Graph(more).verdict(on: only).path.first?.place.line == 99)
            guard case .service = flow.from else { continue }
            let must = Guarantee(
                .must(from: flow.from, to: .service(flow.to), port: flow.port), place: flow.place)
            #expect(Graph(whole).verdict(on: must).passes)
            var fewer = whole
            fewer.flows.remove(at: number)
            #expect(!Graph(fewer).verdict(on: must).passes)
        }
    }

    @Test("what does not reach says what is missing, what forbids it, and the way around")
    func absence() {
        var platform = Self.platform
        let place = Place(line: 50, column: 1)
        platform.guarantees = [
            Guarantee(.never(from: .zone("dmz"), to: .zone("data"), port: "main"), place: place),
            Guarantee(
                .never(from: .service("gateway"), to: .service("ledger"), port: nil), place: place),
        ]
        let graph = Graph(platform)
        let absence = graph.absence(from: .service("gateway"), to: .service("ledger"), port: nil)
        #expect(absence.missing?.service == "ledger" && absence.missing?.port == "main")
        #expect(absence.broken.map(\.claim) == ["never gateway reaches ledger"])
        #expect(absence.detour.map(\.place.line) == [11, 12, 13])
        #expect(absence.callers.map(graph.name) == ["orders"])
        let none = graph.absence(from: .service("ledger"), to: .service("keys"), port: nil)
        #expect(none.detour.isEmpty && none.callers.isEmpty && none.broken.isEmpty)
    }

    @Test("claims read as sentences")
    func claims() {
        #expect(
            Self.cases.map(\.testDescription).filter { $0.hasPrefix("gateway, owned") }.first
                == "gateway, owned, reaches only api, log: holds")
    }
}
