import Addresses
import Chance
import Findings
import Permits
import Platform
import RenderedPlans
import Segmentation
import Testing

@Suite("A platform as renderers see it")
struct PermitsTests {
    @Test("permits between compartments are what the kernel's own rules let pass", arguments: 0..<6)
    func agreement(seed: UInt64) throws {
        var chance = Seeded(state: seed)
        let plan = try RenderedPlan(RenderedPlan.large(services: 12, flows: 30, &chance))
        let openings = try Segmentation(plan.deployment).openings(.fabric).map { opening in
            "\(opening.from ?? -1) \(opening.to) \(opening.protocols) \(opening.ports)"
        }
        let permits = plan.permits.permits.compactMap { permit -> String? in
            guard case .seat(let from) = permit.from else { return nil }
            let transport = UInt32(permit.port.transport.rawValue)
            let port = UInt32(permit.port.number)
            return "\(from) \(permit.to) \(transport...transport) \(port...port)"
        }
        #expect(Set(permits) == Set(openings))
        #expect(Set(permits).count == permits.count)
    }

    @Test("what no rule of packets can say is a finding, each with its line")
    func unsaid() throws {
        let text = """
            platform: much
            zones: {a: {network: 10.1.0.0/24}, vault: {network: 10.2.0.0/24}}
            services:
              x: {zone: a, run: [x], ports: {p: tcp/80, q: tcp/81}}
              y: {zone: a, run: [y]}
            flows:
              - {from: y, to: x.p, because: one, messages: [hello]}
              - {from: a, to: x.q, because: two, expires: 2099-01-01}
              - {from: y, to: x.q, because: three}
              - {from: office, to: x.p, because: four}
            channels: [{from: office, to: y, name: operator, because: people}]
            """
        let plan = try RenderedPlan(text)
        let codes = plan.permits.findings.map { "\($0.code) \($0.place?.line ?? 0)" }
        #expect(
            Set(codes) == [
                "messages-not-rendered 7", "expiry-not-rendered 8", "allowed-before 9",
                "not-published 10", "channel-not-rendered 11",
            ])
    }

    @Test("flows on one line have names of their own, and lines of their own keep theirs")
    func names() throws {
        let text = """
            platform: short
            zones: {a: {network: 10.1.0.0/24}}
            services: {x: {zone: a, run: [x], ports: {p: tcp/80, q: tcp/81}}, y: {zone: a, run: [y]}}
            flows: [{from: y, to: x.p, because: one}, {from: y, to: x.q, because: two}]
            """
        #expect(try RenderedPlan(text).permits.reasons.map(\.id) == ["4", "4-2"])
    }

    @Test(
        "an inscription keeps what is plain and nothing else",
        arguments: [
            ("clients, over HTTPS", "clients, over HTTPS"), ("a\"b\\c`d$e%f", "a?b?c?d?e?f"),
            ("line\nbreak\u{2028}\tx", "line break  x"), ("\u{1b}[31m", "?[31m"), ("é", "?"),
        ])
    func inscriptions(text: String, plain: String) {
        #expect(Inscription.plain(text, limit: 100) == plain)
        #expect(Inscription.plain(text, limit: 3).utf8.count <= 3)
        #expect(!Inscription.cloud(text + "?%{").contains { "?%${\"\\<>".contains($0) })
    }

    @Test("ranges are the prefixes that hold just them")
    func prefixes() throws {
        let whole = Permits.prefixes(0...(.max)).map(\.description)
        #expect(whole == ["0.0.0.0/0"])
        let some = Permits.prefixes(0x0A00_0001...0x0A00_0006).map(\.description)
        #expect(some == ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"])
        let network = try #require(Prefix("10.0.0.0/8"))
        #expect(Permits.gaps([network]) == [0...0x09FF_FFFF, 0x0B00_0000...UInt32.max])
    }
}
