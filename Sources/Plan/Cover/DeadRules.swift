package import Packets

/// A rule that no packet ever reaches.
package struct DeadRule: Sendable, Hashable {
    /// Its index in the list.
    package let rule: Int
    /// The earlier rules that hold it, ascending: one when that alone does, else all of a set that
    /// does together.
    package let by: [Int]
}

extension Prover {
    /// Every rule that earlier ones hold wholly, and the rules that were too hard to decide.
    ///
    /// In lists with skips `by` names rules that decide or that lead past the dead one.
    package func deadRules() -> (dead: [DeadRule], undecided: [Int]) {
        guard !list.hasSkips else { return RuleAudit(list, stepsMax: stepsMax).deadRules() }
        var dead: [DeadRule] = []
        var undecided: [Int] = []
        var touching: [Int32] = []
        var search = CoverSearch(stepsMax: 0)
        for rule in 0..<list.count {
            let box = list.boxes[rule]
            index.overlaps(box, before: rule, into: &touching)
            if let single = touching.first(where: { index.boxes[Int($0)].contains(box) }) {
                dead.append(DeadRule(rule: rule, by: [Int(index.numbers[Int(single)])]))
                continue
            }
            guard !touching.isEmpty else { continue }
            search.allow(stepsMax)
            switch search.search(box, touching, index) {
            case .covered: dead.append(DeadRule(rule: rule, by: search.covering.leaves))
            case .hole: break
            case .tooHard: undecided.append(rule)
            }
        }
        return (dead, undecided)
    }
}

extension Covering {
    /// The numbers that leaves name, each once, ascending.
    package var leaves: [Int] {
        var found: Set<Int> = []
        var position = 0
        while position < words.count {
            if words[position] & 1 == 1 {
                found.insert(Int(words[position] >> 1))
                position += 1
            } else {
                position += 2
            }
        }
        return found.sorted()
    }
}
