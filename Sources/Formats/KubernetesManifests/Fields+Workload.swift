internal import Addresses
internal import Findings
internal import YAMLTree

extension Fields {
    /// A pod, or what a controller makes its pods from.
    mutating func workload(_ node: Node, _ kind: String, _ identity: Identity) -> Workload? {
        var metadata = identity.metadata
        var spec = map(node["spec"], "spec")
        let isNamed = metadata["name"] != nil
        if kind == "CronJob" {
            spec = map(map(spec?["jobTemplate"], "spec.jobTemplate")?["spec"], "jobTemplate.spec")
        }
        let controller = spec
        if kind != "Pod" {
            guard let template = map(spec?["template"], "spec.template") else {
                report.error(
                    "missing-key", identity.spot, "the \(kind) has no pod template",
                    "write spec.template")
                return nil
            }
            metadata = template["metadata"] ?? template
            spec = map(template["spec"], "spec.template.spec")
        }
        var workload = Workload(
            namespace: identity.namespace, kind: kind, name: identity.name,
            labels: labels(metadata["labels"], "metadata.labels"), spot: identity.spot)
        workload.addMadeLabels(controller, isNamed: isNamed)
        workload.owner = owner(identity.metadata)
        workload.isHostNetwork = spec?["hostNetwork"]?.isTrue ?? false
        var ports: Set<Workload.Port> = []
        let containers = list(spec?["containers"], "containers")
        let sidecars = list(spec?["initContainers"], "initContainers").filter {
            $0["restartPolicy"]?.scalar == "Always"
        }
        for container in containers + sidecars {
            for item in list(container["ports"], "ports") {
                if let port = namedPort(item), ports.insert(port).inserted {
                    workload.ports.append(port)
                }
            }
        }
        workload.ports.sort {
            ($0.name, $0.transport, $0.number) < ($1.name, $1.transport, $1.number)
        }
        if kind == "Pod" { workload.addresses = addresses(node["status"]) }
        return workload
    }

    private mutating func owner(_ metadata: Node) -> String? {
        for reference in list(metadata["ownerReferences"], "ownerReferences") {
            guard reference["controller"]?.isTrue ?? false, let kind = reference["kind"]?.scalar,
                let name = reference["name"]?.scalar
            else { continue }
            return "\(kind)/\(name)"
        }
        return nil
    }

    private mutating func namedPort(_ item: Node) -> Workload.Port? {
        guard map(item, "a container's port") != nil,
            let number = port(item["containerPort"], "containerPort"),
            let transport = transport(item["protocol"]),
            let name = text(item["name"], "a port's name")
        else { return nil }
        return Workload.Port(name: name, transport: transport, number: number)
    }

    private mutating func addresses(_ status: Node?) -> [Block] {
        let all = list(status?["podIPs"], "status.podIPs").compactMap { $0["ip"]?.scalar }
        let texts = all.isEmpty ? [status?["podIP"]?.scalar].compactMap(\.self) : all
        return texts.compactMap { Block.read($0)?.block }
    }
}
