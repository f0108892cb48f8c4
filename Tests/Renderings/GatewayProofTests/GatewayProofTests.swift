import Findings
import GatewayProof
import Permits
import RenderedPlans
import Testing

@Suite("The gateway between the zones")
struct GatewayProofTests {
    @Test("a vlan has its interface; others are given names, each zone its own")
    func links() throws {
        let permits = try RenderedPlan(RenderedPlan.classic).permits
        #expect(try Gateway([], for: permits).links == nil)
        #expect(
            try Gateway(["outside=wan0", "dmz=eth1"], for: permits).links
                == ["eth1", "vlan20", "vlan30", "vlan40", "wan0"])
    }

    @Test(
        "interfaces that no machine has, or that say nothing, are refused",
        arguments: [
            ["dmz=eth1"], ["outside=eth0", "outside=eth1"], ["outside=vlan10"], ["outside="],
            ["outside=lo"], ["outside=sixteen-bytes-xx"], ["outside=a b"], ["outside=a\"b"],
            ["internet=eth0"], ["outside"], ["outside=a=b"], ["outside=-x"],
        ])
    func refused(words: [String]) throws {
        let permits = try RenderedPlan(RenderedPlan.classic).permits
        #expect(throws: Failure.self) { try Gateway(words, for: permits) }
    }

    @Test("no address outside enters by two permits of one door")
    func entrances() throws {
        let text = RenderedPlan.classic.replacing(
            "flows:", with: "flows:\n  - {from: office, to: balancer.https, because: we look}")
        let permits = try RenderedPlan(text).permits
        let entrances = permits.entrances
        #expect(entrances.count == 4)
        for (index, one) in entrances.enumerated() {
            for other in entrances[(index + 1)...] { #expect(!one.from.overlaps(other.from)) }
        }
    }
}
