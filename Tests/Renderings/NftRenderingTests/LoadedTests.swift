import GatewayProof
import NftRendering
import Permits
import Platform
import RealTools
import RenderedPlans
import Testing

@Suite(
    "Rulesets in the kernel",
    .enabled(if: RealTool.canLoad, "needs root and unshare"),
    .enabled(if: RealTool.has("nft"), "needs nft"))
struct LoadedTests {
    @Test(
        "nft loads what is rendered, and what it lists is the plan",
        arguments: RenderedPlan.repository)
    func loaded(name: String) throws {
        let plan = try RenderedPlan.ofRepository(name)
        let words =
            ["outside=eth0"] + plan.permits.zones.enumerated().map { "\($1.name)=port\($0)" }
        for gateway in [Gateway(), try Gateway(words, for: plan.permits)] {
            let text = try NftRendering.render(plan.permits, plan.outline, gateway).files[0].text
            let (status, output) = try RealTool.run(
                "unshare -n sh -ec 'nft -c -f rules; nft -f rules; nft -f rules; nft list ruleset'",
                files: [("rules", text)])
            #expect(status == 0, "\(output)")
            // Loaded twice: it replaced itself.
            #expect(
                try NftRendering.prove(output, plan.permits, plan.outline, gateway).count == 3)
            let wider = try output.mutated("ct state new ip", "ip")
            #expect(throws: (any Error).self) {
                try NftRendering.prove(wider, plan.permits, plan.outline, gateway)
            }
        }
    }
}
