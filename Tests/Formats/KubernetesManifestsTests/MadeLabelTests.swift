import Connectivity
import Findings
import KubernetesManifests
import Testing
import Topology

@Suite("Labels that controllers set")
struct MadeLabelTests {
    private static let template =
        "template: {metadata: {labels: {app: w}}, spec: {containers: [{name: c, image: i}]}}"
    private static let server =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: s, namespace: x, labels: {app: s}}\nspec: {}\n"

    private static func workload(_ kind: String, _ more: String = "") -> String {
        let version = ["Job", "CronJob"].contains(kind) ? "batch/v1" : "apps/v1"
        let spec = kind == "CronJob" ? "jobTemplate: {spec: {\(template)}}" : template
        return """
            ---
            apiVersion: \(version)
            kind: \(kind)
            metadata: {name: w, namespace: x}
            spec: {\(more)\(spec)}

            """
    }

    /// What of a workload's packets to the server passes that a policy admits by a selector.
    private func admitted(_ workload: String, _ name: String, _ selector: String) throws -> String {
        let policy = networkPolicy(
            "podSelector: {matchLabels: {app: s}}, ingress: [{from: [{podSelector: {\(selector)}}]}]"
        )
        return try passing(read(Self.server + workload + policy), "x/\(name)", "x/s[Pod]")
    }

    private func passing(_ topology: Topology, _ from: String, _ to: String) throws -> String {
        #expect(topology.marks.isEmpty)
        var connectivity = Connectivity(topology)
        let from = try #require(topology.endpoint(from))
        let to = try #require(topology.endpoint(to))
        let traffic = try connectivity.traffic(from: from, to: to)
        if traffic.isEmpty { return "no" }
        return traffic.allSatisfy(\.isCertain) ? "yes" : "perhaps"
    }

    @Test(
        "a label's value is known, or that pods have it, or nothing",
        arguments: [
            ("Deployment", "pod-template-hash", "a", "perhaps", "yes"),
            ("ReplicaSet", "pod-template-hash", "a", "no", "no"),
            ("DaemonSet", "controller-revision-hash", "a", "perhaps", "yes"),
            ("DaemonSet", "pod-template-generation", "a", "perhaps", "perhaps"),
            ("StatefulSet", "controller-revision-hash", "a", "perhaps", "yes"),
            ("StatefulSet", "statefulset.kubernetes.io/pod-name", "w-0", "perhaps", "yes"),
            ("StatefulSet", "statefulset.kubernetes.io/pod-name", "v-0", "no", "yes"),
            ("StatefulSet", "apps.kubernetes.io/pod-index", "'0'", "perhaps", "perhaps"),
            ("Job", "job-name", "w", "yes", "yes"), ("Job", "job-name", "v", "no", "yes"),
            ("Job", "batch.kubernetes.io/job-name", "w", "perhaps", "perhaps"),
            ("Job", "batch.kubernetes.io/job-name", "v", "no", "perhaps"),
            ("Job", "controller-uid", "a", "perhaps", "yes"),
            ("Job", "batch.kubernetes.io/controller-uid", "a", "perhaps", "perhaps"),
            ("Job", "batch.kubernetes.io/job-completion-index", "'0'", "no", "no"),
            ("CronJob", "job-name", "w-28", "perhaps", "yes"),
            ("CronJob", "job-name", "v-28", "no", "yes"),
            ("Deployment", "app", "w", "yes", "yes"),
        ])
    func known(kind: String, key: String, value: String, isValue: String, exists: String) throws {
        let workload = Self.workload(kind)
        let name = "w[\(kind)]"
        func opposite(_ word: String) -> String {
            ["yes": "no", "no": "yes"][word] ?? word
        }
        func asked(_ test: String) throws -> String {
            try admitted(workload, name, "matchExpressions: [{key: \(key), operator: \(test)}]")
        }
        #expect(try admitted(workload, name, "matchLabels: {\(key): \(value)}") == isValue)
        #expect(try asked("NotIn, values: [\(value)]") == opposite(isValue))
        #expect(try asked("Exists") == exists)
        #expect(try asked("DoesNotExist") == opposite(exists))
    }

    @Test("jobs that index their pods, or choose them by hand, may have or lack labels")
    func jobs() throws {
        let key = "batch.kubernetes.io/job-completion-index"
        let indexed = Self.workload("Job", "completionMode: Indexed, ")
        #expect(try admitted(indexed, "w[Job]", "matchLabels: {\(key): '0'}") == "perhaps")
        let manual = Self.workload("Job", "manualSelector: true, ")
        #expect(try admitted(manual, "w[Job]", "matchLabels: {job-name: w}") == "perhaps")
    }

    @Test("a policy that may select a workload may isolate it, and may allow")
    func subjects() throws {
        func ingress(_ rules: String, _ more: String = "") throws -> String {
            let policy = networkPolicy(
                "podSelector: {matchLabels: {pod-template-hash: a}}, ingress: [\(rules)]")
            return try passing(
                read(Self.server + Self.workload("Deployment") + policy + more), "x/s[Pod]",
                "x/w[Deployment]")
        }
        #expect(try ingress("") == "perhaps")
        #expect(try ingress("{}") == "yes")
        let isolated = networkPolicy("podSelector: {}", name: "q")
        #expect(try ingress("{}", isolated) == "perhaps")
        #expect(try ingress("", isolated) == "no")
        let denied = baselinePolicy(
            "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]")
        #expect(try ingress("{}", denied) == "perhaps")
        #expect(try ingress("", denied) == "no")
    }

    @Test("a pod that is in the files keeps the labels that its controller gave it")
    func dump() throws {
        let pod = """
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: w-0
              namespace: x
              labels: {app: w, statefulset.kubernetes.io/pod-name: w-0}
              ownerReferences: [{kind: StatefulSet, name: w, controller: true}]
            spec: {containers: [{name: c, image: i}]}

            """
        let workload = Self.workload("StatefulSet") + pod
        let label = "matchLabels: {statefulset.kubernetes.io/pod-name: w-0}"
        #expect(try admitted(workload, "w-0[Pod]", label) == "yes")
        #expect(try admitted(workload, "w[StatefulSet]", label) == "perhaps")
        #expect(read(workload).endpoints.map(\.name) == ["x/w[StatefulSet]", "internet"])
    }
}
