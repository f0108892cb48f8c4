import Addresses
import Confinement
import Descriptors
import Drift
import Glibc
import Namespaces
import PacketFilter
import Rulebook
import Ruleset
import Testing

/// Three services: web may reach app, app may reach store.
func desk() throws -> Deployment {
    var plan = Deployment(platform: "desk", file: "desk.yaml", isolation: .full)
    plan.zones = [ZonePlan(name: "zone", network: try #require(Prefix("10.77.1.0/24")))]
    for (index, name) in ["web", "app", "store"].enumerated() {
        plan.compartments.append(
            CompartmentPlan(
                name: name, zone: 0, address: Address(0x0A4D_0102 + UInt32(index)),
                program: "/bin/true"))
    }
    plan.flows = [
        FlowPlan(
            from: .compartment(0), to: 1, port: try #require(Port(.tcp, 8000)), line: 10),
        FlowPlan(
            from: .compartment(1), to: 2, port: try #require(Port(.tcp, 5432)), line: 11),
    ]
    return plan
}

/// The running platform when the fabric and the services' namespaces list these texts.
func live(
    _ plan: Deployment, closed: Set<Int> = [], _ change: (inout [String]) -> Void = { _ in }
) throws -> LivePlatform {
    var texts = [Rulebook.fabric(plan).creation] + Rulebook.hosts(plan).map(\.creation)
    change(&texts)
    return try LivePlatform(
        plan, closed: closed,
        listings: texts.enumerated().map { index, text in
            LivePlatform.Listing(
                index == 0 ? .fabric : .compartment(index - 1), rules: Array(text.utf8))
        })
}

@Suite("Which packets a running platform decides otherwise than its plan")
struct DriftTests {
    @Test("the plan's own rules deviate in nothing")
    func equal() throws {
        let platform = try live(try desk())
        #expect(try platform.deviations().listed == [])
        #expect(platform.sites.allSatisfy { $0.unmodelled.isEmpty })
    }

    @Test("another wording of the same rules is no deviation")
    func wording() throws {
        let platform = try live(try desk()) { texts in
            texts[0] += """
                table ip idle { chain watch { type filter hook forward priority 10; policy accept;
                ip saddr 10.77.1.2 counter; tcp dport 22 log; } }
                """
        }
        #expect(try platform.deviations().listed == [])
    }

    @Test("a flow that somebody added is named with its ends, and stopped by the other walls")
    func added() throws {
        let plan = try desk()
        let platform = try live(plan) { texts in
            texts[0] +=
                "add element inet bulkhead flows { \"bh0\" . 10.77.1.2 . 10.77.1.4 . 6 . 5432 : 9 }\n"
        }
        let (found, more) = try platform.deviations()
        try #require(found.count == 1 && more == 0)
        let named = platform.named(found[0])
        #expect(
            named.line == "the fabric: web -> store: tcp 5432 (new, related, untracked) now passes")
        #expect(named.packet == "tcp 10.77.1.2:0 > 10.77.1.4:5432, new")
        #expect(found[0].isCertain && found[0].isWhole)
        #expect(try platform.through(found[0]) == nil)
    }

    @Test("opened in the fabric and at both ends it gets through, with one packet as its proof")
    func throughAll() throws {
        let plan = try desk()
        var open = plan
        open.flows.append(
            FlowPlan(from: .compartment(0), to: 2, port: plan.flows[1].port, line: 12))
        let texts = [Rulebook.fabric(open).creation] + Rulebook.hosts(open).map(\.creation)
        let platform = try live(plan) { $0 = texts }
        let found = try platform.deviations().listed
        #expect(
            Set(found.map { platform.named($0).line }) == [
                "the fabric: web -> store: tcp 5432 (new, related, untracked) now passes",
                "web: web -> store: tcp 5432 (new, related, untracked) now passes",
                "store: web -> store: tcp 5432 (new, related, untracked) now passes",
            ])
        for one in found {
            let way = try #require(try platform.through(one))
            #expect(way.from == 0 && way.to == 2)
        }
    }

    @Test("a flow that somebody took away, a widened policy, and IPv6")
    func others() throws {
        let plan = try desk()
        func lines(_ change: (inout [String]) -> Void) throws -> Set<String> {
            let platform = try live(plan, change)
            return Set(try platform.deviations().listed.map { platform.named($0).line })
        }
        let gone = try lines { texts in
            var less = plan
            less.flows.removeFirst()
            texts[0] = Rulebook.fabric(less).creation
        }
        #expect(gone == ["the fabric: web -> app: tcp 8000 (new) no longer passes"])
        let flushed = try live(plan) { $0[2] = "" }
        #expect(
            try flushed.deviations().listed.contains {
                $0.family == .v6 && $0.isOpened && flushed.sites[$0.site].name == "app"
            })
        let replies = try lines { texts in
            texts[0] += """
                table inet extra { chain mute { type filter hook forward priority 5; policy accept;
                ct state established tcp sport 5432 drop; } }
                """
        }
        #expect(replies.contains { $0.contains("established") && $0.hasSuffix("no longer passes") })
        // Before connections are looked up every packet is invalid.
        for (priority, isCut) in [("raw", true), ("mangle", false)] {
            let cut = try lines { texts in
                texts[0] += """
                    table inet extra { chain r { type filter hook prerouting priority \(priority);
                    ct state invalid drop; } }
                    """
            }
            #expect(
                cut.contains {
                    $0.hasPrefix("the fabric: web -> app: tcp 8000 (new")
                        && $0.hasSuffix("no longer passes")
                } == isCut, "\(priority): \(cut)")
        }
    }

    @Test("what is not modelled is uncertain, and rewriting is said")
    func unmodelled() throws {
        let platform = try live(try desk()) { texts in
            texts[0] += """
                table inet extra { chain some { type filter hook forward priority 5; policy accept;
                limit rate 5/second drop; } }
                table ip turn { chain first { type nat hook prerouting priority -100; policy accept;
                tcp dport 8000 dnat to 10.77.1.4:5432; } }
                """
        }
        let found = try platform.deviations().listed
        #expect(!found.isEmpty && found.allSatisfy { !$0.isOpened && !$0.isCertain })
        #expect(platform.sites[0].unmodelled.contains { $0.contains("rewrites addresses") })
    }

    @Test("rules that cannot be read are an error with their place, never silence")
    func unreadable() throws {
        #expect(throws: Unreadable.self) {
            _ = try live(try desk()) { $0[0] += "table inet broken { chain x { type filter hook\n" }
        }
    }

    @Test("a flow that ended is expected to be gone, its rules would be a deviation")
    func ended() throws {
        let plan = try desk()
        let platform = try live(plan, closed: [0])
        #expect(
            Set(try platform.deviations().listed.map { platform.named($0).line }) == [
                "the fabric: web -> app: tcp 8000 (new, related, untracked) now passes",
                "web: web -> app: tcp 8000 (new, related, untracked) now passes",
                "app: web -> app: tcp 8000 (new, related, untracked) now passes",
            ])
    }

    @Test("tracked connections that no flow allows are strays")
    func strays() throws {
        let platform = try live(try desk())
        func tracked(_ from: UInt32, _ to: UInt32, _ port: UInt16, _ number: UInt8 = 6) -> Tracked {
            Tracked(
                source: Address(0x0A4D_0100 + from), target: Address(0x0A4D_0100 + to),
                transport: number, sourcePort: 40_000, targetPort: port)
        }
        let found = [tracked(2, 3, 8000), tracked(2, 4, 5432), tracked(2, 3, 8000, 17)]
        #expect(platform.strays(found) == [found[1], found[2]])
        #expect(platform.name(of: found[1].target) == "store")
    }

    @Test(
        "what the kernel lists of loaded rules deviates in nothing",
        .enabled(if: geteuid() == 0, "needs root for a namespace"))
    func kernel() throws {
        let plan = try desk()
        let tables = [Rulebook.fabric(plan)] + Rulebook.hosts(plan)
        var listings: [LivePlatform.Listing] = []
        for (index, table) in tables.enumerated() {
            let namespace = try NetworkNamespace.create()
            var session = try RuleSession(in: namespace)
            try session.load(table.creation)
            listings.append(
                LivePlatform.Listing(
                    index == 0 ? .fabric : .compartment(index - 1),
                    rules: Array(try session.ruleset().utf8)))
        }
        let platform = try LivePlatform(plan, closed: [], listings: listings)
        #expect(try platform.deviations().listed == [])
    }
}
