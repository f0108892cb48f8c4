// NftRules: nftables rulesets as they are written, whatever the notation, and what they mean: the
// chains of a `Ruleset`. It reads no bytes. Bounds: those of `Ruleset` and of `Condition`.
package import Findings
internal import Packets
package import Ruleset

/// A value in a rule, a set or a map.
package indirect enum NftValue: Sendable, Hashable {
    case number(UInt128)
    case address(UInt128, Families)
    /// A name without quotes, of whatever the other side of the match has names for.
    case word(String)
    /// A name in quotes.
    case text(String)
    case range(NftValue, NftValue)
    case prefix(NftValue, Int)
    /// Bits of a mask, any of them when listed with commas.
    case flags([NftValue])
    case concat([NftValue])
    case set([NftElement])
    /// `@name`.
    case reference(String)
    /// `*`: whatever no other element holds.
    case any
    /// A value that depends on the packet or that nobody here knows.
    case other(String)
}

/// One element of a set or, with `data`, of a map.
package struct NftElement: Sendable, Hashable {
    package var key: NftValue
    package var data: NftData?

    package init(_ key: NftValue, _ data: NftData? = nil) {
        self.key = key
        self.data = data
    }
}

/// What an element of a map stands for.
package enum NftData: Sendable, Hashable {
    case value(NftValue)
    case verdict(NftVerdict)
}

package enum NftVerdict: Sendable, Hashable {
    case accept
    case drop
    case `continue`
    case `return`
    case jump(String)
    case goto(String)
}

/// What a rule looks at.
package indirect enum NftKey: Sendable, Hashable {
    case payload(String, String)
    case meta(String)
    case ct(String)
    case masked(NftKey, NftValue)
    case concat([NftKey])
    /// In the words in which it was written.
    case other(String)
}

extension NftKey {
    /// Whether a packet with another value there stays the same packet to the model.
    package var isHarmless: Bool {
        switch self {
        case .meta, .ct: return true
        case .payload(let header, let field):
            if header == "ether" || header == "vlan" { return true }
            let isModelled =
                ["saddr", "daddr", "sport", "dport", "protocol", "nexthdr", "flags"].contains(field)
                || header == "icmp" || header == "icmpv6"
            return !isModelled
        case .other(let word):
            return word.hasPrefix("tcp option") || word.hasPrefix("ip option")
                || word.hasPrefix("{\"tcp option") || word.hasPrefix("{\"exthdr")
        default: return false
        }
    }
}

package enum NftOperator: String, Sendable, Hashable {
    /// Nothing written: any bit of a mask, otherwise equal.
    case implicit = ""
    case equal = "=="
    case unequal = "!="
    /// None of the bits.
    case none = "!"
    case less = "<"
    case greater = ">"
    case atMost = "<="
    case atLeast = ">="
}

/// New addresses.
package struct NftNat: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case dnat
        case snat
        case masquerade
        case redirect
    }
    package enum Target: Sendable, Hashable {
        case none
        /// Address, port or both.
        case fixed(address: NftValue?, port: NftValue?)
        case map(NftKey, NftValue)
    }
    package var kind: Kind
    package var family: Families
    package var target: Target

    package init(_ kind: Kind, _ family: Families, _ target: Target) {
        self.kind = kind
        self.family = family
        self.target = target
    }
}

package enum NftStatement: Sendable, Hashable {
    case match(NftKey, NftOperator, NftValue)
    case verdict(NftVerdict)
    /// `tcp reset`, `icmp`, `icmpv6`, `icmpx` or nothing.
    case reject(String)
    case vmap(NftKey, NftValue)
    case nat(NftNat)
    /// Sets the packet's mark.
    case mark(NftValue)
    case markMap(NftKey, NftValue)
    /// Counts, with the packets so far.
    case counter(UInt64?)
    /// Does nothing to the packet's way.
    case pass
    /// Takes the packet out of connection tracking.
    case untrack
    /// Puts a value into the packet; nil for one that depends on something.
    case alter(NftKey, NftValue?)
    /// A condition that no field expresses.
    case condition(String)
    /// A statement of which nobody here knows whether it ends the packet's way.
    case unknown(String)
}

package struct NftRule: Sendable {
    package var statements: [NftStatement]
    package var comment: String
    package var place: Place

    package init(_ statements: [NftStatement], comment: String = "", place: Place) {
        self.statements = statements
        self.comment = comment
        self.place = place
    }
}

/// A hook that is none of IP's five.
package struct NftHook: Sendable, Hashable {
    package var name: String
    /// Interfaces at which it stands; empty for all.
    package var devices: [String]
    package var accepts: Bool

    package init(_ name: String, devices: [String], accepts: Bool) {
        self.name = name
        self.devices = devices
        self.accepts = accepts
    }
}

package struct NftChain: Sendable {
    package var name: String
    /// Nil for a chain that is only jumped to.
    package var base: Base?
    /// Where else it is called, when that is none of IP's hooks.
    package var other: NftHook?
    package var rules: [NftRule] = []
    package var place: Place

    package init(_ name: String, base: Base? = nil, place: Place) {
        self.name = name
        self.base = base
        self.place = place
    }
}

package struct NftSet: Sendable {
    package var name: String
    /// Packets or time change what is in it.
    package var isDynamic = false
    package var elements: [NftElement] = []
    package var place: Place

    package init(_ name: String, place: Place) {
        self.name = name
        self.place = place
    }
}

/// Whether the kernel calls a table's chains.
package enum NftSleep: Sendable, Hashable {
    case awake
    /// It was given flags, and nobody here knows which.
    case perhaps
    case asleep
}

package struct NftTable: Sendable {
    package var family: String
    package var name: String
    package var chains: [NftChain] = []
    package var sets: [String: NftSet] = [:]
    package var sleep = NftSleep.awake
    package var place: Place

    package init(_ family: String, _ name: String, place: Place) {
        self.family = family
        self.name = name
        self.place = place
    }

    /// Address families of its packets; empty for tables that are not about IP.
    package var families: Families {
        switch family {
        case "ip": .v4
        case "ip6": .v6
        case "inet": .both
        default: []
        }
    }
}

/// Tables in the order of their first mention.
package struct NftTables: Sendable {
    package var tables: [NftTable] = []
    private var numbers: [String: Int] = [:]
    private var chainNumbers: [String: Int] = [:]

    package init() {}

    /// The table, made where there is none of its name.
    package mutating func table(_ family: String, _ name: String, at place: Place) -> Int {
        let key = family + " " + name
        if let index = numbers[key] { return index }
        numbers[key] = tables.count
        tables.append(NftTable(family, name, place: place))
        return tables.count - 1
    }

    package func existing(_ family: String, _ name: String) -> Int? {
        numbers[family + " " + name]
    }

    /// The chain, made where there is none of its name.
    package mutating func chain(_ table: Int, _ name: String, at place: Place) -> Int {
        let key = "\(table) " + name
        if let index = chainNumbers[key] { return index }
        chainNumbers[key] = tables[table].chains.count
        tables[table].chains.append(NftChain(name, place: place))
        return tables[table].chains.count - 1
    }

    /// Forgets a table's content, as `delete table` and `flush ruleset` do.
    package mutating func remove(_ table: Int) {
        tables[table].chains = []
        tables[table].sets = [:]
        let prefix = "\(table) "
        chainNumbers = chainNumbers.filter { !$0.key.hasPrefix(prefix) }
    }

    package mutating func removeAll() {
        tables = []
        numbers = [:]
        chainNumbers = [:]
    }
}
