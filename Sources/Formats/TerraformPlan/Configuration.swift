internal import Notation

/// What was written: expressions of resources, calls of modules, and their outputs.
struct Configuration {
    private let root: JSONNode?
    private var resources: [[String]: [String: JSONNode]] = [:]
    private var calls: [[String]: JSONNode] = [:]

    private let variables: JSONNode?

    init(_ root: JSONNode?, variables: JSONNode? = nil) {
        self.root = root?["root_module"]
        self.variables = variables
        if let module = self.root { collect(module, []) }
    }

    private mutating func collect(_ module: JSONNode, _ path: [String]) {
        var table: [String: JSONNode] = [:]
        for resource in module["resources"]?.items ?? [] {
            guard let address = resource["address"]?.value.asText else { continue }
            table[address] = resource
        }
        resources[path] = table
        guard path.count < TerraformPlan.depthMax else { return }
        for (name, call) in module["module_calls"]?.members ?? [] {
            calls[path + [name]] = call
            if let inner = call["module"] { collect(inner, path + [name]) }
        }
    }

    func resource(_ module: ModulePath, _ type: String, _ name: String) -> JSONNode? {
        resources[module.steps.map(\.name)]?["\(type).\(name)"]
    }

    /// The call that made a module; nil for the root.
    func call(_ module: ModulePath) -> JSONNode? { calls[module.steps.map(\.name)] }

    func output(_ module: ModulePath, _ name: String) -> JSONNode? {
        outputs(module)?[name]
    }

    /// What a variable is where nobody gives it: the value of the whole plan, or its default.
    func variable(_ module: ModulePath, _ name: String) -> JSONNode? {
        guard module.steps.isEmpty else {
            return call(module)?["module"]?["variables"]?[name]?["default"]
        }
        return variables?[name]?["value"] ?? root?["variables"]?[name]?["default"]
    }

    func outputs(_ module: ModulePath) -> JSONNode? { call(module)?["module"]?["outputs"] }
}

extension JSONNode {
    /// References of an expression, and of those inside it.
    var references: [String] {
        if let list = self["references"]?.items { return list.compactMap(\.value.asText) }
        let inner = items + members.filter { $0.name != "constant_value" }.map(\.value)
        return inner.flatMap(\.references)
    }
}
