internal import Packets

/// One list while it is laid out.
struct Layout {
    enum Bound {
        case may
        case must
    }

    /// What of a chain is laid out: behind a condition that is not modelled, `may` can rely on no
    /// refusal and `must` on no permission.
    enum Mode {
        case exact
        case onlyAllowing
        case onlyRefusing
    }

    struct Step {
        enum Kind {
            case nothing
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
    var unmodelled: Set<String> = []

    init(_ bound: Bound, otherwise: Bool) {
        self.bound = bound
        list = RuleList(otherwise: otherwise)
    }

    func step(_ rule: Rule, _ mode: Mode) -> Step {
        let isKnown = rule.match.unmodelled.isEmpty
        let words = rule.match.unmodelled
        switch rule.action {
        case .pass: return Step(kind: .nothing, unmodelled: [])
        case .accept, .rewrite: return decide(true, isKnown, words, mode)
        case .drop, .reject: return decide(false, isKnown, words, mode)
        case .unknown(let word):
            return decide(bound == .may, true, words + [word], mode)
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
            }
        return Step(
            kind: isReliable && isWanted ? .decide(allow: allow) : .nothing, unmodelled: words)
    }
}
