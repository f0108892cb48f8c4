internal import FilterTerms
internal import Packets
internal import Ruleset

extension Lookup {
    /// What the elements hold; values of one part alone become one clause.
    func members(_ parts: [Part], _ elements: [NftElement]) -> Members {
        var members = Members()
        if parts.count == 1 {
            var intervals: [ClosedRange<UInt128>] = []
            var families: Families = []
            for element in elements {
                if case .any = element.key {
                    members.hasRest = true
                    continue
                }
                guard let (values, isExact) = values(parts[0], element.key) else {
                    members.isExact = false
                    return Members(clauses: [Clause()], isExact: false)
                }
                if !isExact { members.isExact = false }
                if case .families = parts[0].kind {
                    families.formUnion(values.first?.lowerBound == 4 ? .v4 : .v6)
                }
                intervals += values
            }
            guard !intervals.isEmpty else { return members }
            members.clauses = [
                Self.clause(parts[0], Intervals.normalised(intervals), families)
            ]
            return members
        }
        members.clauses.reserveCapacity(elements.count)
        for element in elements {
            switch element.key {
            case .any: members.hasRest = true
            case .concat(let values) where values.count == parts.count:
                var clause: Clause? = Clause()
                for (part, value) in zip(parts, values) {
                    guard let (own, isExact) = self.values(part, value) else {
                        members.isExact = false
                        continue
                    }
                    if !isExact { members.isExact = false }
                    Self.narrow(&clause, part, own)
                }
                if let clause { members.clauses.append(clause) }
            default: return Members(clauses: [Clause()], isExact: false)
            }
        }
        return members
    }

    /// A match against elements; `word` is asked for only where something is not modelled.
    func condition(
        _ key: LookupKey, _ members: Members, isNegated: Bool, _ word: () -> String
    ) -> Condition {
        let (parts, implied) = (key.parts, key.implied)
        guard members.isExact else {
            if isNegated || members.hasRest { return implied.and(.unmodelled(word())) }
            return implied.and(Condition([Match(members.clauses)])).and(.unmodelled(word()))
        }
        if members.hasRest { return isNegated ? .never : implied }
        let (exact, rest) = split(parts, members.clauses)
        let open =
            rest.alternatives.isEmpty ? .never : implied.and(rest).and(.unmodelled(word()))
        guard isNegated else {
            return implied.and(exact).or(open)
        }
        if parts.count == 1, members.clauses.count == 1, open.alternatives.isEmpty,
            let condition = complement(parts[0], members.clauses[0])
        {
            return implied.and(condition)
        }
        // Where a part has no ports, what an element might hold is open, the rest is not in it.
        let excepted =
            (implied.and(exact).plainClauses ?? []) + (implied.and(rest).plainClauses ?? [])
        return Condition(
            implied.alternatives.map { Match($0.clauses, except: $0.except + excepted) }
        ).or(open)
    }

    /// Whatever no element holds.
    func rest(_ key: LookupKey, _ members: Members, _ word: () -> String) -> Condition {
        var others = members
        others.hasRest = false
        return condition(key, others, isNegated: true, word)
    }

    /// Clauses as they are where packets have ports, and what is left of them where not.
    private func split(_ parts: [Part], _ clauses: [Clause]) -> (Condition, Condition) {
        var ports: [Field] = []
        for part in parts {
            if case .transport(let field) = part.kind { ports.append(field) }
        }
        let all = Condition([Match(clauses)])
        guard !ports.isEmpty, !clauses.allSatisfy(Self.hasPorts) else { return (all, .never) }
        let others = Intervals.complement(FilterNames.withPorts, last: 255)
        let portless = Clause(.both, [.protocolNumber: others])
        var rest: [Clause] = []
        for clause in clauses {
            var left = clause
            for field in ports { left.values[field] = nil }
            if let part = left.and(portless) { rest.append(part) }
        }
        let ported = Condition(Clause(.both, [.protocolNumber: FilterNames.withPorts]))
        return (all.and(ported), Condition([Match(rest)]))
    }

    /// Whether all packets of a clause have ports.
    private static func hasPorts(_ clause: Clause) -> Bool {
        guard let protocols = clause.values[.protocolNumber] else { return false }
        return protocols.allSatisfy { own in
            FilterNames.withPorts.contains { known in
                known.contains(own.lowerBound) && known.contains(own.upperBound)
            }
        }
    }

    /// Exact for a key of one part.
    private func complement(_ part: Part, _ clause: Clause) -> Condition? {
        if case .families = part.kind {
            let others = Families.both.subtracting(clause.families)
            return others.isEmpty ? .never : Condition(Clause(others))
        }
        guard let field = Self.field(part), let values = clause.values[field] else { return nil }
        let last = Self.isInterface(part) ? UInt128(field.last) : part.last
        let states = UInt128(Field.state.last)
        return .field(
            field, in: Intervals.complement(values, last: field == .state ? states : last))
    }

    /// The values of one part of an element, and whether they are all of them; nil when nobody
    /// here knows any.
    private func values(
        _ part: Part, _ value: NftValue
    ) -> (values: [ClosedRange<UInt128>], isExact: Bool)? {
        switch part.kind {
        case .unmodelled, .flags, .mark: return nil
        case .interface(let field):
            let name: String
            switch value {
            case .text(let text), .word(let text): name = text
            default: return nil
            }
            let wanted = Self.interface(name)
            let condition = interfaces.condition(
                field, among: [wanted], isNegated: false, word: name)
            var values: [ClosedRange<UInt128>] = []
            for clause in condition.alternatives.flatMap(\.clauses) {
                values += clause.values[field] ?? []
            }
            return (values, condition.isExact)
        default:
            if case .any = value { return ([0...part.last], true) }
            return part.intervals(value).map { ($0, true) }
        }
    }

    private static func narrow(
        _ clause: inout Clause?, _ part: Part, _ values: [ClosedRange<UInt128>]
    ) {
        if case .families = part.kind {
            clause = clause?.and(Clause(values.first?.lowerBound == 4 ? .v4 : .v6))
            return
        }
        guard let field = field(part), let own = clause?.values[field] else {
            if let field = field(part) { clause?.values[field] = values }
            return
        }
        let both = Intervals.intersection(own, values)
        if both.isEmpty { clause = nil } else { clause?.values[field] = both }
    }

    private static func clause(
        _ part: Part, _ values: [ClosedRange<UInt128>], _ families: Families
    ) -> Clause {
        if case .families = part.kind { return Clause(families) }
        return Clause(.both, field(part).map { [$0: values] } ?? [:])
    }

    private static func isInterface(_ part: Part) -> Bool {
        if case .interface = part.kind { return true }
        return false
    }

    private static func field(_ part: Part) -> Field? {
        switch part.kind {
        case .field(let field), .transport(let field), .interface(let field): field
        case .state: .state
        default: nil
        }
    }
}
