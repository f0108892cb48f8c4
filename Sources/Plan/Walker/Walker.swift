// Walker: follows one packet through chains rule by rule, as the kernel does (nf_tables and
// ip_tables evaluation). It shares nothing with `Unfolding`: each is the other's judge. Bounds:
// every rule of every chain at most `Ruleset.depthMax` calls deep.
internal import Findings
package import Packets
package import Ruleset

/// One packet of a family, with whole addresses.
package struct WalkedPacket: Sendable {
    package var family: Families
    /// A value for each field, indexed by `Field.rawValue`.
    package var values: [UInt128]

    /// From values in the order of `Field`; missing ones are 0.
    package init(_ family: Families, _ values: [UInt128]) {
        self.family = family
        self.values =
            values + Array(repeating: 0, count: max(0, Field.allCases.count - values.count))
    }

    package subscript(_ field: Field) -> UInt128 {
        get { values[field.rawValue] }
        set { values[field.rawValue] = newValue }
    }
}

/// A rule by its chain's and its own index.
package struct RulePlace: Sendable, Hashable {
    package let chain: Int
    package let rule: Int
}

/// What became of a packet at one base chain.
package struct Walk: Sendable {
    /// Whether it went on.
    package let accepts: Bool
    /// The rule that decided; nil for the policy.
    package let by: RulePlace?
    /// Every rule that matched, in order; at most `Walker.traceMax`.
    package let trace: [RulePlace]
    /// How the packet was rewritten, if it was.
    package let rewrite: Rewrite?
}

/// An interpreter of rules.
package struct Walker: Sendable {
    package static let traceMax = 4_096

    private let ruleset: Ruleset

    package init(_ ruleset: Ruleset) { self.ruleset = ruleset }

    /// Follows the packet through one base chain.
    ///
    /// `holds` answers conditions that are not modelled, and whether a rule of unknown action
    /// lets pass. A circle of chains refuses, as the kernel refuses to load it.
    package func walk(
        _ packet: WalkedPacket, base: Int, holds: (String) -> Bool = { _ in false }
    ) -> Walk {
        guard ruleset.chains.indices.contains(base) else {
            return Walk(accepts: false, by: nil, trace: [], rewrite: nil)
        }
        let chain = ruleset.chains[base]
        guard chain.families.contains(packet.family) else {
            return Walk(accepts: true, by: nil, trace: [], rewrite: nil)
        }
        var trace: [RulePlace] = []
        // Where to go on when a chain ends; a goto leaves nothing behind.
        var stack: [(chain: Int, next: Int)] = [(base, 0)]
        while let top = stack.popLast() {
            var chain = top.chain
            var next = top.next
            while ruleset.chains[chain].rules.indices.contains(next) {
                let place = RulePlace(chain: chain, rule: next)
                let rule = ruleset.chains[chain].rules[next]
                next += 1
                guard matches(rule.match, packet, in: chain, holds) else { continue }
                if trace.count < Self.traceMax { trace.append(place) }
                switch rule.action {
                case .accept: return Walk(accepts: true, by: place, trace: trace, rewrite: nil)
                case .drop, .reject:
                    return Walk(accepts: false, by: place, trace: trace, rewrite: nil)
                case .rewrite(let rewrite):
                    return Walk(accepts: true, by: place, trace: trace, rewrite: rewrite)
                case .alter(let alteration):
                    return Walk(
                        accepts: holds(alteration.words), by: place, trace: trace, rewrite: nil)
                case .unknown(let word):
                    return Walk(accepts: holds(word), by: place, trace: trace, rewrite: nil)
                case .pass, .untrack: continue
                case .leave: next = .max
                case .jump(let target), .goto(let target):
                    guard ruleset.chains.indices.contains(target) else { continue }
                    if case .jump = rule.action { stack.append((chain, next)) }
                    guard stack.count <= Ruleset.depthMax else {
                        return Walk(accepts: false, by: place, trace: trace, rewrite: nil)
                    }
                    chain = target
                    next = 0
                }
            }
        }
        return Walk(
            accepts: ruleset.chains[base].base?.accepts ?? false, by: nil, trace: trace,
            rewrite: nil)
    }

    private func matches(
        _ match: Match, _ packet: WalkedPacket, in chain: Int, _ holds: (String) -> Bool
    ) -> Bool {
        guard ruleset.chains[chain].families.contains(packet.family) else { return false }
        func isInside(_ clause: Clause) -> Bool {
            clause.families.contains(packet.family)
                && Field.allCases.allSatisfy { clause.holds($0, packet[$0]) }
        }
        return match.clauses.contains(where: isInside) && !match.except.contains(where: isInside)
            && match.unmodelled.allSatisfy(holds)
    }
}
