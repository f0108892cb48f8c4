// EndsProof: what the gates at one end of connections let pass, alone, against what they should: for
// renderings whose rules stand at both ends. What both ends let pass together is no more than either
// lets pass alone, so that nothing must be asked of pairs. Bounds: those of `PacketSet`.
package import Findings
internal import Packets
internal import Permits
internal import Ruleset
package import Topology

/// First packets of connections that one end should let pass.
package struct WantedTraffic: Sendable, Hashable {
    /// The other end's addresses.
    package let v4: [ClosedRange<UInt32>]
    package let v6: [ClosedRange<UInt128>]
    package let transport: UInt32
    package let port: UInt32

    package init(
        v4: [ClosedRange<UInt32>], v6: [ClosedRange<UInt128>] = [], transport: UInt32, port: UInt32
    ) {
        self.v4 = v4
        self.v6 = v6
        self.transport = transport
        self.port = port
    }
}

package enum EndsProof {
    package enum Side: String, Sendable {
        case egress
        case ingress
    }

    /// Refuses an endpoint whose gates let pass anything else for sure or perhaps, or no replies.
    package static func check(
        _ topology: Topology, _ index: Int, _ side: Side, _ wanted: [WantedTraffic]
    ) throws(Failure) {
        let endpoint = topology.endpoints[index]
        let steps = side == .egress ? endpoint.egress : endpoint.ingress
        let isSame: Bool
        do throws(PacketSet.TooLarge) {
            var all = !steps.isEmpty
            for family in [Families.v4, .v6] {
                let set = try packets(wanted, topology, family, side)
                for bound in Bound.allCases {
                    let lists = steps.map { step in
                        let gate = topology.gates[step.gate]
                        return (family == .v4 ? gate.v4 : gate.v6)[bound]
                    }
                    let found = try passed(lists, .new)
                    let replies = try passed(lists, .established)
                    let isMore = try !found.isSubset(of: set)
                    let isLess = try !set.isSubset(of: found)
                    let hasReplies = try PacketSet(question(.established)).isSubset(of: replies)
                    all = all && !isMore && !isLess && hasReplies
                }
            }
            isSame = all
        } catch {
            throw Rendering.unproved("\(side.rawValue) of \(endpoint.name) is too much to count")
        }
        guard isSame else {
            throw Rendering.unproved(
                "\(side.rawValue) of \(endpoint.name) lets pass something else")
        }
    }

    private static func question(_ state: ConnectionState) -> Box {
        .everything.with(.state, state.rawValue...state.rawValue)
    }

    private static func passed(
        _ lists: [RuleList], _ state: ConnectionState
    ) throws(PacketSet.TooLarge) -> PacketSet {
        var set = PacketSet(question(state))
        for list in lists {
            var next = PacketSet()
            for box in set.boxes {
                for part in try list.allowed(in: box).boxes { try next.insert(part) }
            }
            set = next
        }
        return set
    }

    private static func packets(
        _ wanted: [WantedTraffic], _ topology: Topology, _ family: Families, _ side: Side
    ) throws(PacketSet.TooLarge) -> PacketSet {
        var set = PacketSet()
        for one in wanted {
            let ranges =
                family == .v4 ? one.v4 : one.v6.compactMap { topology.atoms.atoms($0) }
            for range in ranges {
                try set.insert(
                    question(.new).with(side == .egress ? .destination : .source, range)
                        .with(.protocolNumber, one.transport...one.transport)
                        .with(.destinationPort, one.port...one.port))
            }
        }
        return set
    }
}
