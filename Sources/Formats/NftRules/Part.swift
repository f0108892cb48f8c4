internal import FilterTerms
internal import Packets
internal import Ruleset

/// One thing that a rule looks at, as the model knows it.
struct Part {
    enum Kind {
        case field(Field)
        /// Ports of whatever protocol the packet has.
        case transport(Field)
        case interface(Field)
        case state
        case families
        case flags
        case mark
        case unmodelled
    }
    enum Names {
        case none
        case port
        case transport
        case icmpType(Families)
        case icmpCode(Families)
    }

    var kind: Kind
    /// What looking at it implies.
    var dependency = Clause()
    var names = Names.none
    /// In which words it was written.
    let word: String
    /// Only these bits are looked at.
    var mask: NftValue?

    /// The parts of a key, several for a concatenation.
    static func parts(of key: NftKey) -> [Part] {
        if case .concat(let keys) = key { return keys.map(Part.init) }
        return [Part(key)]
    }

    private init(
        _ kind: Kind, _ word: String, _ dependency: Clause = Clause(), _ names: Names = .none
    ) {
        self.kind = kind
        self.dependency = dependency
        self.names = names
        self.word = word
    }

    init(_ key: NftKey) {
        switch key {
        case .payload(let header, let field): self = Part.payload(header, field)
        case .meta(let name): self = Part.meta(name)
        case .ct("state"): self = Part(.state, "ct state")
        case .ct(let name): self = Part(.unmodelled, "ct " + name)
        case .masked(let inner, let mask):
            self = Part(inner)
            if self.mask == nil { self.mask = mask } else { kind = .unmodelled }
        case .concat: self = Part(.unmodelled, "a concatenation inside another")
        case .other(let word): self = Part(.unmodelled, word)
        }
    }

    private static func transport(_ number: UInt128, _ families: Families = .both) -> Clause {
        Clause(families, [.protocolNumber: [number...number]])
    }

    private static let numbers: [String: UInt128] = [
        "tcp": 6, "udp": 17, "dccp": 33, "sctp": 132, "udplite": 136, "ah": 51, "esp": 50,
        "comp": 108,
    ]

    private static func payload(_ header: String, _ field: String) -> Part {
        let word = header + " " + field
        switch (header, field) {
        case ("ip", "saddr"): return Part(.field(.source), word, Clause(.v4))
        case ("ip", "daddr"): return Part(.field(.destination), word, Clause(.v4))
        case ("ip6", "saddr"): return Part(.field(.source), word, Clause(.v6))
        case ("ip6", "daddr"): return Part(.field(.destination), word, Clause(.v6))
        case ("ip", "protocol"):
            return Part(.field(.protocolNumber), word, Clause(.v4), .transport)
        case ("ip6", "nexthdr"):
            return Part(.field(.protocolNumber), word, Clause(.v6), .transport)
        case ("th", "sport"): return Part(.transport(.sourcePort), word, Clause(), .port)
        case ("th", "dport"): return Part(.transport(.destinationPort), word, Clause(), .port)
        case ("icmp", "type"):
            return Part(.field(.sourcePort), word, transport(1, .v4), .icmpType(.v4))
        case ("icmp", "code"):
            return Part(.field(.destinationPort), word, transport(1, .v4), .icmpCode(.v4))
        case ("icmpv6", "type"):
            return Part(.field(.sourcePort), word, transport(58, .v6), .icmpType(.v6))
        case ("icmpv6", "code"):
            return Part(.field(.destinationPort), word, transport(58, .v6), .icmpCode(.v6))
        case ("icmp", _): return Part(.unmodelled, word, transport(1, .v4))
        case ("icmpv6", _): return Part(.unmodelled, word, transport(58, .v6))
        case ("ip", _): return Part(.unmodelled, word, Clause(.v4))
        case ("ip6", _): return Part(.unmodelled, word, Clause(.v6))
        case ("tcp", "flags"): return Part(.flags, word, transport(6))
        default:
            guard let number = numbers[header] else { return Part(.unmodelled, word) }
            let hasPorts = FilterNames.withPorts.contains { $0.contains(number) }
            if hasPorts, field == "sport" {
                return Part(.field(.sourcePort), word, transport(number), .port)
            }
            if hasPorts, field == "dport" {
                return Part(.field(.destinationPort), word, transport(number), .port)
            }
            return Part(.unmodelled, word, transport(number))
        }
    }

    private static func meta(_ name: String) -> Part {
        switch name {
        case "l4proto": Part(.field(.protocolNumber), "meta l4proto", Clause(), .transport)
        case "nfproto", "protocol": Part(.families, "meta " + name)
        case "iifname", "iif": Part(.interface(.arrival), name)
        case "oifname", "oif": Part(.interface(.departure), name)
        case "mark": Part(.mark, "meta mark")
        default: Part(.unmodelled, "meta " + name)
        }
    }

    /// The greatest value; 32 or 128 bits of an address.
    var last: UInt128 {
        guard case .field(let field) = kind else { return 65_535 }
        switch names {
        case .icmpType, .icmpCode: return 255
        default: break
        }
        if field == .source || field == .destination {
            return dependency.families == .v6 ? .max : UInt128(UInt32.max)
        }
        return UInt128(field.last)
    }
}
