import Comparison
import Findings
import MachineTopology
import Testing
import Topology

/// Packet filters that other tools are known to read or to join wrongly.
@Suite("Mistakes of peers, in packet filters")
struct PeerMistakesTests {
    private static func filter(_ rules: String) -> String {
        """
        table inet t { chain i { type filter hook input priority 0; policy drop;
        \(rules)
        }
        chain o { type filter hook output priority 0; policy drop; ct state established accept; }
        chain f { type filter hook forward priority 0; policy drop; } }
        """
    }

    private static func difference(_ old: String, _ new: String) throws -> Comparison {
        let sides = try [old, new].map { rules in
            let file = Machine.File(name: "rules", bytes: Array(filter(rules).utf8))
            let (machine, findings) = Machine.read(.nftables, [file])
            let read = try #require(machine, "\(findings)")
            return Side(name: "rules", topology: read.topology())
        }
        return try Comparison(sides[0], sides[1])
    }

    @Test(
        "nft -o on flags: any of the bits is not exactly these bits, and joined rules are others",
        arguments: [
            "tcp dport 80 tcp flags == syn accept\ntcp dport 80 tcp flags == fin drop",
            "tcp dport . tcp flags vmap { 80 . syn : accept, 80 . fin : drop }",
        ])
    func flags(joined: String) throws {
        let plain = "tcp dport 80 tcp flags syn accept\ntcp dport 80 tcp flags fin drop"
        let comparison = try Self.difference(plain, joined)
        #expect(!comparison.isProof && comparison.count(.closed) > 0, "\(comparison.lines())")
        #expect(try Self.difference(plain, plain).count(.opened) == 0)
        #expect(try Self.difference(joined, joined).count(.opened) == 0)
    }

    @Test(
        "what is not modelled is compared whole, also what is long or has a name",
        arguments: [
            ("ct mark { 1, 2, 3, 4, 5, 6, 7, 8, 9 }", "ct mark { 1, 2, 3, 4, 5, 6, 7, 8, 10 }"),
            (
                "ct mark { \((100_000..<100_040).map(String.init).joined(separator: ", ")) }",
                "ct mark { \((100_000..<100_041).map(String.init).joined(separator: ", ")) }"
            ),
            ("meta length 1-2", "meta length 1-3"), ("ct status snat", "ct status == snat"),
        ])
    func words(one: String, other: String) throws {
        let sides = [one, other].map { "tcp dport 22 \($0) accept" }
        #expect(try Self.difference(sides[0], sides[1]).count(.opened) > 0)
        let same = try Self.difference(sides[0], sides[0])
        #expect(same.count(.opened) == 0 && same.count(.closed) == 0 && !same.isProof)
    }

    @Test(
        "conditions that nobody models, in another order or with another verdict, are a change",
        arguments: [
            (
                "ct mark 1 accept\nct mark 2 drop\ntcp dport 22 accept",
                "ct mark 2 drop\nct mark 1 accept\ntcp dport 22 accept"
            ),
            (
                "ct mark 1 accept\ntcp dport 22 drop\nct mark 2 accept",
                "ct mark 1 accept\nct mark 2 accept\ntcp dport 22 drop"
            ),
            ("tcp dport 22 ct mark 1 accept", "tcp dport 22 ct mark 2 accept"),
        ])
    func order(old: String, new: String) throws {
        let comparison = try Self.difference(old, new)
        #expect(comparison.count(.opened) > 0 && comparison.count(.closed) > 0)
        #expect(!comparison.passes(strict: false))
    }

    @Test("a port opened behind a condition that is not modelled is told alone")
    func precise() throws {
        let old = "ct mark 1 drop\ntcp dport 22 accept"
        let comparison = try Self.difference(old, old + "\ntcp dport 80 accept")
        #expect(comparison.changes.count == 1)
        let lines = comparison.lines().joined(separator: "\n")
        #expect(lines.contains("tcp 80") && !lines.contains("22"), "\(lines)")
    }

    @Test("rules that say a hundred different things are compared")
    func many() throws {
        let rules = (1...150).map { "tcp dport \($0 * 3) ct mark \($0) accept" }
        let text = rules.joined(separator: "\n")
        let same = try Self.difference(text, text)
        #expect(same.count(.opened) == 0 && same.count(.closed) == 0 && !same.isProof)
        let swapped = [rules[1], rules[0]] + rules[2...]
        let other = rules.dropLast() + ["tcp dport 450 ct mark 9999 accept"]
        let wrong = try Self.difference(text, other.joined(separator: "\n"))
        #expect(wrong.count(.opened) > 0)
        // The order of two rules that share no packet is nothing, but nobody looks that closely here.
        let moved = try Self.difference(text, swapped.joined(separator: "\n"))
        #expect(moved.changes.isEmpty, "two rules that share no packet, in another order")
    }

    @Test("nft -o on overlaps: of overlapping prefixes the first one decides")
    func overlaps() throws {
        let rules = "ip saddr 10.0.0.0/8 accept\nip saddr 10.1.0.0/16 drop"
        #expect(review(.nftables, Self.filter(rules)).contains { $0.hasSuffix(" dead-rule") })
        let swapped = "ip saddr 10.1.0.0/16 drop\nip saddr 10.0.0.0/8 accept"
        let comparison = try Self.difference(rules, swapped)
        #expect(comparison.count(.closed) > 0, "\(comparison.lines())")
        #expect(comparison.count(.opened) == 0, "\(comparison.lines())")
    }

    @Test("firewallfabrik#136: what a negated match leaves over shadows nothing")
    func negation() {
        let rules = """
            ip saddr != 10.0.0.0/8 tcp dport 22 drop
            ip saddr 10.1.0.0/16 tcp dport 22 accept
            ip saddr 10.2.0.0/16 tcp dport 22 accept
            """
        #expect(!review(.nftables, Self.filter(rules)).contains { $0.contains("dead") })
    }

    @Test("calico#3463: whether a rule blocks is answered by all rules of all chains, not by one")
    func whole() throws {
        let early = """
            table inet early { chain i { type filter hook input priority -10; policy accept;
            tcp dport 23 drop; }; }

            """
        let open = "tcp dport { 22, 23 } accept"
        #expect(try lines(Self.filter(open)).contains { $0.contains("22-23") })
        let both = try lines(early + Self.filter(open))
        #expect(both.contains { $0.contains("22") } && !both.contains { $0.contains("23") })
    }
}
