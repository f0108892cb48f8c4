import Chance
import Connectivity
import Notation
import Packets
import Ruleset
import Testing
import Topology

/// Eight endpoints behind random gates over four addresses each, some of them alike.
private func scene(_ chance: inout Seeded) -> Topology {
    var topology = Topology()
    for number in 0..<3 {
        var may = RuleList(otherwise: chance.below(2) == 0)
        if chance.below(3) > 0 {
            may.append(.everything.with(.state, 1...2), allow: true, owner: 0)
        }
        var must = may
        for owner in 1...4 {
            let first = UInt32(chance.below(8)) * 4
            let field: Field = chance.below(2) == 0 ? .source : .destination
            let port = UInt32(chance.below(3)) + 80
            let box = Box.everything.with(field, first...first + 4 * UInt32(chance.below(4)) + 3)
                .with(.protocolNumber, 6...6).with(.destinationPort, port...port + 1)
            let allow = chance.below(2) == 0
            may.append(box, allow: allow, owner: UInt32(owner))
            if !allow || chance.below(4) > 0 {
                must.append(box, allow: allow, owner: UInt32(owner))
            }
        }
        topology.gates.append(
            Gate(
                name: "\(number)", v4: BoundedRules(may: may, must: must, unmodelled: ["word"]),
                v6: BoundedRules(RuleList(otherwise: false)), labels: []))
    }
    for number in 0..<8 {
        let first = UInt32(number) * 4
        topology.endpoints.append(
            Endpoint(
                name: "\(number)", group: "\(number / 4)", v4: [first...first + 3],
                isGroup: number > 5, egress: chance.below(2) == 0 ? [Step(0)] : [],
                ingress: [Step(1 + chance.below(2), isEdge: chance.below(3) == 0)]))
    }
    return topology
}

@Suite("Connectivity")
struct ConnectivityTests {
    @Test("classes of endpoints answer as each of their members does")
    func classes() throws {
        var chance = Seeded(state: 11)
        var shared = 0
        for _ in 0..<60 {
            let topology = scene(&chance)
            var connectivity = Connectivity(topology)
            shared += topology.endpoints.count - connectivity.classCount
            for from in topology.endpoints.indices {
                for to in topology.endpoints.indices {
                    let traffic = try connectivity.traffic(from: from, to: to)
                    let passing = try topology.passing(from: from, to: to, .v4)
                    for port: UInt32 in 78...84 {
                        for transport: UInt32 in [6, 17] {
                            check(traffic, passing, topology, from, to, transport, port)
                        }
                    }
                }
            }
        }
        #expect(shared > 0)
    }

    private func check(
        _ traffic: [Traffic], _ passing: Passing, _ topology: Topology, _ from: Int, _ to: Int,
        _ transport: UInt32, _ port: UInt32
    ) {
        var packet = Packet()
        packet[.source] = topology.endpoints[from].v4[0].lowerBound
        packet[.destination] = topology.endpoints[to].v4[0].upperBound
        packet[.protocolNumber] = transport
        packet[.sourcePort] = 40_000
        packet[.destinationPort] = port
        let kind: Traffic.Kind = transport == 6 ? .tcp : .udp
        func passes(_ items: [Traffic]) -> Bool {
            items.contains { item in
                item.kind == kind && item.ports.contains { $0.contains(port) }
                    && item.sourcePorts.contains { $0.contains(40_000) } && item.sources.isEmpty
                    && item.destinations.isEmpty
            }
        }
        #expect(passes(traffic) == passing.may.contains(packet))
        #expect(passes(traffic.filter(\.isCertain)) == passing.must.contains(packet))
    }

    @Test("products say what passes: protocols, ports, families, addresses")
    func products() throws {
        var gate = RuleList(otherwise: false)
        let tcp = Box.everything.with(.protocolNumber, 6...6)
        gate.append(.everything.with(.state, 1...2), allow: true, owner: 0)
        gate.append(tcp.with(.destinationPort, 80...80), allow: true, owner: 1)
        gate.append(tcp.with(.destinationPort, 443...444), allow: true, owner: 1)
        gate.append(
            .everything.with(.protocolNumber, 1...1).with(.sourcePort, 8...8), allow: true, owner: 2
        )
        gate.append(
            .everything.with(.protocolNumber, 17...17).with(.source, 0x0A00_0000...0x0A00_00FF),
            allow: true, owner: 3)
        gate.append(
            .everything.with(.protocolNumber, 1...1).with(.sourcePort, 3...3)
                .with(.destinationPort, 4...4), allow: true, owner: 4)
        var topology = Topology()
        topology.gates = [
            Gate(
                name: "in", v4: BoundedRules(gate), v6: BoundedRules(RuleList(otherwise: true)),
                labels: [])
        ]
        topology.endpoints = [
            Endpoint(name: "out", v4: [0x0A00_0000...0x0AFF_FFFF], v6: [1...1]),
            Endpoint(name: "in", v4: [1...1], ingress: [Step(0)]),
            Endpoint(name: "both", v4: [2...2], v6: [2...2], ingress: [Step(0)]),
        ]
        topology.atoms = AddressAtoms(topology.endpoints.flatMap(\.v6))
        var connectivity = Connectivity(topology)
        let traffic = try connectivity.traffic(from: 0, to: 1)
        #expect(
            traffic.map(\.text) == [
                "tcp 80,443-444", "udp from 10.0.0.0/24", "icmp type 3 code 4", "icmp type 8",
            ])
        #expect(
            traffic[0].document(from: "a", to: "b").render()
                == "{\"source\":\"a\",\"destination\":\"b\",\"protocol\":\"tcp\","
                + "\"ports\":[\"80\",\"443-444\"],\"certain\":true}")
        let both = try connectivity.traffic(from: 0, to: 2)
        #expect(both.contains { $0.text == "tcp 80,443-444 over ipv4" })
        #expect(both.contains { $0.text == "other over ipv6" })
        #expect(Traffic.text(try connectivity.traffic(from: 1, to: 0)) == "everything")
    }
}
