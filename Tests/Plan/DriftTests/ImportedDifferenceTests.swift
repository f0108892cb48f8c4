import Drift
import Packets
import Ruleset
import Testing
import Topology

/// Two services and the outside; who enters `b` needs TCP and one of these ports.
private func network(
    _ names: [String], ports: ClosedRange<UInt32>, isCertain: Bool = true
) -> Topology {
    var list = RuleList(otherwise: false)
    let box = Box.everything.with(.protocolNumber, 6...6).with(.destinationPort, ports)
    list.append(box, allow: true, owner: 0)
    let nothing = RuleList(otherwise: false)
    let rules = BoundedRules(
        may: list, must: isCertain ? list : nothing, unmodelled: isCertain ? [] : ["a rate"])
    var topology = Topology()
    topology.gates = [Gate(name: "b", v4: rules, v6: BoundedRules(nothing), labels: [])]
    for (index, name) in names.enumerated() {
        let address = UInt32(index + 1)
        var endpoint = Endpoint(name: name, group: "all", v4: [address...address])
        if name.contains("b") { endpoint.ingress = [Step(0)] }
        topology.endpoints.append(endpoint)
    }
    return topology
}

@Suite("An import beside a plan")
struct ImportedDifferenceTests {
    @Test("the same packets between the same names are no difference, whatever the addresses")
    func same() throws {
        let found = network(["shop/b[Deployment]", "shop/a[Deployment]"], ports: 80...81)
        let result = try ImportedDifference(
            planned: network(["a", "b"], ports: 80...81), found: found)
        #expect(result.isClean && result.common == 2)
    }

    @Test("ports that only one of them lets pass are named, and nothing else")
    func ports() throws {
        let result = try ImportedDifference(
            planned: network(["a", "b"], ports: 80...81),
            found: network(["a", "b"], ports: 81...82))
        #expect(
            result.rows.filter { $0.from == "a" }.map { "\($0.isOpened) \($0.to) \($0.what)" } == [
                "true b tcp 82", "false b tcp 80",
            ])
    }

    @Test("what may pass is opened, what is not sure to pass is closed")
    func bounds() throws {
        let result = try ImportedDifference(
            planned: network(["a", "b"], ports: 80...80),
            found: network(["a", "b"], ports: 80...81, isCertain: false))
        let rows = result.rows.filter { $0.from == "a" }
        #expect(rows.map(\.isOpened) == [true, false])
        #expect(rows.first?.isCertain == false)
    }

    @Test("names that only one has, or that mean two, are said")
    func names() throws {
        let result = try ImportedDifference(
            planned: network(["a", "b"], ports: 80...80),
            found: network(["a", "x/b", "y/b"], ports: 80...80))
        #expect(result.onlyPlanned == ["b"])
        #expect(result.onlyFound == ["x/b", "y/b"])
        #expect(!result.isClean)
    }
}
