import Findings
import MachineTopology
import Topology
import Testing

@Suite("What is wrong with one machine's rules")
struct ReviewTests {
    private static func filter(_ rules: String) -> String {
        """
        table ip t {
        chain o { type filter hook output priority 0; policy drop; }
        chain f { type filter hook forward priority 0; policy drop; }
        chain i { type filter hook input priority 0; policy drop;
        \(rules)
        }
        }
        table ip6 u { chain i { type filter hook input priority 0; policy drop; }; }
        """
    }

    @Test(
        "each kind is found where it stands",
        arguments: [
            ("tcp dport 22 accept\ntcp dport 22 accept", ["6 dead-rule"]),
            (
                "tcp dport 0-99 accept\ntcp dport 100-65535 drop\ntcp dport 50-150 accept",
                ["7 dead-by-several"]
            ),
            ("tcp dport 22 accept\ntcp dport 0-99 accept", ["5 redundant-rule"]),
            ("tcp dport 22 limit rate 1/second accept\ntcp dport 22 accept", ["5 not-modelled"]),
            (
                "tcp dport 22 accept\ntcp dport 22 limit rate 1/second log",
                ["6 dead-rule", "6 not-modelled"]
            ),
            ("ct state new accept", ["5 any-source-any-port"]),
            ("ct state established accept", []),
            ("iifname \"eth0\" accept", ["5 whole-interface"]),
            ("iifname \"lo\" accept", []),
            ("tcp dport 1-65535 accept", []),
            ("ip saddr 10.0.0.0/8 accept", []),
            ("tcp dport 22 counter\ntcp dport 22 accept", []),
            ("tcp dport 22 accept\nudp dport 5 reject\ntcp dport 23 drop", ["7 redundant-rule"]),
        ])
    func kinds(rules: String, codes: [String]) {
        #expect(review(.nftables, Self.filter(rules)) == codes, "\(rules)")
    }

    @Test("rules behind calls are judged by what comes to them")
    func calls() {
        let text = """
            table inet t {
            chain ssh {
            tcp dport 22 accept
            tcp dport 23 accept
            return
            tcp dport 24 accept
            }
            chain lost {
            accept
            }
            chain i { type filter hook input priority 0; policy drop;
            tcp dport 22 jump ssh
            tcp dport 22 drop
            udp dport 53 goto ssh
            udp dport 53 accept
            }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """
        #expect(
            review(.nftables, text) == [
                "4 dead-rule", "6 dead-rule", "8 unused-chain", "13 dead-rule", "15 dead-rule",
            ])
    }

    @Test("the covering rules are named with their lines")
    func words() throws {
        let (machine, _) = Machine.read(
            .nftables,
            [
                Machine.File(
                    name: "r",
                    bytes: Array(
                        Self.filter(
                            "tcp dport 0-99 accept\ntcp dport 100-65535 drop\ntcp dport 50-150 accept"
                        ).utf8))
            ])
        let dead = machine?.review().first { $0.code == "dead-by-several" }
        #expect(dead?.problem.contains("lines 5 and 6 together decide all its packets") == true)
        #expect(dead?.line(file: "r").hasPrefix("r:7:1: warning: ") == true)
    }

    @Test("an accept policy that new connections come to is told, by hook and family")
    func policies() {
        let open =
            "table inet t { chain i { type filter hook input priority 0; policy accept;\nRULE\n}; }"
        #expect(
            review(.nftables, open.replacing("RULE", with: "tcp dport 22 drop")) == [
                "1 accept-policy"
            ])
        #expect(
            review(.nftables, open.replacing("RULE", with: "ct state != established drop")) == [])
        #expect(
            review(.nftables, open.replacing("inet", with: "ip").replacing("RULE", with: "drop"))
                == ["0 unfiltered-family"])
        let dump = """
            *mangle
            :INPUT ACCEPT [0:0]
            COMMIT
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD DROP [0:0]
            :OUTPUT ACCEPT [0:0]
            -A INPUT -s 10.0.0.0/8 -j ACCEPT
            COMMIT
            """
        #expect(
            review(.iptablesSave, dump) == [
                "5 accept-policy", "7 accept-policy", "8 redundant-rule",
            ])
    }

    @Test("chains that are too many to lay out are an error with their place, not silence")
    func tooLarge() {
        var text = "*filter\n:INPUT DROP [0:0]\n"
        for chain in 0..<14 { text += ":C\(chain) - [0:0]\n" }
        text += "-A INPUT -j C0\n"
        for chain in 0..<13 {
            // They overlap, so that every way through them is another one.
            for port in 1...4 {
                text += "-A C\(chain) -p tcp --dport \(port):9999 -j C\(chain + 1)\n"
            }
        }
        text += "-A C13 -s 10.0.0.1 -j ACCEPT\nCOMMIT\n"
        let (machine, _) = Machine.read(
            .iptablesSave, [Machine.File(name: "a", bytes: Array(text.utf8))])
        let codes = machine?.review().filter { $0.severity == .error }.map(\.code)
        #expect(codes == ["too-large"])
        let topology = machine?.topology()
        #expect(topology?.findings.contains { $0.code == "too-large" && $0.place != nil } == true)
    }
}
