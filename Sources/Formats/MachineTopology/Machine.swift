// MachineTopology: the packet filter of one machine as a topology, and what is wrong with its rules.
// Endpoints are the machine, the networks behind its interfaces, addresses that rules name, and
// everybody else. It reads no bytes but by the readers of the formats. Bounds: those of `Ruleset`;
// `Limits`.
package import Ruleset

/// One machine, as its filter tells of it.
package struct Machine: Sendable {
    enum Limits {
        /// Addresses that become parties; the rest belongs to everybody else.
        static let parties = 64
        static let endpoints = 150
        /// Boxes that are looked at for all pairs of these together.
        static let looks = 500_000_000
        /// Boxes up to which interfaces that differ nowhere become one.
        static let compared = 200_000
        /// Interfaces that become endpoints.
        static let interfaces = 64
        /// Findings of one kind.
        static let findings = 1_000
        /// Boxes of packets behind address translation.
        static let translated = 10_000
    }

    /// Addresses that have a name in the rules.
    package struct Named: Sendable {
        package var name: String
        package var family: Families
        package var intervals: [ClosedRange<UInt128>]

        package init(
            _ name: String, _ family: Families, _ intervals: [ClosedRange<UInt128>]
        ) {
            self.name = name
            self.family = family
            self.intervals = intervals
        }
    }

    package let ruleset: Ruleset
    /// The families about which the rules say anything: those of a dump, or both.
    package let families: Families
    package let named: [Named]
    /// Files of the chains, where there are several; one for each chain.
    let files: [String]

    package init(
        _ ruleset: Ruleset, families: Families = .both, named: [Named] = [], files: [String] = []
    ) {
        self.ruleset = ruleset
        self.families = families
        self.named = named
        self.files = files
    }

    func file(_ chain: Int) -> String { files.indices.contains(chain) ? files[chain] : "" }

    /// The chain as people name it.
    func title(_ chain: Int) -> String {
        "\(ruleset.chains[chain].table) \(ruleset.chains[chain].name)"
    }

    /// For each chain the hooks from which packets come to it.
    func hooks() -> [Set<Hook>] {
        var found: [Set<Hook>] = Array(repeating: [], count: ruleset.chains.count)
        for (index, chain) in ruleset.chains.enumerated() {
            guard let hook = chain.base?.hook else { continue }
            var open = [index]
            while let next = open.popLast() {
                guard found[next].insert(hook).inserted else { continue }
                for rule in ruleset.chains[next].rules {
                    switch rule.action {
                    case .jump(let target), .goto(let target):
                        if ruleset.chains.indices.contains(target) { open.append(target) }
                    default: break
                    }
                }
            }
        }
        return found
    }

    /// Whether a chain, or one that it calls, rewrites that side of packets.
    func rewrites(_ base: Int, _ side: Rewrite.Side) -> Bool {
        has(base) { action in
            if case .rewrite(let rewrite) = action { return rewrite.side == side }
            return false
        }
    }

    /// Whether its rules are about packets that others of them have changed.
    func alters(_ base: Int) -> Bool {
        has(base) { action in
            if case .alter = action { return true }
            return false
        }
    }

    private func has(_ base: Int, _ isWanted: (Action) -> Bool) -> Bool {
        ruleset.called(by: base).contains { chain in
            ruleset.chains[chain].rules.contains { isWanted($0.action) }
        }
    }
}
