internal import Packets
internal import Ruleset
internal import Topology

/// Which classes of endpoints could exchange anything at all, found without sets of packets: a
/// gate that refuses by default lets nothing pass between addresses that none of its rules allows.
struct Prospects {
    private let topology: Topology
    /// One member of each class.
    private let members: [Int]
    /// Addresses of the members in ascending order, and whose they are.
    private let spans: [Families: [(range: ClosedRange<UInt32>, member: Int)]]
    private var rows: [Int: [UInt64]] = [:]
    private var columns: [Int: [UInt64]] = [:]

    init(_ topology: Topology, _ members: [Int]) {
        self.topology = topology
        self.members = members
        var spans: [Families: [(range: ClosedRange<UInt32>, member: Int)]] = [:]
        for family in [Families.v4, .v6] {
            spans[family] = members.enumerated().flatMap { number, member in
                topology.addresses(member, family).map { (range: $0, member: number) }
            }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        }
        self.spans = spans
    }

    /// False only when nothing passes from one class to the other.
    mutating func mayPass(from source: Int, to target: Int) -> Bool {
        findRow(source)
        if columns[target] == nil {
            columns[target] = partners(topology.endpoints[members[target]].ingress, .source)
        }
        return Self.has(rows[source], target) && Self.has(columns[target], source)
    }

    /// Every class to which something may pass.
    mutating func targets(of source: Int) -> [Int] {
        findRow(source)
        let row = rows[source] ?? []
        var found: [Int] = []
        for (place, word) in row.enumerated() {
            var rest = word
            while rest != 0 {
                let target = place << 6 + rest.trailingZeroBitCount
                rest &= rest - 1
                if target < members.count, mayPass(from: source, to: target) {
                    found.append(target)
                }
            }
        }
        return found
    }

    private mutating func findRow(_ source: Int) {
        guard rows[source] == nil else { return }
        rows[source] = partners(topology.endpoints[members[source]].egress, .destination)
    }

    private static func has(_ bits: [UInt64]?, _ index: Int) -> Bool {
        guard let bits else { return true }
        return bits[index >> 6] & 1 << UInt64(index & 63) != 0
    }

    /// A bit for each class that gates may let through on the other side.
    private func partners(_ steps: [Step], _ field: Field) -> [UInt64] {
        let count = (members.count + 63) / 64
        var all = [UInt64](repeating: .max, count: count)
        for step in steps where !step.isEdge {
            let gate = topology.gates[step.gate]
            guard !gate.v4.may.otherwise, !gate.v6.may.otherwise else { continue }
            var seen = [UInt64](repeating: 0, count: count)
            mark(gate.v4.may, field, spans[.v4] ?? [], &seen)
            mark(gate.v6.may, field, spans[.v6] ?? [], &seen)
            for index in all.indices { all[index] &= seen[index] }
        }
        return all
    }

    private func mark(
        _ list: RuleList, _ field: Field,
        _ spans: [(range: ClosedRange<UInt32>, member: Int)], _ seen: inout [UInt64]
    ) {
        var intervals: Set<ClosedRange<UInt32>> = []
        for (index, box) in list.boxes.enumerated()
        where list.decisions[index] == .allow && box[.state].lowerBound == 0 {
            intervals.insert(box[field])
        }
        for interval in intervals {
            // Addresses of two endpoints may overlap: from the first that could reach this far.
            var low = 0
            var high = spans.count
            while low < high {
                let middle = (low + high) / 2
                if spans[middle].range.lowerBound <= interval.upperBound {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            for span in spans[..<low].reversed() where span.range.overlaps(interval) {
                seen[span.member >> 6] |= 1 << UInt64(span.member & 63)
            }
        }
    }
}

extension Topology {
    /// An endpoint's addresses in one family, as its gates see them.
    func addresses(_ endpoint: Int, _ family: Families) -> [ClosedRange<UInt32>] {
        family == .v4 ? endpoints[endpoint].v4 : endpoints[endpoint].v6.compactMap(atoms.atoms)
    }
}
