import Findings
import IptablesSave
import Packets
import Ruleset
import Testing
import Walker

/// A packet's fields; 0 or new where nothing is said.
typealias Values = [Field: UInt128]

struct DumpCase: Sendable, CustomStringConvertible {
    let rules: String
    let family: Families
    let passes: [Values]
    let open: [Values]
    let stops: [Values]
    var description: String { rules }

    init(
        _ rules: String, _ family: Families = .v4, passes: [Values] = [], open: [Values] = [],
        stops: [Values] = []
    ) {
        self.rules = rules
        self.family = family
        self.passes = passes
        self.open = open
        self.stops = stops
    }
}

@Suite("IptablesSave")
struct DumpTests {
    private static func tcp(_ port: UInt128, _ more: Values = [:]) -> Values {
        let own: Values = [.protocolNumber: 6, .destinationPort: port]
        return own.merging(more) { $1 }
    }

    static let cases: [DumpCase] = [
        DumpCase(
            "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", passes: [tcp(22)],
            stops: [tcp(23), [.protocolNumber: 17, .destinationPort: 22]]),
        DumpCase(
            "-A INPUT -s 10.0.0.5/24 -j ACCEPT", passes: [[.source: 0x0A00_00FF]],
            stops: [[.source: 0x0A00_0100]]),
        DumpCase(
            "-A INPUT ! -s 10.0.0.0/255.0.0.0 -j ACCEPT", passes: [[.source: 1]],
            stops: [[.source: 0x0A00_0000]]),
        DumpCase(
            "-A INPUT -s ! 10.0.0.0/8 -j ACCEPT", passes: [[.source: 1]],
            stops: [[.source: 0x0A00_0000]]),
        DumpCase(
            "-A INPUT -p tcp --dport 1000: -j ACCEPT", passes: [tcp(65_535)], stops: [tcp(999)]),
        DumpCase("-A INPUT -p tcp --dport :999 -j ACCEPT", passes: [tcp(0)], stops: [tcp(1000)]),
        DumpCase("-A INPUT -p tcp ! --dport 22:23 -j ACCEPT", passes: [tcp(24)], stops: [tcp(22)]),
        DumpCase(
            "-A INPUT -p tcp -m multiport --dports 22,80:90,http -j ACCEPT", passes: [tcp(85)],
            stops: [tcp(91)]),
        DumpCase(
            "-A INPUT -p tcp -m multiport --ports 22 -j ACCEPT",
            passes: [tcp(22), tcp(1, [.sourcePort: 22])], stops: [tcp(1)]),
        DumpCase(
            "-A INPUT -p tcp -m multiport ! --ports 22 -j ACCEPT", passes: [tcp(1)],
            stops: [tcp(22), tcp(1, [.sourcePort: 22])]),
        DumpCase(
            "-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT",
            passes: [[.source: 0x0A00_0009]], stops: [[.source: 0x0A00_000A]]),
        DumpCase(
            "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT", passes: [[.state: 2]],
            stops: [[.state: 0]]),
        DumpCase(
            "-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT", passes: [[.state: 0]],
            stops: [[.state: 3]]),
        DumpCase(
            "-A INPUT -m conntrack --ctstate NEW,DNAT -j ACCEPT", passes: [[.state: 0]],
            open: [[.state: 1]]),
        DumpCase(
            "-A INPUT -p icmp -m icmp --icmp-type 3/4 -j ACCEPT",
            passes: [[.protocolNumber: 1, .sourcePort: 3, .destinationPort: 4]],
            stops: [[.protocolNumber: 1, .sourcePort: 3], [.protocolNumber: 1, .sourcePort: 8]]),
        DumpCase(
            "-A INPUT -p icmp -m icmp ! --icmp-type echo-request -j ACCEPT",
            passes: [[.protocolNumber: 1, .sourcePort: 3]],
            stops: [[.protocolNumber: 1, .sourcePort: 8]]),
        DumpCase(
            "-A INPUT -p icmp -m icmp --icmp-type any -j ACCEPT",
            passes: [[.protocolNumber: 1, .sourcePort: 3]]),
        DumpCase(
            "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT", .v6,
            passes: [[.protocolNumber: 58, .sourcePort: 135]], stops: [[.protocolNumber: 58]]),
        DumpCase("-A INPUT -p tcp --syn -j ACCEPT", passes: [tcp(1)], open: [tcp(1, [.state: 1])]),
        DumpCase(
            "-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP\n-A INPUT -j ACCEPT",
            passes: [tcp(1)]),
        DumpCase(
            "-A INPUT -p tcp -m tcp --tcp-flags ALL NONE -j DROP\n-A INPUT -j ACCEPT",
            passes: [tcp(1)], open: [tcp(1, [.state: 4])]),
        DumpCase("-A INPUT -i lo -j ACCEPT", passes: [[.arrival: 1]], stops: [[.arrival: 2]]),
        DumpCase(
            "-A INPUT ! -i lo -j ACCEPT", passes: [[.arrival: 2], [:]], stops: [[.arrival: 1]]),
        DumpCase(
            "-A INPUT -i l+ -j ACCEPT", passes: [[.arrival: 1]], open: [[.arrival: 2]],
            stops: [[:]]),
        DumpCase(
            "-A INPUT -m limit --limit 1/sec -j DROP\n-A INPUT -j ACCEPT", open: [tcp(1)]),
        DumpCase(
            "-A INPUT -m recent --rcheck --name x ! --rsource -j ACCEPT", open: [tcp(1)]),
        DumpCase("-A INPUT -m string --string \"-j ACCEPT\" -j DROP", stops: [tcp(1)]),
        DumpCase("-A INPUT -j WEIRD --deep 9\n-A INPUT -j ACCEPT", open: [tcp(1)]),
        DumpCase("-A INPUT -j LOG --log-prefix \"x y\"\n-A INPUT -j ACCEPT", passes: [tcp(1)]),
        DumpCase(
            "-A INPUT -j SUB\n-A INPUT -p tcp -j ACCEPT\n-A SUB -p udp -j RETURN",
            passes: [tcp(1)]),
        DumpCase("-A INPUT -g SUB\n-A INPUT -j ACCEPT\n-A SUB -p udp -j ACCEPT", stops: [tcp(1)]),
        DumpCase("-A INPUT -j RETURN\n-A INPUT -j ACCEPT", stops: [tcp(1)]),
        DumpCase("-A INPUT -p all -j ACCEPT", passes: [[:]]),
        DumpCase("-A INPUT -p 47 -j ACCEPT", passes: [[.protocolNumber: 47]], stops: [[:]]),
        DumpCase("[7:900] -A INPUT -m mark --mark 0x1/0xff -j ACCEPT", open: [[:]]),
    ]

    @Test("rules mean what the kernel does with them", arguments: cases)
    func meaning(_ item: DumpCase) throws {
        let text = "# x\n*filter\n:INPUT DROP [0:0]\n:SUB - [0:0]\n\(item.rules)\nCOMMIT\n# y\n"
        let (ruleset, findings) = IptablesSave.read(
            Array(text.utf8), item.family, interfaces: ["lo"])
        let rules = try #require(ruleset, "\(findings)")
        let walker = Walker(rules)
        let base = try #require(rules.bases(at: .input).first)
        let space: AddressSpace = item.family == .v4 ? .v4 : .v6(AddressAtoms([]))
        let list = try Unfolding(rules, space).rules(of: base)
        func check(_ values: Values, may: Bool, must: Bool) {
            var packet = Packet()
            var walked = WalkedPacket(item.family, [])
            for (field, value) in values {
                packet[field] = UInt32(value)
                walked[field] = value
            }
            #expect(list.may.allows(packet) == may, "may \(values)")
            #expect(list.must.allows(packet) == must, "must \(values)")
            let both = [true, false].map { answer in
                walker.walk(walked, base: base) { _ in answer }.accepts
            }
            #expect(may || !both.contains(true))
            #expect(!must || !both.contains(false))
        }
        for values in item.passes { check(values, may: true, must: true) }
        for values in item.open { check(values, may: true, must: false) }
        for values in item.stops { check(values, may: false, must: false) }
    }

    @Test("tables, hooks, counters and rewritten addresses")
    func tables() throws {
        let text = """
            *raw
            :PREROUTING ACCEPT [1:2]
            -A PREROUTING -j CT --notrack
            COMMIT
            *mangle
            :OUTPUT ACCEPT [0:0]
            COMMIT
            *nat
            :PREROUTING ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            [3:180] -A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.2:80-81
            -A POSTROUTING -o eth0 -j MASQUERADE
            -A POSTROUTING -j SNAT --to-source 192.0.2.1
            -A PREROUTING -p tcp -j REDIRECT --to-ports 8080
            COMMIT

            """
        let rules = try #require(IptablesSave.read(Array(text.utf8), .v4).ruleset)
        #expect(rules.chains.map { $0.base?.priority } == [-300, -150, -100, 100])
        #expect(rules.chains[1].base?.kind == .route)
        #expect(rules.chains[2].rules[0].hits == 3)
        #expect(
            rules.chains[2].rules[0].action
                == .rewrite(
                    Rewrite(.destination, address: 0x0A00_0001...0x0A00_0002, port: 80...81)))
        #expect(
            rules.chains[3].rules[0].action
                == .rewrite(Rewrite(.source, address: nil, isOwnAddress: true)))
        #expect(
            rules.chains[2].rules[1].action
                == .rewrite(
                    Rewrite(.destination, address: nil, isOwnAddress: true, port: 8080...8080)))
    }

    @Test("what would leave rules out is an error with its line")
    func errors() {
        let cases: [(text: String, line: Int)] = [
            ("-A INPUT -j ACCEPT\n", 1), ("*filter\n:INPUT DROP\n", 2),
            ("*filter\n:INPUT\nCOMMIT\n", 2), ("*strange\nCOMMIT\n", 1),
            ("*filter\n-A INPUT -m comment --comment \"x\nCOMMIT\n", 2),
            ("*filter\n:INPUT DROP [0:0]\n:INPUT DROP [0:0]\nCOMMIT\n", 3),
            ("*filter\n-X FOO\nCOMMIT\n", 2),
            ("*filter\n:A - [0:0]\n:INPUT DROP [0:0]\n-A INPUT -j A\n-A A -j A\nCOMMIT\n", 3),
        ]
        for (text, line) in cases {
            let (ruleset, findings) = IptablesSave.read(Array(text.utf8), .v4)
            #expect(ruleset == nil, "\(text)")
            #expect(findings.first?.place?.line == line, "\(text)")
        }
    }
}
