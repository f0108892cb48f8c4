import Comparison
import Findings
import MachineTopology
import Testing

@Suite("What the members of one party may do to one another")
struct GroupTests {
    private static func dump(_ rule: String) -> String {
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n"
            + "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n\(rule)COMMIT\n"
    }

    private static func topology(
        _ format: Machine.Format, _ text: String
    ) throws -> Side {
        let (machine, findings) = Machine.read(
            format, [Machine.File(name: "a.v4", bytes: Array(text.utf8))])
        return Side(name: "rules", topology: try #require(machine, "\(findings)").topology())
    }

    @Test("everybody outside may reach somebody else outside")
    func outside() throws {
        let open = Self.dump("-A FORWARD -p tcp --dport 5432 -j ACCEPT\n")
        let found = try lines(.iptablesSave, [("a.v4", open)]).lines
        #expect(found == ["outside -> outside: tcp 5432"])
        let comparison = try Comparison(
            try Self.topology(.iptablesSave, Self.dump("")),
            try Self.topology(.iptablesSave, open))
        #expect(comparison.count(.opened) == 1 && comparison.count(.closed) == 0)
        #expect(!comparison.isProof || !comparison.changes.isEmpty)
    }

    private static func filter(_ rule: String) -> String {
        """
        table inet t {
        set internal { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }
        chain i { type filter hook input priority 0; policy drop; }
        chain o { type filter hook output priority 0; policy drop; }
        chain f { type filter hook forward priority filter; policy drop;
        ct state established accept
        \(rule)
        }
        }
        """
    }

    @Test("a named network of several machines is a party that reaches itself")
    func named() throws {
        let narrow = Self.filter("ip saddr @internal ip daddr @internal tcp dport 22 accept")
        let wide = Self.filter("ip saddr @internal ip daddr @internal accept")
        #expect(try lines(narrow) == ["@internal -> @internal: tcp 22"])
        let comparison = try Comparison(
            try Self.topology(.nftables, narrow), try Self.topology(.nftables, wide))
        #expect(comparison.changes.map(\.from) == ["@internal"])
        #expect(comparison.changes.map(\.to) == ["@internal"])
        #expect(comparison.count(.opened) == 1 && comparison.count(.closed) == 0)
    }

    @Test("one address is one machine, and so is the machine itself with all its addresses")
    func alone() throws {
        let one = Self.filter("ip saddr 192.0.2.1 ip daddr 192.0.2.1 accept")
        #expect(try lines(one).isEmpty)
        let open = Self.filter("").replacing("policy drop", with: "policy accept")
        #expect(try !lines(open).contains { $0.hasPrefix("machine -> machine") })
    }

    @Test("behind an interface too, where rules let packets turn back")
    func interface() throws {
        let found = try lines(
            Self.filter("iifname \"a\" oifname { \"a\", \"b\" } tcp dport 1 accept"))
        #expect(found.contains("a -> a: tcp 1") && found.contains("a -> b: tcp 1"))
        #expect(!found.contains { $0.hasPrefix("b -> b") || $0.hasPrefix("outside") })
    }
}
