import Addresses
import Confinement
import Descriptors
import Glibc
import Netlink
import PacketFilter
import Rulebook
import Testing

@Suite("Flow changes", .enabled(if: geteuid() == 0, "needs root"))
struct FlowChangeTests {
    private func apply(_ change: FlowChange, _ town: Neighbourhood) throws {
        try town.load(change.fabric, at: .fabric)
        try town.load(change.sourceHost, at: .source)
        try town.load(change.targetHost, at: .target)
    }

    private func cut(_ flow: Int, _ town: Neighbourhood) throws -> Int {
        let port = town.deployment.flows[flow].port
        return try FlowCut(source: Neighbourhood.web, target: Neighbourhood.data, port: port)
            .perform(
                fabric: town.fabric.descriptor, sourceEnd: town.spaces[0].descriptor,
                targetEnd: town.spaces[1].descriptor)
    }

    private func tracked(_ town: Neighbourhood) throws -> Int {
        var count = 0
        for place in Neighbourhood.Place.allCases {
            var session = try ConntrackSession(in: town.space(place).descriptor)
            count += try session.connections().count
        }
        return count
    }

    @Test("closing a flow ends its open connection at once, at both ends, and leaves no track")
    func close() throws {
        let town = try Neighbourhood()
        let listener = try TestSocket(.stream, in: town.spaces[1])
        #expect(listener.listen(Neighbourhood.data, 5432) == 0)
        let client = try TestSocket(.stream, in: town.spaces[0])
        _ = client.connect(Neighbourhood.data, 5432)
        let server = try #require(listener.accept())
        #expect(try tracked(town) == 3)
        let change = try #require(FlowChange.close(0, of: town.deployment, closed: []))
        #expect(change.source == 0 && change.target == 1)
        try apply(change, town)
        #expect(try cut(0, town) == 1)
        for end in [client, server] {
            #expect(readable(end.number, milliseconds: 0))
            #expect([ECONNABORTED, ECONNRESET].contains(end.pendingError()))
        }
        #expect(try tracked(town) == 0)
        // The reset passed as part of the connection: no wall saw a forged one.
        for place in Neighbourhood.Place.allCases {
            #expect(try town.counters(place)["invalid"]?.packets == 0)
        }
        let again = try TestSocket(.stream, in: town.spaces[0])
        _ = again.connect(Neighbourhood.data, 5432)
        #expect(try town.records(.source, atLeast: 1).map(\.group) == [2])
        let opening = try #require(FlowChange.open(0, of: town.deployment, closed: []))
        try apply(opening, town)
        let third = try TestSocket(.stream, in: town.spaces[0])
        _ = third.connect(Neighbourhood.data, 5432)
        #expect(listener.accept() != nil)
    }

    @Test("without the cut an open connection outlives its flow")
    func control() throws {
        let town = try Neighbourhood()
        let listener = try TestSocket(.stream, in: town.spaces[1])
        #expect(listener.listen(Neighbourhood.data, 5432) == 0)
        let client = try TestSocket(.stream, in: town.spaces[0])
        _ = client.connect(Neighbourhood.data, 5432)
        let server = try #require(listener.accept())
        try apply(try #require(FlowChange.close(0, of: town.deployment, closed: [])), town)
        try client.descriptor.writeAll([1])
        #expect(server.receive() == [1])
    }

    @Test("closing a flow leaves the others' connections alone")
    func others() throws {
        let town = try Neighbourhood()
        let server = try TestSocket(.datagram, in: town.spaces[1])
        #expect(server.bind(Neighbourhood.data, 5353) == 0)
        let client = try TestSocket(.datagram, in: town.spaces[0])
        #expect(client.bind(Neighbourhood.web, 4000) == 0)
        #expect(client.send([7], to: Neighbourhood.data, 5353) == 0)
        #expect(server.receive() == [7])
        try apply(try #require(FlowChange.close(0, of: town.deployment, closed: [])), town)
        #expect(try cut(0, town) == 0)
        #expect(server.send([8], to: Neighbourhood.web, 4000) == 0)
        #expect(client.receive() == [8])
        try apply(try #require(FlowChange.close(1, of: town.deployment, closed: [0])), town)
        #expect(try cut(1, town) == 1)
        #expect(server.send([9], to: Neighbourhood.web, 4000) == EPERM)
        #expect(client.send([9], to: Neighbourhood.data, 5353) == EPERM)
    }

    @Test("of two flows alike, the open one keeps the element under its own mark")
    func alike() throws {
        var plan = Neighbourhood.plan()
        plan.flows.append(plan.flows[0])
        #expect(FlowChange.close(2, of: plan, closed: []) == nil)
        let town = try Neighbourhood(plan: plan)
        let change = try #require(FlowChange.close(0, of: plan, closed: []))
        try apply(change, town)
        let expected = Rulebook.fabric(plan, closed: [0]).sets[0]
        let found = try RuleElements.read(
            in: town.fabric.descriptor, table: "bulkhead", set: "flows")
        #expect(RuleComparison.compare(expected: expected, found: found.map(\.bytes)).isEmpty)
        #expect(expected.elements.map(\.text).contains { $0.hasSuffix("5432 : 3") })
    }

    @Test("flows that do not cross the fabric change nothing")
    func outside() throws {
        var plan = Neighbourhood.plan()
        let port = try #require(Port(.tcp, 443))
        plan.flows += [
            FlowPlan(from: .internet, to: 0, port: port, line: 2),
            FlowPlan(from: .compartment(1), to: 1, port: port, line: 3),
            FlowPlan(from: .compartment(7), to: 1, port: port, line: 4),
        ]
        for flow in [2, 3, 4, 5, -1] {
            #expect(FlowChange.close(flow, of: plan, closed: []) == nil)
            #expect(FlowChange.open(flow, of: plan, closed: []) == nil)
        }
        #expect(Rulebook.fabric(plan).sets[0].elements.count == 2)
    }

    @Test("the socket table shows who listens")
    func listeners() throws {
        let town = try Neighbourhood(walls: [])
        var session = try SocketSession(in: town.spaces[1].descriptor)
        #expect(try session.listeners().isEmpty)
        let stream = try TestSocket(.stream, in: town.spaces[1])
        #expect(stream.listen(Address(0), 5432) == 0)
        let datagram = try TestSocket(.datagram, in: town.spaces[1])
        #expect(datagram.bind(Address(0), 5353) == 0)
        #expect(try session.listeners().map(\.description) == ["tcp/5432", "udp/5353"])
    }
}
