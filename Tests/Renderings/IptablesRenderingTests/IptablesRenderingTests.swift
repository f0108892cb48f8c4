import Chance
import Findings
import GatewayProof
import IptablesRendering
import Permits
import RenderedPlans
import Testing

@Suite("Rules for iptables-restore")
struct IptablesRenderingTests {
    @Test("the classic three rules are rendered and proved, with and without interfaces")
    func classic() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let rendering = try IptablesRendering.render(plan.permits, plan.outline)
        #expect(rendering.proof.count == 2)
        #expect(rendering.findings.contains { $0.code == "other-family" })
        let gateway = try Gateway(["outside=eth0", "dmz=eth1"], for: plan.permits)
        let tagged = try IptablesRendering.render(plan.permits, plan.outline, gateway)
        #expect(tagged.files[0].text.contains("-i eth1 -s 10.77.1.0/24 -j ACCEPT"))
    }

    @Test(
        "a text that lets pass more or less than the plan is refused",
        arguments: [
            ("--dport 5432", "--dport 5432:5433"), ("--dport 5432", "--sport 5432"),
            ("-p tcp -m tcp --dport 5432", "-p tcp"), ("ESTABLISHED -j", "ESTABLISHED,NEW -j"),
            ("-p icmp -m", "-m"), (":FORWARD DROP", ":FORWARD ACCEPT"),
            ("-A INPUT -i lo -j", "-A INPUT -j"), ("-i vlan20 -s 10.77.2.0/24", "-i vlan20"),
            ("-A FORWARD -m conntrack --ctstate NEW -j new", "-A FORWARD -j new"),
            ("-j new", "-j new -m limit --limit 3/second"), ("/32 -p tcp", "/31 -p tcp"),
            ("*filter", "*mangle\n:POSTROUTING ACCEPT\nCOMMIT\n*filter"),
        ])
    func mutants(from: String, to: String) throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let gateway = try Gateway(["outside=eth0"], for: plan.permits)
        let text = try IptablesRendering.render(plan.permits, plan.outline, gateway).files[0].text
        let changed = try text.mutated(from, to)
        #expect(throws: Failure.self) {
            try IptablesRendering.prove(changed, plan.permits, plan.outline, gateway)
        }
    }

    @Test("an idle chain is none, and cannot stand in for one that decides")
    func idle() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let text = try IptablesRendering.render(plan.permits, plan.outline).files[0].text
        let listed = try text.mutated("*filter", "*raw\n:OUTPUT ACCEPT\nCOMMIT\n*filter")
        #expect(try IptablesRendering.prove(listed, plan.permits, plan.outline).count == 2)
        let without = try listed.mutated("\n:OUTPUT DROP", "\n:OTHER -")
            .replacing("-A OUTPUT", with: "-A OTHER")
        for changed in [
            without, try listed.mutated(":OUTPUT ACCEPT\n", ":OUTPUT ACCEPT\n-A OUTPUT -j DROP\n"),
        ] {
            #expect(throws: Failure.self) {
                try IptablesRendering.prove(changed, plan.permits, plan.outline)
            }
        }
    }

    @Test("random plans with many sources of one target are proved", arguments: 0..<8)
    func random(seed: UInt64) throws {
        var chance = Seeded(state: seed)
        let plan = try RenderedPlan(RenderedPlan.large(services: 60, flows: 900, &chance))
        let text = try IptablesRendering.render(plan.permits, plan.outline).files[0].text
        var rules: [Substring: Int] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("-A ") {
            rules[line.split(separator: " ")[1], default: 0] += 1
        }
        #expect((rules.values.max() ?? 0) <= 26)
    }

    @Test("what an operator writes cannot end a comment, a quote or a line")
    func hostile() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let permits = plan.permits(
            because: "x\" -j ACCEPT\n-A FORWARD -j ACCEPT\n\\", file: "a\nCOMMIT\n.yaml")
        let text = try IptablesRendering.render(permits, plan.outline).files[0].text
        #expect(!text.contains("\n-A FORWARD -j ACCEPT"))
        #expect(text.isPlainText && !text.contains("\t"))
    }

    @Test("hundreds of services are rendered and proved")
    func large() throws {
        var chance = Seeded(state: 3)
        let plan = try RenderedPlan(
            RenderedPlan.large(services: 300, flows: 900, &chance))
        #expect(try IptablesRendering.render(plan.permits, plan.outline).proof.count == 2)
    }
}
