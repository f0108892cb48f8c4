// Drift: the packet filters of a running platform beside those of its plan, and which packets they
// decide otherwise. Texts are read by `NftText`; no word of them is compared with another. Bounds:
// those of the reader and of `PacketSet`; `LivePlatform.deviationsMax` answers for each filter.
internal import Findings
internal import NftText
internal import Packets
internal import Ruleset

/// A packet's way through one network namespace.
package enum Way: Sendable, CaseIterable, Hashable {
    case leaving
    case entering
    case crossing

    var hooks: [Hook] {
        switch self {
        case .leaving: [.output, .postrouting]
        case .entering: [.prerouting, .input]
        case .crossing: [.prerouting, .forward, .postrouting]
        }
    }
}

/// Rules of a namespace that nobody can lay out: nothing can be said of them.
package struct Unreadable: Error, Equatable {
    /// `the fabric` or a compartment's name.
    package let site: String
    package let problem: String
}

/// The packet filter of one network namespace: as planned, and as it is.
package struct Site: Sendable {
    package enum Kind: Sendable, Hashable {
        case fabric
        /// The index of a compartment.
        case compartment(Int)
    }

    package let kind: Kind
    package let name: String
    /// What of the live rules is not modelled, in words; without what the plan's rules say alike.
    package let unmodelled: [String]
    let planned: [Way: [Gate]]
    let live: [Way: [Gate]]

    /// One base chain, laid out for each family.
    struct Gate: Sendable {
        let v4: BoundedRules
        let v6: BoundedRules

        subscript(_ family: Families) -> BoundedRules { family == .v4 ? v4 : v6 }
    }

    /// Reads both texts; interface n of `Field.arrival` is `interfaces[n - 1]`, and those that only
    /// the live rules name follow.
    package init(
        _ kind: Kind, name: String, interfaces: [String], planned: String, live: [UInt8]
    ) throws(Unreadable) {
        self.kind = kind
        self.name = name
        let known = interfaces + ["lo"]
        let (plan, planFindings) = NftText.read(Array(planned.utf8), interfaces: known)
        guard let plan else { throw Unreadable(site: name, problem: Self.first(planFindings)) }
        let (found, findings) = NftText.read(live, interfaces: known)
        guard let found else { throw Unreadable(site: name, problem: Self.first(findings)) }
        let atoms = AddressAtoms(plan.addresses(.v6) + found.addresses(.v6))
        self.planned = try Self.gates(plan, atoms, name)
        self.live = try Self.gates(found, atoms, name)
        var words = Set(findings.map(\.problem)).subtracting(planFindings.map(\.problem))
        for gate in self.live.values.joined() {
            words.formUnion(gate.v4.unmodelled + gate.v6.unmodelled)
        }
        for gate in self.planned.values.joined() {
            words.subtract(gate.v4.unmodelled + gate.v6.unmodelled)
        }
        for chain in found.chains where chain.rewrites {
            words.insert("chain \(Excerpt.of(chain.name)) rewrites addresses")
        }
        unmodelled = words.sorted()
    }

    private static func first(_ findings: [Finding]) -> String {
        guard let error = findings.first(where: { $0.severity == .error }) else {
            return "no rules"
        }
        return error.place.map { "line \($0.line): \(error.problem)" } ?? error.problem
    }

    private static func gates(
        _ rules: Ruleset, _ atoms: AddressAtoms, _ name: String
    ) throws(Unreadable) -> [Way: [Gate]] {
        var gates: [Way: [Gate]] = [:]
        for way in Way.allCases {
            for hook in way.hooks {
                for base in rules.bases(at: hook) {
                    do throws(UnfoldingError) {
                        let v4 = try Unfolding(rules, .v4).rules(of: base)
                        let v6 = try Unfolding(rules, .v6(atoms)).rules(of: base)
                        gates[way, default: []].append(Gate(v4: v4, v6: v6))
                    } catch {
                        throw Unreadable(site: name, problem: "\(error)")
                    }
                }
            }
        }
        return gates
    }
}

extension Chain {
    fileprivate var rewrites: Bool {
        rules.contains { if case .rewrite = $0.action { true } else { false } }
    }
}

extension [Way: [Site.Gate]] {
    /// Boxes that together are what passes all chains of a way, of the packets of a question.
    func passed(
        _ way: Way, _ family: Families, _ question: Box, _ bound: (BoundedRules) -> RuleList
    ) throws(PacketSet.TooLarge) -> [Box] {
        var parts = [question]
        // The last ones know the flows, so that little is left to ask those before them.
        for gate in (self[way] ?? []).reversed() {
            var next: [Box] = []
            for part in parts { next += try bound(gate[family]).allowedParts(in: part) }
            guard next.count <= 1 << 20 else { throw PacketSet.TooLarge() }
            parts = next
        }
        return parts
    }
}
