// NftRendering: a stand-alone nftables ruleset for the one gateway that joins a platform's zones.
// Who may open which connection stands in two maps, keyed by addresses, protocol and port, so that a
// packet costs the same with ten flows and with ten thousand. The text is read back by `NftText` and
// proved equal to the plan before it is given out.
package import Findings
package import GatewayProof
internal import NftText
package import Permits
internal import Ruleset

/// Rendering for `nft -f`.
package enum NftRendering {
    package static func render(
        _ permits: Permits, _ outline: Outline, _ gateway: Gateway = Gateway()
    ) throws(Failure) -> Rendering {
        let text = NftGateway(permits, gateway).text
        let proof = try prove(text, permits, outline, gateway)
        return Rendering(
            files: [Rendering.File("gateway.nft", text)], proof: proof,
            findings: permits.findings + permits.gatewayFindings(gateway))
    }

    /// What is proved of a text; a failure when it says anything else than the plan.
    package static func prove(
        _ text: String, _ permits: Permits, _ outline: Outline, _ gateway: Gateway = Gateway()
    ) throws(Failure) -> [String] {
        let (rules, findings) = NftText.read(Array(text.utf8), interfaces: gateway.interfaces)
        guard let rules else {
            let problem = findings.first { $0.severity == .error }
            throw Rendering.unproved(problem?.line(file: "gateway.nft") ?? "no rules")
        }
        if let finding = findings.first {
            throw Rendering.unproved(finding.line(file: "gateway.nft"))
        }
        return try GatewayProof.check(rules, [.v4, .v6], permits, outline, gateway)
    }
}
