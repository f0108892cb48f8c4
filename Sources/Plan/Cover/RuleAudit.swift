package import Packets

/// Asks of each rule of a list whether it does anything: lists with skips, and with rules of which
/// nobody knows what they do.
package struct RuleAudit: Sendable {
    /// Longer lists with skips are not asked about: each rule costs a look at all before it.
    package static let skippingMax = 20_000
    /// Cells that one rule may cost.
    package static let stepsMax = 50_000
    /// Rules that are too hard, after which no others are asked about.
    package static let hardMax = 100

    private let list: RuleList
    private let unsure: Set<Int>
    private let stepsMax: Int
    /// Nil where rules that only lead on make it useless.
    private let plain: Prover?

    /// `unsure` are the indices of skips to the next rule that may decide after all.
    package init(_ list: RuleList, unsure: Set<Int> = [], stepsMax: Int = RuleAudit.stepsMax) {
        self.list = list
        self.unsure = unsure
        self.stepsMax = min(stepsMax, Self.stepsMax)
        plain = list.hasSkips ? nil : Prover(list, stepsMax: stepsMax)
    }

    /// Whether the rule at an index leads nowhere but to the next one.
    private func isIdle(_ index: Int) -> Bool {
        list.decisions[index] == .skip && Int(list.targets[index]) == index + 1
    }

    /// Every rule that no packet reaches, and those that were too hard to decide; what no rule
    /// says, with the owner `UInt32.max`, is not asked about.
    package func deadRules() -> (dead: [DeadRule], undecided: [Int]) {
        if let plain { return plain.deadRules() }
        guard list.count <= Self.skippingMax else { return ([], Array(0..<list.count)) }
        var dead: [DeadRule] = []
        var undecided: [Int] = []
        for rule in 0..<list.count where list.owners[rule] != .max {
            guard undecided.count < Self.hardMax else {
                undecided.append(rule)
                continue
            }
            switch answer(before(rule), on: list.boxes[rule]) {
            case .holds(let by): dead.append(DeadRule(rule: rule, by: by))
            case .fails: break
            case .tooHard: undecided.append(rule)
            }
        }
        return (dead, undecided)
    }

    /// Whether the list decides every packet as before when some rules are gone, and then the later
    /// rules that decide instead; nil when it does not, or when that is too hard.
    ///
    /// The rules are all of their owners'.
    package func standIns(for rules: [Int]) -> [Int]? {
        guard list.count <= Self.skippingMax else { return nil }
        let owners = Set(rules.map { list.owners[$0] })
        var found: Set<Int> = []
        for rule in rules {
            guard list.decisions[rule] != .skip,
                case .holds(let by) = answer(without(rule, owners), on: list.boxes[rule])
            else { return nil }
            found.formUnion(by.filter { $0 > rule })
        }
        return found.sorted()
    }

    private enum Answer {
        case holds(by: [Int])
        case fails
        case tooHard
    }

    private func answer(_ slice: Slice, on box: Box) -> Answer {
        // Most rules that do something show it at a corner.
        guard slice.list.allows(box.first), slice.list.allows(box.last) else { return .fails }
        func holds(_ rules: some Sequence<Int>) -> Answer {
            // The end of the list is no rule.
            .holds(
                by: rules.filter(slice.numbers.indices.contains).map { slice.numbers[$0] }.sorted())
        }
        if slice.list.hasSkips {
            var search = CellSearch(slice.list, stepsMax: stepsMax, allow: true)
            switch search.search(box) {
            case .holds: return holds(search.deciders)
            case .refuted: return .fails
            case .undecided: return .tooHard
            }
        }
        switch Prover(slice.list, stepsMax: stepsMax).prove(box, allow: true) {
        case .holds(let certificate):
            return holds(certificate.coverings.last?.leaves ?? certificate.end.map { [$0] } ?? [])
        case .refuted: return .fails
        case .undecided: return .tooHard
        }
    }
}

extension RuleAudit {
    /// Rules that touch a box, in a list of their own, and their numbers in the whole one.
    private struct Slice {
        var list: RuleList
        var numbers: [Int] = []
        /// Skips whose target is not reached yet.
        private var open: [(skip: Int, target: Int)] = []

        init(otherwise: Bool) { list = RuleList(otherwise: otherwise) }

        var isEverythingLanded: Bool { open.isEmpty }

        /// Whether a skip ends at one of some rules.
        func lands(in rules: Range<Int>) -> Bool { open.contains { rules.contains($0.target) } }

        mutating func arrive(at rule: Int) {
            guard !open.isEmpty else { return }
            open.removeAll { skip in
                guard skip.target <= rule else { return false }
                list.land(skip.skip)
                return true
            }
        }

        mutating func append(_ box: Box, allow: Bool, number: Int) {
            list.append(box, allow: allow, owner: 0)
            numbers.append(number)
        }

        mutating func skip(_ box: Box, to target: Int, number: Int) {
            open.append((list.appendSkip(box, owner: 0), target))
            numbers.append(number)
        }
    }

    /// Allows the packets of a rule's box that never come to it.
    private func before(_ rule: Int) -> Slice { before(rule, otherwise: false) }

    private func before(_ rule: Int, otherwise: Bool) -> Slice {
        let box = list.boxes[rule]
        var slice = Slice(otherwise: otherwise)
        var index = 0
        while index < rule {
            defer { index += 1 }
            guard list.boxes[index].overlaps(box), !isIdle(index) else { continue }
            slice.arrive(at: index)
            let own = list.boxes[index]
            let target = Int(list.targets[index])
            if list.decisions[index] == .skip, target <= rule {
                // Whatever the skip leads past is never asked.
                if own.contains(box), !slice.lands(in: index + 1..<target) {
                    index = target - 1
                } else {
                    slice.skip(own, to: target, number: index)
                }
            } else {
                slice.append(own, allow: true, number: index)
            }
        }
        slice.arrive(at: rule)
        return slice
    }

    /// Allows the packets of a rule's box that are decided as before without it and its owners.
    private func without(_ rule: Int, _ owners: Set<UInt32>) -> Slice {
        let box = list.boxes[rule]
        let wanted = list.decisions[rule]
        var slice = before(rule, otherwise: list.otherwise == (wanted == .allow))
        for index in rule + 1..<max(list.count, rule + 1) {
            guard list.boxes[index].overlaps(box), !owners.contains(list.owners[index]) else {
                continue
            }
            slice.arrive(at: index)
            let own = list.boxes[index]
            if unsure.contains(index) {
                slice.append(own, allow: false, number: index)
            } else if list.decisions[index] != .skip {
                slice.append(own, allow: list.decisions[index] == wanted, number: index)
            } else if !isIdle(index) {
                slice.skip(own, to: Int(list.targets[index]), number: index)
            }
        }
        slice.arrive(at: list.count)
        return slice
    }
}
