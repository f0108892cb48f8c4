internal import FilterTerms
internal import Packets
internal import Ruleset

/// What elements of a set mean to the parts of a key.
struct Members {
    /// Without what the parts imply.
    var clauses: [Clause] = []
    /// Whether the clauses are all that is in the set, and no more.
    var isExact = true
    /// Whether there is an element for whatever no other holds.
    var hasRest = false
}

/// What a match looks at, and what looking there implies.
struct LookupKey {
    /// Several for a concatenation.
    let parts: [Part]
    let implied: Condition

    init(_ key: NftKey) {
        parts = Part.parts(of: key)
        implied = parts.reduce(.always) { $0.and(Condition($1.dependency)) }
    }
}

/// Turns matches into conditions, within one table.
struct Lookup {
    let table: NftTable
    let interfaces: Interfaces

    /// The elements of an anonymous set or a named one; nil when nobody knows them.
    func elements(_ value: NftValue) -> [NftElement]? {
        switch value {
        case .set(let elements): return elements
        case .reference(let name):
            guard let set = table.sets[name], !set.isDynamic else { return nil }
            return set.elements
        default: return nil
        }
    }

    /// What a match says; flags and marks are for those who know the rule around it.
    func condition(_ key: NftKey, _ compare: NftOperator, _ value: NftValue) -> Condition {
        let key = LookupKey(key)
        let isNegated = compare == .unequal || compare == .none
        // What a name stands for belongs to the condition: the same name may hold other elements.
        func word() -> String {
            Words.match(key.parts, compare, elements(value).map(NftValue.set) ?? value)
        }
        switch value {
        case .set, .reference:
            guard let elements = elements(value) else {
                return key.implied.and(.unmodelled(word()))
            }
            let members = members(key.parts, elements)
            return condition(key, members, isNegated: isNegated, word)
        default: break
        }
        if key.parts.count > 1 {
            let members = members(key.parts, [NftElement(value)])
            return condition(key, members, isNegated: isNegated, word)
        }
        return single(key, compare, value, word)
    }

    /// `word` is asked for only where something is not modelled: it can be long.
    private func single(
        _ key: LookupKey, _ compare: NftOperator, _ value: NftValue, _ word: () -> String
    ) -> Condition {
        let part = key.parts[0]
        let implied = key.implied
        var unknown: Condition { implied.and(.unmodelled(word())) }
        let isNegated = compare == .unequal || compare == .none
        switch part.kind {
        case .unmodelled, .flags, .mark: return unknown
        case .state:
            guard let states = part.states(compare, value) else { return unknown }
            return implied.and(.field(.state, in: states))
        case .interface(let field):
            guard case .text(let name) = value else {
                if case .word(let name) = value {
                    return single(key, compare, .text(name), word)
                }
                return unknown
            }
            return interfaces.condition(
                field, among: [Self.interface(name)], isNegated: isNegated, word: word())
        case .families:
            guard let values = part.intervals(value)?.first?.lowerBound else { return unknown }
            let family: Families = (values == 4) != isNegated ? .v4 : .v6
            return Condition(Clause(family))
        case .field(let field), .transport(let field):
            guard let values = values(part, compare, value) else { return unknown }
            let isThere = implied.and(.field(field, in: values))
            guard case .transport = part.kind else { return isThere }
            return transported(isThere, implied, word)
        }
    }

    /// Values of a field that compare so with one.
    private func values(
        _ part: Part, _ compare: NftOperator, _ value: NftValue
    ) -> [ClosedRange<UInt128>]? {
        if let mask = part.mask { return masked(part, mask, compare, value) }
        guard let own = part.intervals(value) else { return nil }
        let low = own[0].lowerBound
        let last = part.last
        switch compare {
        case .implicit, .equal: return own
        case .unequal, .none: return Intervals.complement(own, last: last)
        case .less: return low == 0 ? [] : [0...min(low - 1, last)]
        case .atMost: return [0...min(low, last)]
        case .greater: return low >= last ? [] : [low + 1...last]
        case .atLeast: return low > last ? [] : [low...last]
        }
    }

    /// A mask whose ones stand in front makes an interval; no other does.
    private func masked(
        _ part: Part, _ mask: NftValue, _ compare: NftOperator, _ value: NftValue
    ) -> [ClosedRange<UInt128>]? {
        guard case .address(let bits, let family) = mask,
            case .address(let base, family) = value, family == part.dependency.families,
            let length = AddressText.length(ofMask: bits, family),
            let range = AddressText.prefix(base, length, family)
        else { return nil }
        let own = base & ~bits == 0 ? [range] : []
        switch compare {
        case .implicit, .equal: return own
        case .unequal: return Intervals.complement(own, last: part.last)
        default: return nil
        }
    }

    /// Ports of any protocol: what has none shows other bytes there.
    private func transported(
        _ isThere: Condition, _ implied: Condition, _ word: () -> String
    ) -> Condition {
        let others = Intervals.complement(FilterNames.withPorts, last: 255)
        return isThere.and(.field(.protocolNumber, in: FilterNames.withPorts))
            .or(implied.and(.field(.protocolNumber, in: others)).and(.unmodelled(word())))
    }

    static func interface(_ name: String) -> (name: String, isPrefix: Bool) {
        name.utf8.last == UInt8(ascii: "*") ? (String(name.dropLast()), true) : (name, false)
    }
}
