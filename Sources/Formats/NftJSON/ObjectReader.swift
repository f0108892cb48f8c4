internal import Findings
internal import NftRules
internal import Notation
internal import Ruleset

/// Objects of a listing, into tables.
struct ObjectReader {
    var tables = NftTables()
    var findings: [Finding] = []

    mutating func take(_ object: JSON, _ place: Place) {
        guard let members = object.asObject, let member = members.first, members.count == 1 else {
            return fail(place, "an object with one member should be here")
        }
        let value = member.value
        switch member.name {
        case "metainfo":
            if let version = value["json_schema_version"]?.asInteger, version != 1 {
                fail(place, "schema version \(version) is not known")
            }
        case "table":
            guard let owner = owner(value, "name") else { return fail(place, "a table of no name") }
            let table = tables.table(owner.family, owner.name, at: place)
            tables.tables[table].sleep = Self.sleep(value["flags"], owner.name)
        case "chain": chain(value, place)
        case "set", "map": set(value, place)
        case "element": elements(value, place)
        case "rule": rule(value, place)
        case "add", "insert", "create", "delete", "flush", "replace", "reset", "list":
            fail(place, "a command stands where a listing should be")
        case "counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "flowtable",
            "secmark", "synproxy":
            break
        default: fail(place, "an object of an unknown kind")
        }
    }

    /// Some versions of nft write the table's name where its flag should be.
    private static func sleep(_ flags: JSON?, _ name: String) -> NftSleep {
        guard let flags else { return .awake }
        let words = (flags.asList ?? [flags]).map { $0.asText ?? "" }
        if words.contains("dormant"), name != "dormant" { return .asleep }
        let isKnown = words.allSatisfy { ["owner", "persist"].contains($0) && $0 != name }
        return isKnown ? .awake : .perhaps
    }

    private mutating func fail(_ place: Place, _ problem: String) {
        findings.append(
            NftJSON.error(place, problem, "give the output of `nft -j list ruleset`"))
    }

    private func owner(_ value: JSON, _ name: String) -> (family: String, name: String)? {
        guard let family = value["family"]?.asText, let name = value[name]?.asText else {
            return nil
        }
        return (family, name)
    }

    private mutating func table(of value: JSON, _ place: Place) -> Int? {
        guard let owner = owner(value, "table") else {
            fail(place, "an object of no table")
            return nil
        }
        return tables.table(owner.family, owner.name, at: place)
    }

    private mutating func chain(_ value: JSON, _ place: Place) {
        guard let table = table(of: value, place) else { return }
        guard let name = value["name"]?.asText else { return fail(place, "a chain of no name") }
        let chain = tables.chain(table, name, at: place)
        guard let hook = value["hook"]?.asText else { return }
        let priority =
            value["prio"]?.asInteger.flatMap { Int32(exactly: $0) }
            ?? value["prio"]?.asText.flatMap { Base.priority($0) }
        guard let priority else { return fail(place, "a base chain of no priority") }
        let base = Base(
            type: value["type"]?.asText ?? "", hook: hook, priority: priority,
            policy: value["policy"]?.asText ?? "accept")
        if base == nil, !tables.tables[table].families.isEmpty {
            findings.append(
                Finding(
                    .warning, "not-modelled", at: place, "hook \(hook) is not modelled",
                    remedy: "expect that packets may end there"))
        }
        tables.tables[table].chains[chain].base = base
        guard base == nil else { return }
        let devices = (value["dev"]?.asList ?? value["dev"].map { [$0] } ?? []).compactMap(\.asText)
        tables.tables[table].chains[chain].other = NftHook(
            hook, devices: devices, accepts: value["policy"]?.asText != "drop")
    }

    private mutating func set(_ value: JSON, _ place: Place) {
        guard let table = table(of: value, place) else { return }
        guard let name = value["name"]?.asText else { return fail(place, "a set of no name") }
        var set = tables.tables[table].sets[name] ?? NftSet(name, place: place)
        let flags = value["flags"]?.asList ?? []
        set.isDynamic =
            set.isDynamic || value["timeout"] != nil
            || flags.contains { $0 == .text("dynamic") || $0 == .text("timeout") }
        for element in value["elem"]?.asList ?? [] {
            guard let read = ExpressionReader.element(element, &set.isDynamic) else {
                return fail(place, "an element that cannot be read")
            }
            set.elements.append(read)
        }
        tables.tables[table].sets[name] = set
    }

    private mutating func elements(_ value: JSON, _ place: Place) {
        guard let table = table(of: value, place) else { return }
        guard let name = value["name"]?.asText else { return fail(place, "a set of no name") }
        var set = tables.tables[table].sets[name] ?? NftSet(name, place: place)
        for element in value["elem"]?.asList ?? [] {
            guard let read = ExpressionReader.element(element, &set.isDynamic) else {
                return fail(place, "an element that cannot be read")
            }
            set.elements.append(read)
        }
        tables.tables[table].sets[name] = set
    }

    private mutating func rule(_ value: JSON, _ place: Place) {
        guard let table = table(of: value, place) else { return }
        guard let name = value["chain"]?.asText, let statements = value["expr"]?.asList else {
            return fail(place, "a rule of no chain")
        }
        let chain = tables.chain(table, name, at: place)
        tables.tables[table].chains[chain].rules.append(
            NftRule(
                statements.map { StatementReader.statement($0) },
                comment: value["comment"]?.asText ?? "", place: place))
    }
}
