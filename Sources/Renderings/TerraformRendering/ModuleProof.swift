internal import Addresses
internal import CloudNetwork
internal import Connectivity
internal import Findings
internal import Notation
internal import Packets
internal import Permits
internal import Platform
internal import Ruleset
internal import TerraformPlan
internal import Topology

/// What passes between instances that wear the groups of a module, against the plan.
///
/// Machines are no part of a rendering: for each service one instance at its address is made here.
struct ModuleProof {
    let permits: Permits
    let outline: Outline
    let document: JSON

    private struct Pair: Hashable {
        let from: String
        let to: String
    }

    /// First packets of one flow, whoever sends them.
    private struct Door: Hashable {
        let transport: UInt32
        let port: UInt32
    }

    private static let replyPorts: ClosedRange<UInt32> = 1_024...65_535

    func check() throws(Failure) -> [String] {
        var sending = try topology(hasSubnets: false)
        var receiving = sending
        for index in sending.endpoints.indices {
            sending.endpoints[index].ingress = []
            receiving.endpoints[index].egress = []
        }
        try compare(sending, .sending)
        try compare(receiving, .receiving)
        try compare(try topology(hasSubnets: true), .whole)
        for list in AccessLists(permits).resources
        where document["resource"]?[list.name] != list.value {
            throw Rendering.unproved("\(list.name) is not what the flows need")
        }
        let count = outline.wanted.count
        return [
            "security groups, egress and ingress each alone: what passes between instances, and "
                + "from outside, is what \(count) flows say",
            "with network ACLs: the same, where replies go to ports 1024-65535; every entry is one that "
                + "a flow needs",
        ]
    }

    private enum Side { case sending, receiving, whole }

    /// Seats by service: one instance each.
    private var services: [Permits.Seat] {
        var seen: Set<String> = []
        return outline.seats.filter { seen.insert($0.service).inserted }
    }

    private func topology(hasSubnets: Bool) throws(Failure) -> Topology {
        var plan = try MadePlan(document, hasSubnets: hasSubnets)
        for zone in permits.zones where hasSubnets {
            try plan.add(
                "aws_subnet", zone.name, [JSON.Member("cidr_block", .text("\(zone.network)"))])
        }
        for seat in services {
            var members = [
                JSON.Member("private_ip", .text("\(seat.address)")),
                JSON.Member(
                    "vpc_security_group_ids",
                    .list([.text("${aws_security_group.\(seat.service).id}")])),
            ]
            if hasSubnets {
                let zone = permits.zones[seat.zone].name
                members.append(JSON.Member("subnet_id", .text("${aws_subnet.\(zone).id}")))
            }
            try plan.add("aws_instance", seat.service, members)
        }
        let (network, findings) = TerraformPlan.read(plan.bytes)
        if let finding = findings.first(where: { $0.severity != .note }) {
            throw Rendering.unproved(finding.line(file: "plan.json"))
        }
        guard let network else { throw Rendering.unproved("it makes no plan") }
        let topology = network.topology()
        if let finding = topology.findings.first(where: { $0.severity == .error }) {
            throw Rendering.unproved(finding.line(file: "plan.json"))
        }
        return topology
    }

    /// Flows by who may open them to whom, by the endpoints' names.
    private struct Wanted {
        var inside: [Pair: Set<Door>] = [:]
        var outside: [String: [Outside]] = [:]
    }

    private struct Outside {
        let source: Permits.Source
        let door: Door
    }

    private var wanted: Wanted {
        var wanted = Wanted()
        for flow in outline.wanted {
            let to = "aws_instance.\(outline.seats[flow.to].service)"
            let door = Door(transport: flow.transport, port: flow.port)
            if case .seat(let from) = flow.from {
                let pair = Pair(from: "aws_instance.\(outline.seats[from].service)", to: to)
                wanted.inside[pair, default: []].insert(door)
            } else {
                wanted.outside[to, default: []].append(Outside(source: flow.from, door: door))
            }
        }
        return wanted
    }

    private func compare(_ topology: Topology, _ side: Side) throws(Failure) {
        let names = Set(services.map { "aws_instance.\($0.service)" })
        guard Set(topology.endpoints.map(\.name)).isSuperset(of: names) else {
            throw Rendering.unproved("a service has no group")
        }
        let wanted = wanted
        var connectivity = Connectivity(topology)
        for (source, from) in topology.endpoints.enumerated() {
            let isStrange = !names.contains(from.name)
            if isStrange, side == .sending { continue }
            // Machines of a zone's network that nobody named: its ACL does not stand before them.
            if isStrange, !["internet", "private networks"].contains(from.name) { continue }
            for (target, to) in topology.endpoints.enumerated() where source != target {
                if !names.contains(to.name), isStrange || side == .receiving { continue }
                let isSame: Bool
                do throws(PacketSet.TooLarge) {
                    let set = try packets(from, to, wanted, side)
                    if set.isEmpty, try connectivity.traffic(from: source, to: target).isEmpty {
                        continue
                    }
                    let found = try topology.passing(from: source, to: target, .v4)
                    let six = try topology.passing(from: source, to: target, .v6)
                    // Addresses in a zone that nobody has are nobody's, whatever its ACL says of them.
                    let isClipped = isStrange && side == .whole
                    let more = try isClipped ? outside(found.may) : found.may
                    let isMore = try !more.isSubset(of: set)
                    let isLess = try !set.isSubset(of: found.must)
                    isSame = !isMore && !isLess && six.may.isEmpty
                } catch {
                    throw Rendering.unproved("too many packets pass to be counted")
                }
                guard isSame else {
                    throw Rendering.unproved(
                        "from \(from.name) to \(to.name) passes something else")
                }
            }
        }
    }

    /// First packets that the flows are, from one endpoint to another.
    private func packets(
        _ from: Endpoint, _ to: Endpoint, _ wanted: Wanted, _ side: Side
    ) throws(PacketSet.TooLarge) -> PacketSet {
        var set = PacketSet()
        let isNear = side != .whole || (!from.group.isEmpty && from.group == to.group)
        let replies = isNear ? 0...65_535 : Self.replyPorts
        for door in wanted.inside[Pair(from: from.name, to: to.name)] ?? [] {
            try insert(door, from.v4, to, replies, &set)
        }
        let isStrange = ["internet", "private networks"].contains(from.name)
        for one in wanted.outside[to.name] ?? [] {
            // The internet is a block that holds everybody, so that only egress keeps our own out.
            guard isStrange || (side == .receiving && one.source == .internet) else { continue }
            var ranges = from.v4
            if isStrange, side == .whole { ranges = Self.common(ranges, permits.outside) }
            if one.source == .office {
                ranges = Self.common(ranges, permits.officeRanges)
            }
            try insert(one.door, ranges, to, replies, &set)
        }
        return set
    }

    private static func common(
        _ ranges: [ClosedRange<UInt32>], _ others: [ClosedRange<UInt32>]
    ) -> [ClosedRange<UInt32>] {
        ranges.flatMap { range in
            others.compactMap { $0.overlaps(range) ? $0.clamped(to: range) : nil }
        }
    }

    /// What of a set comes from no zone's network.
    private func outside(_ set: PacketSet) throws(PacketSet.TooLarge) -> PacketSet {
        var kept = PacketSet()
        for range in permits.outside {
            for box in set.intersection(.everything.with(.source, range)).boxes {
                try kept.insert(box)
            }
        }
        return kept
    }

    private func insert(
        _ door: Door, _ sources: [ClosedRange<UInt32>], _ to: Endpoint,
        _ replies: ClosedRange<UInt32>, _ set: inout PacketSet
    ) throws(PacketSet.TooLarge) {
        let new = ConnectionState.new.rawValue
        for source in sources {
            for target in to.v4 {
                try set.insert(
                    Box.everything.with(.state, new...new).with(.source, source)
                        .with(.destination, target).with(.sourcePort, replies)
                        .with(.protocolNumber, door.transport...door.transport)
                        .with(.destinationPort, door.port...door.port).with(.arrival, 0...0)
                        .with(.departure, 0...0))
            }
        }
    }
}
