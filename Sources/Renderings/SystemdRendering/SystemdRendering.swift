// SystemdRendering: a service unit for each compartment of a platform, and a socket unit for each
// published port, with every wall that systemd has. The text is read back by `UnitFiles`; what each
// unit runs and permits is compared with the plan. Bounds: those of `UnitFile` for each unit.
package import Confinement
package import Findings
package import Permits
internal import Platform

/// Rendering for `/etc/systemd/system`.
package enum SystemdRendering {
    /// `deployment` is what `Compile.portable` makes of the platform.
    package static func render(
        _ permits: Permits, _ outline: Outline, _ deployment: Deployment,
        _ options: UnitOptions = UnitOptions()
    ) throws(Failure) -> Rendering {
        let plan = UnitPlan(permits: permits, deployment: deployment, options: options)
        let refused = plan.refusals
        guard refused.isEmpty else {
            throw Failure(
                .refused, refused[0].code,
                refused.map { $0.line(file: permits.file) }.joined(separator: "\n"), remedy: "")
        }
        let files = Units(plan).files
        let verdict = try UnitProof(plan, outline).check(files)
        return Rendering(
            files: files, proof: verdict.proof,
            findings: permits.findings + plan.findings + findings(permits, verdict))
    }

    /// What is proved of units; a failure when they say anything else than the plan.
    package static func prove(
        _ files: [Rendering.File], _ permits: Permits, _ outline: Outline,
        _ deployment: Deployment, _ options: UnitOptions = UnitOptions()
    ) throws(Failure) -> [String] {
        let plan = UnitPlan(permits: permits, deployment: deployment, options: options)
        return try UnitProof(plan, outline).check(files).proof
    }

    private static func findings(
        _ permits: Permits, _ verdict: UnitProof.Verdict
    ) -> [Finding] {
        guard let example = verdict.example else { return [] }
        return [
            Finding(
                .warning, "ports-to-firewall", at: nil,
                "systemd knows addresses, not their ports: between services that have a flow, "
                    + "what no flow allows is open \(verdict.beyond) times, as \(example)",
                remedy: "load the packet filter too: `bulkhead render --to nftables`")
        ]
    }
}
