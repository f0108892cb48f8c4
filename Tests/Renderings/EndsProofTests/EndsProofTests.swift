import EndsProof
import Findings
import Packets
import Permits
import Ruleset
import Testing
import Topology

@Suite("One end of connections")
struct EndsProofTests {
    private static let peer: ClosedRange<UInt32> = 7...7

    private static func topology(_ port: ClosedRange<UInt32>, hasReplies: Bool) -> Topology {
        var list = RuleList(otherwise: false)
        if hasReplies { list.append(.everything.with(.state, 1...1), allow: true, owner: 0) }
        list.append(
            Box.everything.with(.state, 0...0).with(.source, peer).with(.protocolNumber, 6...6)
                .with(.destinationPort, port), allow: true, owner: 1)
        var replies = RuleList(otherwise: false)
        replies.append(.everything.with(.state, 1...1), allow: true, owner: 0)
        var topology = Topology()
        topology.gates = [
            Gate(name: "g", v4: BoundedRules(list), v6: BoundedRules(replies), labels: [])
        ]
        topology.endpoints = [Endpoint(name: "e", ingress: [Step(0)]), Endpoint(name: "open")]
        return topology
    }

    @Test(
        "one port more, no replies, and no gate at all are seen",
        arguments: [
            (80...80 as ClosedRange<UInt32>, true, 0, true), (80...81, true, 0, false),
            (81...81, true, 0, false), (80...80, false, 0, false), (80...80, true, 1, false),
        ])
    func check(_ port: ClosedRange<UInt32>, _ hasReplies: Bool, _ index: Int, _ isGood: Bool) {
        let wanted = [WantedTraffic(v4: [Self.peer], transport: 6, port: 80)]
        let topology = Self.topology(port, hasReplies: hasReplies)
        do throws(Failure) {
            try EndsProof.check(topology, index, .ingress, wanted)
            #expect(isGood)
        } catch {
            #expect(!isGood && error.code == "not-proved")
        }
    }
}
