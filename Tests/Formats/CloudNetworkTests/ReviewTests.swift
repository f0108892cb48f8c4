import CloudNetwork
import Findings
import Testing

@Suite("Review of a cloud's network")
struct ReviewTests {
    @Test("each opening has its finding, and what is named has none")
    func openings() {
        let table: [(AccessRule, [String])] = [
            (rule("tcp", 443, 443, world), []), (rule("udp", 443, 443, world), []),
            (rule("tcp", 80, 80, world), []), (rule("tcp", 8_080, 8_080, world), ["open-to-world"]),
            (rule("tcp", 80, 443, world), ["open-to-world"]),
            (rule("-1", world), ["open-to-world"]),
            (rule("-1", Peer(.span(.everyV6))), ["open-to-world"]),
            (rule("tcp", 22, 22, Peer(.span(block("0.0.0.0/1")))), ["open-to-world"]),
            (rule("icmp", 8, 0, world), ["open-to-world"]),
            (rule("tcp", 22, 22, Peer(.group(0))), []),
            (rule("tcp", 22, 22, Peer(.span(block("10.0.0.0/8")))), ["ssh-from-network"]),
            (rule("tcp", 22, 22, Peer(.span(block("10.0.0.7/32")))), []),
            (rule("tcp", 22, 22, Peer(.span(block("fc00::/7")))), ["ssh-from-network"]),
            (rule("tcp", 22, 22, Peer(.span(block("fc00::/6")))), ["open-to-world"]),
            (rule("tcp", 5_432, 5_432, Peer(.group(0))), []),
            (
                rule("tcp", 5_000, 6_000, Peer(.span(block("10.0.0.0/24")))),
                ["database-from-network"]
            ),
            (rule("tcp", 22, 22, egress: true, world), []),
        ]
        for (rule, codes) in table { #expect(pair(rule).review().map(\.code) == codes, "\(rule)") }
    }

    @Test("a group that nobody wears and no rule names is of no use")
    func idle() {
        var network = pair()
        network.groups.append(SecurityGroup(id: "sg-idle", name: "idle"))
        network.groups[2].file = "groups.json"
        #expect(network.review().map(\.code) == ["unused-group"])
        #expect(network.review().map(\.file) == ["groups.json"])
        network.groups[1].rules.append(rule("tcp", 1, 1, Peer(.group(2))))
        #expect(network.review().isEmpty)
    }
}
