import Packets
import Ruleset
import Testing
import Topology

struct PolicyCase: Sendable, CustomTestStringConvertible {
    let name: String
    let policies: String
    let passes: @Sendable (Cell) -> Bool

    init(_ name: String, _ policies: String, _ passes: @escaping @Sendable (Cell) -> Bool) {
        self.name = name
        self.policies = policies
        self.passes = passes
    }

    var testDescription: String { name }

    /// Compares every cell, both families, both bounds.
    func check() throws {
        let topology = read(threeByThree, policies)
        #expect(topology.marks.isEmpty, "\(topology.marks)")
        let wanted = Set(cells.filter(passes))
        for family in [Families.v4, .v6] {
            for bound in Bound.allCases {
                let found = try topology.table(bound, family)
                #expect(
                    found == wanted,
                    "\(name): extra \(found.subtracting(wanted).map(\.description).sorted().prefix(5)), missing \(wanted.subtracting(found).map(\.description).sorted().prefix(5))"
                )
            }
        }
    }
}

private let plainCases: [PolicyCase] = [
    PolicyCase("no policy", "") { _ in true },
    PolicyCase("an empty selector isolates the namespace", networkPolicy("podSelector: {}")) {
        $0.toSpace != "x"
    },
    PolicyCase(
        "an absent selector does so too, and nothing is no rule",
        networkPolicy("ingress: null, policyTypes: [Ingress]")
    ) { $0.toSpace != "x" },
    PolicyCase("one empty rule allows all", networkPolicy("podSelector: {}, ingress: [{}]")) { _ in
        true
    },
    PolicyCase(
        "a null rule does so too",
        networkPolicy("podSelector: {}, ingress: [{from: null, ports: []}]")
    ) { _ in true },
    PolicyCase(
        "isolation of egress alone leaves ingress open",
        networkPolicy("podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress]")
    ) { $0.from != "x/a" },
    PolicyCase(
        "an egress section isolates both directions", networkPolicy("podSelector: {}, egress: [{}]")
    ) { $0.toSpace != "x" },
    PolicyCase(
        "an empty egress section beside policyTypes isolates",
        networkPolicy("podSelector: {}, egress: [], policyTypes: [Egress]")
    ) { $0.fromSpace != "x" },
    PolicyCase(
        "a pod selector alone means its own namespace",
        networkPolicy(
            "podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]"
        )
    ) { $0.to != "x/a" || $0.from == "x/b" },
    PolicyCase(
        "an empty pod selector means all of its own namespace",
        networkPolicy("podSelector: {}, ingress: [{from: [{podSelector: {}}]}]")
    ) { $0.toSpace != "x" || $0.fromSpace == "x" },
    PolicyCase(
        "an empty namespace selector means all namespaces",
        networkPolicy(
            "podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {pod: c}}}]}]"
        )
    ) { $0.toSpace != "x" || $0.fromPod == "c" },
    PolicyCase(
        "both selectors in one item must hold",
        networkPolicy(
            "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ty}}, podSelector: {matchLabels: {pod: b}}}]}]"
        )
    ) { $0.toSpace != "x" || $0.from == "y/b" },
    PolicyCase(
        "selectors in two items are alternatives",
        networkPolicy(
            "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ty}}}, {podSelector: {matchLabels: {pod: b}}}]}]"
        )
    ) { $0.toSpace != "x" || $0.fromSpace == "y" || $0.from == "x/b" },
    PolicyCase(
        "every namespace has its name as a label",
        networkPolicy(
            "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [y, z]}]}}]}]"
        )
    ) { $0.toSpace != "x" || $0.fromSpace != "x" },
    PolicyCase(
        "NotIn and DoesNotExist hold where the key is absent",
        networkPolicy(
            "podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [db]}, {key: pod, operator: Exists}, {key: none, operator: DoesNotExist}, {key: pod, operator: NotIn, values: [c]}]}"
        )
    ) { $0.to != "x/a" && $0.to != "x/b" },
    PolicyCase(
        "all requirements of a selector must hold",
        networkPolicy(
            "podSelector: {matchLabels: {pod: a}, matchExpressions: [{key: pod, operator: In, values: [b]}]}"
        )
    ) { _ in true },
    PolicyCase(
        "a port is TCP unless it says otherwise",
        networkPolicy("podSelector: {}, ingress: [{ports: [{port: 80}]}]")
    ) { $0.toSpace != "x" || ($0.transport == "tcp" && $0.port == 80) },
    PolicyCase(
        "a protocol without a port is all its ports",
        networkPolicy(
            "podSelector: {}, ingress: [{ports: [{protocol: UDP}, {protocol: SCTP, port: 81}]}]")
    ) {
        $0.toSpace != "x" || $0.transport == "udp" || ($0.transport == "sctp" && $0.port == 81)
    },
    PolicyCase(
        "a range of ports includes its ends",
        networkPolicy("podSelector: {}, ingress: [{ports: [{port: 81, endPort: 90}]}]")
    ) { $0.toSpace != "x" || ($0.transport == "tcp" && $0.port == 81) },
    PolicyCase(
        "a named port is what each destination calls so: ingress",
        networkPolicy("podSelector: {}, ingress: [{ports: [{port: web}]}]")
    ) {
        $0.toSpace != "x"
            || ($0.transport == "tcp"
                && ($0.toPod == "a" && $0.port == 80 || $0.toPod == "b" && $0.port == 81))
    },
    PolicyCase(
        "a named port is what each destination calls so: egress",
        networkPolicy(
            "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: web}, {port: dns}, {port: dns, protocol: UDP}]}]"
        )
    ) {
        $0.fromSpace != "x"
            || ($0.transport == "tcp"
                && ($0.toPod == "a" && $0.port == 80 || $0.toPod == "b" && $0.port == 81))
            || ($0.transport == "udp" && $0.toPod != "c" && $0.port == 81)
    },
    PolicyCase(
        "policies add up",
        networkPolicy(
            "podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]")
            + networkPolicy(
                "podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: tz}}}]}]",
                name: "q")
    ) {
        $0.toSpace != "x" || ($0.fromSpace == "x" && $0.transport == "tcp" && $0.port == 80)
            || ($0.to == "x/a" && $0.fromSpace == "z")
    },
    PolicyCase(
        "egress and ingress must both allow",
        networkPolicy(
            "podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: ty}}}], ports: [{port: 80}, {port: 81}]}]"
        )
            + networkPolicy(
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 81}]}]",
                space: "y")
    ) {
        let leaves =
            $0.fromSpace != "x" || ($0.toSpace == "y" && $0.transport == "tcp")
        let enters = $0.toSpace != "y" || ($0.transport == "tcp" && $0.port == 81)
        return leaves && enters
    },
]

@Suite("NetworkPolicy")
struct NetworkPolicyTests {
    @Test("truth tables of pods, transports and ports", arguments: plainCases)
    func tables(row: PolicyCase) throws { try row.check() }

    @Test("labels of a namespace that is not in the files are unknown, and the answer says so")
    func openNamespaces() throws {
        let pods = threeByThree.replacing("kind: Namespace", with: "kind: Ignored")
        let topology = read(
            pods,
            networkPolicy(
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ty}}}]}]"
            ))
        let may = try topology.table(.may, .v4)
        let must = try topology.table(.must, .v4)
        #expect(may == Set(cells))
        #expect(must == Set(cells.filter { $0.toSpace != "x" }))
        let passing = try topology.passing(
            from: try #require(topology.endpoint("y/a[Pod]")),
            to: try #require(topology.endpoint("x/a[Pod]")), .v4)
        #expect(passing.unmodelled.contains("labels of namespace y are not in the files"))
    }

    @Test("pods of a workload reach one another only as its policies say")
    func groups() throws {
        let deployment = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {replicas: 3, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}

            """
        let open = read(deployment)
        #expect(try !open.passing(from: 0, to: 0, .v4).may.isEmpty)
        let closed = read(deployment, networkPolicy("podSelector: {}", space: "default"))
        #expect(try closed.passing(from: 0, to: 0, .v4).may.isEmpty)
    }

    @Test("pods and replica sets that a controller in the files has made are not shown again")
    func folding() {
        let deployment = """
            {"apiVersion": "v1", "kind": "List", "items": [
             {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec":
              {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {}}}},
             {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1",
              "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
              "spec": {"template": {"metadata": {"labels":
               {"app": "web", "pod-template-hash": "1"}}, "spec": {}}}},
             {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1-a",
              "labels": {"app": "web", "pod-template-hash": "1"}, "ownerReferences":
              [{"kind": "ReplicaSet", "name": "web-1", "controller": true}]}, "spec": {}},
             {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1-b",
              "labels": {"app": "web", "debug": "yes"}, "ownerReferences":
              [{"kind": "ReplicaSet", "name": "web-1", "controller": true}]}, "spec": {}}]}
            """
        let names = read(deployment).endpoints.map(\.name)
        #expect(names == ["default/web[Deployment]", "default/web-1-b[Pod]", "internet"])
    }

    @Test("every kind of workload is read through its pod template")
    func kinds() {
        let template = "template: {metadata: {labels: {app: w}}, spec: {containers: []}}"
        let table = [
            ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"),
            ("apps/v1", "ReplicaSet"), ("v1", "ReplicationController"), ("batch/v1", "Job"),
        ]
        var text = table.map { version, kind in
            "---\napiVersion: \(version)\nkind: \(kind)\nmetadata: {name: w}\nspec: {\(template)}\n"
        }.joined()
        text +=
            "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: w}\n"
            + "spec: {jobTemplate: {spec: {\(template)}}}\n"
        let topology = read(
            text, networkPolicy("podSelector: {matchLabels: {app: w}}", space: "default"))
        #expect(topology.marks.isEmpty)
        #expect(topology.endpoints.count { $0.ingress.count == 1 } == 7)
        #expect(topology.gates.count == 1)
        #expect(topology.gates[0].labels.count == 3)
    }
}
