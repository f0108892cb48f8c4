import Findings
import MachineTopology
import Testing

/// One chain before the kernel looks up connections, or close to it, and what then reaches the
/// machine.
struct EarlyCase: Sendable, CustomStringConvertible {
    let priority: String
    let policy: String
    let rules: String
    /// Nil where nothing does.
    let reaches: String?
    var description: String { "\(priority) \(policy): \(rules)" }

    init(_ priority: String, _ policy: String, _ rules: String, _ reaches: String?) {
        self.priority = priority
        self.policy = policy
        self.rules = rules
        self.reaches = reaches
    }
}

@Suite("Chains before connection tracking")
struct EarlyChainTests {
    private static let unknown = "(may: ct state before connections are looked up)"

    static let cases: [EarlyCase] = [
        EarlyCase("raw", "accept", "ct state invalid drop", nil),
        EarlyCase("raw", "drop", "ct state new accept", nil),
        EarlyCase("raw", "accept", "ct state new drop", "everything"),
        EarlyCase("raw", "accept", "ct state established drop", "everything"),
        EarlyCase("raw", "accept", "ct state untracked drop", "everything"),
        EarlyCase("raw", "drop", "ct state { new, invalid } tcp dport 22 accept", "tcp 22"),
        EarlyCase("raw", "drop", "ct state established accept; tcp dport 22 accept", "tcp 22"),
        EarlyCase("raw", "drop", "ct state vmap { invalid : accept }", "everything"),
        EarlyCase("raw", "drop", "tcp dport 22 accept", "tcp 22"),
        // What is known of the flags that open a connection holds there too.
        EarlyCase("raw", "accept", "tcp flags & (fin|syn) == (fin|syn) drop", "everything"),
        EarlyCase("raw", "accept", "ct state != invalid drop", "everything"),
        EarlyCase("raw", "accept", "meta mark set 7; ct state new meta mark 7 drop", "everything"),
        EarlyCase("raw", "accept", "ct state new jump c", "everything"),
        EarlyCase("raw", "accept", "ct state invalid jump c", nil),
        EarlyCase("-201", "accept", "ct state invalid drop", nil),
        EarlyCase("-200", "accept", "ct state invalid drop", "everything \(unknown)"),
        EarlyCase("-200", "drop", "ct state new accept", "everything \(unknown)"),
        EarlyCase("-200", "drop", "tcp dport 22 accept", "tcp 22"),
        EarlyCase("-199", "accept", "ct state invalid drop", "everything"),
        EarlyCase("-199", "accept", "ct state new drop", nil),
        EarlyCase("-199", "drop", "ct state new accept", "everything"),
    ]

    private static func text(_ item: EarlyCase, hook: String = "prerouting") -> String {
        """
        table inet t {
        chain r { type filter hook \(hook) priority \(item.priority); policy \(item.policy);
        \(item.rules)
        }
        chain c { drop; }
        chain f { type filter hook forward priority 0; policy drop; }
        }
        """
    }

    @Test("a chain that is called before and behind it says what it may mean at either")
    func shared() throws {
        let found = try lines(
            """
            table inet t {
            chain c { ct state new drop; }
            chain r { type filter hook prerouting priority raw; policy accept; jump c; }
            chain i { type filter hook input priority 0; policy accept; tcp dport 22 jump c; }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """
        ).filter { $0.hasPrefix("outside -> machine: ") }
        #expect(found == ["outside -> machine: everything \(Self.unknown)"])
    }

    @Test("every packet is invalid there, as the kernel has not looked yet", arguments: cases)
    func states(item: EarlyCase) throws {
        let found = try lines(Self.text(item)).filter { $0.hasPrefix("outside -> machine: ") }
        #expect(found == (item.reaches.map { ["outside -> machine: \($0)"] } ?? []))
    }

    @Test("replies that the machine sends are invalid too")
    func replies() throws {
        for (rule, isAnswered) in [("ct state invalid drop", false), ("ct state new drop", true)] {
            let text = Self.text(EarlyCase("raw", "accept", rule, nil), hook: "output")
            let found = try lines(text)
            #expect(found.contains("outside -> machine: everything") == isAnswered, "\(found)")
            #expect(found.contains { $0.hasPrefix("machine -> outside") } == isAnswered)
            #expect(!found.contains { $0.hasPrefix("outside -> machine: tcp") })
        }
    }

    @Test("what an earlier chain took out of tracking may be untracked there already")
    func untracked() throws {
        let text = """
            table inet t {
            chain n { type filter hook prerouting priority -350; policy accept; udp dport 53 notrack; }
            chain r { type filter hook prerouting priority raw; policy drop; ct state RULE accept; }
            chain f { type filter hook forward priority 0; policy drop; }
            }
            """
        let taken = try lines(text.replacing("RULE", with: "untracked")).filter {
            $0.hasPrefix("outside -> machine")
        }
        #expect(
            taken == ["outside -> machine: everything \(Self.unknown.dropLast()); notrack)"],
            "\(taken)")
        let both = try lines(text.replacing("RULE", with: "invalid,untracked"))
        #expect(both.contains("outside -> machine: everything"), "\(both)")
    }

    @Test("a dump's raw table stands there")
    func dumps() throws {
        for (state, reaches) in [("INVALID", false), ("NEW", true)] {
            let text =
                "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
                + "-A PREROUTING -m conntrack --ctstate \(state) -j DROP\nCOMMIT\n"
                + "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
            let found = try lines(.iptablesSave, [("a.v4", text)]).lines
            #expect(found.contains { $0.hasPrefix("outside -> machine") } == reaches, "\(state)")
        }
    }

    @Test("rules that ask for a state there are found with their place")
    func findings() {
        let early = Self.text(EarlyCase("raw", "accept", "jump c; ct state new drop", nil))
            .replacing("chain c { drop; }", with: "chain c { ct state established drop; }")
        #expect(
            review(.nftables, early).filter { $0.hasSuffix("early-state") } == [
                "3 early-state", "5 early-state",
            ])
        let late = early.replacing("priority raw", with: "priority mangle")
        #expect(!review(.nftables, late).contains { $0.hasSuffix("early-state") })
    }
}
