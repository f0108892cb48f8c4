internal import Notation

/// A module among modules: names and keys of the calls that lead to it.
struct ModulePath: Hashable {
    struct Step: Hashable {
        var name: String
        /// As written between the brackets, quotes included; nil for a call without instances.
        var key: String?
    }
    var steps: [Step] = []

    var parent: ModulePath { ModulePath(steps: steps.dropLast()) }

    /// From `module.a["x"].module.b[0]`.
    init(steps: [Step] = []) { self.steps = steps }

    init(address: String) {
        var rest = address[...]
        while rest.hasPrefix("module."), steps.count < TerraformPlan.depthMax {
            rest.removeFirst(7)
            let (name, key, after) = ReferenceText.word(rest)
            steps.append(Step(name: name, key: key))
            rest = after
        }
    }
}

/// A resource as it will be when the plan is applied.
struct Resource {
    var address: String
    var module: ModulePath
    var type: String
    var name: String
    /// As written between the brackets; nil for a resource without instances.
    var key: String?
    var values: Fields
    var isDeleted: Bool
    /// As it is now, where the plan tells.
    var before: JSONNode?
    /// It stays, and no expression leads to it any more.
    var isForgotten = false
}

/// Attributes of a resource or of a block: values, what of them is not known, and what was written.
struct Fields {
    var place: JSONNode
    var after: JSONNode?
    var unknown: JSONNode?
    /// Expressions of the configuration.
    var written: JSONNode?

    enum Slot {
        case known(JSONNode)
        case unknown
    }

    /// What stands for the expression of an attribute of which no expression is known by itself.
    var around: JSONNode?
    /// There is no planned value: constants are read from the expressions.
    var isWrittenOnly = false
    /// Nothing of it is there yet: what nobody wrote, the provider fills in by its defaults.
    var isNew = true

    func isUnknown(_ name: String) -> Bool {
        if isWrittenOnly { return written?[name].map { !$0.references.isEmpty } ?? false }
        return unknown?[name]?.value == true || unknown?.value == true
    }

    /// Nobody knows the value, and it may be more than what the provider fills in by itself.
    func isOpen(_ name: String) -> Bool {
        isUnknown(name) && (written == nil || isWritten(name) || !isNew)
    }

    /// The value, when it is known and not null.
    func known(_ name: String) -> JSONNode? {
        guard !isUnknown(name), let node = value(name), node.value != .null else { return nil }
        return node
    }

    private func value(_ name: String) -> JSONNode? {
        isWrittenOnly ? written?[name]?["constant_value"] : after?[name]
    }

    func expression(_ name: String) -> JSONNode? { written?[name] ?? around }

    func text(_ name: String) -> String? { known(name)?.value.asText }

    func isWritten(_ name: String) -> Bool {
        guard let written = written?[name] else { return false }
        if case .list(let items) = written.value { return !items.isEmpty }
        return true
    }

    /// Items of a list, or the one value that is no list; one unknown slot when nothing is known.
    func slots(_ name: String) -> [Slot] {
        if isUnknown(name) {
            return isOpen(name) ? [.unknown] : []
        }
        guard let node = value(name) else { return [] }
        guard case .list = node.value else {
            return node.value == .null ? [] : [.known(node)]
        }
        let unknowns = unknown?[name]?.items ?? []
        return node.items.enumerated().compactMap { index, item in
            let isUnknown = unknowns.indices.contains(index) && unknowns[index].value == true
            if isUnknown { return .unknown }
            return item.value == .null ? nil : .known(item)
        }
    }

    /// What stands where a list of objects belongs and is none; nil where all is well.
    func oddity(_ name: String) -> JSONNode? {
        guard let node = known(name) else { return nil }
        guard case .list = node.value else { return node }
        return node.items.enumerated().first { index, item in
            if case .object = item.value { return false }
            let unknowns = unknown?[name]?.items ?? []
            return !(unknowns.indices.contains(index) && unknowns[index].value == true)
        }?.element
    }

    /// Blocks of a list of objects, without what was written of them.
    func blocks(_ name: String) -> [Fields] {
        guard let node = known(name) else { return [] }
        let unknowns = unknown?[name]?.items ?? []
        return node.items.enumerated().map { index, item in
            Fields(
                place: item, after: item,
                unknown: unknowns.indices.contains(index) ? unknowns[index] : nil, written: nil)
        }
    }
}

/// Words of addresses and references.
enum ReferenceText {
    /// A name, the key between brackets behind it, and what follows the next dot.
    static func word(_ text: Substring) -> (name: String, key: String?, rest: Substring) {
        let name = text.prefix { $0 != "." && $0 != "[" }
        var rest = text[name.endIndex...]
        var key: String?
        if rest.first == "[" {
            let (inner, after) = bracket(rest)
            key = inner
            rest = after
        }
        if rest.first == "." { rest.removeFirst() }
        return (String(name), key, rest)
    }

    /// What stands between a bracket and its end, which a quoted key may hold too.
    private static func bracket(_ text: Substring) -> (inner: String, rest: Substring) {
        var isQuoted = false
        var isEscaped = false
        for index in text.indices.dropFirst() {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == "]", !isQuoted {
                let inner = text[text.index(after: text.startIndex)..<index]
                return (String(inner), text[text.index(after: index)...])
            }
        }
        return (String(text.dropFirst()), text[text.endIndex...])
    }
}
