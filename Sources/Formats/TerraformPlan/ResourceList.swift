internal import Findings
internal import Notation

/// The managed resources of a plan as they will be, those without changes too.
enum ResourceList {
    static func read(_ root: JSONNode) -> [Resource] {
        let configuration = Configuration(root["configuration"])
        var resources: [Resource] = []
        var seen: Set<String> = []
        for change in root["resource_changes"]?.items ?? [] {
            guard (change["mode"]?.value.asText ?? "managed") == "managed",
                var resource = named(change)
            else { continue }
            let content = change["change"]
            let actions = content?["actions"]?.items.compactMap(\.value.asText) ?? []
            if let standing = forgotten(resource, change, actions) { resources.append(standing) }
            guard change["deposed"] == nil, seen.insert(resource.address).inserted,
                actions != ["forget"]
            else { continue }
            resource.isDeleted = actions == ["delete"]
            resource.before = content?["before"]
            let after = content?["after"]
            resource.values = Fields(
                place: change, after: after, unknown: content?["after_unknown"],
                written: configuration.resource(resource.module, resource.type, resource.name)?[
                    "expressions"])
            resource.values.isNew = actions.isEmpty || actions.contains("create")
            resources.append(resource)
        }
        for key in ["planned_values", "values"] {
            for node in all(root[key]?["root_module"], 0) {
                guard (node["mode"]?.value.asText ?? "managed") == "managed",
                    var resource = named(node), seen.insert(resource.address).inserted
                else { continue }
                resource.values = Fields(
                    place: node, after: node["values"], unknown: nil,
                    written: configuration.resource(resource.module, resource.type, resource.name)?[
                        "expressions"])
                resources.append(resource)
            }
        }
        return resources
    }

    /// What Terraform no longer cares for: it stays in the cloud as it is.
    private static func forgotten(
        _ resource: Resource, _ change: JSONNode, _ actions: [String]
    ) -> Resource? {
        guard actions.contains("forget"), let before = change["change"]?["before"],
            before.value != .null
        else { return nil }
        var standing = resource
        standing.isForgotten = true
        standing.before = before
        standing.values = Fields(place: change, after: before)
        standing.values.isNew = false
        if let deposed = change["deposed"]?.value.asText {
            standing.address += " (deposed \(Excerpt.of(deposed)))"
        } else if actions.count > 1 {
            standing.address += " (forgotten)"
        }
        return standing
    }

    /// Data sources that were read before the plan.
    static func data(_ root: JSONNode) -> [JSONNode] {
        ["prior_state", "planned_values", "values"].flatMap { key in
            let values = key == "prior_state" ? root[key]?["values"] : root[key]
            return all(values?["root_module"], 0).filter { $0["mode"]?.value.asText == "data" }
        }
    }

    private static func all(_ module: JSONNode?, _ depth: Int) -> [JSONNode] {
        guard let module, depth <= TerraformPlan.depthMax else { return [] }
        let inner = module["child_modules"]?.items ?? []
        return (module["resources"]?.items ?? []) + inner.flatMap { all($0, depth + 1) }
    }

    private static func named(_ node: JSONNode) -> Resource? {
        guard let address = node["address"]?.value.asText, let type = node["type"]?.value.asText,
            let name = node["name"]?.value.asText
        else { return nil }
        var key: String?
        switch node["index"]?.value {
        case .integer(let number): key = String(number)
        case .text(let text): key = JSON.text(text).render()
        default: key = nil
        }
        return Resource(
            address: Excerpt.of(address, limit: 2000), module: ModulePath(address: address),
            type: type, name: name,
            key: key, values: Fields(place: node), isDeleted: false)
    }
}
