internal import Packets

/// What can be said of a chain before it is laid out.
struct Shape {
    /// Laid out inside a box, its rules mean what they mean behind a skip: no return, no exception,
    /// nothing unmodelled, and so in all chains that it calls.
    var isPlain = false
    /// No packet comes out of it undecided.
    var decides = false
    /// Its first rule that is not for counting decides every packet.
    var decidesAtOnce = false
}

/// The shapes of all chains in one family.
struct Shapes {
    private let ruleset: Ruleset
    private let family: Families
    private var known: [Shape?]
    private var open: Set<Int> = []

    private init(_ ruleset: Ruleset, _ family: Families) {
        self.ruleset = ruleset
        self.family = family
        known = Array(repeating: nil, count: ruleset.chains.count)
    }

    static func of(_ ruleset: Ruleset, _ family: Families) -> [Shape] {
        var shapes = Shapes(ruleset, family)
        return ruleset.chains.indices.map { shapes.shape($0, depth: 0) }
    }

    private mutating func shape(_ index: Int, depth: Int) -> Shape {
        if let shape = known[index] { return shape }
        // A circle, or deeper than calls may go: not plain, and `Unfolding` says why.
        guard depth <= Ruleset.depthMax, open.insert(index).inserted else { return Shape() }
        let shape = measured(ruleset.chains[index], depth)
        open.remove(index)
        known[index] = shape
        return shape
    }

    private mutating func measured(_ chain: Chain, _ depth: Int) -> Shape {
        var shape = Shape(isPlain: true)
        guard !chain.families.isDisjoint(with: family) else { return shape }
        var isFirst = true
        for rule in chain.rules where !rule.action.isPassing {
            guard rule.match.unmodelled.isEmpty, rule.match.except.isEmpty else { return Shape() }
            let isForAll = rule.match.clauses.contains {
                $0.values.isEmpty && $0.families.isSuperset(of: family)
            }
            var ends = true
            switch rule.action {
            case .accept, .drop, .reject, .rewrite: break
            case .jump(let target), .goto(let target):
                guard ruleset.chains.indices.contains(target) else { return Shape() }
                let inner = self.shape(target, depth: depth + 1)
                ends = inner.decides
                if case .goto = rule.action, !ends { return Shape() }
                guard inner.isPlain else { return Shape() }
            case .leave, .unknown, .pass, .untrack, .alter: return Shape()
            }
            if isForAll, ends {
                shape.decides = true
                if case .jump = rule.action { return shape }
                if case .goto = rule.action { return shape }
                shape.decidesAtOnce = isFirst
                return shape
            }
            isFirst = false
        }
        return shape
    }
}
