package import Topology

internal import Findings
internal import Packets

extension CloudNetwork {
    /// The network as questions need it; with nothing but findings when it is too large.
    package func topology() -> Topology {
        var topology = Topology()
        topology.findings = findings
        let parties = Parties(self)
        guard parties.all.count + 2 <= Topology.partiesMax else {
            topology.findings.append(Self.tooLarge("\(parties.all.count) interfaces and groups"))
            return topology
        }
        let outside = outside(parties)
        topology.atoms = AddressAtoms(intervals(parties, outside.flatMap(\.v6)))
        var layout = Layout(self, parties, topology.atoms)
        let inside = parties.all.map { layout.endpoint($0) }
        guard !layout.isTooLarge else {
            topology.findings.append(Self.tooLarge("the rules with everybody they name"))
            return topology
        }
        topology.endpoints = inside + layout.faces(parties) + outside
        topology.gates = layout.gates
        return topology
    }

    private static func tooLarge(_ what: String) -> Finding {
        Finding(
            .error, "too-large", at: nil, "\(what): more than fits into memory",
            remedy: "ask about one network at a time")
    }

    /// Whoever is not here: of private networks, and of the internet.
    private func outside(_ parties: Parties) -> [Endpoint] {
        let faces = interfaces.flatMap(\.publicAddresses).compactMap(\.v4)
        let real4 =
            parties.all.filter { $0.v4Within == nil }.flatMap(\.v4) + [StandIns.v4] + faces
        let real6 = parties.all.filter { $0.v6Within == nil }.flatMap(\.v6) + [StandIns.v6]
        let private4 = Parties.private4 + blocks.compactMap(\.v4)
        let private6 = Parties.private6 + blocks.compactMap(\.v6)
        return [
            Endpoint(
                .outside, name: "internet", v4: [0 ... .max].without(private4 + real4),
                v6: [0 ... .max].without(private6 + real6)),
            Endpoint(
                .outside, name: "private networks", v4: private4.without(real4),
                v6: private6.without(real6)),
        ]
    }

    /// Everything that cuts the space of IPv6 addresses.
    private func intervals(
        _ parties: Parties, _ outside: [ClosedRange<UInt128>]
    ) -> [ClosedRange<UInt128>] {
        var intervals = outside + parties.all.flatMap(\.v6) + [StandIns.v6]
        intervals += subnets.flatMap(\.blocks).compactMap(\.v6) + Parties.private6
        let rules = groups.flatMap(\.rules) + accessLists.flatMap { $0.entries.map(\.rule) }
        for rule in rules {
            for peer in rule.peers {
                if case .span(.v6(let range)) = peer.kind { intervals.append(range) }
            }
        }
        for route in routeTables.flatMap(\.routes) {
            if case .span(.v6(let range)) = route.destination { intervals.append(range) }
        }
        return intervals + prefixLists.flatMap(\.spans).compactMap(\.v6)
    }
}

/// Endpoints with their gates; interfaces that wear the same groups share them.
private struct Layout {
    private struct Key: Hashable {
        var kind: Int
        var numbers: [Int]
        var words: [String]
        var isEgress: Bool
    }

    let network: CloudNetwork
    private let networks: Set<String>
    private var maker: GateMaker
    private(set) var gates: [Gate] = []
    private var made: [Key: Int] = [:]

    var isTooLarge: Bool { maker.boxes > CloudNetwork.Limits.boxes }

    init(_ network: CloudNetwork, _ parties: Parties, _ atoms: AddressAtoms) {
        self.network = network
        networks = Set(network.subnets.compactMap(\.network))
        maker = GateMaker(EndTable(network, parties), atoms)
    }

    mutating func endpoint(_ party: Parties.Party) -> Endpoint {
        var endpoint = Endpoint(name: party.name, v4: party.v4, v6: party.v6)
        guard let interface = party.interface.map({ network.interfaces[$0] }) else {
            guard let group = party.group else { return endpoint }
            endpoint.isGroup = true
            endpoint.place = network.groups[group].place
            endpoint.egress = [wear([group], nil, isEgress: true)]
            endpoint.ingress = [wear([group], nil, isEgress: false)]
            return endpoint
        }
        endpoint.place = interface.place
        if !interface.groups.isEmpty || !interface.unknownGroups.isEmpty {
            endpoint.egress = [wear(interface.groups, interface, isEgress: true)]
            endpoint.ingress = [wear(interface.groups, interface, isEgress: false)]
        }
        if let word = interface.unknownSubnet {
            endpoint.egress.append(edge([word], isEgress: true))
            endpoint.ingress.insert(edge([word], isEgress: false), at: 0)
        }
        guard let subnet = interface.subnet.map({ network.subnets[$0] }) else { return endpoint }
        endpoint.group = subnet.name
        if !subnet.unknowns.isEmpty {
            endpoint.egress.append(edge(subnet.unknowns, isEgress: true))
            endpoint.ingress.insert(edge(subnet.unknowns, isEgress: false), at: 0)
        } else if let list = subnet.accessList, let place = interface.subnet {
            endpoint.egress.append(edge(list, of: place, isEgress: true))
            endpoint.ingress.insert(edge(list, of: place, isEgress: false), at: 0)
        }
        if let table = subnet.routeTable {
            endpoint.egress.append(routes(table, interface.hasPublicAddress))
        } else if let own = subnet.network, networks.count > 1 {
            endpoint.egress.append(others(own))
        }
        return endpoint
    }

    /// Machines as the internet sees them, for what one of them sends to another there: it leaves and
    /// comes in with public addresses, and over the edges of subnets.
    mutating func faces(_ parties: Parties) -> [Endpoint] {
        let shown = parties.all.filter { party in
            party.interface.map { !network.interfaces[$0].publicAddresses.isEmpty } ?? false
        }
        guard shown.count > 1 else { return [] }
        return shown.map { party in
            var endpoint = endpoint(party)
            let interface = party.interface.map { network.interfaces[$0] }
            endpoint.name += " (public)"
            endpoint.v4 = (interface?.publicAddresses ?? []).compactMap(\.v4)
            endpoint.v6 = []
            endpoint.group = ""
            endpoint.egress.append(face(isEgress: true))
            endpoint.ingress.insert(face(isEgress: false), at: 0)
            return endpoint
        }
    }

    private mutating func face(isEgress: Bool) -> Step {
        let addresses = network.interfaces.flatMap(\.publicAddresses).compactMap(\.v4)
        let key = Key(kind: 5, numbers: [], words: [], isEgress: isEgress)
        return step(key, isEdge: false) { maker in
            maker.faces(addresses.merged(), isEgress: isEgress)
        }
    }

    private mutating func step(_ key: Key, isEdge: Bool, _ make: (inout GateMaker) -> Gate) -> Step
    {
        if let index = made[key] { return Step(index, isEdge: isEdge) }
        if !isTooLarge { gates.append(make(&maker)) }
        let index = max(gates.count - 1, 0)
        made[key] = index
        return Step(index, isEdge: isEdge)
    }

    private mutating func wear(_ worn: [Int], _ interface: Interface?, isEgress: Bool) -> Step {
        let groups = Array(Set(worn)).sorted()
        let may = interface?.mayWear ?? []
        let words = interface?.unknownGroups ?? []
        let key = Key(kind: 0, numbers: groups + [-1] + may, words: words, isEgress: isEgress)
        let network = network
        return step(key, isEdge: false) { maker in
            let names = groups.map { network.groups[$0].name }
            var rules = groups.flatMap { network.groups[$0].rules }
            var unknowns = groups.flatMap { network.groups[$0].unknowns }
            unknowns += groups.filter { !network.groups[$0].isGiven }.map {
                "rules of \(network.groups[$0].name), which the input does not have"
            }
            if may.isEmpty {
                unknowns += words
            } else if let word = words.first {
                for group in may {
                    for var rule in network.groups[group].rules {
                        rule.unknowns.append(word)
                        rules.append(rule)
                    }
                }
            }
            return maker.gate(
                "security groups of "
                    + (names.isEmpty ? ["(not known)"] : names)
                    .joined(separator: ", "),
                rules, isEgress: isEgress, tracks: true, unknowns: unknowns)
        }
    }

    private mutating func edge(_ index: Int, of subnet: Int, isEgress: Bool) -> Step {
        let list = network.accessLists[index]
        let key = Key(kind: 1, numbers: [index, subnet], words: [], isEgress: isEgress)
        return step(key, isEdge: true) { maker in
            let entries = list.entries.sorted { $0.number < $1.number }
            return maker.gate(
                "network ACL \(list.name)", list.unknowns.isEmpty ? entries.map(\.rule) : [],
                isEgress: isEgress, tracks: false, unknowns: list.unknowns,
                inside: maker.ends.inside(subnet))
        }
    }

    /// Between networks nobody knows a way where no routes tell.
    private mutating func others(_ own: String) -> Step {
        let key = Key(kind: 4, numbers: [], words: [own], isEgress: true)
        return step(key, isEdge: true) { maker in maker.others(than: own) }
    }

    /// Some list of which nobody knows which: anything may pass it.
    private mutating func edge(_ unknowns: [String], isEgress: Bool) -> Step {
        let key = Key(kind: 3, numbers: [], words: unknowns, isEgress: isEgress)
        return step(key, isEdge: true) { maker in
            maker.gate(
                "network ACL (not known)", [], isEgress: isEgress, tracks: false,
                unknowns: unknowns)
        }
    }

    private mutating func routes(_ index: Int, _ hasPublicAddress: Bool?) -> Step {
        let table = network.routeTables[index]
        let mark = hasPublicAddress.map { $0 ? 1 : 0 } ?? 2
        let key = Key(kind: 2, numbers: [index, mark], words: [], isEgress: true)
        return step(key, isEdge: true) { maker in
            maker.routes(table, hasPublicAddress: hasPublicAddress)
        }
    }
}
