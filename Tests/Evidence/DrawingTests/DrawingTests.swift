import Blueprint
import Chance
import Comparison
import Compile
import Connectivity
import Descriptors
import Drawing
import Findings
import Packets
import Platform
import Ruleset
import Testing
import Topology

private func platform(_ text: String) throws -> Platform {
    let (platform, findings) = Blueprint.read(Array(text.utf8), folder: "/", today: 20_000)
    return try #require(platform, "\(findings)")
}

private func comparison(_ old: Platform, _ new: Platform) throws -> Comparison {
    try Comparison(
        PlatformPlan(old, try #require(Compile.outline(old, file: "old.yaml").deployment)),
        PlatformPlan(new, try #require(Compile.outline(new, file: "new.yaml").deployment)))
}

/// Zones with random services and flows; zones of known and of other names.
private func random(_ chance: inout Seeded, services: Int, zones: [String]) -> String {
    var names: [String] = []
    var text = "platform: many\nzones:\n"
    for (index, zone) in zones.enumerated() {
        text += "  \(zone): {network: 10.\(index + 1).0.0/16}\n"
    }
    text += "services:\n"
    for index in 0..<services {
        let length = 1 + chance.below(24)
        let name = "s\(index)" + String(repeating: "x", count: length)
        text += "  \(name): {zone: \(zones[chance.below(zones.count)]), run: [/bin/true], "
        text += "ports: {a: tcp/80, b: udp/\(1 + chance.below(900))}}\n"
        names.append(name)
    }
    text += "flows:\n  - {from: internet, to: \(names[0]).a, because: all}\n"
    var seen: Set<[Int]> = []
    for _ in 0..<services * 2 {
        let from = chance.below(services)
        let to = chance.below(services)
        guard from != to, seen.insert([from, to]).inserted else { continue }
        text +=
            "  - {from: \(names[from]), to: \(names[to]).\(from < to ? "a" : "b"), because: x}\n"
    }
    for zone in zones.prefix(2) {
        let target = names[chance.below(services)]
        text += "  - {from: \(zone), to: \(target).b, because: everybody}\n"
    }
    return text
}

@Suite("Pictures")
struct DrawingTests {
    private static let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    private static func file(_ name: String) throws -> String {
        let bytes = try Files.read("/\(root)/\(name)", limit: 1 << 20)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("the exchange's picture in the documents is the one that is drawn, and is clean")
    func exchange() throws {
        let picture = SVG.render(Scene(try platform(try Self.file("Platforms/exchange.yaml"))))
        #expect(picture == (try Self.file("Docs/exchange.svg")))
        let read = Picture(picture)
        #expect(read.problems.isEmpty, "\(read.problems)")
        #expect(read.collisions == 0)
        #expect(read.overlaps == 0)
        #expect(read.boxes.count == 10)
        for name in ["gateway", "ledger", "internet", "vault", "127.0.0.1:8443", "blocks tcp/7003"]
        {
            #expect(read.texts.contains(name), "\(name)")
        }
    }

    @Test("no line runs through a box and no two boxes touch, from 5 to 60 services")
    func clean() throws {
        var chance = Seeded(state: 51)
        for (services, zones) in [
            (5, ["dmz", "data"]), (12, ["dmz", "application", "data", "vault", "watch"]),
            (25, ["shop", "cellar", "watch"]), (40, ["one"]),
            (60, ["dmz", "application", "data", "vault"]),
        ] {
            let text = random(&chance, services: services, zones: zones)
            let scene = Scene(try platform(text))
            let picture = SVG.render(scene)
            let read = Picture(picture)
            #expect(read.problems.isEmpty, "\(read.problems)")
            #expect(read.collisions == 0, "\(services) services")
            #expect(read.overlaps == 0, "\(services) services")
            #expect(read.boxes.count >= services)
            #expect(picture == SVG.render(Scene(try platform(text))))
        }
    }

    @Test("what a change opens and closes stands out, and the rest is quiet")
    func difference() throws {
        let old = try platform(try Self.file("Platforms/exchange.yaml"))
        var new = old
        new.flows.removeAll { $0.to == "marketdata" && $0.from == .service("api") }
        new.flows.append(
            Flow(
                from: .service("gateway"), to: "ledger", port: "ledger", because: "short",
                place: Place(line: 92, column: 5)))
        let compared = try comparison(old, new)
        let read = Picture(SVG.render(Scene(new, comparison: compared)))
        #expect(read.problems.isEmpty)
        #expect(read.collisions == 0)
        let styles = read.wires.map(\.style)
        #expect(styles.count { $0 == "wire opened" } == 2, "one line and one of the legend")
        #expect(styles.count { $0 == "wire closed" } == 2)
        #expect(!styles.contains("wire flow"))
        #expect(
            read.texts.contains { $0.hasPrefix("opened: gateway to ledger: tcp 7006, line 92") })
        let same = try comparison(new, new)
        let quiet = Picture(SVG.render(Scene(new, comparison: same)))
        #expect(Set(quiet.wires.map(\.style)) == ["wire quiet"])
    }

    @Test("findings mark what they are about, and are told beneath")
    func flaws() throws {
        let exchange = try platform(try Self.file("Platforms/exchange.yaml"))
        let flow = try #require(exchange.flows.last)
        let scene = Scene(
            exchange, flaws: [(flow.place, "a <bad> flow"), (exchange.services[0].place, "x")])
        let read = Picture(SVG.render(scene))
        #expect(read.wires.contains { $0.style == "wire flawed" })
        #expect(read.texts.contains("line \(flow.place.line): a &lt;bad&gt; flow"))
    }

    @Test(
        "text of others makes no markup",
        arguments: [
            "</title><script>alert(1)</script>", "\"/><image href='http://x'/>", "]]>&amp;<!--",
            "\u{202e}\u{1B}[31m\u{0}\n\u{FFFE}\u{FFFF}", String(repeating: "長い", count: 3_000),
        ])
    func hostile(text: String) throws {
        var exchange = try platform(try Self.file("Platforms/exchange.yaml"))
        exchange.name = text
        for index in exchange.flows.indices { exchange.flows[index].because = text }
        for index in exchange.zones.indices where exchange.zones[index].name == "vault" {
            exchange.zones[index].name = text
        }
        for index in exchange.services.indices {
            exchange.services[index].ports = exchange.services[index].ports.map { port in
                ServicePort(name: port.name + text, port: port.port, place: port.place)
            }
        }
        let picture = SVG.render(Scene(exchange, flaws: [(nil, text)]))
        let read = Picture(picture)
        #expect(read.problems.isEmpty, "\(read.problems)")
        #expect(read.collisions == 0)
        #expect(
            read.elements == [
                "svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "g",
            ])
        #expect(picture.utf8.count < 400_000)
    }

    @Test("two thousand services are drawn by zones")
    func large() throws {
        var text = "platform: big\nzones:\n"
        for zone in 0..<10 { text += "  z\(zone): {network: 10.\(zone).0.0/16}\n" }
        text += "services:\n"
        for index in 0..<2_000 {
            text += "  s\(index): {zone: z\(index % 10), run: [/bin/true], ports: {a: tcp/80}}\n"
        }
        text += "flows:\n"
        for index in 0..<3_000 {
            let from = index % 2_000
            text +=
                "  - {from: s\(from), to: s\((from * 7 + index / 2_000 + 1) % 2_000).a, because: x}\n"
        }
        let read = Picture(SVG.render(Scene(try platform(text))))
        #expect(read.problems.isEmpty)
        #expect(read.boxes.count == 10)
        #expect(read.collisions == 0)
        #expect(read.texts.count { $0 == "200 services" } == 10)
    }

    @Test("text and lines have contrast, light and dark")
    func contrast() {
        for palette in [Palette.light, .dark] {
            for ground in [palette.ground, palette.band, palette.box] {
                for text in [
                    palette.text, palette.muted, palette.opened, palette.closed, palette.flawed,
                    palette.published,
                ] {
                    #expect(Palette.contrast(text, ground) >= 4.5)
                }
                for line in [
                    palette.flow, palette.quiet, palette.channel, palette.opened, palette.closed,
                    palette.flawed, palette.boxEdge,
                ] {
                    #expect(Palette.contrast(line, ground) >= 3)
                }
            }
        }
        #expect(abs(Palette.contrast(0xFFFFFF, 0) - 21) < 0.01)
        #expect(abs(Palette.contrast(0x777777, 0xFFFFFF) - 4.48) < 0.01)
    }

    @Test("a network that was imported is drawn by endpoints, and a large one by groups")
    func imported() throws {
        func topology(_ count: Int, groups: Int) -> Topology {
            var rules = RuleList(otherwise: false)
            rules.append(.everything.with(.state, 1...2), allow: true, owner: 0)
            rules.append(
                .everything.with(.protocolNumber, 6...6).with(.destinationPort, 443...443),
                allow: true, owner: 1)
            var topology = Topology()
            topology.gates = [
                Gate(
                    name: "g", v4: BoundedRules(rules),
                    v6: BoundedRules(RuleList(otherwise: false)), labels: [])
            ]
            for index in 0..<count {
                let address = UInt32(index) + 1
                topology.endpoints.append(
                    Endpoint(
                        name: "<e\(index)>", group: "g&\(index % groups)",
                        v4: [address...address],
                        ingress: index < count / 2 ? [Step(0)] : []))
            }
            topology.endpoints.append(Endpoint(.outside, name: "internet", v4: [90_000...99_999]))
            return topology
        }
        for (count, groups, boxes) in [(6, 2, 7), (1_000, 12, 13)] {
            var connectivity = Connectivity(topology(count, groups: groups))
            let scene = try Scene(title: "a <b>", &connectivity)
            let read = Picture(SVG.render(scene))
            #expect(read.problems.isEmpty, "\(read.problems)")
            #expect(read.boxes.count == boxes)
            #expect(read.collisions == 0)
            #expect(read.overlaps == 0)
        }
    }
}
