internal import Packets
internal import Ruleset
internal import Topology

/// Endpoints that no gate tells apart: the same gates in the same order, and every address
/// interval of every rule holds both or neither.
enum Alike {
    /// More comparisons than this are not worth what they save: each endpoint is a class then.
    private static let comparisonsMax = 400_000_000

    private struct Key: Hashable {
        var v4: [UInt64]
        var v6: [UInt64]
        var egress: [Step]
        var ingress: [Step]
        var link: UInt32
        var group: String
        var isGroup: Bool
        var hasV4: Bool
        var hasV6: Bool
        /// An endpoint of which an interval holds a part is like no other.
        var alone: Int?
    }

    /// The number of each endpoint's class, from 0 in the order of the endpoints.
    static func classes(of topology: Topology) -> [Int] {
        let v4 = intervals(topology.gates.map(\.v4))
        let v6 = intervals(topology.gates.map(\.v6))
        let comparisons = topology.endpoints.count * (v4.count + v6.count)
        guard comparisons <= comparisonsMax else { return Array(topology.endpoints.indices) }
        let hasEdges = topology.endpoints.contains { endpoint in
            (endpoint.egress + endpoint.ingress).contains(where: \.isEdge)
        }
        var numbers: [Key: Int] = [:]
        return topology.endpoints.enumerated().map { index, endpoint in
            let atoms = endpoint.v6.compactMap(topology.atoms.atoms)
            let first = membership(endpoint.v4, v4)
            let second = membership(atoms, v6)
            let key = Key(
                v4: first ?? [], v6: second ?? [], egress: endpoint.egress,
                ingress: endpoint.ingress, link: endpoint.link,
                group: hasEdges ? endpoint.group : "", isGroup: endpoint.isGroup,
                hasV4: !endpoint.v4.isEmpty, hasV6: !atoms.isEmpty,
                alone: first == nil || second == nil ? index : nil)
            let number = numbers[key] ?? numbers.count
            numbers[key] = number
            return number
        }
    }

    /// Every interval of addresses in any rule, but for the whole space.
    private static func intervals(_ gates: [BoundedRules]) -> [ClosedRange<UInt32>] {
        var found: Set<ClosedRange<UInt32>> = []
        let all: ClosedRange<UInt32> = 0...(.max)
        for gate in gates {
            for list in gate.unmodelled.isEmpty ? [gate.may] : [gate.may, gate.must] {
                for box in list.boxes {
                    if box[.source] != all { found.insert(box[.source]) }
                    if box[.destination] != all { found.insert(box[.destination]) }
                }
            }
        }
        return Array(found)
    }

    /// A bit for each interval: whether it holds the addresses; nil where it holds some of them.
    private static func membership(
        _ addresses: [ClosedRange<UInt32>], _ intervals: [ClosedRange<UInt32>]
    ) -> [UInt64]? {
        var bits = [UInt64](repeating: 0, count: (intervals.count + 63) / 64)
        guard let first = addresses.first else { return bits }
        for (index, interval) in intervals.enumerated() {
            let holds = interval.contains(first.lowerBound)
            for own in addresses {
                let isWhole =
                    interval.lowerBound <= own.lowerBound
                    && own.upperBound <= interval.upperBound
                guard holds ? isWhole : !own.overlaps(interval) else { return nil }
            }
            if holds { bits[index >> 6] |= 1 << UInt64(index & 63) }
        }
        return bits
    }
}
