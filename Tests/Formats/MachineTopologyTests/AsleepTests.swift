import Findings
import MachineTopology
import Testing

@Suite("Tables that are not called, and rules that nobody reads")
struct AsleepTests {
    private static let asleep = """
        table inet t {
        flags dormant
        chain i { type filter hook input priority filter; policy drop; }
        }
        """

    @Test("a dormant table refuses nothing, and a warning says so")
    func dormant() throws {
        let (found, findings) = try lines(.nftables, [("rules", Self.asleep)])
        #expect(found.contains("outside -> machine: everything"))
        #expect(findings.map(\.code) == ["dormant-table"])
        #expect(review(.nftables, Self.asleep).contains("0 unfiltered-family"))
    }

    @Test("who names the table again without the flag wakes it")
    func awake() throws {
        let (found, findings) = try lines(
            .nftables, [("rules", Self.asleep + "\nadd table inet t\n")])
        #expect(!found.contains { $0.hasPrefix("outside -> machine") } && findings.isEmpty)
    }

    private static func listing(_ flags: String) -> String {
        """
        {"nftables": [{"table": {"family": "inet", "name": "t", "flags": \(flags)}},
        {"chain": {"family": "inet", "table": "t", "name": "i", "type": "filter", "hook": "input",
        "prio": 0, "policy": "drop"}}]}
        """
    }

    @Test(
        "listings as JSON tell a dormant table, or leave it open",
        arguments: [
            ("\"dormant\"", "everything"), ("[\"dormant\"]", "everything"), ("\"owner\"", nil),
            // What nft 1.0.6 writes: the table's name.
            ("\"t\"", "everything (may: whether table t is dormant)"),
        ])
    func json(flags: String, traffic: String?) throws {
        let (found, findings) = try lines(.nftablesJSON, [("rules", Self.listing(flags))])
        let wanted = traffic.map { "outside -> machine: " + $0 }
        #expect(found.first { $0.hasPrefix("outside -> machine") } == wanted)
        #expect(findings.map(\.code) == (traffic == nil ? [] : ["dormant-table"]))
    }

    private static let outposts = """
        table netdev d {
        chain x { type filter hook ingress device "eth0" priority 0; policy POLICY; }
        }
        table inet t {
        chain g { type filter hook ingress devices = { "eth1", eth2 } priority 0; policy POLICY; }
        chain i { type filter hook input priority filter; policy drop;
        ct state established,related accept
        tcp dport 22 accept; }
        chain f { type filter hook forward priority filter; policy drop; }
        }
        """

    @Test("what stands before the hooks and may drop packets leaves nothing sure behind it")
    func barriers() throws {
        let found = try lines(Self.outposts.replacing("POLICY", with: "drop"))
        #expect(
            found.filter { $0.hasSuffix("chain netdev d x)") } == [
                "machine -> eth0: everything (may: chain netdev d x)",
                "eth0 -> machine: tcp 22 (may: chain netdev d x)",
            ])
        #expect(found.contains { $0.hasPrefix("eth1") && $0.contains("may: chain inet t g") })
        #expect(found.contains("outside -> machine: tcp 22"))
    }

    @Test("what only counts before the hooks stops nothing")
    func harmless() throws {
        for policy in [" policy accept;", ""] {
            let found = try lines(Self.outposts.replacing(" policy POLICY;", with: policy))
            #expect(!found.contains { $0.contains("may") }, "\(policy): \(found)")
        }
    }
}
