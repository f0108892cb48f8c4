internal import FilterTerms
internal import Findings
internal import Packets
internal import Ruleset

/// One written rule, statement by statement, into rules of which at most one decides a packet.
struct RuleLowering {
    private let rule: NftRule
    private let lookup: Lookup
    private let chains: [String: Int]
    private let othersMark: Bool
    var marks: Marks
    var findings: [Finding] = []
    private var condition = Condition.always
    private var flags = OpeningFlags()
    private var hits: UInt64?
    private var made: [Rule] = []

    init(
        rule: NftRule, lookup: Lookup, marks: Marks, chains: [String: Int], othersMark: Bool
    ) {
        self.rule = rule
        self.lookup = lookup
        self.marks = marks
        self.chains = chains
        self.othersMark = othersMark
    }

    mutating func rules() -> [Rule] {
        for statement in rule.statements {
            guard take(statement) else { return made }
        }
        emit(.pass, condition)
        return made
    }

    /// False when the statement ends the rule.
    private mutating func take(_ statement: NftStatement) -> Bool {
        switch statement {
        case .match(let key, let compare, let value): match(key, compare, value)
        case .condition(let word): condition = condition.and(.unmodelled(word))
        case .counter(let packets): hits = packets ?? hits
        case .pass: break
        case .untrack: emit(.untrack, condition)
        case .alter(let key, let value): alter(key, value)
        case .mark(let value): set([(value, condition)])
        case .markMap(let key, let data): markMap(key, data)
        case .vmap(let key, let data): vmap(key, data)
        case .verdict(let verdict):
            emit(verdict, condition)
            return verdict == .continue
        case .reject(let kind):
            emit(.reject, condition.and(Self.rejected(kind)))
            return false
        case .nat(let nat):
            rewrite(nat)
            return false
        case .unknown(let word):
            findings.append(
                Finding(
                    .warning, "not-modelled", at: rule.place,
                    "a statement is not understood: \(word.prefix(80))",
                    remedy: "expect both that packets pass here and that they do not"))
            emit(.unknown(word), condition)
            return false
        }
        return true
    }

    private mutating func match(_ key: NftKey, _ compare: NftOperator, _ value: NftValue) {
        let parts = Part.parts(of: key)
        guard let part = parts.first, parts.count == 1 else {
            condition = condition.and(lookup.condition(key, compare, value))
            return
        }
        switch part.kind {
        case .flags:
            condition = condition.and(Condition(part.dependency))
            flags.add(Words.match(parts, compare, value)) { part.holds($0, compare, value) }
        case .mark:
            let known = marks.condition { part.holds($0, compare, value) }
            condition = condition.and(known ?? .unmodelled(Words.match(parts, compare, value)))
        default: condition = condition.and(lookup.condition(key, compare, value))
        }
    }

    // MARK: Verdicts

    private mutating func emit(_ verdict: NftVerdict, _ condition: Condition) {
        switch verdict {
        case .accept: emit(Action.accept, condition)
        case .drop: emit(Action.drop, condition)
        case .continue: break
        case .return: emit(.leave, condition)
        case .jump(let name), .goto(let name):
            guard let target = chains[name] else {
                findings.append(
                    Finding(
                        .error, "no-such-chain", at: rule.place, "there is no chain \(name)",
                        remedy: "add the chain, or correct its name"))
                emit(.unknown("chain \(name)"), condition)
                return
            }
            if case .jump = verdict {
                emit(.jump(target), condition)
                if othersMark { marks.forget() }
            } else {
                emit(.goto(target), condition)
            }
        }
    }

    private mutating func emit(_ action: Action, _ condition: Condition) {
        let matches = flags.matches(condition, for: action)
        for (match, action) in matches.isEmpty ? [(Match([]), action)] : matches {
            made.append(
                Rule(
                    match, action, comment: rule.comment, hits: hits,
                    asksForState: condition.asksForState, place: rule.place))
        }
    }

    /// Elements by what they stand for, in the order of their first mention.
    private func groups(
        _ elements: [NftElement]
    ) -> (groups: [(data: NftData, elements: [NftElement])], rest: NftData?) {
        var places: [NftData: Int] = [:]
        var groups: [(data: NftData, elements: [NftElement])] = []
        var rest: NftData?
        for element in elements {
            guard let data = element.data else { continue }
            if case .any = element.key {
                rest = data
            } else if let place = places[data] {
                groups[place].elements.append(element)
            } else {
                places[data] = groups.count
                groups.append((data, [element]))
            }
        }
        return (groups, rest)
    }

    /// The condition under which a map gives each of its values; nil when nobody knows its
    /// elements.
    private func conditions(
        _ key: NftKey, _ data: NftValue
    ) -> [(data: NftData, condition: Condition)]? {
        guard let elements = lookup.elements(data) else { return nil }
        let key = LookupKey(key)
        let (groups, rest) = groups(elements)
        var found = groups.map { group in
            let members = lookup.members(key.parts, group.elements)
            let own = lookup.condition(key, members, isNegated: false) {
                Words.match(key.parts, .implicit, .set(group.elements))
            }
            return (group.data, condition.and(own))
        }
        if let rest {
            let members = lookup.members(key.parts, elements)
            let others = lookup.rest(key, members) {
                Words.match(key.parts, .unequal, .set(elements))
            }
            found.append((rest, condition.and(others)))
        }
        return found
    }

    private mutating func vmap(_ key: NftKey, _ data: NftValue) {
        guard let conditions = conditions(key, data) else {
            let word = Words.match(Part.parts(of: key), .implicit, data)
            emit(.unknown("vmap \(word)"), condition)
            return
        }
        for case (.verdict(let verdict), let condition) in conditions { emit(verdict, condition) }
    }

    // MARK: Marks and addresses

    private mutating func set(_ groups: [(value: NftValue, condition: Condition)]) {
        var known: [(value: UInt128, condition: Condition)] = []
        for group in groups {
            guard case .number(let value) = group.value, flags.isEmpty else {
                return marks.forget()
            }
            known.append((value, group.condition))
        }
        marks.set(known)
    }

    private mutating func markMap(_ key: NftKey, _ data: NftValue) {
        guard let conditions = conditions(key, data) else {
            marks.forget()
            condition = condition.and(
                .unmodelled(Words.match(Part.parts(of: key), .implicit, data)))
            return
        }
        var groups: [(value: NftValue, condition: Condition)] = []
        for case (.value(let value), let condition) in conditions {
            groups.append((value, condition))
        }
        set(groups)
        condition = Condition.any(groups.map(\.condition)).merged
    }

    private mutating func alter(_ key: NftKey, _ value: NftValue?) {
        let alteration = Altering.alteration(key, value)
        findings.append(
            Finding(
                .warning, "not-modelled", at: rule.place,
                "`\(alteration.words)` changes packets without their connections",
                remedy: "read answers that name it as bounds: packets may be for others"))
        emit(.alter(alteration), condition.and(Condition(Clause(alteration.families))))
    }

    private static func rejected(_ kind: String) -> Condition {
        switch kind {
        case "tcp reset": Condition(Clause(.both, [.protocolNumber: [6...6]]))
        case "icmp": Condition(Clause(.v4))
        case "icmpv6": Condition(Clause(.v6))
        default: .always
        }
    }

    private mutating func rewrite(_ nat: NftNat) {
        let family = Condition(Clause(nat.family))
        switch nat.target {
        case .none: emit(Rewriting.action(nat, nil, nil), condition.and(family))
        case .fixed(let address, let port):
            emit(Rewriting.action(nat, address, port), condition.and(family))
        case .map(let key, let data):
            guard let conditions = conditions(key, data) else {
                return emit(.unknown("\(nat.kind.rawValue) to a map"), condition.and(family))
            }
            for case (.value(let value), let condition) in conditions {
                let (address, port) = Rewriting.parts(value, of: nat)
                emit(Rewriting.action(nat, address, port), condition.and(family))
            }
        }
    }
}

/// Addresses and ports that a rule puts into packets.
enum Rewriting {
    static func parts(_ value: NftValue, of nat: NftNat) -> (address: NftValue?, port: NftValue?) {
        switch value {
        case .concat(let values) where values.count == 2: (values[0], values[1])
        default: nat.kind == .redirect ? (nil, value) : (value, nil)
        }
    }

    static func action(_ nat: NftNat, _ address: NftValue?, _ port: NftValue?) -> Action {
        let isSource = nat.kind == .snat || nat.kind == .masquerade
        let isOwn = nat.kind == .masquerade || nat.kind == .redirect
        let unknown = Action.unknown(nat.kind.rawValue)
        var rewrite = Rewrite(isSource ? .source : .destination, address: nil, isOwnAddress: isOwn)
        if let address {
            guard let range = addresses(address) else { return unknown }
            rewrite.address = range
        }
        if let port {
            guard let range = ports(port) else { return unknown }
            rewrite.port = range
        }
        return .rewrite(rewrite)
    }

    static func addresses(_ value: NftValue) -> ClosedRange<UInt128>? {
        switch value {
        case .address(let address, _): return address...address
        case .prefix(.address(let address, let family), let length):
            return AddressText.prefix(address, length, family)
        case .range(.address(let low, let one), .address(let high, let other)):
            return one == other && low <= high ? low...high : nil
        default: return nil
        }
    }

    static func ports(_ value: NftValue) -> ClosedRange<UInt16>? {
        func port(_ value: NftValue) -> UInt16? {
            switch value {
            case .number(let number): UInt16(exactly: number)
            case .word(let name), .text(let name):
                FilterNames.port(name).flatMap { UInt16(exactly: $0) }
            default: nil
            }
        }
        if case .range(let low, let high) = value {
            guard let first = port(low), let last = port(high), first <= last else { return nil }
            return first...last
        }
        return port(value).map { $0...$0 }
    }
}
