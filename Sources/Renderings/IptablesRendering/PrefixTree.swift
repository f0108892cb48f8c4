internal import Addresses

/// Rules as a tree of chains: by the target's prefix, and for one target by the source's.
///
/// Every rule says all of its condition, so that the tree decides nothing: it only leads there.
struct PrefixTree {
    struct Item {
        let target: UInt32
        let source: ClosedRange<UInt32>
        let rule: String
    }

    /// What stands in one chain at most, but for intervals of sources that are no prefix.
    private static let leafMax = 8
    private static let branchBits = 3

    private(set) var names: [String] = []
    private(set) var lines: [String] = []

    /// Writes a chain that leads to all items.
    mutating func build(_ name: String, _ items: [Item]) {
        names.append(name)
        guard items.count > Self.leafMax else { return leaf(name, items) }
        if let first = items.first, items.contains(where: { $0.target != first.target }) {
            return branch(name, "-d", items) { $0.target }
        }
        let single = items.filter { $0.source.count == 1 }
        leaf(name, items.filter { $0.source.count > 1 })
        guard single.count > Self.leafMax,
            single.contains(where: { $0.source != single[0].source })
        else { return leaf(name, single) }
        branch(name, "-s", single) { $0.source.lowerBound }
    }

    private mutating func leaf(_ name: String, _ items: [Item]) {
        for item in items { lines.append("-A \(name) \(item.rule)") }
    }

    private mutating func branch(
        _ name: String, _ flag: String, _ items: [Item], _ key: (Item) -> UInt32
    ) {
        let depth = Self.common(items.map(key))
        let shift = max(32 - depth - Self.branchBits, 0)
        var parts: [UInt32: [Item]] = [:]
        for item in items { parts[key(item) >> UInt32(shift), default: []].append(item) }
        for number in parts.keys.sorted() {
            let part = parts[number] ?? []
            let length = Self.common(part.map(key))
            let mask: UInt32 = length == 0 ? 0 : ~0 << UInt32(32 - length)
            let base = Address((part.first.map(key) ?? 0) & mask)
            let child = "tree-\(names.count)"
            lines.append("-A \(name) \(flag) \(base)/\(length) -j \(child)")
            build(child, part)
        }
    }

    /// Leading bits that all have in common.
    private static func common(_ values: [UInt32]) -> Int {
        let first = values.first ?? 0
        return values.reduce(0) { $0 | ($1 ^ first) }.leadingZeroBitCount
    }
}
