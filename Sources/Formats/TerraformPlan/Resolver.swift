internal import Notation

/// Follows references from an attribute that is not known yet to the resources that it names.
struct Resolver {
    struct Found {
        /// Indices of resources.
        var resources: Set<Int> = []
        /// Data sources, by address.
        var data: Set<String> = []
        /// Some reference leads nowhere that a plan tells: a local value, a function of a key.
        var isLost = false
    }

    let resources: [Resource]
    let configuration: Configuration
    private let table: [ResourceName: [Int]]
    private let moduleKeys: [ModulePath: [String: Set<String?>]]

    private struct ResourceName: Hashable {
        var module: ModulePath
        var type: String
        var name: String
    }

    /// Who asks: a resource, or a call of a module, among its instances.
    private struct Origin {
        var key: String?
        var siblings: Set<String?>
        var forEach: JSONNode?
    }

    private struct Work: Hashable {
        var module: ModulePath
        var reference: String
        var key: String?
    }

    init(_ resources: [Resource], _ configuration: Configuration) {
        self.resources = resources
        self.configuration = configuration
        var table: [ResourceName: [Int]] = [:]
        for (index, resource) in resources.enumerated() where !resource.isDeleted {
            let name = ResourceName(
                module: resource.module, type: resource.type, name: resource.name)
            table[name, default: []].append(index)
        }
        self.table = table
        var keys: [ModulePath: [String: Set<String?>]] = [:]
        for resource in resources where !resource.isDeleted {
            for (depth, step) in resource.module.steps.enumerated() {
                let parent = ModulePath(steps: Array(resource.module.steps[..<depth]))
                keys[parent, default: [:]][step.name, default: []].insert(step.key)
            }
        }
        moduleKeys = keys
    }

    /// What an expression of a resource names.
    func find(_ expression: JSONNode?, in resource: Resource) -> Found {
        var found = Found()
        guard let expression else {
            found.isLost = true
            return found
        }
        var seen: Set<Work> = []
        let name = ResourceName(
            module: resource.module, type: resource.type, name: resource.name)
        let written = configuration.resource(resource.module, resource.type, resource.name)
        let origin = Origin(
            key: resource.key, siblings: Set((table[name] ?? []).map { resources[$0].key }),
            forEach: written?["for_each_expression"])
        follow(expression.references, resource.module, origin, &found, &seen)
        return found
    }

    private func follow(
        _ references: [String], _ module: ModulePath, _ origin: Origin, _ found: inout Found,
        _ seen: inout Set<Work>
    ) {
        let isKeyed = references.contains { $0 == "each.key" || $0 == "count.index" }
        for reference in Self.longest(references) {
            let work = Work(module: module, reference: reference, key: isKeyed ? origin.key : nil)
            guard seen.insert(work).inserted else { continue }
            guard seen.count <= TerraformPlan.referencesMax else {
                found.isLost = true
                return
            }
            step(reference, module, isKeyed, origin, &found, &seen)
        }
    }

    private func step(
        _ reference: String, _ module: ModulePath, _ isKeyed: Bool, _ origin: Origin,
        _ found: inout Found, _ seen: inout Set<Work>
    ) {
        let (head, _, rest) = ReferenceText.word(reference[...])
        let (second, key, after) = ReferenceText.word(rest)
        switch head {
        case "var":
            guard !module.steps.isEmpty else { return }
            guard let argument = configuration.call(module)?["expressions"]?[second] else { return }
            let caller = Origin(
                key: module.steps.last?.key, siblings: keys(of: module),
                forEach: configuration.call(module)?["for_each_expression"])
            follow(argument.references, module.parent, caller, &found, &seen)
        case "module":
            let output = ReferenceText.word(after).name
            enter(second, key, output, module, isKeyed ? origin : nil, &found, &seen)
        case "data": found.data.insert("data.\(second).\(ReferenceText.word(after).name)")
        case "each":
            guard second == "value" else { return }
            found.isLost = true
            guard let written = origin.forEach else { return }
            follow(written.references, module, Origin(siblings: []), &found, &seen)
        case "count", "path", "terraform", "self": return
        case "local": found.isLost = true
        default:
            let name = ResourceName(module: module, type: head, name: second)
            var candidates = table[name] ?? []
            if let key { candidates = candidates.filter { resources[$0].key == key } }
            found.resources.formUnion(isKeyed ? same(origin, candidates) : candidates)
        }
    }

    /// Of several instances the one of the same key, where both have the same keys.
    private func same(_ origin: Origin, _ candidates: [Int]) -> [Int] {
        guard origin.siblings == Set(candidates.map { resources[$0].key }) else {
            return candidates
        }
        return candidates.filter { resources[$0].key == origin.key }
    }

    /// Keys of all instances of a call.
    private func keys(of module: ModulePath) -> Set<String?> {
        guard let name = module.steps.last?.name else { return [] }
        return moduleKeys[module.parent]?[name] ?? []
    }

    /// Into a module by one of its outputs, or by all when the reference does not say which.
    private func enter(
        _ name: String, _ key: String?, _ output: String, _ module: ModulePath, _ keyed: Origin?,
        _ found: inout Found, _ seen: inout Set<Work>
    ) {
        guard module.steps.count < TerraformPlan.depthMax else {
            found.isLost = true
            return
        }
        let call = ModulePath(steps: module.steps + [.init(name: name)])
        let expressions =
            output.isEmpty
            ? configuration.outputs(call)?.members.map(\.value) ?? []
            : [configuration.output(call, output)].compactMap { $0 }
        guard !expressions.isEmpty else {
            found.isLost = true
            return
        }
        var keys = keys(of: call)
        if let key { keys = keys.filter { $0 == key } }
        if let keyed, keys == keyed.siblings { keys = [keyed.key] }
        for key in keys {
            let inner = ModulePath(steps: module.steps + [.init(name: name, key: key)])
            for expression in expressions {
                follow(
                    expression["expression"]?.references ?? [], inner, Origin(siblings: []), &found,
                    &seen)
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
