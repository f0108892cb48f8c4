import Connectivity
import Findings
import KubernetesManifests
import Packets
import Ruleset
import Topology
import YAMLTree

// What importers of other people's formats read.
extension Door {
    static let yaml = Door(name: "yaml") {
        ["a: &x [1, {b: *x}]\n---\n- 'c'\n", "{\"a\": [null, \"\\u00e9\"]}", "? [a]\n: b\n"].map {
            Array($0.utf8)
        }
    } take: { bytes in
        let bounds = YAMLTree.Bounds(
            bytes: 4_096, depth: 16, nodes: 2_000, documents: 8, takesAliases: true)
        let stream = YAMLTree.read(bytes, within: bounds)
        require(stream.documents.count <= 8, "more documents than the bound")
        require(
            stream.documents.reduce(0) { $0 + nodes($1) } <= 4_000, "more nodes than the bound")
        require(
            !stream.faults.contains(where: \.isFatal) || stream.documents.isEmpty,
            "a tree in spite of a fatal fault")
    }

    private static func nodes(_ node: Node) -> Int {
        node.items.reduce(1) { $0 + nodes($1) }
            + node.entries.reduce(0) { $0 + nodes($1.value) + 1 }
    }

    static let kubernetes = Door(name: "kubernetes") {
        [
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: w, namespace: x}
            spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{ports: [{name: p, containerPort: 80}]}]}}}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: p, namespace: x}
            spec:
              podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}
              policyTypes: [Ingress, Egress]
              ingress: [{from: [{namespaceSelector: {}, podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: p}, {port: 1, endPort: 9, protocol: UDP}]}]
              egress: [{}]
            """,
            """
            apiVersion: policy.networking.k8s.io/v1alpha2
            kind: ClusterNetworkPolicy
            metadata: {name: p}
            spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Pass, to: [{networks: ['::/0']}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: 2}}}}]}]}
            ---
            {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"hostNetwork": true}}]}
            """,
            """
            apiVersion: policy.networking.k8s.io/v1alpha1
            kind: AdminNetworkPolicy
            metadata: {name: p}
            spec: {priority: 1, subject: {pods: {}}, ingress: [{action: Deny, from: [{pods: {podSelector: {}}}], ports: [{namedPort: p}]}]}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: b, labels: {a: c}}, spec: {}, status: {podIP: 10.0.0.1}}
            """,
        ].map { Array($0.utf8) }
    } take: { bytes in
        let topology = KubernetesManifests.read([.init(name: "a", bytes: bytes)])
        let hasErrors = topology.findings.contains { $0.severity == .error }
        require(topology.endpoints.isEmpty == hasErrors, "errors and a model, or neither")
        for finding in topology.findings {
            let isPlain = finding.problem.unicodeScalars.allSatisfy { $0.value >= 32 }
            require(isPlain, "a finding carries control characters")
        }
        guard topology.endpoints.count <= 8 else { return }
        var connectivity = Connectivity(topology)
        for source in topology.endpoints.indices {
            for target in topology.endpoints.indices {
                guard let traffic = try? connectivity.traffic(from: source, to: target),
                    !topology.way(from: source, to: target).isEmpty
                else { continue }
                let isNothing = [Families.v4, .v6].allSatisfy { family in
                    (try? topology.passing(from: source, to: target, family).may.isEmpty) ?? true
                }
                require(traffic.isEmpty == isNothing, "a class of endpoints is none")
            }
        }
    }
}
