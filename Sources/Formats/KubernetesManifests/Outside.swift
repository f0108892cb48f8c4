internal import Addresses

/// Addresses outside the cluster, in parts that every address block of the policies holds wholly
/// or not at all.
struct Outside {
    struct Part {
        var name: String
        var v4: [ClosedRange<UInt32>] = []
        var v6: [ClosedRange<UInt128>] = []
    }

    /// Where endpoints of the cluster stand, whatever their real addresses are: class E and the
    /// discard-only prefix, which nobody outside has.
    static let inside4: ClosedRange<UInt32> = 0xF000_0000...UInt32.max
    static let inside6: ClosedRange<UInt128> =
        0x0100 << 112...(0x0100 << 112 | UInt128(UInt64.max))

    /// More parts than this are refused.
    static let partsMax = 4_096

    /// The largest part of each family is the internet; nil when there are too many parts.
    static func parts(_ blocks: [Block]) -> [Part]? {
        var fours: [ClosedRange<UInt32>] = []
        var sixes: [ClosedRange<UInt128>] = []
        for block in Set(blocks) {
            switch block {
            case .v4(let range): fours.append(range)
            case .v6(let range): sixes.append(range)
            }
        }
        guard let four = classes(fours, whole: 0...(.max), without: inside4),
            let six = classes(sixes, whole: 0...(.max), without: inside6)
        else { return nil }
        let first = Part(name: "internet", v4: four.first ?? [], v6: six.first ?? [])
        return [first]
            + four.dropFirst().map { ranges in
                Part(name: ranges.map(RangeText.v4).joined(separator: ","), v4: ranges)
            }
            + six.dropFirst().map { ranges in
                Part(name: ranges.map(RangeText.v6).joined(separator: ","), v6: ranges)
            }
    }

    /// Intervals grouped by the ranges that hold them, the largest group first.
    private static func classes<Value: FixedWidthInteger & UnsignedInteger>(
        _ ranges: [ClosedRange<Value>], whole: ClosedRange<Value>, without: ClosedRange<Value>
    ) -> [[ClosedRange<Value>]]? {
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
        var groups = order.compactMap { classes[$0] }
        guard groups.count <= partsMax else { return nil }
        let sizes = groups.map { $0.reduce(0.0) { $0 + Double($1.upperBound - $1.lowerBound) } }
        if let largest = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) {
            groups.swapAt(0, largest)
        }
        return groups
    }
}
