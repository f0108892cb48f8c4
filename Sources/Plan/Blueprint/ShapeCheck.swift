internal import Findings
internal import YAMLTree

/// Compares the tree with the table of keys: everything that needs no knowledge of names.
enum ShapeCheck {
    /// Reports each difference between the whole file and the table.
    static func check(_ root: Node, _ report: inout Report) {
        record(root, Record("platform file", PlatformKey.self), { "the platform file" }, &report)
    }

    /// `subject` names the value for messages, which few values need: `service `gateway``.
    private static func value(
        _ node: Node, _ shape: Shape, _ subject: () -> String, _ report: inout Report
    ) {
        switch shape {
        case .scalar(let form): scalar(node, form, subject, &report)
        case .list(let item, let counts):
            guard case .list(let items) = node.content else {
                return wrongType(node, subject, "a list, as [a, b]", &report)
            }
            if !counts.contains(items.count) {
                report.error(
                    "bad-value", node.place, "\(subject()) is a list of \(items.count)",
                    "write from \(counts.lowerBound) to \(counts.upperBound) values")
            }
            for entry in items { value(entry, item, subject, &report) }
        case .oneOrMany(let form):
            if case .map = node.content {
                return wrongType(node, subject, "a value or a list of values", &report)
            }
            for entry in node.oneOrMany { scalar(entry, form, subject, &report) }
        case .map(let key, let shape, let noun, let atMost):
            if node.entries.count > atMost {
                report.error(
                    "bad-value", node.place, "\(subject()) has \(node.entries.count) \(noun)s",
                    "write at most \(atMost)")
            }
            map(node, key: key, shape, noun: noun, subject, &report)
        case .record(let table): record(node, table, { article(table.noun) }, &report)
        case .scalarOrRecord(let form, let table):
            if case .map = node.content {
                record(node, table, { article(table.noun) }, &report)
            } else {
                scalar(node, form, subject, &report)
            }
        case .oneOf(let tables): oneOf(node, tables, &report)
        }
    }

    private static func map(
        _ node: Node, key: Form, _ shape: Shape, noun: String, _ subject: () -> String,
        _ report: inout Report
    ) {
        guard case .map(let entries) = node.content else {
            return wrongType(node, subject, "a map of \(noun)s by name", &report)
        }
        for entry in entries {
            func named() -> String { "\(noun) \(quoted(entry.key))" }
            if let advice = key.fault(in: entry.key) {
                report.error("bad-name", entry.place, "\(named()) has no good name", advice)
            }
            if case .record(let table) = shape {
                record(entry.value, table, named, at: entry.place, &report)
            } else {
                value(entry.value, shape, named, &report)
            }
        }
    }

    private static func record(
        _ node: Node, _ table: Record, _ subject: () -> String, at place: Place? = nil,
        _ report: inout Report
    ) {
        guard case .map(let entries) = node.content else {
            let keys = table.keys.prefix(3).map(\.name).joined(separator: ", ")
            return wrongType(node, subject, "a map with keys such as \(keys)", &report)
        }
        for entry in entries {
            guard let key = table.keys.first(where: { $0.name == entry.key }) else {
                let known = table.keys.map(\.name)
                let advice = report.nearest(
                    entry.key, among: known,
                    else: "\(subject()) knows \(known.joined(separator: ", "))")
                report.error(
                    "unknown-key", entry.place, "unknown key \(quoted(entry.key)) in \(subject())",
                    advice)
                continue
            }
            if let part = key.rule.inactiveUntil {
                report.note(inactive: "`\(key.name)`", until: part, at: entry.place)
            }
            if key.name == "because", entry.value.scalar.map(Units.trimmed)?.isEmpty == true {
                missing(key, subject, entry.value.place, &report)
                continue
            }
            value(entry.value, key.rule.shape, { "`\(key.name)` of \(subject())" }, &report)
        }
        for key in table.keys where key.rule.isRequired {
            if !entries.contains(where: { $0.key == key.name }) {
                missing(key, subject, place ?? node.place, &report)
            }
        }
    }

    private static func missing(
        _ key: Key, _ subject: () -> String, _ place: Place, _ report: inout Report
    ) {
        if key.name == "because" {
            report.error(
                "missing-because", place, "\(subject()) says no reason",
                "write `because:` with the reason why it is needed")
        } else {
            report.error(
                "missing-key", place, "\(subject()) has no `\(key.name)`",
                "add `\(key.name):` (\(key.rule.about))")
        }
    }

    /// The table whose leading key the map has decides what else is allowed.
    private static func oneOf(_ node: Node, _ tables: [Record], _ report: inout Report) {
        let leads = tables.compactMap(\.keys.first?.name)
        let noun = tables.first?.noun ?? ""
        guard case .map(let entries) = node.content else {
            return wrongType(
                node, { article(noun) }, "a map that begins with \(leads.joined(separator: ", "))",
                &report)
        }
        let kinds = tables.filter { table in
            entries.contains { $0.key == table.keys.first?.name }
        }
        guard let table = kinds.first, kinds.count == 1 else {
            let word = entries.first?.key ?? ""
            let advice = report.nearest(
                word, among: leads, else: "write one of \(leads.joined(separator: ", "))")
            let problem =
                kinds.isEmpty
                ? "a \(noun) of no known kind" : "a \(noun) of two kinds at once"
            let rest = "write one of \(leads.joined(separator: ", "))"
            return report.error("missing-key", node.place, problem, kinds.isEmpty ? advice : rest)
        }
        record(node, table, { article(noun) }, &report)
    }

    private static func scalar(
        _ node: Node, _ form: Form, _ subject: () -> String, _ report: inout Report
    ) {
        guard case .scalar(let text, let plain) = node.content else {
            return wrongType(node, subject, "a single value", &report)
        }
        if plain, text.isEmpty {
            return report.error(
                "wrong-type", node.place, "\(subject()) has no value",
                "write the value, or '' for an empty text")
        }
        if form.isPlainOnly, !plain {
            return report.error(
                "wrong-type", node.place, "\(subject()) is in quotes", "write it without quotes")
        }
        guard let advice = form.fault(in: text) else { return }
        let code: String
        switch form {
        case .path where Paths.escapes(text), .target where Paths.escapes(text):
            code = "path-escapes"
        case .name: code = "bad-name"
        default: code = "bad-value"
        }
        report.error(code, node.place, "\(subject()) cannot be \(quoted(text))", advice)
    }

    private static func wrongType(
        _ node: Node, _ subject: () -> String, _ wanted: String, _ report: inout Report
    ) {
        report.error(
            "wrong-type", node.place, "\(subject()) is \(node.kind)", "write \(wanted)")
    }

    private static func article(_ noun: String) -> String {
        noun.hasSuffix("s") ? "`\(noun)`" : "a \(noun)"
    }
}
