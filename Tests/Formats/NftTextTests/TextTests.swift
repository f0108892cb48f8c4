import Findings
import NftRules
import NftText
import Packets
import Ruleset
import Testing
import Walker

/// A packet in few words; everything else is 0 or new.
struct Probe: Sendable {
    var family = Families.v4
    var values: [Field: UInt128]

    init(_ family: Families, _ values: [Field: UInt128]) {
        self.family = family
        self.values = values
    }

    init(_ values: [Field: UInt128]) { self.init(.v4, values) }

    var packet: WalkedPacket {
        var packet = WalkedPacket(family, [])
        for (field, value) in values { packet[field] = value }
        return packet
    }

    static func tcp(_ port: UInt128, from source: UInt128 = 0, state: ConnectionState = .new)
        -> Probe
    {
        Probe([
            .protocolNumber: 6, .destinationPort: port, .source: source,
            .state: UInt128(state.rawValue),
        ])
    }

    static func udp(_ port: UInt128) -> Probe {
        Probe([.protocolNumber: 17, .destinationPort: port])
    }
}

/// One rule or several in an inet chain that refuses the rest, and what passes for sure and
/// perhaps.
struct TextCase: Sendable, CustomStringConvertible {
    let rules: String
    let passes: [Probe]
    let open: [Probe]
    let stops: [Probe]
    var description: String { rules }

    init(_ rules: String, passes: [Probe] = [], open: [Probe] = [], stops: [Probe] = []) {
        self.rules = rules
        self.passes = passes
        self.open = open
        self.stops = stops
    }
}

func inet(_ rules: String, sets: String = "") -> [UInt8] {
    Array(
        """
        table inet t {
        \(sets)
        chain c {
            type filter hook input priority filter; policy drop;
            \(rules)
        }
        }

        """.utf8)
}

func address(_ parts: UInt128...) -> UInt128 { parts.reduce(0) { $0 << 8 | $1 } }

@Suite("NftText")
struct TextTests {
    static let cases: [TextCase] = [
        TextCase(
            "tcp dport 22 accept", passes: [.tcp(22)],
            stops: [.udp(22), .tcp(23), Probe(.v4, [.destinationPort: 22])]),
        TextCase(
            "tcp dport { 22, 80-90, http-alt } accept", passes: [.tcp(22), .tcp(85), .tcp(8080)],
            stops: [.tcp(91)]),
        TextCase("tcp dport != 22 accept", passes: [.tcp(23)], stops: [.tcp(22), .udp(23)]),
        TextCase("tcp dport >= 1024 accept", passes: [.tcp(1024)], stops: [.tcp(1023)]),
        TextCase(
            "ip saddr 10.1.2.3/16 accept", passes: [.tcp(1, from: address(10, 1, 9, 9))],
            stops: [.tcp(1, from: address(10, 2, 0, 0)), Probe(.v6, [.source: 0x0A01_0203])]),
        TextCase(
            "ip saddr != { 10.0.0.0/8, 192.0.2.1-192.0.2.9 } accept",
            passes: [.tcp(1, from: address(11, 0, 0, 0))],
            stops: [.tcp(1, from: address(192, 0, 2, 5)), Probe(.v6, [:])]),
        TextCase(
            "ip6 saddr fe80::/10 accept", passes: [Probe(.v6, [.source: 0xFE80 << 112])],
            stops: [Probe(.v6, [.source: 1]), .tcp(1)]),
        TextCase(
            "ct state established,related accept", passes: [.tcp(1, state: .related)],
            stops: [.tcp(1)]),
        TextCase(
            "ct state != established,related accept",
            passes: [.tcp(1, state: .related), .tcp(1)]),
        TextCase(
            "ct state ! established accept", passes: [.tcp(1)],
            stops: [.tcp(1, state: .established)]),
        TextCase(
            "ct state { established, related } accept", passes: [.tcp(1, state: .related)],
            stops: [.tcp(1, state: .invalid)]),
        TextCase(
            "ct state vmap { established : accept, related : accept, invalid : drop }",
            passes: [.tcp(1, state: .related)], stops: [.tcp(1, state: .invalid), .tcp(1)]),
        TextCase(
            "tcp dport vmap { 22 : drop, 80-90 : accept }\ntcp dport 22-23 accept",
            passes: [.tcp(80), .tcp(23)], stops: [.tcp(22)]),
        TextCase(
            "tcp dport vmap { 22 : drop, * : accept }", passes: [.tcp(80)],
            stops: [.tcp(22), .udp(80)]),
        TextCase(
            "ip saddr . tcp dport { 10.0.0.0/8 . 22, 1.2.3.4 . 80-90 } accept",
            passes: [.tcp(22, from: address(10, 9, 9, 9)), .tcp(81, from: address(1, 2, 3, 4))],
            stops: [.tcp(22, from: address(1, 2, 3, 4))]),
        TextCase(
            "ip saddr . tcp dport != { 10.0.0.0/8 . 22 } accept",
            passes: [.tcp(22), .tcp(23, from: address(10, 0, 0, 1))],
            stops: [.tcp(22, from: address(10, 0, 0, 1)), .udp(1)]),
        TextCase(
            "meta l4proto { tcp, udp } th dport 53 accept", passes: [.tcp(53), .udp(53)],
            stops: [.tcp(54)]),
        TextCase(
            "th dport 53 accept", passes: [.tcp(53)],
            open: [Probe([.protocolNumber: 1, .destinationPort: 9])], stops: [.udp(54)]),
        TextCase(
            "meta l4proto . th dport != { tcp . 22, 250 . 1 } accept",
            passes: [.tcp(23), Probe([.protocolNumber: 1, .destinationPort: 22])],
            open: [Probe([.protocolNumber: 250])], stops: [.tcp(22)]),
        TextCase(
            "icmp type echo-request accept", passes: [Probe([.protocolNumber: 1, .sourcePort: 8])],
            stops: [Probe([.protocolNumber: 1, .sourcePort: 0])]),
        TextCase(
            "icmpv6 type { nd-neighbor-solicit, echo-request } accept",
            passes: [Probe(.v6, [.protocolNumber: 58, .sourcePort: 135])],
            stops: [Probe(.v4, [.protocolNumber: 58, .sourcePort: 135])]),
        TextCase(
            "iifname \"lo\" accept", passes: [Probe([.arrival: 1])], stops: [Probe([.arrival: 2])]),
        TextCase(
            "iifname \"lo*\" accept\niifname { \"lo1\", \"eth0\" } tcp dport 1 drop",
            passes: [Probe([.arrival: 1]), Probe([.arrival: 3])], open: [Probe([.arrival: 4])],
            stops: [Probe([.arrival: 2])]),
        TextCase(
            "limit rate over 10/second drop\ntcp dport 22 accept", open: [.tcp(22)],
            stops: [.tcp(23)]),
        TextCase("meta mark 5 accept", open: [.tcp(1)]),
        TextCase(
            "meta mark set 1\ntcp dport 22 meta mark set 2\nmeta mark 2 accept",
            passes: [.tcp(22)], stops: [.tcp(23)]),
        TextCase("meta skuid != 0 drop\naccept", open: [.tcp(1)]),
        TextCase("fib saddr . iif oif missing drop\naccept", open: [.tcp(1)]),
        TextCase("frobnicate 7 { 1, 2 } accept\naccept", open: [.tcp(1)]),
        TextCase("tcp flags != syn / fin,syn,rst,ack drop\naccept", passes: [.tcp(1)]),
        TextCase(
            "tcp flags syn accept", passes: [.tcp(1)], open: [.tcp(1, state: .established)],
            stops: [.udp(1)]),
        TextCase("tcp flags & (fin|syn) == syn drop\naccept", open: [.tcp(1)]),
        TextCase(
            "reject with tcp reset\naccept", passes: [.udp(1)], stops: [.tcp(1)]),
        TextCase(
            "ip saddr & 255.255.0.0 == 10.1.0.0 accept",
            passes: [.tcp(1, from: address(10, 1, 2, 3))], stops: [.tcp(1)]),
        TextCase("queue num 3\naccept", open: [.tcp(1)]),
        TextCase(
            "meta nfproto ipv4 counter packets 5 bytes 9 log prefix \"a b\" group 2 accept",
            passes: [.tcp(1)], stops: [Probe(.v6, [:])]),
        TextCase("ip saddr @known accept", passes: [.tcp(1, from: 7)], stops: [.tcp(1)]),
        TextCase("ip saddr @moving accept", open: [.tcp(1, from: 7), .tcp(1)]),
        TextCase("ip saddr @nowhere drop\naccept", open: [.tcp(1)], stops: []),
        TextCase("add @moving { ip saddr limit rate over 1/second } drop\naccept", open: [.tcp(1)]),
        TextCase("ip daddr set 1.2.3.4 accept", open: [.tcp(1)]),
        TextCase("ct mark set 5 meta mark set 7 meta mark 7 accept", passes: [.tcp(1)]),
    ]

    @Test("rules mean what the kernel does with them", arguments: cases)
    func meaning(_ item: TextCase) throws {
        let sets = """
            set known { type ipv4_addr; elements = { 0.0.0.7 comment "x", 0.0.0.9 } }
            set moving { type ipv4_addr; flags dynamic; elements = { 0.0.0.7 } }
            """
        let (ruleset, findings) = NftText.read(inet(item.rules, sets: sets), interfaces: ["lo"])
        let rules = try #require(ruleset, "\(findings)")
        let walker = Walker(rules)
        let base = try #require(rules.bases(at: .input).first)
        func verdicts(_ probe: Probe) throws -> (may: Bool, must: Bool) {
            // Both answers to what nobody knows, the same one each time.
            let one = walker.walk(probe.packet, base: base) { _ in true }.accepts
            let other = walker.walk(probe.packet, base: base) { _ in false }.accepts
            let atoms = AddressAtoms(Self.intervals(rules, probe))
            let space = probe.family == .v4 ? AddressSpace.v4 : .v6(atoms)
            let list = try Unfolding(rules, space).rules(of: base)
            var packet = Packet()
            for field in Field.allCases {
                let value = probe.packet[field]
                let isAddress = field == .source || field == .destination
                packet[field] = probe.family == .v6 && isAddress ? atoms.atom(value) : UInt32(value)
            }
            let may = list.may.allows(packet)
            let must = list.must.allows(packet)
            #expect(may || !(one || other), "may holds what passes")
            #expect(!must || (one && other), "must holds only what passes")
            return (may, must)
        }
        for probe in item.passes {
            let (may, must) = try verdicts(probe)
            #expect(may && must, "\(probe) passes")
        }
        for probe in item.open {
            let (may, must) = try verdicts(probe)
            #expect(may && !must, "\(probe) may pass")
        }
        for probe in item.stops {
            let (may, must) = try verdicts(probe)
            #expect(!may && !must, "\(probe) is refused")
        }
    }

    private static func intervals(_ rules: Ruleset, _ probe: Probe) -> [ClosedRange<UInt128>] {
        var found = [probe.packet[.source]...probe.packet[.source]]
        for rule in rules.chains.flatMap(\.rules) {
            for clause in rule.match.clauses + rule.match.except {
                found += clause.values[.source] ?? []
                found += clause.values[.destination] ?? []
            }
        }
        return found
    }

    @Test("what would leave rules out is an error with its place")
    func errors() {
        let cases: [(text: String, place: Place)] = [
            ("include \"/etc/x\"\n", Place(line: 1, column: 1)),
            ("table inet t {\n chain c {\n", Place(line: 3, column: 1)),
            ("table t {\n bogus\n}\n", Place(line: 2, column: 2)),
            ("define a = $b\n", Place(line: 1, column: 13)),
            ("table t { chain c { jump nowhere\n} }\n", Place(line: 1, column: 21)),
            ("\u{1}", Place(line: 1, column: 1)),
            (
                "table t { chain b { goto a; }\nchain a { type filter hook input priority 0; "
                    + "jump b; jump b; }\n}\n", Place(line: 2, column: 1)
            ),
            ("add element t s { 1, \n", Place(line: 2, column: 1)),
        ]
        for (text, place) in cases {
            let (ruleset, findings) = NftText.read(Array(text.utf8))
            #expect(ruleset == nil, "\(text)")
            #expect(findings.first { $0.severity == .error }?.place == place, "\(text) \(findings)")
        }
    }

    @Test("what is nested without end is no rule, and ends nobody's stack")
    func nesting() {
        for opening in ["(", "{", "meta mark ((", "ip saddr . "] {
            let deep = String(repeating: opening, count: 100_000)
            let (ruleset, _) = NftText.read(inet("tcp dport \(deep) 1 accept"))
            let isOpen = ruleset?.chains.first?.rules.contains { $0.action != .accept } ?? true
            #expect(isOpen, "\(opening)")
        }
    }

    @Test("variables, commands and priorities by name")
    func commands() throws {
        let text = """
            flush ruleset
            define web = { 80, 443 }
            define home = 10.0.0.0/8
            table ip t
            delete table ip t
            table ip t { chain in { type filter hook input priority dstnat - 5; policy drop; }; }
            add rule ip t in ip saddr $home tcp dport $web accept
            insert rule t in tcp dport { $web, 22 } ip saddr 10.0.0.1 \\
                drop comment "no \\
            add set ip t s { type ipv4_addr; flags interval; }
            """
        let fixed = text.replacing("\"no \\", with: "\"no\"")
        let (ruleset, findings) = NftText.read(Array(fixed.utf8))
        let rules = try #require(ruleset, "\(findings)")
        #expect(rules.chains[0].base?.priority == -105)
        #expect(rules.chains[0].rules.map(\.comment) == ["no", ""])
        let walker = Walker(rules)
        let home = address(10, 0, 0, 2)
        #expect(walker.walk(Probe.tcp(443, from: home).packet, base: 0).accepts)
        #expect(!walker.walk(Probe.tcp(443, from: home - 1).packet, base: 0).accepts)
        #expect(!walker.walk(Probe.tcp(22, from: home).packet, base: 0).accepts)
    }

    @Test("a statement with a variable is told with its value, wherever that is defined")
    func valuesInWords() {
        let cases: [(text: String, words: String)] = [
            ("define web = 80\nadd rule t c bogus  tcp $web\n", "bogus tcp 80"),
            ("define web = {80,\n443}\nadd rule t c bogus $web x\n", "bogus {80, 443} x"),
            // The last word stands before the first one.
            ("define a = 1\ndefine b = 2\nadd rule t c $b bogus $a\n", "2 bogus 1"),
            ("define a = \"b\tc\"\nadd rule t c $a bogus\n", "\"b c\" bogus"),
        ]
        for (text, words) in cases {
            let (tables, findings) = NftText.tables(
                Array(("table t { chain c { } }\n" + text).utf8))
            let rules = tables.tables.first?.chains.first?.rules ?? []
            #expect(rules.map(\.statements) == [[.unknown(words)]], "\(text) \(findings)")
        }
    }

    @Test("variables that double one another are refused with their place before they fill memory")
    func doubling() {
        var text = "define v0 = 1, 2, 3, 4, 5, 6, 7, 8\n"
        for step in 1...60 { text += "define v\(step) = $v\(step - 1), $v\(step - 1)\n" }
        let (ruleset, findings) = NftText.read(Array(text.utf8))
        #expect(ruleset == nil)
        #expect(findings.map(\.code) == ["not-nft"])
        #expect(findings.first?.place?.line == 21)
        #expect(findings.first?.problem.contains("variables hold more than") == true)
    }
}
