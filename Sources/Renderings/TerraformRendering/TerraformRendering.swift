// TerraformRendering: security groups, their rules as resources of their own, and network ACLs for
// AWS, in Terraform's JSON syntax. The text is parsed again, laid out as the plan that Terraform
// would make of these very resources, and read by `TerraformPlan`; what passes is compared with the
// plan. Terraform itself is not run.
package import Findings
internal import Notation
package import Permits

/// Rendering for `terraform plan`.
package enum TerraformRendering {
    /// Rules of one direction in a group, and entries of one direction in an ACL, that AWS takes
    /// until its quota is raised.
    private static let rulesQuota = 60
    private static let entriesQuota = 20

    package static func render(
        _ permits: Permits, _ outline: Outline
    ) throws(Failure) -> Rendering {
        let module = Module(permits)
        let text = module.document.renderPretty() + "\n"
        let proof = try prove(text, permits, outline)
        return Rendering(
            files: [Rendering.File("bulkhead.tf.json", text)], proof: proof,
            findings: permits.findings + findings(module))
    }

    /// What is proved of a text; a failure when it says anything else than the plan.
    package static func prove(
        _ text: String, _ permits: Permits, _ outline: Outline
    ) throws(Failure) -> [String] {
        var bounds = JSON.Bounds()
        bounds.bytes = 256 << 20
        bounds.values = 8_000_000
        let document: JSON
        do throws(NotationFailure) {
            document = try JSON.parse(Array(text.utf8), within: bounds)
        } catch {
            throw Rendering.unproved(error.description)
        }
        return try ModuleProof(permits: permits, outline: outline, document: document).check()
    }

    private static func findings(_ module: Module) -> [Finding] {
        var findings = [
            Finding(
                .note, "stateless-lists", at: nil,
                "network ACLs have no state: for replies they open ports 1024-65535 between zones "
                    + "that speak to each other, and the groups alone keep those shut",
                remedy: "nothing to do; attach both")
        ]
        for (name, count) in module.groupRules where count > rulesQuota {
            findings.append(
                Finding(
                    .warning, "quota", at: nil,
                    "group \(name) has \(count) rules in one direction; AWS takes \(rulesQuota)",
                    remedy: "ask for a larger quota, or let fewer services speak to it"))
        }
        for (name, count) in module.listEntries where count > entriesQuota {
            findings.append(
                Finding(
                    .warning, "quota", at: nil,
                    "network ACL \(name) has \(count) entries in one direction; AWS takes "
                        + "\(entriesQuota)",
                    remedy: "ask for a larger quota (40 at most), or leave the ACLs out"))
        }
        return findings
    }
}
