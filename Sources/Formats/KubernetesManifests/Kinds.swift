internal import Findings

/// What a kind of objects is to the question who reaches whom.
enum Kind {
    /// Read here.
    case read
    /// It filters packets by rules that are not read: in its namespace, or in the whole cluster.
    case filter(isNamespaced: Bool)
    /// It makes pods that are not read.
    case maker
    /// It decides about no packet, and makes no pod.
    case idle
    /// The API has no such kind in that group, but another that must be meant.
    case misspelt(String)
    case unknown
}

enum Kinds {
    private static let policies = [
        "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy",
    ]
    private static let workloads = [
        "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod",
        "ReplicationController",
    ]

    private static let read: [String: [String]] = [
        "": ["Namespace", "Node", "Pod", "ReplicationController"],
        "apps": ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"],
        "batch": ["Job", "CronJob"],
        "networking.k8s.io": ["NetworkPolicy"],
        "policy.networking.k8s.io": policies,
    ]

    /// What else the groups have that every cluster has.
    private static let idle: [String: Set<String>] = [
        "": [
            "Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange",
            "PersistentVolume", "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "Secret",
            "Service", "ServiceAccount",
        ],
        "apps": ["ControllerRevision"], "batch": [], "policy.networking.k8s.io": [],
        "networking.k8s.io": ["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"],
        "admissionregistration.k8s.io": [
            "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
            "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        ],
        "apiextensions.k8s.io": ["CustomResourceDefinition"],
        "apiregistration.k8s.io": ["APIService"],
        "autoscaling": ["HorizontalPodAutoscaler"],
        "certificates.k8s.io": ["CertificateSigningRequest"],
        "coordination.k8s.io": ["Lease"],
        "discovery.k8s.io": ["EndpointSlice"],
        "events.k8s.io": ["Event"],
        "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
        "node.k8s.io": ["RuntimeClass"],
        "policy": ["PodDisruptionBudget", "PodSecurityPolicy"],
        "rbac.authorization.k8s.io": [
            "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
        ],
        "scheduling.k8s.io": ["PriorityClass"],
        "storage.k8s.io": [
            "CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment",
        ],
    ]

    /// Rules of other controllers: the kind, how its group ends, whether it stays in a namespace.
    private static let filters: [(kind: String, group: String, isNamespaced: Bool)] = [
        ("NetworkPolicy", "", true), ("AdminNetworkPolicy", "", false),
        ("BaselineAdminNetworkPolicy", "", false), ("ClusterNetworkPolicy", "", false),
        ("GlobalNetworkPolicy", "", false), ("StagedNetworkPolicy", "", true),
        ("HostEndpoint", "projectcalico.org", false), ("CiliumNetworkPolicy", "", true),
        ("CiliumClusterwideNetworkPolicy", "", false),
        ("EgressFirewall", "", true), ("EgressNetworkPolicy", "", true),
        ("MultiNetworkPolicy", "", true), ("FQDNNetworkPolicy", "", true),
        ("ApplicationNetworkPolicy", "", true), ("PolicyEndpoint", "networking.k8s.aws", true),
        ("SecurityGroupPolicy", "vpcresources.k8s.aws", true),
        ("SecurityPolicy", "vmware.com", true), ("AuthorizationPolicy", "", true),
        ("PeerAuthentication", "istio.io", true), ("Sidecar", "istio.io", true),
        ("MeshTrafficPermission", "kuma.io", false), ("TrafficPermission", "kuma.io", false),
        ("Server", "policy.linkerd.io", true),
        ("ServerAuthorization", "policy.linkerd.io", true),
        ("ServiceIntentions", "consul.hashicorp.com", false),
        ("TrafficTarget", "smi-spec.io", true),
    ]

    /// What makes pods without a pod template where all others have it.
    private static let makers: [(kind: String, group: String)] = [
        ("Rollout", "argoproj.io"), ("Workflow", "argoproj.io"), ("CronWorkflow", "argoproj.io"),
        ("DeploymentConfig", "openshift.io"), ("Service", "serving.knative.dev"),
        ("Configuration", "serving.knative.dev"), ("Revision", "serving.knative.dev"),
        ("JobSet", "x-k8s.io"), ("LeaderWorkerSet", "x-k8s.io"),
        ("VirtualMachine", "kubevirt.io"), ("VirtualMachineInstance", "kubevirt.io"),
        ("Prometheus", "monitoring.coreos.com"), ("Alertmanager", "monitoring.coreos.com"),
        ("TaskRun", "tekton.dev"), ("PipelineRun", "tekton.dev"), ("Template", ""),
    ]

    /// What the kind is; `hasContainers` where the object holds a pod template.
    static func judge(_ group: String, _ kind: String, hasContainers: Bool) -> Kind {
        if read[group]?.contains(kind) == true { return .read }
        let isMaker = makers.contains { $0.kind == kind && isIn(group, $0.group) }
        if let others = idle[group], !isMaker {
            if others.contains(kind) { return .idle }
            // Groups of which nothing is read may have newer kinds, alike in name.
            let own = read[group] ?? []
            if let meant = meant(by: kind, among: own + others.sorted(), isSlip: !own.isEmpty) {
                return .misspelt(meant)
            }
            let home = read.first { $0.value.contains(kind) }?.key
            if let home { return .misspelt("\(kind) of \(home.isEmpty ? "v1" : home)") }
        }
        if let filter = filters.first(where: { $0.kind == kind && isIn(group, $0.group) }) {
            return .filter(isNamespaced: filter.isNamespaced)
        }
        if kind.hasSuffix("NetworkPolicy") { return .filter(isNamespaced: false) }
        return isMaker || hasContainers || workloads.contains(kind) ? .maker : .unknown
    }

    private static func isIn(_ group: String, _ end: String) -> Bool {
        end.isEmpty || group == end || group.hasSuffix("." + end)
    }

    /// The kind of which this is another case, the plural, or a slip.
    private static func meant(
        by kind: String, among known: [String], isSlip: Bool
    ) -> String? {
        let word = kind.lowercased()
        let plain = known.first { name in
            let name = name.lowercased()
            let plural = name.hasSuffix("y") ? name.dropLast() + "ies" : name + "s"
            return word == name || word == plural || word == name + "es"
        }
        return plain ?? (isSlip ? Nearest.name(to: kind, among: known) : nil)
    }
}
