internal import Addresses
internal import Findings
internal import YAMLTree

/// Objects of the files, sorted into what a cluster has.
struct Reader {
    private var fields = Fields(file: "", report: Report())
    private var cluster = Cluster()
    /// Kind, namespace and name of every object that was read.
    private var seen: [String: Spot] = [:]
    /// Groups and kinds of which it was said that they are not read.
    private var told: Set<String> = []
    private var hasObjects = false

    var report: Report { fields.report }

    mutating func read(_ source: KubernetesManifests.Source) {
        fields = Fields(file: source.name, report: fields.report)
        let stream = YAMLTree.read(
            source.bytes,
            within: YAMLTree.Bounds(
                bytes: KubernetesManifests.bytesMax, depth: 64, nodes: 4_000_000,
                documents: 100_000, takesAliases: true))
        let isTemplate = !stream.faults.isEmpty && Self.isTemplate(source.bytes)
        for fault in stream.faults { fields.report.add(fault, in: source.name, isTemplate) }
        for document in stream.documents where !document.isNull {
            hasObjects = true
            take(document, listed: nil)
        }
    }

    /// Whether there are placeholders of a chart's template.
    private static func isTemplate(_ bytes: [UInt8]) -> Bool {
        let brace = UInt8(ascii: "{")
        return zip(bytes, bytes.dropFirst()).contains { $0 == brace && $1 == brace }
    }

    /// Everything, once all files were read.
    mutating func finish() -> Cluster {
        if !hasObjects, !fields.report.hasErrors {
            fields.report.warning(
                "no-objects", nil, "there is no object in what was read",
                "name the files or folders that hold the cluster's manifests")
        }
        fold()
        return cluster
    }

    /// What an object in a list need not say.
    private struct Listed {
        let kind: String
        let version: String
    }

    /// One object, or the items of a list of them.
    private mutating func take(_ node: Node, listed: Listed?) {
        guard case .map = node.content,
            let kind = node["kind"]?.scalar ?? listed?.kind, !kind.isEmpty,
            let version = node["apiVersion"]?.scalar ?? listed?.version, !version.isEmpty
        else {
            let missing = node["kind"] == nil && listed == nil ? "kind" : "apiVersion"
            fields.report.error(
                "not-manifest", fields.spot(node),
                "this is no object of a cluster: it has no \(missing)",
                "write it, or leave the file out")
            return
        }
        if kind.hasSuffix("List"), let items = node["items"] {
            let inner = String(kind.dropLast(4))
            for item in fields.list(items, "items") {
                take(item, listed: inner.isEmpty ? nil : Listed(kind: inner, version: version))
            }
            return
        }
        let group = version.split(separator: "/").dropLast().joined(separator: "/")
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
        default: other(node, group, version, kind)
        }
    }

    private static let adminKinds: [String: Set<String>] = [
        "AdminNetworkPolicy": ["policy.networking.k8s.io/v1alpha1"],
        "BaselineAdminNetworkPolicy": ["policy.networking.k8s.io/v1alpha1"],
        "ClusterNetworkPolicy": [
            "policy.networking.k8s.io/v1alpha2", "policy.networking.k8s.io/v1beta1",
        ],
    ]

    private mutating func other(_ node: Node, _ group: String, _ version: String, _ kind: String) {
        let containers = node["spec"]?["template"]?["spec"]?["containers"]
        let isFirst = told.insert("\(group)/\(kind)").inserted
        let title = "\(Excerpt.of(kind)) of \(quoted(version))"
        switch Kinds.judge(group, kind, hasContainers: containers != nil) {
        case .idle: break
        case .misspelt(let meant):
            fields.report.error(
                "unknown-kind", fields.spot(node["kind"] ?? node),
                "\(quoted(version)) has no kind \(quoted(kind))", "did you mean \(quoted(meant))?")
        case .filter(let isNamespaced): foreign(node, title, kind, isNamespaced)
        case .read: foreign(node, title, kind, kind == "NetworkPolicy")
        case .maker where isFirst:
            fields.report.warning(
                "unread-workload", fields.spot(node),
                "\(title) is not read: pods that it makes are missing from the answer",
                "add the pods themselves, as `kubectl get pods -o yaml` prints them")
        case .unknown where isFirst:
            fields.report.add(
                .note, "unread-kind", fields.spot(node),
                "\(title) is not known here: what it does to packets or pods is not in the answer",
                "look whether it filters")
        case .maker, .unknown: break
        }
    }

    /// Rules that nobody here reads: whatever they concern is uncertain.
    private mutating func foreign(
        _ node: Node, _ title: String, _ kind: String, _ isNamespaced: Bool
    ) {
        let metadata = node["metadata"]
        let namespace = metadata?["namespace"]?.scalar ?? "default"
        let name = metadata?["name"]?.scalar ?? ""
        fields.report.warning(
            "foreign-policy", fields.spot(node),
            "\(title) is not read: what it allows or refuses is unknown",
            "look at it by hand; answers about its pods are marked as uncertain")
        // A mesh's own namespace holds what concerns all others.
        let isLocal = isNamespaced && !["istio-system", "kuma-system"].contains(namespace)
        cluster.foreign.append(
            ForeignPolicy(
                namespace: isLocal ? namespace : nil,
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
        let key = isClusterWide ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)"
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
        let asked = cluster.policies.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
            .intersection(Workload.madeLabels)
        cluster.workloads.removeAll { workload in
            guard let root = root(of: workload) else { return false }
            // What its controller has set is known of it alone.
            guard asked.isDisjoint(with: workload.labels.keys) else { return false }
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
