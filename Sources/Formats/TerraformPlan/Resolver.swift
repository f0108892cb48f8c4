internal import Notation

/// Follows references from an attribute that is not known yet to the resources that it names.
struct Resolver {
    struct Found {
        /// Indices of resources.
        var resources: Set<Int> = []
        /// Data sources of which nobody knows what they will say, by address.
        var data: Set<String> = []
        /// Texts that are known: identifiers among them, and whatever else expressions name.
        var identifiers: Set<String> = []
        /// Some reference leads nowhere that a plan tells: a local value, a value that is made.
        var isLost = false
    }

    let resources: [Resource]
    let configuration: Configuration
    private let table: [ResourceName: Instances]
    private let data: [ResourceName: [JSONNode]]
    private let moduleKeys: [ModulePath: [String: Keys]]

    private struct ResourceName: Hashable {
        var module: ModulePath
        var type: String
        var name: String
    }

    /// Keys of all instances, and a number that equal sets of keys share.
    private struct Keys {
        var all: Set<String?> = []
        var number: Int?
    }

    private struct Instances {
        var byKey: [String?: Int] = [:]
        var keys = Keys()
    }

    /// Who asks: a resource, or a call of a module, among its instances.
    private struct Origin {
        var key: String?
        var siblings: Int?
        var forEach: JSONNode?
    }

    private struct Work: Hashable {
        var module: ModulePath
        var reference: String
        var key: String?
        var siblings: Int?
    }

    /// What is asked for, and what was looked at.
    private struct Search {
        var types: Set<String>
        var found = Found()
        var seen: Set<Work> = []
    }

    init(_ resources: [Resource], _ data: [JSONNode], _ configuration: Configuration) {
        self.resources = resources
        self.configuration = configuration
        var table: [ResourceName: Instances] = [:]
        var modules: [ModulePath: [String: Keys]] = [:]
        for (index, resource) in resources.enumerated()
        where !resource.isDeleted && !resource.isForgotten {
            let name = ResourceName(
                module: resource.module, type: resource.type, name: resource.name)
            table[name, default: Instances()].byKey[resource.key] = index
            for (depth, step) in resource.module.steps.enumerated() {
                let parent = ModulePath(steps: Array(resource.module.steps[..<depth]))
                modules[parent, default: [:]][step.name, default: Keys()].all.insert(step.key)
            }
        }
        var numbers: [Set<String?>: Int] = [:]
        func number(_ keys: Set<String?>) -> Int {
            if let number = numbers[keys] { return number }
            numbers[keys] = numbers.count
            return numbers.count - 1
        }
        for (name, instances) in table {
            let all = Set(instances.byKey.keys)
            table[name]?.keys = Keys(all: all, number: number(all))
        }
        for (parent, calls) in modules {
            for (name, keys) in calls { modules[parent]?[name]?.number = number(keys.all) }
        }
        self.table = table
        moduleKeys = modules
        var sources: [ResourceName: [JSONNode]] = [:]
        for node in data {
            guard let address = node["address"]?.value.asText,
                let type = node["type"]?.value.asText, let name = node["name"]?.value.asText
            else { continue }
            let source = ResourceName(
                module: ModulePath(address: address), type: type, name: name)
            sources[source, default: []].append(node)
        }
        self.data = sources
    }

    /// What of some types an expression of a resource names.
    func find(
        _ expression: JSONNode?, in resource: Resource, naming types: Set<String>
    ) -> Found {
        var search = Search(types: types)
        guard let expression else {
            search.found.isLost = true
            return search.found
        }
        let name = ResourceName(
            module: resource.module, type: resource.type, name: resource.name)
        let written = configuration.resource(resource.module, resource.type, resource.name)
        let origin = Origin(
            key: resource.key, siblings: table[name]?.keys.number,
            forEach: written?["for_each_expression"])
        follow(expression, resource.module, origin, &search)
        return search.found
    }

    /// An expression: its references, and its value where it is written as it is.
    private func follow(
        _ expression: JSONNode?, _ module: ModulePath, _ origin: Origin, _ search: inout Search
    ) {
        let references = expression?.references ?? []
        if references.isEmpty {
            let constant = expression?["constant_value"]
            guard let constant else {
                search.found.isLost = true
                return
            }
            tell("", constant, nil, &search)
            return
        }
        let isKeyed = references.contains { $0 == "each.key" || $0 == "count.index" }
        for reference in Self.longest(references) {
            let work = Work(
                module: module, reference: reference, key: isKeyed ? origin.key : nil,
                siblings: isKeyed ? origin.siblings : nil)
            guard search.seen.insert(work).inserted else { continue }
            guard search.seen.count <= TerraformPlan.referencesMax else {
                search.found.isLost = true
                return
            }
            step(reference, module, isKeyed, origin, &search)
        }
    }

    private func step(
        _ reference: String, _ module: ModulePath, _ isKeyed: Bool, _ origin: Origin,
        _ search: inout Search
    ) {
        let (head, _, rest) = ReferenceText.word(reference[...])
        let (second, key, after) = ReferenceText.word(rest)
        switch head {
        case "var":
            if !module.steps.isEmpty,
                let argument = configuration.call(module)?["expressions"]?[second]
            {
                let caller = Origin(
                    key: module.steps.last?.key, siblings: keys(of: module).number,
                    forEach: configuration.call(module)?["for_each_expression"])
                follow(argument, module.parent, caller, &search)
            } else {
                tell("", configuration.variable(module, second), nil, &search)
            }
        case "module":
            let output = ReferenceText.word(after).name
            enter(second, key, output, module, isKeyed ? origin : nil, &search)
        case "data": source(second, after, module, &search)
        case "each":
            if second == "key", let text = origin.key?.dropFirst().dropLast() {
                search.found.identifiers.insert(String(text))
            }
            guard second == "value" else { return }
            search.found.isLost = true
            guard let written = origin.forEach else { return }
            follow(written, module, Origin(), &search)
        case "count", "path", "terraform", "self": return
        case "local": search.found.isLost = true
        default:
            let name = ResourceName(module: module, type: head, name: second)
            guard let instances = table[name] else {
                // There may be none of it, if so many were written.
                let written = configuration.resource(module, head, second)
                let isCounted = ["count_expression", "for_each_expression"].contains {
                    written?[$0] != nil
                }
                if !isCounted { search.found.isLost = true }
                return
            }
            resource(instances, key, after, isKeyed ? origin : nil, &search)
        }
    }

    /// Attributes that are the resource itself to others.
    private static let selves: Set<String> = ["", "id", "arn", "primary_network_interface_id"]

    private func resource(
        _ instances: Instances, _ key: String?, _ path: Substring, _ origin: Origin?,
        _ search: inout Search
    ) {
        var chosen: [Int]
        if let key {
            // A key that is no literal says nothing.
            chosen = instances.byKey[key].map { [$0] } ?? []
        } else if let origin, origin.siblings == instances.keys.number {
            // Of several instances the one of the same key, where both have the same keys.
            chosen = instances.byKey[origin.key].map { [$0] } ?? []
        } else {
            chosen = Array(instances.byKey.values)
        }
        for index in chosen {
            if search.types.contains(resources[index].type),
                Self.selves.contains(String(path))
            {
                search.found.resources.insert(index)
            } else if path.isEmpty {
                search.found.isLost = true
            } else {
                let fields = resources[index].values
                tell(path, fields.after, fields.unknown, &search)
            }
        }
    }

    /// What a data source said, if it was read.
    private func source(
        _ type: String, _ rest: Substring, _ module: ModulePath, _ search: inout Search
    ) {
        let (name, key, path) = ReferenceText.word(rest)
        let nodes = data[ResourceName(module: module, type: type, name: name)] ?? []
        var inner = Search(types: search.types)
        for node in nodes {
            if let key, let index = node["index"]?.value,
                index.asInteger.map(String.init) != key,
                JSON.text(index.asText ?? "").render() != key
            {
                continue
            }
            tell(path.isEmpty ? "id" : path, node["values"], nil, &inner)
        }
        if nodes.isEmpty || inner.found.isLost {
            search.found.data.insert("data.\(type).\(name)")
        } else {
            search.found.identifiers.formUnion(inner.found.identifiers)
        }
    }

    /// The texts of a value behind a path; lost where anything of it is not known.
    private func tell(
        _ path: Substring, _ value: JSONNode?, _ unknown: JSONNode?, _ search: inout Search
    ) {
        var (value, unknown, rest) = (value, unknown, path)
        while !rest.isEmpty, unknown?.value != true {
            let (name, key, after) = ReferenceText.word(rest)
            if !name.isEmpty { (value, unknown) = (value?[name], unknown?[name]) }
            if let key, unknown?.value != true {
                let index = Int(key) ?? -1
                if case .list = value?.value {
                    value = value?.items.dropFirst(max(index, 0)).first
                    unknown = unknown?.items.dropFirst(max(index, 0)).first
                    if index < 0 { value = nil }
                } else {
                    let member = String(key.dropFirst().dropLast())
                    (value, unknown) = (value?[member], unknown?[member])
                }
            }
            rest = after
        }
        guard let value, unknown.map({ !$0.isAnyUnknown }) ?? true else {
            search.found.isLost = true
            return
        }
        value.collectTexts(into: &search.found.identifiers)
    }

    /// Keys of all instances of a call.
    private func keys(of module: ModulePath) -> Keys {
        guard let name = module.steps.last?.name else { return Keys() }
        return moduleKeys[module.parent]?[name] ?? Keys()
    }

    /// Whether a call without a resource in the plan has no instance: it would have that resource.
    private func isNever(_ call: ModulePath) -> Bool {
        func isCounted(_ node: JSONNode) -> Bool {
            node["count_expression"] != nil || node["for_each_expression"] != nil
        }
        guard let written = configuration.call(call), isCounted(written) else { return false }
        return (written["module"]?["resources"]?.items ?? []).contains {
            $0["mode"]?.value.asText == "managed" && !isCounted($0)
        }
    }

    /// Into a module by one of its outputs, or by all when the reference does not say which.
    private func enter(
        _ name: String, _ key: String?, _ output: String, _ module: ModulePath, _ keyed: Origin?,
        _ search: inout Search
    ) {
        guard module.steps.count < TerraformPlan.depthMax else {
            search.found.isLost = true
            return
        }
        let call = ModulePath(steps: module.steps + [.init(name: name)])
        let expressions =
            output.isEmpty
            ? configuration.outputs(call)?.members.map(\.value) ?? []
            : [configuration.output(call, output)].compactMap { $0 }
        guard !expressions.isEmpty else {
            search.found.isLost = true
            return
        }
        let keys = keys(of: call)
        var chosen = keys.all
        if let key { chosen = chosen.contains(key) ? [key] : [] }
        if let keyed, key == nil, keys.number == keyed.siblings { chosen = [keyed.key] }
        if keys.all.isEmpty, !isNever(call) { search.found.isLost = true }
        for key in chosen {
            let inner = ModulePath(steps: module.steps + [.init(name: name, key: key)])
            for expression in expressions {
                follow(expression["expression"], inner, Origin(), &search)
            }
        }
    }

    /// Without those that only begin another one.
    private static func longest(_ references: [String]) -> [String] {
        let sorted = Set(references.prefix(TerraformPlan.referencesMax)).sorted()
        return sorted.enumerated().filter { index, reference in
            for other in sorted[(index + 1)...] {
                guard other.hasPrefix(reference) else { return true }
                let next = other.dropFirst(reference.count).first
                if next == "." || next == "[" { return false }
            }
            return true
        }.map(\.element)
    }
}

extension JSONNode {
    /// Whether anything in marks of what is not known is not known.
    fileprivate var isAnyUnknown: Bool {
        if let known = value.asBoolean { return known }
        return items.contains(where: \.isAnyUnknown)
            || members.contains { $0.value.isAnyUnknown }
    }

    fileprivate func collectTexts(into texts: inout Set<String>) {
        if let text = value.asText { texts.insert(text) }
        for item in items { item.collectTexts(into: &texts) }
        for member in members { member.value.collectTexts(into: &texts) }
    }
}
