extension Ruleset {
    /// Rules that a base chain comes to when every call is laid out, at most `rulesMax`; nil when
    /// chains call one another in a circle, or more than `depthMax` deep.
    package func size(of base: Int) -> Int? {
        var known: [Int: (size: Int, height: Int)] = [:]
        return measure(base, depth: 0, &known)?.size
    }

    private func measure(
        _ chain: Int, depth: Int, _ known: inout [Int: (size: Int, height: Int)]
    ) -> (size: Int, height: Int)? {
        if let found = known[chain] {
            return depth + found.height <= Self.depthMax ? found : nil
        }
        // A circle is deeper than anything.
        guard depth <= Self.depthMax else { return nil }
        var size = 0
        var height = 0
        for rule in chains[chain].rules {
            size = min(size + 1, Self.rulesMax)
            switch rule.action {
            case .jump(let target), .goto(let target):
                guard chains.indices.contains(target) else { continue }
                guard let inner = measure(target, depth: depth + 1, &known) else { return nil }
                size = min(size + inner.size, Self.rulesMax)
                height = max(height, inner.height + 1)
            default: break
            }
        }
        known[chain] = (size, height)
        return (size, height)
    }
}
