import Findings
import MachineTopology
import Ruleset
import Testing

@Suite("One machine's filter as a topology")
struct ReachTests {
    @Test("a host: named sets, addresses and everybody else reach the machine")
    func host() throws {
        let found = try lines(
            """
            table inet filter {
            set admins { type ipv4_addr; flags interval; elements = { 10.9.0.0/24, 10.9.7.1 } }
            chain input { type filter hook input priority filter; policy drop;
            iif "lo" accept
            ct state vmap { established : accept, related : accept, invalid : drop }
            ip saddr @admins tcp dport 22 accept
            tcp dport { 80, 443 } accept
            ip saddr 192.0.2.7 udp dport 161 limit rate 10/second accept
            icmp type echo-request accept
            }
            chain output { type filter hook output priority filter; policy drop;
            ct state established,related accept
            udp dport 53 accept
            }
            chain forward { type filter hook forward priority filter; policy drop; }
            }
            """)
        #expect(
            found == [
                "machine -> @admins: udp 53", "machine -> 192.0.2.7: udp 53",
                "machine -> outside: udp 53",
                "@admins -> machine: tcp 22,80,443; icmp type 8",
                "192.0.2.7 -> machine: tcp 80,443; icmp type 8; "
                    + "udp 161 (may: limit rate 10/second)",
                "outside -> machine: tcp 80,443; icmp type 8 over ipv4",
            ])
    }

    private static let router = """
        table ip nat {
        chain pre { type nat hook prerouting priority dstnat; policy accept;
        iifname "wan0" tcp dport 80 dnat to 10.0.0.5:8080
        iifname "wan0" tcp dport 2222 redirect to :22
        }
        chain post { type nat hook postrouting priority srcnat; policy accept;
        oifname "wan0" ip saddr 10.0.0.0/24 masquerade
        }
        }
        table inet filter {
        chain forward { type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname "lan0" oifname "wan0" accept
        iifname "wan0" oifname "lan0" ip daddr 10.0.0.5 tcp dport 8080 accept
        }
        chain input { type filter hook input priority filter; policy drop;
        ct state established,related accept
        tcp dport 22 iifname "lan0" accept
        FRONT
        }
        }
        """

    @Test("a router: interfaces are links, new destinations are where connections end")
    func router() throws {
        let text = Self.router.replacing("FRONT", with: "")
        #expect(
            try lines(text).filter { !$0.hasPrefix("machine") } == [
                "lan0 -> machine: tcp 22", "lan0 -> wan0: everything",
                "wan0 -> 10.0.0.5[lan0]: tcp 8080",
                "wan0 -> 10.0.0.0/24[lan0]: tcp 8080 to 10.0.0.5",
                "10.0.0.5[lan0] -> machine: tcp 22", "10.0.0.5[lan0] -> wan0: everything",
                "10.0.0.0/24[lan0] -> machine: tcp 22", "10.0.0.0/24[lan0] -> wan0: everything",
            ])
    }

    @Test("a redirected port reaches the machine by the port that it becomes")
    func redirect() throws {
        let open = Self.router.replacing("FRONT", with: "tcp dport { 22, 80, 2222 } accept")
        let found = try lines(open)
        // 80 goes to another machine, 2222 to port 22: neither of them comes to the machine.
        #expect(found.contains("wan0 -> machine: tcp 22 over ipv4; tcp 22,80,2222 over ipv6"))
        #expect(found.contains("outside -> machine: tcp 22,80,2222"))
    }

    @Test("without rules about forwarding nobody knows whether the machine forwards")
    func forwarding() throws {
        let found = try lines(
            "table ip t { chain i { type filter hook input priority 0; policy drop; "
                + "ip saddr 192.0.2.1 accept; }; }")
        #expect(
            found.contains(
                "outside -> 192.0.2.1: everything (may: whether the machine forwards packets)"))
        #expect(found.contains("192.0.2.1 -> machine: everything"))
        #expect(found.contains("outside -> machine: everything over ipv6"))
    }

    @Test("each packet hangs on its own conditions, and on none that its rules never come to")
    func conditions() throws {
        let found = try lines(
            """
            table inet t {
            chain i { type filter hook input priority 0; policy drop;
            tcp dport 22 limit rate 1/second accept
            udp dport 53 limit rate 2/second accept
            tcp dport 80 limit rate 3/second accept
            tcp dport 443 limit rate 4/second drop
            tcp dport { 80, 443 } accept
            tcp dport 22 drop
            tcp dport 22 limit rate 5/second accept
            tcp dport 22-25 limit rate 6/second accept
            ip saddr 192.0.2.1 limit rate 7/second jump more
            }
            chain more { tcp dport 9 limit rate 8/second accept; }
            chain o { type filter hook output priority 0; policy drop;
            tcp sport != 24 ct state established accept
            tcp sport 24 limit rate 9/second accept
            udp sport 53 accept
            }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """)
        let words = [
            "tcp 80", "tcp 22 (may: limit rate 1/second)", "udp 53 (may: limit rate 2/second)",
            "tcp 443 (may: limit rate 4/second)", "tcp 23,25 (may: limit rate 6/second)",
            "tcp 24 (may: limit rate 6/second; limit rate 9/second)",
        ]
        #expect(found.contains("outside -> machine: " + words.joined(separator: "; ")))
        let one = "tcp 9 (may: limit rate 7/second; limit rate 8/second)"
        #expect(
            found.contains("192.0.2.1 -> machine: " + (words + [one]).joined(separator: "; ")),
            "\(found)")
    }

    @Test("replies of ICMP hang on what lets them out, to each its own")
    func echoes() throws {
        let found = try lines(
            """
            table ip t {
            chain i { type filter hook input priority 0; policy drop;
            icmp type { echo-request, timestamp-request } accept; }
            chain o { type filter hook output priority 0; policy drop;
            icmp type echo-reply limit rate 1/second accept
            icmp type echo-reply limit rate 2/second accept
            icmp type timestamp-reply accept; }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """)
        let sure = "icmp type 13 over ipv4"
        let open = "icmp type 8 over ipv4 (may: limit rate 1/second; limit rate 2/second)"
        #expect(
            found.contains {
                $0.hasPrefix("outside -> machine: ") && $0.hasSuffix("; \(sure); \(open)")
            },
            "\(found)")
    }

    @Test("a named set is one party by its name, also of one prefix")
    func sets() throws {
        let text = """
            table ip t {
            set one { type ipv4_addr; flags interval; elements = { 10.9.0.0/24 } }
            set two { type ipv4_addr; elements = { 10.1.0.1, 10.1.0.9 } }
            set ports { type inet_service; elements = { 22 } }
            chain i { type filter hook input priority 0; policy drop;
            ip saddr @one tcp dport @ports accept
            ip saddr @two tcp dport 80 accept
            }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """
        #expect(
            try lines(text).filter { $0.contains("-> machine") && !$0.contains("outside") } == [
                "@one -> machine: tcp 22", "@two -> machine: tcp 80",
            ])
    }

    @Test("replies must pass as well: accepted requests without their replies reach nobody")
    func replies() throws {
        let text = """
            table ip t {
            chain i { type filter hook input priority 0; policy drop; tcp dport 22 accept; }
            chain o { type filter hook output priority 0; policy drop; RULE }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """
        #expect(try lines(text.replacing("RULE", with: "")).allSatisfy { $0.contains("ipv6") })
        let found = try lines(text.replacing("RULE", with: "ct state established accept;"))
        #expect(found.contains { $0.hasPrefix("outside -> machine: tcp 22 over ipv4") })
    }

    @Test("a chain before translation is asked about the address before, and replies both ways")
    func before() throws {
        let text = """
            table ip t {
            chain raw { type filter hook prerouting priority raw; policy accept;
            iifname "wan0" ip daddr 10.0.0.5 drop
            }
            chain pre { type nat hook prerouting priority dstnat; policy accept;
            iifname "wan0" tcp dport 80 dnat to 10.0.0.5
            }
            chain f { type filter hook forward priority filter; policy accept;
            iifname "lan0" drop
            }
            }
            """
        let found = try lines(text).filter { $0.hasPrefix("wan0 -> 10.0.0.5") }
        // What is sent to the inner address itself is dropped, what is translated is not; replies
        // from lan0 are.
        #expect(found == ["wan0 -> 10.0.0.5[wan0]: tcp 80", "wan0 -> 10.0.0.5[other]: tcp 80"])
    }

    @Test("both files of iptables make one machine, and the family is seen or guessed aloud")
    func families() throws {
        let v4 =
            "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
            + "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
            + "-A INPUT -i eth0 -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
        let v6 =
            "# Generated by ip6tables-save v1.8.9\n"
            + v4.replacing("22", with: "443").replacing("eth0", with: "eth1")
        let both = try lines(.iptablesSave, [("rules.v4", v4), ("other", v6)])
        #expect(both.findings.isEmpty)
        #expect(both.lines.contains("eth0 -> machine: tcp 22 over ipv4"))
        #expect(both.lines.contains("eth1 -> machine: tcp 443 over ipv6"))
        #expect(!both.lines.contains { $0.hasPrefix("outside -> machine") })
        let alone = try lines(.iptablesSave, [("dump", v4)])
        #expect(alone.findings.map(\.code) == ["guessed-family"])
        #expect(alone.lines.contains("eth0 -> machine: tcp 22"))
        let twice = try lines(.iptablesSave, [("a.v4", v4), ("b.v4", v4)])
        #expect(twice.findings.map(\.code) == ["several-machines"])
    }

    @Test(
        "words tell the family of a dump",
        arguments: [
            ("-A INPUT -s 10.0.0.0/8 -j DROP", "x", true, true),
            ("-A INPUT -s fe80::/10 -j DROP", "x", false, true),
            ("-A INPUT -p ipv6-icmp -j ACCEPT", "x", false, true),
            ("-A INPUT -j REJECT --reject-with icmp6-adm-prohibited", "x", false, true),
            ("-A INPUT -j REJECT --reject-with icmp-port-unreachable", "x", true, true),
            ("-A INPUT -j DROP", "/etc/iptables/rules.v6", false, true),
            ("-A INPUT -j DROP", "/etc/v6/rules", true, false),
        ])
    func family(rule: String, name: String, isShort: Bool, isSure: Bool) throws {
        let text = "*filter\n:INPUT ACCEPT [0:0]\n\(rule)\nCOMMIT\n"
        let (machine, findings) = Machine.read(
            .iptablesSave, [Machine.File(name: name, bytes: Array(text.utf8))])
        #expect(machine?.families == (isShort ? .v4 : .v6))
        #expect(findings.isEmpty == isSure)
    }

    @Test(
        "what is no ruleset is an error with its place",
        arguments: [
            (Machine.Format.nftables, "table ip t {", true), (.nftables, "hello", true),
            (
                .nftables, "table ip t { chain a { type filter hook input priority 0; jump a; }; }",
                true
            ),
            (.nftablesJSON, "[]", true), (.nftablesJSON, "{\"nftables\": [{\"rule\"", true),
            (.iptablesSave, "*filter\n-A INPUT -j ACCEPT\n", true),
            (.iptablesSave, "*filter\n-A INPUT -j NOWHERE\nCOMMIT\n", false),
        ])
    func hostile(format: Machine.Format, text: String, isBroken: Bool) throws {
        let (machine, findings) = Machine.read(
            format, [Machine.File(name: "a.v4", bytes: Array(text.utf8))])
        #expect((machine == nil) == isBroken)
        if isBroken { #expect(findings.contains { $0.severity == .error && $0.place != nil }) }
    }

    @Test("many addresses are not all endpoints, and nothing of them is lost")
    func many() throws {
        let rules = (0..<200).map { "ip saddr 10.0.\($0).0/24 tcp dport \($0 + 1) accept" }
        let text =
            "table ip t { chain i { type filter hook input priority 0; policy drop;\n"
            + "ct state established accept\n\(rules.joined(separator: "\n"))\n}\n"
            + "chain f { type filter hook forward priority 0; policy drop; }\n}\n"
        let (found, findings) = try lines(.nftables, [("rules", text)])
        #expect(findings.map(\.code) == ["many-addresses"])
        #expect(
            found.contains { $0.hasPrefix("outside -> machine: ") && $0.contains("10.0.199.0/24") })
    }
}
