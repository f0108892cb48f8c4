import GatewayProof
import IptablesRendering
import Permits
import Platform
import RealTools
import RenderedPlans
import Testing

@Suite(
    "Rules of iptables in the kernel",
    .enabled(if: RealTool.canLoad, "needs root and unshare"),
    .enabled(if: RealTool.has("iptables-nft-restore", "iptables-nft-save"), "needs iptables"))
struct LoadedTests {
    @Test(
        "iptables-restore loads what is rendered, and what iptables-save lists is the plan",
        arguments: RenderedPlan.repository)
    func loaded(name: String) throws {
        let plan = try RenderedPlan.ofRepository(name)
        let words =
            ["outside=eth0"] + plan.permits.zones.enumerated().map { "\($1.name)=port\($0)" }
        for gateway in [Gateway(), try Gateway(words, for: plan.permits)] {
            let rendering = try IptablesRendering.render(plan.permits, plan.outline, gateway)
            let (status, output) = try RealTool.run(
                "unshare -n sh -ec 'iptables-nft-restore --test rules; iptables-nft-restore rules; "
                    + "iptables-nft-restore rules; iptables-nft-save'",
                files: [("rules", rendering.files[0].text)])
            #expect(status == 0, "\(output)")
            let proof = try IptablesRendering.prove(output, plan.permits, plan.outline, gateway)
            #expect(proof.count == 2)
            let wider = try output.mutated(":FORWARD DROP", ":FORWARD ACCEPT")
            #expect(throws: (any Error).self) {
                try IptablesRendering.prove(wider, plan.permits, plan.outline, gateway)
            }
        }
    }
}
