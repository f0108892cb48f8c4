internal import FilterTerms
internal import Packets
internal import Ruleset

/// What a packet's mark is at one rule, as far as this chain has set it.
struct Marks {
    private struct Layer {
        var values: [UInt128] = []
        /// Disjoint, one list for each value.
        var clauses: [[Clause]] = []
    }

    private static let layersMax = 16
    /// Nil while nobody here knows.
    private var base: UInt128?
    private var layers: [Layer] = []

    mutating func forget() {
        base = nil
        layers = []
    }

    /// Packets of some conditions get these values; no packet is in two of them.
    mutating func set(_ groups: [(value: UInt128, condition: Condition)]) {
        var layer = Layer()
        for group in groups {
            guard let clauses = group.condition.plainClauses else { return forget() }
            if clauses.count == 1, clauses[0].isAlways {
                base = group.value
                layers = []
                return
            }
            layer.values.append(group.value)
            layer.clauses.append(clauses)
        }
        guard base != nil else { return }
        guard layers.count < Self.layersMax else { return forget() }
        layers.append(layer)
    }

    /// The packets whose mark holds; nil while nobody knows.
    func condition(where holds: (UInt128) -> Bool?) -> Condition? {
        guard let base else { return nil }
        var found: [Match] = []
        var later: [Clause] = []
        for layer in layers.reversed() {
            var clauses: [Clause] = []
            for (value, own) in zip(layer.values, layer.clauses) {
                guard let isHeld = holds(value) else { return nil }
                if isHeld { clauses += own }
            }
            found.append(Match(clauses, except: later))
            later += layer.clauses.flatMap { $0 }
        }
        guard let isHeld = holds(base) else { return nil }
        if isHeld { found.append(Match([Clause()], except: later)) }
        return Condition(found)
    }
}
