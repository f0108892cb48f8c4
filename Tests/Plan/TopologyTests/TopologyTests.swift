import Findings
import Packets
import Ruleset
import Testing
import Topology

private let tcp: ClosedRange<UInt32> = 6...6
private let anything = Box.everything

private func gate(_ name: String, _ rules: [(Box, Bool)], otherwise: Bool = false) -> Gate {
    var list = RuleList(otherwise: otherwise)
    for (index, rule) in rules.enumerated() {
        list.append(rule.0, allow: rule.1, owner: UInt32(index))
    }
    return Gate(
        name: name, v4: BoundedRules(list), v6: BoundedRules(RuleList(otherwise: false)),
        labels: rules.indices.map { RuleLabel("\(name) \($0)") })
}

private func port(_ number: UInt32) -> Box {
    anything.with(.protocolNumber, tcp).with(.destinationPort, number...number)
}

private let established = anything.with(.state, 1...1)

/// Two endpoints, each behind a gate of its own in each direction.
private func pair(out: Gate, in inner: Gate, replies: [Gate] = []) -> Topology {
    var topology = Topology()
    topology.gates = [out, inner] + replies
    topology.endpoints = [
        Endpoint(
            name: "client", group: "a", v4: [10...10], egress: [Step(0)],
            ingress: replies.isEmpty ? [] : [Step(3)]),
        Endpoint(
            name: "server", group: "b", v4: [20...20],
            egress: replies.isEmpty ? [] : [Step(2)], ingress: [Step(1)]),
    ]
    return topology
}

@Suite("Topology")
struct TopologyTests {
    @Test("it is told before that all pairs of many endpoints are many")
    func abundance() {
        var topology = Topology()
        topology.endpoints = (0..<1_000).map { Endpoint(name: "\($0)", v4: [], v6: []) }
        #expect(topology.abundance == nil)
        topology.endpoints.append(Endpoint(name: "last", v4: [], v6: []))
        #expect(
            topology.abundance?.problem
                == "1001 endpoints make 1002001 pairs, and all that are connected follow")
    }

    @Test("a connection passes where every gate on its way allows it")
    func both() throws {
        let topology = pair(
            out: gate("out", [(port(443), true), (port(80), true)]),
            in: gate("in", [(port(443), true), (port(22), true)]))
        let passing = try topology.passing(from: 0, to: 1, .v4)
        #expect(passing.may.boxes.map { $0[.destinationPort] } == [443...443])
        #expect(passing.may.boxes.map { $0[.source] } == [10...10])
        #expect(try topology.passing(from: 0, to: 0, .v4).may.isEmpty)
        #expect(try topology.passing(from: 0, to: 1, .v6).may.isEmpty)
    }

    @Test("no connection passes without its replies, and one rule about established makes no way")
    func replies() throws {
        let allow = gate("all", [], otherwise: true)
        let onlyEstablished = gate("established", [(established, true)])
        let nothing = gate("nothing", [])
        let table: [(name: String, gates: [Gate], passes: Bool, getsThere: Bool)] = [
            ("stateful", [allow, allow, onlyEstablished, onlyEstablished], true, true),
            ("refused at the server", [allow, allow, nothing, onlyEstablished], false, true),
            ("refused at the client", [allow, allow, allow, nothing], false, true),
            ("established alone", [onlyEstablished, allow, allow, allow], false, false),
        ]
        for row in table {
            let topology = pair(
                out: row.gates[0], in: row.gates[1], replies: [row.gates[2], row.gates[3]])
            let passing = try topology.passing(from: 0, to: 1, .v4)
            #expect(passing.must.isEmpty != row.passes, "\(row.name)")
            // A datagram needs no reply; a connection of TCP does.
            #expect(passing.may.isEmpty != row.getsThere, "\(row.name)")
            let isOneWay = row.getsThere && !row.passes
            #expect(passing.unmodelled == (isOneWay ? [Passing.oneWay] : []), "\(row.name)")
            let web = passing.may.boxes.contains { $0[.protocolNumber].contains(6) }
            #expect(web == row.passes, "\(row.name)")
        }
    }

    @Test("gates without state need the replies' ports open, and only those requests pass")
    func stateless() throws {
        let allow = gate("all", [], otherwise: true)
        let ephemeral = anything.with(.protocolNumber, tcp).with(.destinationPort, 1_024...65_535)
        let topology = pair(
            out: allow, in: gate("in", [(port(443), true)]),
            replies: [allow, gate("replies", [(ephemeral, true)])])
        let passing = try topology.passing(from: 0, to: 1, .v4)
        #expect(passing.may.boxes.map { $0[.sourcePort] } == [1_024...65_535])
        #expect(passing.may.boxes.map { $0[.destinationPort] } == [443...443])
    }

    @Test("a reply to ICMP is known by its state, not by exchanged types")
    func messages() throws {
        let allow = gate("all", [], otherwise: true)
        let echo = anything.with(.protocolNumber, 1...1).with(.sourcePort, 8...8)
        let topology = pair(
            out: gate("out", [(echo, true)]), in: gate("in", [(echo, true)]),
            replies: [gate("back", [(established, true)]), allow])
        let passing = try topology.passing(from: 0, to: 1, .v4)
        #expect(passing.may.boxes.map { $0[.sourcePort] } == [8...8])
    }

    @Test("what stays inside a group does not pass the gates at its edge")
    func edges() throws {
        var topology = pair(out: gate("out", []), in: gate("in", [], otherwise: true))
        topology.endpoints[0].egress = [Step(0, isEdge: true)]
        #expect(try topology.passing(from: 0, to: 1, .v4).may.isEmpty)
        topology.endpoints[1].group = "a"
        #expect(try !topology.passing(from: 0, to: 1, .v4).may.isEmpty)
    }

    @Test("transit gates see the interfaces of both ends")
    func links() throws {
        var topology = pair(
            out: gate("out", [], otherwise: true), in: gate("in", [], otherwise: true))
        let forward = anything.with(.arrival, 1...1).with(.departure, 2...2)
        topology.gates.append(gate("forward", [(established, true), (forward, true)]))
        topology.transit = [2]
        topology.endpoints[0].link = 1
        topology.endpoints[1].link = 2
        #expect(try !topology.passing(from: 0, to: 1, .v4).may.isEmpty)
        #expect(try topology.passing(from: 1, to: 0, .v4).may.isEmpty)
    }

    @Test("where a condition is not modelled, may and must differ and the condition is named")
    func bounds() throws {
        var inner = gate("in", [(port(443), true), (port(80), true)])
        var must = RuleList(otherwise: false)
        must.append(port(443), allow: true, owner: 0)
        inner.v4.must = must
        inner.v4.unmodelled = ["recent"]
        var topology = pair(out: gate("out", [], otherwise: true), in: inner)
        let passing = try topology.passing(from: 0, to: 1, .v4)
        #expect(passing.may.boxes.count == 2 && passing.must.boxes.count == 1)
        #expect(passing.unmodelled == ["recent"])
        topology.gates[0] = gate("out", [(port(443), true)])
        #expect(try topology.passing(from: 0, to: 1, .v4).unmodelled.isEmpty)
    }
}
