import Findings
import MachineTopology
import Testing

@Suite("Packets that rules change or take out of tracking")
struct DisturbanceTests {
    private static let closed = """
        chain o { type filter hook output priority 0; policy drop; OUT }
        chain f { type filter hook forward priority 0; policy drop; FORWARD }
        """

    private static func host(_ raw: String, _ input: String, out: String = "") -> String {
        """
        table inet t {
        chain r { type filter hook prerouting priority raw; policy accept; \(raw); }
        chain ro { type filter hook output priority raw; policy accept; RAWOUT }
        chain i { type filter hook input priority 0; policy drop; \(input); }
        \(closed.replacing("OUT", with: out).replacing("FORWARD", with: ""))
        }
        """
    }

    private static func toMachine(_ text: String) throws -> [String] {
        try lines(text.replacing("RAWOUT", with: "")).filter { $0.hasPrefix("outside -> machine") }
    }

    @Test("what is taken out of tracking is untracked for later chains, and not new")
    func untracked() throws {
        let out = "accept;"
        #expect(
            try Self.toMachine(
                Self.host("udp dport 53 notrack", "ct state untracked accept", out: out))
                == ["outside -> machine: udp 53"])
        #expect(
            try Self.toMachine(
                Self.host("tcp dport 22 notrack", "ct state new tcp dport 22 accept", out: out)
            )
            .isEmpty)
        // At the hook input all packets have been there, whatever the chain's priority.
        #expect(
            try Self.toMachine(
                Self.host("udp dport 53 notrack", "ct state untracked accept", out: out)
                    .replacing("hook input priority 0", with: "hook input priority raw"))
                == ["outside -> machine: udp 53"])
        // Behind the place where connections are looked up it changes nothing.
        let late = Self.host("tcp dport 22 notrack", "ct state new tcp dport 22 accept", out: out)
            .replacing("prerouting priority raw", with: "prerouting priority mangle")
        #expect(try Self.toMachine(late) == ["outside -> machine: tcp 22"])
    }

    @Test("answers to what is not tracked belong to no connection, unless they are not tracked too")
    func answers() throws {
        let rules = Self.host(
            "udp dport 53 notrack", "udp dport 53 accept", out: "ct state established accept;")
        let unanswered = ["outside -> machine: udp 53 (may: no reply comes back)"]
        #expect(try Self.toMachine(rules) == unanswered)
        let both = rules.replacing("RAWOUT", with: "udp sport 53 notrack;")
        #expect(try Self.toMachine(both) == unanswered)
        let open = both.replacing("established accept", with: "untracked accept")
        #expect(try Self.toMachine(open) == ["outside -> machine: udp 53"])
    }

    @Test("where nobody knows whether a rule takes them out, answers are bounds and say so")
    func doubtful() throws {
        let rules = Self.host(
            "udp dport 53 ct mark 7 notrack", "ct state new udp dport 53 accept", out: "accept;")
        let found = try Self.toMachine(rules)
        #expect(found == ["outside -> machine: udp 53 (may: notrack)"])
    }

    @Test("both forms of iptables take packets out of tracking")
    func dumps() throws {
        for target in ["NOTRACK", "CT --notrack"] {
            let text =
                "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
                + "-A PREROUTING -p tcp --dport 22 -j \(target)\nCOMMIT\n"
                + "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
                + "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
                + "-A INPUT -p tcp -m multiport --dports 22,23 -m conntrack --ctstate NEW -j ACCEPT\n"
                + "COMMIT\n"
            let found = try lines(.iptablesSave, [("a.v4", text)]).lines
            #expect(found.contains("outside -> machine: tcp 23"), "\(target): \(found)")
        }
    }

    @Test("what is taken out of tracking keeps its destination, and may come to it")
    func untranslated() throws {
        let text = """
            table ip t {
            chain r { type filter hook prerouting priority raw; policy accept;
            iifname "wan0" ip daddr 192.0.2.1 tcp dport 80 notrack; }
            chain n { type nat hook prerouting priority dstnat; policy accept;
            iifname "wan0" tcp dport 80 dnat to 10.0.0.5; }
            chain f { type filter hook forward priority filter; policy accept; }
            }
            """
        let found = try lines(text).filter { $0.hasPrefix("wan0 -> ") }
        #expect(
            found.contains {
                $0.hasPrefix("wan0 -> outside")
                    && $0.contains("tcp 80 over ipv4 to 192.0.2.1 (may: ")
            }, "\(found)")
        #expect(found.contains { $0.hasPrefix("wan0 -> 10.0.0.5") && $0.contains("tcp") })
    }

    private static let stateless = """
        table ip t {
        chain p { type filter hook prerouting priority -350; policy accept;
        ip daddr 10.0.0.9 drop; ip daddr 10.0.0.1 ip daddr set 10.0.0.9; }
        chain q { type filter hook postrouting priority 300; policy accept;
        ip saddr 10.0.0.9 ip saddr set 10.0.0.1; }
        chain f { type filter hook forward priority filter; policy drop;
        ct state established accept
        iifname "a" ip daddr 10.0.0.9 tcp dport 22 accept; }
        }
        """

    @Test("a packet with a new destination of which no connection knows may come there")
    func altered() throws {
        let (found, findings) = try lines(.nftables, [("rules", Self.stateless)])
        #expect(
            found.contains {
                $0.hasPrefix("a -> 10.0.0.9[")
                    && $0.hasSuffix(": tcp 22 (may: ip daddr set 10.0.0.9; ip saddr set 10.0.0.1)")
            }, "\(found)")
        #expect(findings.map(\.code) == ["not-modelled", "not-modelled"])
        // Whom it takes packets from is sure of none of them.
        let open = Self.stateless.replacing("policy drop", with: "policy accept")
        let sure = "0.0.0.0-10.0.0.0,10.0.0.2-10.0.0.8,10.0.0.10-126.255.255.255,128.0.0.0/1"
        #expect(
            try lines(open).contains {
                $0.hasPrefix("a -> outside: everything over ipv4 from \(sure) to \(sure); ")
            })
    }

    @Test("a packet with a new source of which no connection knows may come from there")
    func newSource() throws {
        let text = """
            table ip t {
            chain p { type filter hook prerouting priority -350; policy accept;
            ip saddr 192.0.2.1 ip saddr set 10.0.0.9; }
            chain f { type filter hook forward priority filter; policy drop;
            ct state established accept
            iifname "a" oifname "b" ip saddr 10.0.0.9 tcp dport 22 accept; }
            }
            """
        let word = "(may: ip saddr set 10.0.0.9)"
        let found = try lines(text)
        #expect(found.contains("192.0.2.1[a] -> b: tcp 22 \(word)"), "\(found)")
        // Whom it takes packets from is sure of none of them.
        let open = try lines(text.replacing("policy drop", with: "policy accept"))
        #expect(open.contains("192.0.2.1[a] -> b: everything \(word)"), "\(open)")
    }

    @Test("what a chain before the hooks puts into packets is seen behind it by nobody's address")
    func outpost() throws {
        let text = """
            table netdev d { chain x { type filter hook ingress device "a" priority 0; policy accept;
            ip saddr 192.0.2.1 ip saddr set 10.0.0.9; } }
            table ip t {
            chain f { type filter hook forward priority filter; policy drop;
            ct state established accept
            iifname "a" oifname "b" ip saddr 10.0.0.9 tcp dport 22 accept; }
            }
            """
        let found = try lines(text).filter { $0.hasPrefix("a -> b: ") }
        #expect(found.count == 1 && found.allSatisfy { $0.contains("tcp 22 over ipv4 (may: ") })
        #expect(found.allSatisfy { $0.contains("ip saddr set 10.0.0.9") }, "\(found)")
    }

    @Test("rules behind a changed packet are not dead by those before it")
    func worth() {
        let text = Self.stateless.replacing(
            "set 10.0.0.9; }", with: "set 10.0.0.9; ip daddr 10.0.0.9 accept; }")
        #expect(!review(.nftables, text).contains { $0.contains("dead") })
    }

    @Test("new destinations stand where the kernel translates, whatever the chain's priority")
    func translation() throws {
        let text = """
            table ip t {
            chain n { type nat hook prerouting priority PRIORITY; policy accept;
            tcp dport 80 dnat to 10.0.0.5:8080; }
            chain late { type filter hook prerouting priority -50; policy accept; tcp dport 80 drop; }
            chain early { type filter hook prerouting priority -150; policy accept;
            tcp dport 8080 drop; }
            }
            """
        for priority in ["-190", "-100", "0", "300"] {
            let found = try lines(text.replacing("PRIORITY", with: priority))
            #expect(
                found.contains { $0.hasPrefix("outside -> 10.0.0.5: tcp 0-79,81-65535 ") },
                "\(priority): \(found)")
        }
    }
}
