import Chance
import Findings
import Permits
import RenderedPlans
import TerraformRendering
import Testing

@Suite("Modules for Terraform")
struct TerraformRenderingTests {
    @Test("the classic three rules are rendered and proved")
    func classic() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let rendering = try TerraformRendering.render(plan.permits, plan.outline)
        #expect(rendering.proof.count == 2)
        let text = rendering.files[0].text
        #expect(text.contains("\"database_tcp_5432_from_api\": {"))
        #expect(text.contains("desk.yaml line 17: api to database.sql: the API keeps orders"))
    }

    @Test(
        "a module that lets pass more or less than the plan is refused",
        arguments: [
            ("\"to_port\": 5432", "\"to_port\": 5433"), ("\"from_port\": 2223", "\"from_port\": 0"),
            ("\"ip_protocol\": \"tcp\"", "\"ip_protocol\": \"-1\""),
            (
                "\"referenced_security_group_id\": \"${aws_security_group.api.id}\"",
                "\"cidr_ipv4\": \"10.0.0.0/8\""
            ),
            (
                "\"referenced_security_group_id\": \"${aws_security_group.api.id}\"",
                "\"referenced_security_group_id\": \"${aws_security_group.hsm.id}\""
            ),
            ("${aws_security_group.api.id}", "${var.any}"),
            ("\"cidr_ipv4\": \"0.0.0.0/0\"", "\"cidr_ipv6\": \"::/0\""),
            ("aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rules"),
            ("\"rule_action\": \"deny\"", "\"rule_action\": \"allow\""),
            ("\"to_port\": 65535", "\"to_port\": 65534"),
            (
                "\"vpc_id\": \"${var.vpc_id}\",\n        \"tags\"",
                "\"ingress\": [{\"protocol\": \"-1\", \"from_port\": 0, \"to_port\": 0, "
                    + "\"cidr_blocks\": [\"0.0.0.0/0\"]}], \"tags\""
            ),
        ])
    func mutants(from: String, to: String) throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let text = try TerraformRendering.render(plan.permits, plan.outline).files[0].text
        let changed = try text.mutated(from, to)
        #expect(throws: Failure.self) {
            try TerraformRendering.prove(changed, plan.permits, plan.outline)
        }
    }

    @Test("random plans are proved; one port changed anywhere is seen", arguments: 0..<4)
    func random(seed: UInt64) throws {
        var chance = Seeded(state: seed)
        let plan = try RenderedPlan(RenderedPlan.large(services: 12, flows: 24, &chance))
        let text = try TerraformRendering.render(plan.permits, plan.outline).files[0].text
        let changed = try text.mutatedLine(
            chance.below(1_000), where: { $0.contains("\"to_port\":") },
            { "\"to_port\": 65533" + ($0.hasSuffix(",") ? "," : "") })
        #expect(throws: Failure.self) {
            try TerraformRendering.prove(changed, plan.permits, plan.outline)
        }
    }

    @Test("what an operator writes is no expression of Terraform's and no text of its own")
    func hostile() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let permits = plan.permits(
            because: "${file(\"/etc/passwd\")} %{ for } \", \"cidr_ipv4\": \"", file: "${x}.yaml")
        let text = try TerraformRendering.render(permits, plan.outline).files[0].text
        #expect(!text.contains("${file") && !text.contains("%{") && !text.contains("${x"))
    }
}
