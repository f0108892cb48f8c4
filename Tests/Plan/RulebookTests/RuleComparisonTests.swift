import Addresses
import Confinement
import Descriptors
import Glibc
import Netlink
import PacketFilter
import Rulebook
import Testing

/// A change that somebody makes to the live rules, and what the comparison says about it.
struct Drift: Sendable, CustomStringConvertible {
    let change: String
    let differences: [String]
    var description: String { change }

    static let all = [
        Drift(change: "", differences: []),
        Drift(
            change: "add rule inet bulkhead crossing accept",
            differences: ["not in the plan: accept"]),
        Drift(
            change: "insert rule inet bulkhead crossing tcp dport 22 accept",
            differences: ["not in the plan: tcp dport 22 accept"]),
        Drift(
            change: "flush chain inet bulkhead entering",
            differences: [
                "missing: counter name \"refused\" log group 2 drop"
            ]),
        Drift(
            change: "add chain inet bulkhead crossing { policy accept ; }",
            differences: [
                "missing: type filter hook forward priority 0; policy drop;",
                "not in the plan: type filter hook forward priority 0; policy accept;",
            ]),
        Drift(
            change: "add table inet stranger",
            differences: ["not in the plan: table inet stranger {", "not in the plan: }"]),
        Drift(
            change: """
                add element inet bulkhead flows { "bh2" . 10.77.2.4 . 10.77.3.3 . 6 . 5432 : 9 }
                """,
            differences: [
                "not in the plan of flows: 62683200000000000000000000000000"
                    + "0a4d02040a4d0303060000001538000009000000"
            ]),
        Drift(
            change: """
                delete element inet bulkhead flows { "bh0" . 10.77.1.2 . 10.77.3.3 . 6 . 5432 }
                """,
            differences: [
                "missing in flows: \"bh0\" . 10.77.1.2 . 10.77.3.3 . 6 . 5432 : 1"
            ]),
        Drift(
            change: "add element inet bulkhead targets { 8.8.8.8 }",
            differences: ["not in the plan of targets: 08080808"]),
        Drift(
            change: "flush set inet bulkhead origins",
            differences: [
                "missing in origins: \"bh0\" . 10.77.1.2",
                "missing in origins: \"bh1\" . 10.77.3.3",
                "missing in origins: \"bh2\" . 10.77.2.4",
            ]),
    ]
}

@Suite("Rule comparison", .enabled(if: geteuid() == 0, "needs root"))
struct RuleComparisonTests {
    private func differences(_ town: Neighbourhood, _ place: Neighbourhood.Place) throws -> [String]
    {
        let expected = town.table(place)
        var session = try RuleSession(in: town.space(place).descriptor)
        var found = RuleComparison.compare(expected: expected, listing: try session.listing())
        for set in expected.sets {
            let elements = try RuleElements.read(
                in: town.space(place).descriptor, table: "bulkhead", set: set.name)
            found += RuleComparison.compare(expected: set, found: elements.map(\.bytes))
        }
        return found.map(\.description)
    }

    @Test("what was loaded reads back as it was planned", arguments: Neighbourhood.Place.allCases)
    func faithful(_ place: Neighbourhood.Place) throws {
        #expect(try differences(try Neighbourhood(), place).isEmpty)
    }

    @Test("a loaded table replaces an earlier one whole")
    func replaced() throws {
        let town = try Neighbourhood()
        try town.load("add rule inet bulkhead crossing accept", at: .fabric)
        try town.load(town.table(.fabric).text, at: .fabric)
        #expect(try differences(town, .fabric).isEmpty)
    }

    @Test("a change of the live rules is found", arguments: Drift.all)
    func drift(_ drift: Drift) throws {
        let town = try Neighbourhood()
        if !drift.change.isEmpty { try town.load(drift.change, at: .fabric) }
        #expect(try differences(town, .fabric) == drift.differences)
    }

    @Test("a wall that is left out is an empty ruleset", arguments: Neighbourhood.Place.allCases)
    func leftOut(_ place: Neighbourhood.Place) throws {
        var plan = Neighbourhood.plan()
        plan.without = [.fabric, .host]
        let town = try Neighbourhood(plan: plan)
        var session = try RuleSession(in: town.space(place).descriptor)
        #expect(try session.ruleset().isEmpty)
        #expect(try differences(town, place).isEmpty)
    }

    @Test(
        "a table becomes another by its differing elements, in one transaction",
        arguments: Neighbourhood.Place.allCases)
    func changed(_ place: Neighbourhood.Place) throws {
        var plan = Neighbourhood.plan()
        let town = try Neighbourhood(plan: plan)
        let before = town.table(place)
        plan.flows.removeFirst()
        plan.flows.append(
            FlowPlan(
                from: .compartment(0), to: 1, port: try #require(Port(.tcp, 9999)), line: 7))
        let other = try Neighbourhood(plan: plan)
        let after = other.table(place)
        #expect(before.change(to: before).isEmpty)
        try town.load(before.change(to: after), at: place)
        var session = try RuleSession(in: town.space(place).descriptor)
        #expect(
            RuleComparison.compare(expected: after, listing: try session.listing()).isEmpty)
        for set in after.sets {
            let elements = try RuleElements.read(
                in: town.space(place).descriptor, table: "bulkhead", set: set.name)
            #expect(
                RuleComparison.compare(expected: set, found: elements.map(\.bytes)).isEmpty)
        }
    }

    @Test("ten thousand flows are loaded and read back")
    func many() throws {
        var plan = Neighbourhood.plan()
        plan.flows = (0..<10_000).compactMap { index in
            Port(.tcp, UInt16(1000 + index)).map {
                FlowPlan(from: .compartment(index % 2 * 2), to: 1, port: $0, line: 1)
            }
        }
        let town = try Neighbourhood(walls: [.fabric], plan: plan)
        #expect(try differences(town, .fabric).isEmpty)
    }
}
