internal import Packets

/// One list while it is laid out.
struct Layout {
    enum Bound {
        case may
        case must
        /// What rules decide for sure; all that others might do is remembered as `unsure`.
        case sure
    }

    /// What of a chain is laid out: behind a condition that is not modelled, `may` can rely on no
    /// refusal and `must` on no permission.
    enum Mode {
        case exact
        case onlyAllowing
        case onlyRefusing
        /// Nothing that a chain behind an open condition decides is sure.
        case nothing
    }

    struct Step {
        enum Kind {
            case nothing
            /// Changes no packet's way for sure, but stands in the list.
            case mention(isUnsure: Bool)
            case decide(allow: Bool)
            case leave
            case call(Int, Mode, comesBack: Bool)
        }
        let kind: Kind
        /// What the step did not model.
        let unmodelled: [String]
    }

    let bound: Bound
    var list: RuleList
    /// Rules that were looked at, each once for every way that leads to it.
    var visited = 0
    var unmodelled: Set<String> = []
    /// Indices of boxes that may decide or skip, and of which nobody knows.
    var unsure: Set<Int> = []
    /// Rules that hang on something, by their index.
    var said: [Int: OpenRule] = [:]
    /// The open call around the rules that are laid out.
    var openCall: OpenRule?

    init(_ bound: Bound, otherwise: Bool) {
        self.bound = bound
        list = RuleList(otherwise: otherwise)
    }

    /// A rule that hangs on something; nil for any other.
    func open(_ rule: Rule) -> OpenRule? {
        var conditions = rule.match.unmodelled
        let action: String
        var isCall = false
        switch rule.action {
        case .pass, .untrack: return nil
        case .unknown(let word):
            action = "perhaps \(word)"
            conditions.append(word)
        case .alter(let alteration):
            action = alteration.words
            conditions.append(action)
        // The chain's rules follow; its number is not the same in every ruleset.
        case .jump:
            action = "jump"
            isCall = true
        case .goto: action = "goto"
        default: action = "\(rule.action)"
        }
        guard openCall != nil || !conditions.isEmpty else { return nil }
        let words = (openCall.map { [$0.words] } ?? []) + rule.match.unmodelled
        return OpenRule(
            words.joined(separator: " and ") + ": " + action,
            (openCall?.conditions ?? []) + conditions, isCall: isCall)
    }

    func step(_ rule: Rule, _ mode: Mode) -> Step {
        if bound == .sure { return surely(rule, mode) }
        let isKnown = rule.match.unmodelled.isEmpty
        let words = rule.match.unmodelled
        switch rule.action {
        case .pass, .untrack: return Step(kind: .nothing, unmodelled: [])
        case .accept, .rewrite: return decide(true, isKnown, words, mode)
        case .drop, .reject: return decide(false, isKnown, words, mode)
        case .unknown(let word):
            return decide(bound == .may, true, words + [word], mode)
        case .alter(let alteration):
            return decide(bound == .may, true, words + [alteration.words], mode)
        case .leave:
            if isKnown { return Step(kind: .leave, unmodelled: []) }
            return decide(bound == .may, true, words, mode)
        case .jump(let target):
            let inner = isKnown ? mode : (bound == .may ? .onlyAllowing : .onlyRefusing)
            return Step(kind: .call(target, inner, comesBack: true), unmodelled: words)
        case .goto(let target):
            if isKnown {
                return Step(kind: .call(target, mode, comesBack: false), unmodelled: [])
            }
            return decide(bound == .may, true, words, mode)
        }
    }

    private func surely(_ rule: Rule, _ mode: Mode) -> Step {
        let isKnown = rule.match.unmodelled.isEmpty && mode != .nothing
        let inner: Mode = isKnown ? .exact : .nothing
        let open = Step.Kind.mention(isUnsure: true)
        let kind: Step.Kind =
            switch rule.action {
            case .pass, .untrack: .mention(isUnsure: false)
            case .accept, .rewrite: isKnown ? .decide(allow: true) : open
            case .drop, .reject: isKnown ? .decide(allow: false) : open
            case .unknown, .alter: open
            // Behind an open call there is nothing sure that it could lead past.
            case .leave: isKnown ? .leave : .mention(isUnsure: mode != .nothing)
            case .jump(let target): .call(target, inner, comesBack: true)
            case .goto(let target): .call(target, inner, comesBack: !isKnown)
            }
        return Step(kind: kind, unmodelled: [])
    }

    /// A rule that allows or refuses, if this bound and mode may rely on it.
    private func decide(
        _ allow: Bool, _ isKnown: Bool, _ words: [String], _ mode: Mode
    ) -> Step {
        let isReliable = isKnown || allow == (bound == .may)
        let isWanted =
            switch mode {
            case .exact: true
            case .onlyAllowing: allow
            case .onlyRefusing: !allow
            case .nothing: false
            }
        return Step(
            kind: isReliable && isWanted ? .decide(allow: allow) : .nothing, unmodelled: words)
    }
}
