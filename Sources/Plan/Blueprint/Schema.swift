package import Notation

/// JSON Schema (2020-12) of the platform file, made from the table of keys that the reader uses.
///
/// It says everything that can be said without knowing names; the rest is for `check`.
package enum Schema {
    /// The whole schema.
    package static func render() -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("$schema", "https://json-schema.org/draft/2020-12/schema"),
            JSON.Member("title", "Bulkhead platform file"),
        ]
        let root = record(Record("platform file", PlatformKey.self))
        members += root.asObject ?? []
        return .object(members)
    }

    private static func schema(_ shape: Shape) -> JSON {
        switch shape {
        case .scalar(let form): return scalar(form)
        case .list(let item, let counts):
            return [
                "type": "array", "items": schema(item), "minItems": .count(counts.lowerBound),
                "maxItems": .count(counts.upperBound),
            ]
        case .oneOrMany(let form):
            return ["anyOf": [scalar(form), ["type": "array", "items": scalar(form)]]]
        case .map(let key, let value, _, let atMost):
            return [
                "type": "object", "propertyNames": scalar(key),
                "additionalProperties": schema(value), "maxProperties": .count(atMost),
            ]
        case .record(let table): return record(table)
        case .scalarOrRecord(let form, let table): return ["anyOf": [scalar(form), record(table)]]
        case .oneOf(let tables): return ["oneOf": .list(tables.map(record))]
        }
    }

    private static func record(_ table: Record) -> JSON {
        let properties = table.keys.map { key in
            var about = key.rule.about
            if let part = key.rule.inactiveUntil { about += " (inactive until \(part))" }
            return JSON.Member(key.name, schema(key.rule.shape).adding("description", .text(about)))
        }
        let required = table.keys.filter(\.rule.isRequired).map { JSON.text($0.name) }
        return [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
            "required": .list(required),
        ]
    }

    /// Values that YAML readers may take for numbers or truth values are text to us.
    private static let anyScalar: JSON = ["string", "number", "boolean"]

    private static func scalar(_ form: Form) -> JSON {
        switch form {
        case .name: pattern("^[a-z][a-z0-9-]{0,31}$")
        case .reference: pattern(#"^[a-z][a-z0-9-]{0,31}\.[a-z][a-z0-9-]{0,31}$"#)
        case .party: pattern("^[a-z][a-z0-9-]{0,31}$")
        case .subject: pattern("^[a-z0-9][a-z0-9./-]{0,127}$")
        case .expectation:
            pattern(
                "^ *[a-z][a-z0-9-]* +can(not)? +reach +[a-z][a-z0-9.-]*( +on +(tcp|udp)/[0-9]+)? *$"
            )
        case .secret: pattern("^[a-z0-9.-]+(/[a-z0-9.-]+)*$")
        case .text(let limit): ["type": anyScalar, "minLength": 1, "maxLength": .count(limit)]
        case .raw, .argument: ["type": anyScalar]
        case .variable: pattern("^[A-Za-z_][A-Za-z0-9_]{0,127}$")
        case .path: ["type": "string", "minLength": 1, "maxLength": 1024]
        case .target: pattern("^/.+$")
        case .network: pattern(#"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$"#)
        case .port: pattern("^(tcp|udp)/[1-9][0-9]{0,4}$")
        case .socket: pattern(#"^[0-9]{1,3}(\.[0-9]{1,3}){3}:[1-9][0-9]{0,4}$"#)
        case .day: pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        case .size: pattern("^[1-9][0-9]{0,8}(KiB|MiB|GiB|TiB)$")
        case .cpu:
            [
                "type": ["string", "number"],
                "pattern": #"^([1-9][0-9]*%|[0-9]+(\.[0-9]{1,3})?)$"#,
            ]
        case .whole(let range):
            [
                "type": "integer", "minimum": .count(range.lowerBound),
                "maximum": .count(range.upperBound),
            ]
        case .truth: ["type": "boolean"]
        case .word(let words): ["enum": .list(words.map(JSON.text))]
        }
    }

    private static func pattern(_ pattern: String) -> JSON {
        ["type": "string", "pattern": .text(pattern)]
    }
}

extension JSON {
    /// An object with one more member at its end.
    fileprivate func adding(_ name: String, _ value: JSON) -> JSON {
        .object((asObject ?? []) + [Member(name, value)])
    }
}
