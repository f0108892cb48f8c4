internal import Packets

/// Chains to which packets may come before the kernel looks up their connections.
extension Ruleset {
    /// The rules as packets meet them: where no connection has been looked up every packet is
    /// invalid, whatever becomes of it later (`nft_ct_get_eval`, `conntrack_mt` in Linux).
    ///
    /// For readers, once all rules are there.
    package func beforeTracking() -> Ruleset {
        var early: Set<Int> = []
        var others: Set<Int> = []
        for (index, chain) in chains.enumerated() {
            guard let base = chain.base else { continue }
            if base.isEarly { early.formUnion(called(by: index)) }
            // At the very place nobody knows which comes first.
            if !base.isEarly || base.place == Base.trackingPlace {
                others.formUnion(called(by: index))
            }
        }
        guard !early.isEmpty else { return self }
        let untracks = chains.contains { $0.rules.contains { $0.action == .untrack } }
        var made = self
        for chain in early {
            let states: [ConnectionState] =
                others.contains(chain)
                ? ConnectionState.allCases : untracks ? [.invalid, .untracked] : [.invalid]
            made.chains[chain].rules = chains[chain].rules.flatMap { rule in
                rule.asksForState ? rule.seeing(states.map { UInt128($0.rawValue) }) : [rule]
            }
        }
        return made
    }

    /// A chain and all that it calls.
    package func called(by base: Int) -> Set<Int> {
        var seen: Set<Int> = []
        var open = [base]
        while let next = open.popLast() {
            guard chains.indices.contains(next), seen.insert(next).inserted else { continue }
            for rule in chains[next].rules {
                switch rule.action {
                case .jump(let target), .goto(let target): open.append(target)
                default: break
                }
            }
        }
        return seen
    }
}

extension Base {
    /// Where the kernel looks up connections (`NF_IP_PRI_CONNTRACK`).
    package static let trackingPlace: Int32 = -200

    /// Packets come here before their connections are looked up, or at the same place.
    package var isEarly: Bool {
        (hook == .prerouting || hook == .output) && place <= Self.trackingPlace
    }
}

extension Rule {
    private static let word = "ct state before connections are looked up"

    /// The rule where packets have one of some states and nobody knows which: a part that is sure to
    /// hold them or not to, and one that may.
    fileprivate func seeing(_ states: [UInt128]) -> [Rule] {
        var sure = self
        sure.match.clauses = []
        sure.match.except = []
        var open = sure
        for clause in match.clauses {
            switch clause.held(states) {
            case states.count: sure.match.clauses.append(clause.ofAnyState)
            case 0: break
            default: open.match.clauses.append(clause.ofAnyState)
            }
        }
        var isDoubtful = false
        for clause in match.except {
            switch clause.held(states) {
            case states.count:
                sure.match.except.append(clause.ofAnyState)
                open.match.except.append(clause.ofAnyState)
            case 0: break
            default: isDoubtful = true
            }
        }
        open.match.unmodelled.append(Self.word)
        if isDoubtful { sure.match.unmodelled.append(Self.word) }
        let isNever = open.match.clauses.isEmpty
        return isNever ? [sure] : sure.match.clauses.isEmpty ? [open] : [sure, open]
    }
}

extension Clause {
    /// How many of some states it holds.
    fileprivate func held(_ states: [UInt128]) -> Int { states.count { holds(.state, $0) } }

    fileprivate var ofAnyState: Clause {
        var clause = self
        clause.values[.state] = nil
        return clause
    }
}
