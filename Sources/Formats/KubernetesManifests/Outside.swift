internal import Addresses
internal import Topology

/// Addresses outside the cluster, in parts that every address block of the policies holds wholly
/// or not at all.
struct Outside {
    struct Part {
        var name: String
        var v4: [ClosedRange<UInt32>] = []
        var v6: [ClosedRange<UInt128>] = []
    }

    /// More parts than this are refused.
    static let partsMax = 4_096

    /// What no block holds is the internet, but for blocks of all addresses; nil when there are too
    /// many parts.
    static func parts(_ blocks: [Block]) -> [Part]? {
        var fours: [ClosedRange<UInt32>] = []
        var sixes: [ClosedRange<UInt128>] = []
        for block in Set(blocks) where !block.isWhole {
            switch block {
            case .v4(let range): fours.append(range)
            case .v6(let range): sixes.append(range)
            }
        }
        guard let four = classes(fours, without: StandIns.v4),
            let six = classes(sixes, without: StandIns.v6)
        else { return nil }
        let internet = Part(name: "internet", v4: four.free, v6: six.free)
        return (internet.v4.isEmpty && internet.v6.isEmpty ? [] : [internet])
            + four.held.map { ranges in
                Part(name: ranges.map(RangeText.v4).joined(separator: ","), v4: ranges)
            }
            + six.held.map { ranges in
                Part(name: ranges.map(RangeText.v6).joined(separator: ","), v6: ranges)
            }
    }

    /// Intervals grouped by the ranges that hold them, and those that none holds.
    private static func classes<Value: FixedWidthInteger & UnsignedInteger>(
        _ ranges: [ClosedRange<Value>], without: ClosedRange<Value>
    ) -> (free: [ClosedRange<Value>], held: [[ClosedRange<Value>]])? {
        var starts: Set<Value> = [0, without.lowerBound]
        if without.upperBound < .max { starts.insert(without.upperBound + 1) }
        for range in ranges {
            starts.insert(range.lowerBound)
            if range.upperBound < .max { starts.insert(range.upperBound + 1) }
        }
        guard starts.count <= 2 * partsMax else { return nil }
        let sorted = starts.sorted()
        var classes: [[Int]: [ClosedRange<Value>]] = [:]
        var order: [[Int]] = []
        for (index, start) in sorted.enumerated() where !without.contains(start) {
            let end = index + 1 < sorted.count ? sorted[index + 1] - 1 : .max
            let holders = ranges.indices.filter { ranges[$0].contains(start) }
            if classes[holders] == nil { order.append(holders) }
            if let last = classes[holders]?.last, last.upperBound == start &- 1 {
                classes[holders]?.removeLast()
                classes[holders]?.append(last.lowerBound...end)
            } else {
                classes[holders, default: []].append(start...end)
            }
        }
        guard order.count <= partsMax else { return nil }
        let held = order.filter { !$0.isEmpty }.compactMap { classes[$0] }
        return (classes[[]] ?? [], held)
    }
}
