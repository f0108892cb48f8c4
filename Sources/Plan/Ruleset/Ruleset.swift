// Ruleset: the rules of one machine's packet filter as it walks them: chains at hooks, jumps and
// rewritten addresses, of nftables and iptables alike. Importers make it; it never parses text.
// Bounds: `Ruleset.rulesMax` rules; jumps at most 16 deep, as in the kernel.
package import Findings
package import Packets

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

    /// Where among all chains of its hook the kernel calls it: it translates at one place, whatever
    /// the chains that say how are set to (`NF_IP_PRI_NAT_DST`, `NF_IP_PRI_NAT_SRC`).
    package var place: Int32 {
        guard kind == .nat else { return priority }
        switch hook {
        case .prerouting, .output: return -100
        case .input, .forward, .postrouting: return 100
        }
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

/// Fields of a packet that get another value.
package struct Alteration: Sendable, Hashable {
    package var fields: [Field]
    /// Nil where it depends on the packet.
    package var value: ClosedRange<UInt128>?
    package var families: Families
    /// As it was written.
    package var words: String

    package init(
        _ fields: [Field], _ value: ClosedRange<UInt128>?, _ families: Families, words: String
    ) {
        self.fields = fields
        self.value = value
        self.families = families
        self.words = words
    }
}

/// Rules that stand outside the five hooks and are not read: they may refuse what comes or goes.
package struct Barrier: Sendable, Hashable {
    package var name: String
    package var families: Families
    package var stopsArrivals: Bool
    package var stopsDepartures: Bool
    /// Where it stands; empty for every interface.
    package var interfaces: [String]
    /// What it may put into packets.
    package var alterations: [Alteration]

    package init(
        _ name: String, _ families: Families, stopsArrivals: Bool, stopsDepartures: Bool,
        interfaces: [String], alterations: [Alteration] = []
    ) {
        self.name = name
        self.families = families
        self.stopsArrivals = stopsArrivals
        self.stopsDepartures = stopsDepartures
        self.interfaces = interfaces
        self.alterations = alterations
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
    /// Takes the packet out of connection tracking, where that has not seen it yet; the next rule
    /// sees it as well.
    case untrack
    /// Puts other values into the packet, which no connection remembers; the next rule sees it so.
    /// One list for all packets cannot say which they are then: both must be expected.
    case alter(Alteration)
    /// Nobody here knows whether the rule ends the packet's way, and how: both must be expected.
    case unknown(String)

    /// The next rule sees the packet, whatever this one does to it.
    package var isPassing: Bool {
        switch self {
        case .pass, .untrack: true
        default: false
        }
    }
}

/// One rule as it was written.
package struct Rule: Sendable {
    package var match: Match
    package var action: Action
    package var comment: String
    /// Packets that it has counted, where the source says.
    package var hits: UInt64?
    /// It says itself of which state packets are; what is known of flags asks for the state too.
    package var asksForState: Bool
    package var place: Place

    package init(
        _ match: Match, _ action: Action, comment: String = "", hits: UInt64? = nil,
        asksForState: Bool = false, place: Place
    ) {
        self.match = match
        self.action = action
        self.comment = comment
        self.hits = hits
        self.asksForState = asksForState
        self.place = place
    }
}

/// All chains of a packet filter.
package struct Ruleset: Sendable {
    package static let rulesMax = 1 << 20
    package static let depthMax = 16

    package var chains: [Chain] = []
    package var barriers: [Barrier] = []
    /// Names of interfaces: number n of `Field.arrival` and `.departure` is `interfaces[n - 1]`.
    package var interfaces: [String] = []
    /// What was left out while reading, for the reader to judge: warnings with their place.
    package var findings: [Finding] = []

    package init() {}

    /// The base chains of a hook in the order in which the kernel calls them.
    package func bases(at hook: Hook) -> [Int] {
        let found = chains.indices.compactMap { index in
            chains[index].base.flatMap { $0.hook == hook ? (index: index, base: $0) : nil }
        }
        return found.sorted { left, right in
            let one = (left.base.place, left.base.priority, left.index)
            return one < (right.base.place, right.base.priority, right.index)
        }.map(\.index)
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
