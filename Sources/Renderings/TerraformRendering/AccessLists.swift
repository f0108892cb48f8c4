internal import Addresses
internal import Notation
internal import Permits
internal import Platform

/// Network ACLs, one for each zone: what its flows need there and back, by networks.
struct AccessLists {
    private struct Entry: Hashable {
        let isEgress: Bool
        let transport: Transport?
        let ports: ClosedRange<UInt16>
        let network: String
        let isAllowed: Bool
        let tier: Int

        var key: String {
            let name = transport?.name ?? "all"
            return "\(isEgress) \(name) \(ports.lowerBound)-\(ports.upperBound) \(network)"
        }
    }

    /// Where the numbers of a tier begin, and how many it has: allowed between networks, then other
    /// zones refused, then allowed from everywhere.
    private static let tiers = [(1_000, 9_000), (10_000, 1_000), (20_000, 9_000)]
    private static let ephemeral: ClosedRange<UInt16> = 1_024...65_535

    private let permits: Permits
    private var entries: [[Entry]]
    private var known: [Set<Entry>]

    init(_ permits: Permits) {
        self.permits = permits
        entries = Array(repeating: [], count: permits.zones.count)
        known = Array(repeating: [], count: permits.zones.count)
        for permit in permits.permits {
            let to = permits.seats[permit.to].zone
            let port = permit.port
            switch permit.from {
            case .seat(let seat):
                let from = permits.seats[seat].zone
                guard from != to else { continue }
                join(from, to, port)
            case .internet:
                meet(to, "0.0.0.0/0", port, tier: 2)
                for (index, zone) in permits.zones.enumerated() where index != to {
                    for isEgress in [false, true] { deny(to, "\(zone.network)", isEgress) }
                }
            case .office:
                for network in permits.platform.office {
                    meet(to, "\(network)", port, tier: 0)
                }
            }
        }
    }

    /// A flow from zone to zone.
    private mutating func join(_ from: Int, _ to: Int, _ port: Port) {
        meet(to, "\(permits.zones[from].network)", port, tier: 0)
        let target = "\(permits.zones[to].network)"
        let ports = port.number...port.number
        add(
            from,
            Entry(
                isEgress: true, transport: port.transport, ports: ports, network: target,
                isAllowed: true, tier: 0))
        add(
            from,
            Entry(
                isEgress: false, transport: port.transport, ports: Self.ephemeral, network: target,
                isAllowed: true, tier: 0))
    }

    /// What comes to a zone's port, and the replies.
    private mutating func meet(_ zone: Int, _ network: String, _ port: Port, tier: Int) {
        add(
            zone,
            Entry(
                isEgress: false, transport: port.transport, ports: port.number...port.number,
                network: network, isAllowed: true, tier: tier))
        add(
            zone,
            Entry(
                isEgress: true, transport: port.transport, ports: Self.ephemeral, network: network,
                isAllowed: true, tier: tier))
    }

    private mutating func deny(_ zone: Int, _ network: String, _ isEgress: Bool) {
        add(
            zone,
            Entry(
                isEgress: isEgress, transport: nil, ports: 0...0, network: network,
                isAllowed: false,
                tier: 1))
    }

    private mutating func add(_ zone: Int, _ entry: Entry) {
        if known[zone].insert(entry).inserted { entries[zone].append(entry) }
    }

    /// The most entries of one direction, by zone.
    var counts: [(String, Int)] {
        zip(permits.zones, entries).map { zone, entries in
            (zone.name, max(entries.count { $0.isEgress }, entries.count { !$0.isEgress }))
        }
    }

    var resources: [JSON.Member] {
        var lists: [JSON.Member] = []
        var rules: [JSON.Member] = []
        for (zone, entries) in zip(permits.zones, entries) {
            lists.append(
                JSON.Member(
                    zone.name,
                    [
                        "vpc_id": "${var.vpc_id}",
                        "subnet_ids": .text("${var.subnet_ids[\"\(zone.name)\"]}"),
                        "tags": ["bulkhead": .text(permits.platform.name)],
                    ]))
            for (entry, number) in Self.numbered(entries) {
                let way = entry.isEgress ? "out" : "in"
                rules.append(
                    JSON.Member("\(zone.name)_\(way)_\(number)", rule(zone, entry, number)))
            }
        }
        var resources = [JSON.Member("aws_network_acl", .object(lists))]
        if !rules.isEmpty {
            resources.append(JSON.Member("aws_network_acl_rule", .object(rules)))
        }
        return resources
    }

    private func rule(_ zone: Zone, _ entry: Entry, _ number: Int) -> JSON {
        [
            "network_acl_id": .text("${aws_network_acl.\(zone.name).id}"),
            "rule_number": .count(number), "egress": .boolean(entry.isEgress),
            "protocol": .text(entry.transport.map { "\($0.rawValue)" } ?? "-1"),
            "rule_action": .text(entry.isAllowed ? "allow" : "deny"),
            "cidr_block": .text(entry.network), "from_port": .count(entry.ports.lowerBound),
            "to_port": .count(entry.ports.upperBound),
        ]
    }

    /// Numbers by what an entry says: another one moves none, unless both fall on the same.
    private static func numbered(_ entries: [Entry]) -> [(Entry, Int)] {
        var taken: Set<Int> = []
        return entries.sorted { ($0.tier, $0.key) < ($1.tier, $1.key) }.map { entry in
            let (first, room) = tiers[entry.tier]
            var offset = Int(hash(entry.key) % UInt64(room))
            let side = entry.isEgress ? 1 << 20 : 0
            while !taken.insert(side + first + offset).inserted { offset = (offset + 1) % room }
            return (entry, first + offset)
        }
    }

    // FNV-1a, 64 bits: the same on every machine and for ever.
    private static func hash(_ key: String) -> UInt64 {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return value ^ value >> 32
    }
}
