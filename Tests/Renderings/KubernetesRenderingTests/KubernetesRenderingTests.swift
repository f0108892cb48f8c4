import Addresses
import Chance
import Findings
import KubernetesRendering
import Permits
import RenderedPlans
import Testing

@Suite("Policies for Kubernetes")
struct KubernetesRenderingTests {
    @Test("the classic three rules are rendered and proved")
    func classic() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let rendering = try KubernetesRendering.render(plan.permits, plan.outline)
        #expect(rendering.proof.count == 1)
        let text = rendering.files[0].text
        #expect(text.contains("namespace: classic-dmz"))
        #expect(text.contains("bulkhead/line-17: \"api > database.sql: the API keeps orders"))
        #expect(!text.contains("port: 53\n"))
        #expect(rendering.findings.contains { $0.code == "pod-networks" })
        let pods = try #require(Prefix("10.244.0.0/16"))
        let placed = try KubernetesRendering.render(plan.permits, plan.outline, pods: [pods])
        #expect(placed.files[0].text.contains("except:\n              - 10.244.0.0/16"))
        #expect(!placed.findings.contains { $0.code == "pod-networks" })
    }

    @Test(
        "a text that lets pass more or less than the plan is refused",
        arguments: [
            ("port: 5432", "port: 5433"), ("          port: 5432\n", ""),
            ("port: 5432", "port: 5432\n          endPort: 5433"),
            ("bulkhead/service: \"balancer\"\n      ports", "bulkhead/zone: \"x\"\n      ports"),
            ("  egress: []\n", "  egress: [{}]\n"),
            ("  podSelector: {}\n", "  podSelector: {matchLabels: {of: somebody}}\n"),
            ("  policyTypes: [Ingress, Egress]\n---", "  policyTypes: [Ingress]\n---"),
            ("            except:\n              - 10.77.1.0/24\n", "            except:\n"),
            ("cidr: 0.0.0.0/0", "cidr: 10.0.0.0/8"), ("protocol: TCP", "protocol: UDP"),
            ("namespace: classic-vault", "namespace: classic-vaults"),
            ("kind: NetworkPolicy", "kind: Thing"),
        ])
    func mutants(from: String, to: String) throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let text = try KubernetesRendering.render(plan.permits, plan.outline).files[0].text
        let changed = try text.mutated(from, to)
        #expect(throws: Failure.self) {
            try KubernetesRendering.prove(changed, plan.permits, plan.outline)
        }
    }

    @Test("random plans are proved, and one port more is seen in each", arguments: 0..<6)
    func random(seed: UInt64) throws {
        var chance = Seeded(state: seed)
        let plan = try RenderedPlan(RenderedPlan.large(services: 16, flows: 40, &chance))
        let text = try KubernetesRendering.render(plan.permits, plan.outline).files[0].text
        let wider = try text.mutatedLine(
            chance.below(1_000), where: { $0.hasPrefix("          port: ") }, { _ in nil })
        #expect(throws: Failure.self) {
            try KubernetesRendering.prove(wider, plan.permits, plan.outline)
        }
    }

    @Test("what an operator writes cannot end a comment, a quote or a line")
    func hostile() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let permits = plan.permits(
            because: "x\"\nspec: {podSelector: {}, ingress: [{}]}\n---\n\\",
            file: "a\n---\nkind: Pod\n.yaml")
        let text = try KubernetesRendering.render(permits, plan.outline).files[0].text
        #expect(!text.contains("\nspec: {") && !text.contains("\nkind: Pod"))
        #expect(text.isPlainText && !text.contains("\t"))
    }
}
