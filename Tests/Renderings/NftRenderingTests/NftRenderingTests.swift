import Chance
import Findings
import GatewayProof
import NftRendering
import Permits
import RenderedPlans
import Ruleset
import Testing

@Suite("Rulesets for nftables")
struct NftRenderingTests {
    @Test("the classic three rules are rendered and proved, with and without interfaces")
    func classic() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let rendering = try NftRendering.render(plan.permits, plan.outline)
        #expect(rendering.proof.count == 3)
        #expect(rendering.files[0].text.contains("16 allowed balancer > api.http"))
        #expect(rendering.findings.contains { $0.code == "addresses-only" })
        let gateway = try Gateway(["outside=eth0"], for: plan.permits)
        let tagged = try NftRendering.render(plan.permits, plan.outline, gateway)
        #expect(tagged.files[0].text.contains("\"vlan30\" . 10.77.3.0/24"))
        #expect(!tagged.findings.contains { $0.code == "addresses-only" })
        let again = try NftRendering.render(plan.permits, plan.outline, gateway)
        #expect(again.files == tagged.files)
    }

    @Test(
        "a text that lets pass more or less than the plan is refused",
        arguments: [
            ("tcp . 5432 :", "tcp . 5433 :"), ("tcp . 5432 :", "udp . 5432 :"),
            ("10.77.3.9 . tcp", "10.77.3.10 . tcp"), ("ct state new ip", "ip"),
            ("ct state established accept", "ct state new,established accept"),
            ("ct state established accept", "ct state invalid accept"),
            ("\t\tct state established accept\n", ""),
            ("related meta l4proto icmp", "related"),
            ("refused \" group 2 drop", "refused \" group 2 accept"),
            ("meta nfproto != ipv4 counter", "meta nfproto ipv4 counter"),
            ("iifname \"lo\" accept", "accept"), ("oifname \"lo\" accept", "accept"),
            ("\"vlan30\" . 10.77.3.0/24", "\"vlan30\" . 10.77.0.0/16"),
            ("\"vlan30\" . 10.77.3.0/24", "\"vlan20\" . 10.77.3.0/24"),
            ("hook forward", "hook postrouting"),
            ("0.0.0.0-10.77.0.255 . ", "0.0.0.0-10.77.1.255 . "),
            ("type filter hook input", "type nat hook prerouting"),
        ])
    func mutants(from: String, to: String) throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let gateway = try Gateway(["outside=eth0"], for: plan.permits)
        let text = try NftRendering.render(plan.permits, plan.outline, gateway).files[0].text
        let changed = try text.mutated(from, to)
        #expect(throws: Failure.self) {
            try NftRendering.prove(changed, plan.permits, plan.outline, gateway)
        }
    }

    @Test("a flow more or less, or another's address, is seen in random plans", arguments: 0..<12)
    func random(seed: UInt64) throws {
        var chance = Seeded(state: seed)
        let text = RenderedPlan.large(services: 20, flows: 40, &chance)
        let plan = try RenderedPlan(text)
        let rendered = try NftRendering.render(plan.permits, plan.outline).files[0].text
        let chosen = chance.below(1_000)
        let fewer = try rendered.mutatedLine(
            chosen, where: { $0.contains(" : goto line_") }, { _ in nil })
        let wider = try rendered.mutatedLine(chosen, where: { $0.contains(" : goto line_") }) {
            let port = $0.split(separator: " ").first { UInt16($0) != nil } ?? ""
            return String($0).replacing(". \(port) :", with: ". \(port)-65535 :")
        }
        for changed in [fewer, wider] {
            #expect(throws: Failure.self) {
                try NftRendering.prove(changed, plan.permits, plan.outline)
            }
        }
    }

    @Test("what an operator writes cannot end a comment, a quote or a line")
    func hostile() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let permits = plan.permits(
            because:
                "x\" } chain y { type filter hook forward priority 0; policy accept; } # \u{1b}\\\n",
            owner: "\"; flush ruleset; \u{2028}", file: "a\nflush ruleset\n\"x.yaml")
        let text = try NftRendering.render(permits, plan.outline).files[0].text
        #expect(!text.contains("\nflush"))
        #expect(text.isPlainText)
        for line in text.split(separator: "\n") {
            #expect(line.utf8.count { $0 == UInt8(ascii: "\"") }.isMultiple(of: 2))
        }
    }

    @Test("hundreds of services are rendered and proved")
    func large() throws {
        var chance = Seeded(state: 3)
        let text = RenderedPlan.large(services: 300, flows: 900, &chance)
        let plan = try RenderedPlan(text)
        let rendering = try NftRendering.render(plan.permits, plan.outline)
        #expect(rendering.proof.count == 3)
    }
}
