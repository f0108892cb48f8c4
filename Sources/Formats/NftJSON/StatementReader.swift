internal import NftRules
internal import Notation
internal import Ruleset

/// Statements of rules.
enum StatementReader {
    static func verdict(_ json: JSON) -> NftVerdict? {
        if case .text(let name) = json { return verdict(named: name, nil) }
        guard let member = json.asObject?.first else { return nil }
        return verdict(named: member.name, member.value["target"]?.asText)
    }

    private static func verdict(named name: String, _ target: String?) -> NftVerdict? {
        switch name {
        case "accept": .accept
        case "drop": .drop
        case "continue": .continue
        case "return": .return
        case "jump": target.map { .jump($0) }
        case "goto": target.map { .goto($0) }
        default: nil
        }
    }

    /// What nobody here knows becomes an unknown statement.
    static func statement(_ json: JSON) -> NftStatement {
        if let verdict = verdict(json) { return .verdict(verdict) }
        guard let member = json.asObject?.first else {
            return .unknown(ExpressionReader.text(json))
        }
        return statement(member.name, member.value) ?? .unknown(ExpressionReader.text(json))
    }

    private static func statement(_ name: String, _ value: JSON) -> NftStatement? {
        switch name {
        case "match": match(value)
        case "vmap":
            value["data"].flatMap { ExpressionReader.value($0) }.map {
                .vmap(ExpressionReader.key(value["key"] ?? .null), $0)
            }
        case "counter":
            .counter(value["packets"]?.asInteger.flatMap { UInt64(exactly: $0) })
        case "reject": .reject(value["type"]?.asText ?? "")
        case "notrack": .untrack
        case "log", "last", "ct helper", "ct timeout", "ct expectation", "dup", "flow",
            "comment":
            .pass
        case "limit", "quota", "ct count", "set", "meter", "connlimit", "map":
            .condition(name + " " + ExpressionReader.text(value))
        case "mangle": mangle(value)
        case "dnat", "snat", "masquerade", "redirect": nat(name, value)
        default: nil
        }
    }

    private static func match(_ value: JSON) -> NftStatement? {
        guard let left = value["left"], let right = value["right"],
            let other = ExpressionReader.value(right)
        else { return nil }
        let name = value["op"]?.asText ?? "=="
        let compare: NftOperator? = name == "in" ? .implicit : NftOperator(rawValue: name)
        guard let compare else { return nil }
        return .match(ExpressionReader.key(left), compare, other)
    }

    private static func mangle(_ value: JSON) -> NftStatement? {
        guard let key = value["key"], let other = value["value"] else { return nil }
        let target = ExpressionReader.key(key)
        guard target == .meta("mark") else {
            if target.isHarmless { return .pass }
            guard other["map"] == nil, let constant = ExpressionReader.value(other) else {
                return .alter(target, nil)
            }
            if case .other = constant { return .alter(target, nil) }
            return .alter(target, constant)
        }
        if let map = other["map"], let data = map["data"].flatMap({ ExpressionReader.value($0) }) {
            return .markMap(ExpressionReader.key(map["key"] ?? .null), data)
        }
        return .mark(ExpressionReader.value(other) ?? .other(ExpressionReader.text(other)))
    }

    private static func nat(_ name: String, _ value: JSON) -> NftStatement? {
        guard let kind = NftNat.Kind(rawValue: name) else { return nil }
        var family: Families = .both
        if value["family"] == .text("ip") { family = .v4 }
        if value["family"] == .text("ip6") { family = .v6 }
        let address = value["addr"]
        let port = value["port"]
        if address == nil, port == nil { return .nat(NftNat(kind, family, .none)) }
        if let map = address?["map"] ?? (address == nil ? port?["map"] : nil) {
            guard let data = map["data"].flatMap({ ExpressionReader.value($0) }),
                port == nil || address == nil
            else { return nil }
            let key = ExpressionReader.key(map["key"] ?? .null)
            return .nat(NftNat(kind, family, .map(key, data)))
        }
        let to = address.flatMap { ExpressionReader.value($0) }
        if case .address(_, let own)? = to { family = own }
        if address != nil, to == nil { return nil }
        return .nat(
            NftNat(
                kind, family,
                .fixed(address: to, port: port.map { ExpressionReader.value($0) ?? .other("") })))
    }
}
