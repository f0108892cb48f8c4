import Findings
import Packets
import Ruleset
import Testing
import Walker

private let nowhere = Place(line: 0, column: 0)

private func rule(_ port: UInt128?, _ action: Action) -> Rule {
    let clause = Clause(.both, port.map { [.destinationPort: [$0...$0]] } ?? [:])
    return Rule(Match([clause]), action, place: nowhere)
}

private func chain(_ name: String, _ rules: [Rule], accepts: Bool? = nil) -> Chain {
    var chain = Chain(
        table: "t", name: name, families: .both,
        base: accepts.map { Base(.filter, .input, priority: 0, accepts: $0) }, place: nowhere)
    chain.rules = rules
    return chain
}

@Suite("Walker")
struct WalkerTests {
    /// Verdicts that real connections showed on nftables 1.0.6.
    @Test("jumps come back, gotos do not, returns leave")
    func verdicts() {
        let cases: [(name: String, chains: [Chain], accepted: [UInt128])] = [
            (
                "a jumped chain that ends returns to the caller",
                [
                    chain("in", [rule(nil, .jump(1)), rule(80, .accept)], accepts: false),
                    chain("sub", [rule(22, .accept)]),
                ], [22, 80]
            ),
            (
                "behind a goto nothing of the same chain runs",
                [
                    chain("in", [rule(nil, .goto(1)), rule(80, .accept)], accepts: false),
                    chain("sub", [rule(22, .accept)]),
                ], [22]
            ),
            (
                "a goto inside a jump returns to the caller of the chain that did the goto",
                [
                    chain("in", [rule(nil, .jump(1)), rule(80, .accept)], accepts: false),
                    chain("sub", [rule(nil, .goto(2)), rule(443, .accept)]),
                    chain("deep", [rule(22, .accept)]),
                ], [22, 80]
            ),
            (
                "a return leaves the chain, in a base chain to its policy",
                [
                    chain(
                        "in", [rule(22, .leave), rule(nil, .jump(1)), rule(22, .drop)],
                        accepts: true),
                    chain("sub", [rule(80, .leave), rule(80, .drop), rule(443, .drop)]),
                ], [22, 80, 8080]
            ),
        ]
        for item in cases {
            var ruleset = Ruleset()
            ruleset.chains = item.chains
            for port: UInt128 in [22, 80, 443, 8080] {
                var packet = WalkedPacket(.v4, [])
                packet[.destinationPort] = port
                let walk = Walker(ruleset).walk(packet, base: 0)
                #expect(walk.accepts == item.accepted.contains(port), "\(item.name): \(port)")
            }
        }
    }

    @Test("chains in a circle end, and refuse")
    func circle() {
        var ruleset = Ruleset()
        ruleset.chains = [
            chain("in", [rule(nil, .jump(1))], accepts: true), chain("sub", [rule(nil, .jump(0))]),
        ]
        #expect(!Walker(ruleset).walk(WalkedPacket(.v4, []), base: 0).accepts)
    }
}
