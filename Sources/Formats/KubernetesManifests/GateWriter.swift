internal import Packets
internal import Topology

/// A rule of a policy as packets.
struct RuleBoxes {
    var action: Rule.Action
    let owner: UInt32
    /// Packets that it holds, and others that it may hold.
    var sure: [Box] = []
    var maybe: [Box] = []

    init(action: Rule.Action, owner: UInt32) {
        self.action = action
        self.owner = owner
    }
}

/// A policy that selects a pod, for sure or perhaps, and its rules in one direction.
struct Chosen {
    let policy: Policy
    let rules: [RuleBoxes]
    let isSure: Bool
}

/// Writes tiers into one list, for one bound.
struct GateWriter {
    /// The label of what isolation refuses.
    private static let isolation: UInt32 = 2
    private let bound: Bound
    var list = RuleList(otherwise: true)
    /// Skips of Pass rules, which go on behind the tier.
    private var passing: [Int] = []

    init(_ bound: Bound) { self.bound = bound }

    /// A tier's policies in the order of their priorities.
    mutating func tier(_ policies: [Chosen], _ words: inout Set<String>) {
        let newer = policies.filter(\.policy.isClusterPolicy)
        let older = policies.filter { !$0.policy.isClusterPolicy }
        if !newer.isEmpty, !older.isEmpty {
            words.insert(
                "which comes first is not defined: ClusterNetworkPolicy or the kinds that it "
                    + "replaces")
            anyOrder(Self.chains(older) + Self.chains(newer))
        } else {
            ordered(policies, &words)
        }
        for skip in passing { list.land(skip) }
        passing = []
    }

    /// Policies of one generation as one list of rules; each alone where two have one priority.
    private static func chains(_ policies: [Chosen]) -> [[RuleBoxes]] {
        let isOrdered = Set(policies.map(\.policy.priority)).count == policies.count
        return isOrdered ? [policies.flatMap(\.rules)] : policies.map(\.rules)
    }

    private mutating func ordered(_ policies: [Chosen], _ words: inout Set<String>) {
        var rest = policies[...]
        while let first = rest.first {
            let alike = rest.prefix { $0.policy.priority == first.policy.priority }
            rest = rest.dropFirst(alike.count)
            if alike.count == 1 {
                for rule in first.rules { act(rule) }
            } else {
                words.insert(
                    "the order of \(alike.map(\.policy.title).joined(separator: ", ")) is not "
                        + "defined: all have priority \(first.policy.priority)")
                anyOrder(alike.map(\.rules))
            }
        }
    }

    /// Network policies: what any of those allows that select the pod.
    ///
    /// False where perhaps none of them selects it, and the baseline must be asked as well.
    mutating func isolates(_ policies: [Chosen]) -> Bool {
        let sure = policies.filter(\.isSure)
        for chosen in bound == .may ? policies : sure {
            for rule in chosen.rules { act(rule) }
        }
        if !sure.isEmpty {
            list.append(.everything, allow: false, owner: Self.isolation)
            list.otherwise = false
            return true
        }
        guard bound == .must else { return false }
        // Each of them may be the only one that selects the pod, or none may: all must agree.
        for chosen in policies {
            var allowed: [Int] = []
            for rule in chosen.rules {
                for box in rule.sure { allowed.append(list.appendSkip(box, owner: rule.owner)) }
            }
            list.append(.everything, allow: false, owner: Self.isolation)
            for skip in allowed { list.land(skip) }
        }
        return false
    }

    /// What a rule decides, as far as this bound may rely on it.
    mutating func act(_ rule: RuleBoxes) {
        switch rule.action {
        case .allow:
            append(rule.sure, true, rule.owner)
            if bound == .may { append(rule.maybe, true, rule.owner) }
        case .deny:
            append(rule.sure, false, rule.owner)
            if bound == .must { append(rule.maybe, false, rule.owner) }
        case .pass:
            for box in rule.sure { passing.append(list.appendSkip(box, owner: rule.owner)) }
            // Where it leads is as unknown as whether it is taken: the bound that is safe.
            append(rule.maybe, bound == .may, rule.owner)
        }
    }

    private mutating func append(_ boxes: [Box], _ allow: Bool, _ owner: UInt32) {
        for box in boxes { list.append(box, allow: allow, owner: owner) }
    }

    /// Policies of which any may come first: the best of their verdicts may be the answer, and
    /// only what the worst of them allows must pass.
    private mutating func anyOrder(_ policies: [[RuleBoxes]]) {
        let stages: [Rule.Action] =
            bound == .may ? [.allow, .pass, .deny] : [.deny, .pass, .allow]
        for stage in stages {
            for rules in policies {
                var decided: [Int] = []
                for rule in rules {
                    if rule.action == stage {
                        act(rule)
                    } else {
                        // The policy's verdict is another one, for another stage.
                        for box in rule.sure {
                            decided.append(list.appendSkip(box, owner: rule.owner))
                        }
                    }
                }
                for skip in decided { list.land(skip) }
            }
        }
    }
}
