internal import Addresses
internal import CloudNetwork
internal import EndsProof
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

    private static let replyPorts: ClosedRange<UInt32> = 1_024...65_535

    func check() throws(Failure) -> [String] {
        let groups = try topology(hasSubnets: false)
        let (sent, received) = wanted(groups)
        for seat in services {
            guard let index = groups.endpoint("aws_instance.\(seat.service)") else {
                throw Rendering.unproved("\(seat.service) has no group")
            }
            try EndsProof.check(groups, index, .egress, sent[seat.service] ?? [])
            try EndsProof.check(groups, index, .ingress, received[seat.service] ?? [])
        }
        try compare(try topology(hasSubnets: true))
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

    /// What services may send, and what they may get, by their names.
    private func wanted(
        _ topology: Topology
    ) -> (sent: [String: [WantedTraffic]], received: [String: [WantedTraffic]]) {
        var addresses: [String: [ClosedRange<UInt32>]] = [:]
        for endpoint in topology.endpoints { addresses[endpoint.name] = endpoint.v4 }
        var sent: [String: [WantedTraffic]] = [:]
        var received: [String: [WantedTraffic]] = [:]
        for flow in outline.wanted {
            let to = outline.seats[flow.to].service
            func traffic(_ ranges: [ClosedRange<UInt32>]) -> WantedTraffic {
                WantedTraffic(v4: ranges, transport: flow.transport, port: flow.port)
            }
            switch flow.from {
            case .seat(let seat):
                let from = outline.seats[seat].service
                sent[from, default: []].append(traffic(addresses["aws_instance.\(to)"] ?? []))
                received[to, default: []].append(traffic(addresses["aws_instance.\(from)"] ?? []))
            // A block that holds everybody: only their own egress keeps other services out. The
            // model leaves loopback out of it, which nobody outside has.
            case .internet:
                received[to, default: []].append(traffic([0...0x7EFF_FFFF, 0x8000_0000 ... .max]))
            case .office: received[to, default: []].append(traffic(permits.officeRanges))
            }
        }
        return (sent, received)
    }

    /// With network ACLs no flow loses anything but replies to low ports.
    ///
    /// They cannot add anything: what passes them passes the groups as well.
    private func compare(_ topology: Topology) throws(Failure) {
        var places: [String: Int] = [:]
        for (index, endpoint) in topology.endpoints.enumerated() { places[endpoint.name] = index }
        for flow in outline.wanted {
            let to = "aws_instance.\(outline.seats[flow.to].service)"
            let names: [String]
            if case .seat(let seat) = flow.from {
                names = ["aws_instance.\(outline.seats[seat].service)"]
            } else {
                names = ["internet", "private networks"]
            }
            for name in names {
                guard let target = places[to], let source = places[name] else { continue }
                guard source != target else { continue }
                let isWhole: Bool
                do throws(PacketSet.TooLarge) {
                    let set = try packets(
                        flow, topology.endpoints[source], topology.endpoints[target])
                    let found = try topology.passing(from: source, to: target, .v4)
                    isWhole = try set.isSubset(of: found.must)
                } catch {
                    throw Rendering.unproved("too many packets pass to be counted")
                }
                guard isWhole else {
                    throw Rendering.unproved("network ACLs refuse what \(name) may open to \(to)")
                }
            }
        }
    }

    /// First packets that a flow is, from one endpoint to another, with replies to high ports.
    private func packets(
        _ flow: Outline.Wanted, _ from: Endpoint, _ to: Endpoint
    ) throws(PacketSet.TooLarge) -> PacketSet {
        let new = ConnectionState.new.rawValue
        var ranges = from.v4
        if case .seat = flow.from {
        } else {
            let outside = flow.from == .office ? permits.officeRanges : permits.outside
            ranges = ranges.flatMap { range in
                outside.compactMap { $0.overlaps(range) ? $0.clamped(to: range) : nil }
            }
        }
        var set = PacketSet()
        for source in ranges {
            for target in to.v4 {
                try set.insert(
                    Box.everything.with(.state, new...new).with(.source, source)
                        .with(.destination, target).with(.sourcePort, Self.replyPorts)
                        .with(.protocolNumber, flow.transport...flow.transport)
                        .with(.destinationPort, flow.port...flow.port).with(.arrival, 0...0)
                        .with(.departure, 0...0))
            }
        }
        return set
    }
}
