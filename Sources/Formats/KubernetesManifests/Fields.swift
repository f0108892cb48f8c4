internal import Findings
internal import YAMLTree

extension Node {
    /// What JSON and YAML write for nothing: the same as leaving the key out.
    var isNull: Bool {
        guard case .scalar(let text, plain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The value behind a key; nil when nothing stands there.
    subscript(_ key: String) -> Node? {
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else {
            return nil
        }
        return value
    }

    /// Text that the API takes for text: a bare number or truth value is none.
    var word: String? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        return isPlain && Self.isTyped(text) ? nil : text
    }

    /// A bare whole number.
    var whole: Int? {
        guard case .scalar(let text, plain: true) = content else { return nil }
        return Int(text)
    }

    var isTrue: Bool { scalar == "true" }

    private static let typedWords: Set<String> = [
        "yes", "no", "on", "off", "true", "false", "null", "~", "",
    ]

    /// Whether the API server reads a bare word as a number, a truth value or nothing.
    private static func isTyped(_ text: String) -> Bool {
        if text.utf8.count <= 5, typedWords.contains(text.lowercased()) { return true }
        guard let first = text.utf8.first(where: { $0 != UInt8(ascii: "-") }),
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
                || first == UInt8(ascii: ".") || first == UInt8(ascii: "+")
        else { return false }
        return Double(text) != nil || Int(text, radix: 8) != nil
    }
}

/// Reading the parts of one object, with findings at their places.
struct Fields {
    let file: String
    var report: Report

    func spot(_ node: Node) -> Spot { Spot(file: file, place: node.place) }

    /// A map; an error for anything else.
    ///
    /// Keys that are not known are errors where `known` is given.
    mutating func map(_ node: Node?, _ what: String, known: [String]? = nil) -> Node? {
        guard let node else { return nil }
        guard case .map(let entries) = node.content else {
            report.error(
                "wrong-type", spot(node), "\(what) is \(node.kind)", "write a map of keys")
            return nil
        }
        guard let known else { return node }
        for entry in entries where !known.contains(entry.key) {
            let remedy =
                Nearest.name(to: entry.key, among: known).map { "did you mean `\($0)`?" }
                ?? "\(what) has \(known.joined(separator: ", "))"
            report.error(
                "unknown-key", Spot(file: file, place: entry.place),
                "\(what) has no key \(quoted(entry.key))", remedy)
        }
        return node
    }

    /// The items of a list; none when nothing stands there.
    mutating func list(_ node: Node?, _ what: String) -> [Node] {
        guard let node else { return [] }
        guard case .list(let items) = node.content else {
            report.error("wrong-type", spot(node), "\(what) is \(node.kind)", "write a list")
            return []
        }
        return items
    }

    mutating func text(_ node: Node?, _ what: String) -> String? {
        guard let node else { return nil }
        guard let word = node.word else {
            report.error(
                "not-text", spot(node), "\(what) is no text",
                node.scalar == nil ? "write a name" : "put it in quotes")
            return nil
        }
        return word
    }

    mutating func labels(_ node: Node?, _ what: String) -> [String: String] {
        guard let node = map(node, what) else { return [:] }
        var labels: [String: String] = [:]
        for entry in node.entries {
            if entry.value.isNull {
                labels[entry.key] = ""
            } else if let text = text(entry.value, "\(what) \(quoted(entry.key))") {
                labels[entry.key] = text
            }
        }
        return labels
    }

    mutating func selector(_ node: Node, _ what: String) -> Selector {
        var selector = Selector()
        guard let node = map(node, what, known: ["matchLabels", "matchExpressions"]) else {
            return selector
        }
        let labels = labels(node["matchLabels"], "\(what).matchLabels")
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
            selector.requirements.append(.init(key: key, test: .isOneOf([value])))
        }
        for item in list(node["matchExpressions"], "\(what).matchExpressions") {
            if let requirement = requirement(item) { selector.requirements.append(requirement) }
        }
        return selector
    }

    private mutating func requirement(_ item: Node) -> Selector.Requirement? {
        let what = "an item of matchExpressions"
        guard let item = map(item, what, known: ["key", "operator", "values"]) else { return nil }
        let key = text(item["key"], "key")
        let test = text(item["operator"], "operator")
        let values = list(item["values"], "values").compactMap { text($0, "a value") }
        guard let key, let test else {
            report.error("missing-key", spot(item), "\(what) has no key or operator", "write both")
            return nil
        }
        guard Self.operators.contains(test) else {
            let meant = Self.operators.first { $0.lowercased() == test.lowercased() }
            report.error(
                "bad-value", spot(item), "there is no operator \(quoted(test))",
                meant.map { "did you mean \($0)?" } ?? "write In, NotIn, Exists or DoesNotExist")
            return nil
        }
        let needsValues = ["In", "NotIn"].contains(test)
        guard values.isEmpty != needsValues else {
            report.error(
                "bad-value", spot(item),
                needsValues ? "\(test) has no values" : "\(test) takes no values",
                needsValues ? "write at least one" : "remove them")
            return nil
        }
        switch test {
        case "In": return .init(key: key, test: .isOneOf(values))
        case "NotIn": return .init(key: key, test: .isNoneOf(values))
        case "Exists": return .init(key: key, test: .exists)
        default: return .init(key: key, test: .isAbsent)
        }
    }

    private static let operators = ["In", "NotIn", "Exists", "DoesNotExist"]

    /// A port, 1 to 65,535.
    mutating func port(_ node: Node?, _ what: String) -> UInt16? {
        guard let node else { return nil }
        guard let number = node.whole, (1...65_535).contains(number) else {
            report.error(
                "bad-value", spot(node), "\(what) is no port", "write a number from 1 to 65535")
            return nil
        }
        return UInt16(number)
    }

    /// TCP where nothing stands.
    mutating func transport(_ node: Node?) -> UInt8? {
        guard let node else { return 6 }
        switch node.scalar {
        case "TCP": return 6
        case "UDP": return 17
        case "SCTP": return 132
        default:
            report.error(
                "bad-value", spot(node), "there is no such protocol", "write TCP, UDP or SCTP")
            return nil
        }
    }
}
