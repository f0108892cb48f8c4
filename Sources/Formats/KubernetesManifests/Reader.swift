internal import Addresses
internal import Findings
internal import YAMLTree

/// Objects of the files, sorted into what a cluster has.
struct Reader {
    private var fields = Fields(file: "", report: Report())
    private var cluster = Cluster()
    /// Kind, namespace and name of every object that was read.
    private var seen: [String: Spot] = [:]

    var report: Report { fields.report }

    mutating func read(_ source: KubernetesManifests.Source) {
        fields = Fields(file: source.name, report: fields.report)
        let stream = YAMLTree.read(
            source.bytes,
            within: YAMLTree.Bounds(
                bytes: KubernetesManifests.bytesMax, depth: 64, nodes: 4_000_000,
                documents: 100_000, takesAliases: true))
        for fault in stream.faults { fields.report.add(fault, in: source.name) }
        for document in stream.documents where !document.isNull { take(document, kind: nil) }
    }

    /// Everything, once all files were read.
    mutating func finish() -> Cluster {
        fold()
        return cluster
    }

    /// One object, or the items of a list of them.
    private mutating func take(_ node: Node, kind listed: String?) {
        let kind = node["kind"]?.scalar ?? listed
        guard case .map = node.content, let kind else {
            fields.report.warning(
                "not-manifest", fields.spot(node), "this is no object of a cluster: it has no kind",
                "leave the file out")
            return
        }
        if kind.hasSuffix("List"), case .list(let items)? = node["items"]?.content {
            let inner = String(kind.dropLast(4))
            for item in items { take(item, kind: inner.isEmpty ? nil : inner) }
            return
        }
        let version = node["apiVersion"]?.scalar ?? ""
        let group = version.split(separator: "/").dropLast().joined()
        switch (group, kind) {
        case ("", "Namespace"): namespace(node)
        case ("", "Node"): host(node)
        case ("", "Pod"), ("", "ReplicationController"),
            ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"),
            ("apps", "ReplicaSet"), ("batch", "Job"), ("batch", "CronJob"):
            if let identity = identify(node, kind) { workload(node, kind, identity) }
        case ("networking.k8s.io", "NetworkPolicy") where version.hasSuffix("/v1"):
            guard let identity = identify(node, kind) else { return }
            if let policy = fields.networkPolicy(node, identity) { cluster.policies.append(policy) }
        case ("policy.networking.k8s.io", _) where Self.adminKinds[kind]?.contains(version) == true:
            guard let identity = identify(node, kind, isClusterWide: true) else { return }
            if let policy = fields.adminPolicy(node, kind, identity) {
                cluster.policies.append(policy)
            }
        default: other(node, group, kind)
        }
    }

    private static let adminKinds: [String: Set<String>] = [
        "AdminNetworkPolicy": ["policy.networking.k8s.io/v1alpha1"],
        "BaselineAdminNetworkPolicy": ["policy.networking.k8s.io/v1alpha1"],
        "ClusterNetworkPolicy": [
            "policy.networking.k8s.io/v1alpha2", "policy.networking.k8s.io/v1beta1",
        ],
    ]

    /// Kinds by which other controllers decide about packets: name, whether in a namespace.
    private static let foreignKinds: [String: Bool] = [
        "NetworkPolicy": true, "AdminNetworkPolicy": false, "BaselineAdminNetworkPolicy": false,
        "ClusterNetworkPolicy": false, "GlobalNetworkPolicy": false, "CiliumNetworkPolicy": true,
        "CiliumClusterwideNetworkPolicy": false, "StagedNetworkPolicy": true,
        "EgressFirewall": true, "AuthorizationPolicy": true,
    ]

    private mutating func other(_ node: Node, _ group: String, _ kind: String) {
        if node["apiVersion"] == nil {
            fields.report.warning(
                "not-manifest", fields.spot(node), "this object has no apiVersion",
                "leave the file out, or write it")
        }
        guard let isNamespaced = Self.foreignKinds[kind], !group.isEmpty else { return }
        let metadata = node["metadata"]
        let namespace = metadata?["namespace"]?.scalar ?? "default"
        let name = metadata?["name"]?.scalar ?? ""
        fields.report.warning(
            "foreign-policy", fields.spot(node),
            "\(Excerpt.of(kind)) of \(quoted(node["apiVersion"]?.scalar ?? "")) is not read: what "
                + "it allows or refuses is unknown",
            "look at it by hand; answers about its pods are marked as uncertain")
        cluster.foreign.append(
            ForeignPolicy(
                namespace: isNamespaced ? namespace : nil,
                title: Excerpt.of("\(kind) \(isNamespaced ? namespace + "/" : "")\(name)")))
    }

    /// Namespace, name and place of an object that has a name and appears once.
    private mutating func identify(
        _ node: Node, _ kind: String, isClusterWide: Bool = false
    ) -> Identity? {
        guard let metadata = fields.map(node["metadata"], "metadata"),
            let name = fields.text(
                metadata["name"] ?? metadata["generateName"], "metadata.name")
        else {
            fields.report.error(
                "missing-key", fields.spot(node), "the \(kind) has no name",
                "write metadata.name")
            return nil
        }
        let written = fields.text(metadata["namespace"], "metadata.namespace")
        let namespace = isClusterWide ? "" : written ?? "default"
        let spot = fields.spot(node)
        let key = "\(kind) \(namespace)/\(name)"
        if let first = seen[key] {
            fields.report.error(
                "duplicate-object", spot,
                "\(Excerpt.of(key)) appears a second time; the first is in "
                    + "\(Excerpt.of(first.file)) line \(first.place.line)", "keep one of them")
            return nil
        }
        seen[key] = spot
        return Identity(namespace: namespace, name: name, metadata: metadata, spot: spot)
    }

    private mutating func namespace(_ node: Node) {
        guard let identity = identify(node, "Namespace", isClusterWide: true) else { return }
        cluster.namespaces[identity.name] = NamespaceObject(
            labels: fields.labels(identity.metadata["labels"], "metadata.labels"),
            spot: identity.spot)
    }

    private mutating func host(_ node: Node) {
        let spec = node["spec"]
        let all = fields.list(spec?["podCIDRs"], "spec.podCIDRs")
        for item in all.isEmpty ? [spec?["podCIDR"]].compactMap(\.self) : all {
            if let block = item.scalar.flatMap({ Block.read($0)?.block }) {
                cluster.podNetworks.append(block)
            }
        }
    }

    private mutating func workload(_ node: Node, _ kind: String, _ identity: Identity) {
        if let workload = fields.workload(node, kind, identity) {
            cluster.workloads.append(workload)
        }
    }

    /// Leaves out what a controller in the files has made: pods and replica sets like its template.
    private mutating func fold() {
        var controllers: [String: Workload] = [:]
        for workload in cluster.workloads {
            controllers["\(workload.namespace)/\(workload.kind)/\(workload.name)"] = workload
        }
        // A pod's controller may be a replica set whose own one is the deployment.
        func root(of workload: Workload) -> Workload? {
            var found = workload
            for _ in 0..<4 {
                guard let owner = found.owner,
                    let next = controllers["\(found.namespace)/\(owner)"]
                else { break }
                found = next
            }
            return found.kind == workload.kind && found.name == workload.name ? nil : found
        }
        cluster.workloads.removeAll { workload in
            guard let root = root(of: workload) else { return false }
            return root.ownLabels == workload.ownLabels && root.ports == workload.ports
                && root.isHostNetwork == workload.isHostNetwork
        }
        cluster.workloads.sort {
            ($0.namespace, $0.name, $0.kind) < ($1.namespace, $1.name, $1.kind)
        }
    }
}

/// What every object has.
struct Identity {
    let namespace: String
    let name: String
    let metadata: Node
    let spot: Spot
}
