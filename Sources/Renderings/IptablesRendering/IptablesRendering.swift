// IptablesRendering: the same gateway as `NftRendering`, for iptables-restore and IPv4, without
// ipset. Rules stand at the leaves of a tree of chains by prefix, so that no packet meets a long
// list. The text is read back by `IptablesSave` and proved equal to the plan before it is given out.
package import Findings
package import GatewayProof
internal import IptablesSave
package import Permits
internal import Ruleset

/// Rendering for `iptables-restore`.
package enum IptablesRendering {
    package static func render(
        _ permits: Permits, _ outline: Outline, _ gateway: Gateway = Gateway()
    ) throws(Failure) -> Rendering {
        let text = IptablesGateway(permits, gateway).text
        let proof = try prove(text, permits, outline, gateway)
        let rest = Finding(
            .warning, "other-family", at: nil, "these rules are IPv4's alone",
            remedy: "refuse IPv6 beside them: ip6tables -P FORWARD DROP, INPUT and OUTPUT too")
        return Rendering(
            files: [Rendering.File("gateway.iptables", text)], proof: proof,
            findings: permits.findings + permits.gatewayFindings(gateway) + [rest])
    }

    /// What is proved of a text; a failure when it says anything else than the plan.
    package static func prove(
        _ text: String, _ permits: Permits, _ outline: Outline, _ gateway: Gateway = Gateway()
    ) throws(Failure) -> [String] {
        let (rules, findings) = IptablesSave.read(
            Array(text.utf8), .v4, interfaces: gateway.interfaces)
        guard let rules, findings.isEmpty else {
            let problem = findings.first?.line(file: "gateway.iptables")
            throw Rendering.unproved(problem ?? "no rules")
        }
        return try GatewayProof.check(rules, [.v4], permits, outline, gateway)
    }
}
