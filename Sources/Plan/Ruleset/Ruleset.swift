// Ruleset: the rules of one machine's packet filter as it walks them: chains at hooks, jumps and
// rewritten addresses, of nftables and iptables alike. Importers make it; it never parses text.
// Bounds: `Ruleset.rulesMax` rules; jumps at most 16 deep, as in the kernel.
package import Findings
internal import Packets

/// Where in the kernel a chain is called (netfilter hooks).
package enum Hook: UInt8, Sendable, CaseIterable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4

    /// As rules write it.
    package var name: String {
        switch self {
        case .prerouting: "prerouting"
        case .input: "input"
        case .forward: "forward"
        case .output: "output"
        case .postrouting: "postrouting"
        }
    }
}

/// How a base chain is hung up.
package struct Base: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case filter = 0
        /// Sees the first packet of a connection only, and rewrites.
        case nat = 1
        case route = 2
    }
    package var kind: Kind
    package var hook: Hook
    /// Lower ones are called first; 0 is where filters stand, -100 and 100 where addresses change.
    package var priority: Int32
    /// Whether a packet that no rule decides goes on.
    package var accepts: Bool

    package init(_ kind: Kind, _ hook: Hook, priority: Int32, accepts: Bool) {
        self.kind = kind
        self.hook = hook
        self.priority = priority
        self.accepts = accepts
    }
}

/// Rules in order, every one narrowed to the chain's address families.
package struct Chain: Sendable {
    package var table: String
    package var name: String
    package var families: Families
    /// Nil for a chain that is only jumped to.
    package var base: Base?
    package var rules: [Rule] = []
    package var place: Place

    package init(
        table: String, name: String, families: Families, base: Base? = nil, place: Place
    ) {
        self.table = table
        self.name = name
        self.families = families
        self.base = base
        self.place = place
    }
}

/// New addresses and ports, of which the kernel picks one; nil leaves the old ones.
package struct Rewrite: Sendable, Hashable {
    package enum Side: UInt8, Sendable {
        case source = 0
        case destination = 1
    }
    package var side: Side
    /// Nil with `isOwnAddress` for masquerade and redirect: the machine's own.
    package var address: ClosedRange<UInt128>?
    package var isOwnAddress: Bool
    package var port: ClosedRange<UInt16>?

    package init(
        _ side: Side, address: ClosedRange<UInt128>?, isOwnAddress: Bool = false,
        port: ClosedRange<UInt16>? = nil
    ) {
        self.side = side
        self.address = address
        self.isOwnAddress = isOwnAddress
        self.port = port
    }
}

/// What a rule does with a packet that it matches.
package enum Action: Sendable, Hashable {
    /// Ends this base chain; those of later priority still see the packet.
    case accept
    /// Final.
    case drop
    /// Final, and the sender hears of it.
    case reject
    /// Looks at another chain, by its index, and comes back when that has not decided.
    case jump(Int)
    /// Looks at another chain and does not come back to this one.
    case goto(Int)
    /// Leaves this chain; in a base chain: its policy.
    case leave
    /// Counts, logs, marks: the next rule sees the packet as well.
    case pass
    /// Rewrites, and accepts.
    case rewrite(Rewrite)
    /// Nobody here knows whether the rule ends the packet's way, and how: both must be expected.
    case unknown(String)
}

/// One rule as it was written.
package struct Rule: Sendable {
    package var match: Match
    package var action: Action
    package var comment: String
    /// Packets that it has counted, where the source says.
    package var hits: UInt64?
    package var place: Place

    package init(
        _ match: Match, _ action: Action, comment: String = "", hits: UInt64? = nil, place: Place
    ) {
        self.match = match
        self.action = action
        self.comment = comment
        self.hits = hits
        self.place = place
    }
}

/// All chains of a packet filter.
package struct Ruleset: Sendable {
    package static let rulesMax = 1 << 20
    package static let depthMax = 16

    package var chains: [Chain] = []
    /// Names of interfaces: number n of `Field.arrival` and `.departure` is `interfaces[n - 1]`.
    package var interfaces: [String] = []
    /// What was left out while reading, for the reader to judge: warnings with their place.
    package var findings: [Finding] = []

    package init() {}

    /// The base chains of a hook in the order in which the kernel calls them.
    package func bases(at hook: Hook) -> [Int] {
        chains.indices.filter { chains[$0].base?.hook == hook }.sorted { left, right in
            let one = chains[left].base?.priority ?? 0
            let other = chains[right].base?.priority ?? 0
            return one == other ? left < right : one < other
        }
    }

    /// Intervals of addresses of one family that some rule tells apart.
    package func addresses(_ family: Families) -> [ClosedRange<UInt128>] {
        var found: [ClosedRange<UInt128>] = []
        for chain in chains {
            for rule in chain.rules {
                for clause in rule.match.clauses + rule.match.except
                where !clause.families.isDisjoint(with: family) {
                    found += clause.values[.source] ?? []
                    found += clause.values[.destination] ?? []
                }
            }
        }
        return found
    }
}
