import Findings
import KubernetesManifests
import Packets
import Ruleset
import Testing
import Topology

@Suite("Kinds of objects")
struct KindTests {
    private func object(_ version: String, _ kind: String, _ rest: String = "") -> String {
        "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: p, namespace: x}\n\(rest)"
    }

    @Test("items of a list take kind and version from it", arguments: [true, false])
    func lists(isTyped: Bool) throws {
        let own = isTyped ? #""apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","# : ""
        let list = #"""
            {"kind":"NetworkPolicyList","apiVersion":"networking.k8s.io/v1","items":[
            {\#(own)"metadata":{"name":"n","namespace":"x"},"spec":{"podSelector":{}}}]}
            """#
        let topology = read(threeByThree, list)
        #expect(topology.marks.isEmpty)
        #expect(try topology.table(.may, .v4) == Set(cells.filter { $0.toSpace != "x" }))
    }

    @Test(
        "what has no kind or no version is no object, and there is no answer",
        arguments: [
            ("kind: NetworkPolicy\nmetadata: {name: n}", "has no apiVersion"),
            ("apiVersion: ''\nkind: NetworkPolicy", "has no apiVersion"),
            ("apiVersion: networking.k8s.io/v1\nmetadata: {name: n}", "has no kind"),
            ("a: 1", "has no kind"), ("text", "has no kind"),
            (#"{"apiVersion":"v1","kind":"List","items":[{"metadata":{"name":"n"}}]}"#, "no kind"),
        ])
    func untyped(text: String, problem: String) {
        let topology = read(threeByThree, text)
        #expect(topology.endpoints.isEmpty)
        #expect(topology.findings.map(\.code) == ["not-manifest"])
        #expect(topology.findings.allSatisfy { $0.problem.contains(problem) })
    }

    @Test(
        "a kind that its group does not have is refused, with the one that is meant",
        arguments: [
            ("networking.k8s.io/v1", "networkpolicy", "NetworkPolicy"),
            ("networking.k8s.io/v1", "NetworkPolicies", "NetworkPolicy"),
            ("networking.k8s.io/v1", "NetworkPolcy", "NetworkPolicy"),
            ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicies", "ClusterNetworkPolicy"),
            ("v1", "pods", "Pod"), ("v1", "NetworkPolicy", "NetworkPolicy of networking.k8s.io"),
            ("networking.k8s.io/v1", "Pod", "Pod of v1"), ("v1", "Servise", "Service"),
            ("v1", "Deployment", "Deployment of apps"), ("apps/v1", "deployments", "Deployment"),
        ])
    func misspelt(version: String, kind: String, meant: String) {
        let topology = read(threeByThree, object(version, kind, "spec: {podSelector: {}}"))
        #expect(topology.endpoints.isEmpty)
        #expect(topology.marks == ["unknown-kind 1.yaml:2:7"])
        #expect(topology.findings.allSatisfy { $0.remedy.contains("`\(meant)`") })
    }

    @Test(
        "rules of other controllers leave open what they concern",
        arguments: [
            ("network.openshift.io/v1", "EgressNetworkPolicy", true),
            ("networking.gke.io/v1alpha1", "FQDNNetworkPolicy", true),
            ("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy", true),
            ("crd.nsx.vmware.com/v1alpha1", "SecurityPolicy", true),
            ("kuma.io/v1alpha1", "MeshTrafficPermission", false),
            ("policy.linkerd.io/v1beta3", "Server", true),
            ("policy.linkerd.io/v1beta1", "ServerAuthorization", true),
            ("k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy", true),
            ("projectcalico.org/v3", "HostEndpoint", false),
            ("projectcalico.org/v3", "GlobalNetworkPolicy", false),
            ("extensions/v1beta1", "NetworkPolicy", true),
            ("example.com/v1", "AdminNetworkPolicy", false),
            ("projectcalico.org/v3", "StagedNetworkPolicy", true),
            ("cilium.io/v2", "CiliumNetworkPolicy", true),
            ("cilium.io/v2", "CiliumClusterwideNetworkPolicy", false),
            ("security.istio.io/v1", "PeerAuthentication", true),
            ("consul.hashicorp.com/v1alpha1", "ServiceIntentions", false),
            ("specs.smi-spec.io/v1alpha4", "TrafficTarget", true),
            ("policy.networking.k8s.io/v1", "ClusterNetworkPolicy", false),
            ("example.com/v1", "SomeNetworkPolicy", false),
        ])
    func filters(version: String, kind: String, isNamespaced: Bool) throws {
        let topology = read(threeByThree, object(version, kind))
        #expect(topology.marks == ["foreign-policy 1.yaml:1:1"])
        #expect(try topology.table(.may, .v4) == Set(cells))
        #expect(
            try topology.table(.must, .v4)
                == Set(
                    cells.filter { isNamespaced && $0.fromSpace != "x" && $0.toSpace != "x" }))
    }

    @Test("a policy of a mesh's own namespace concerns all others")
    func mesh() throws {
        let topology = read(
            threeByThree,
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: p, namespace: istio-system}
            """)
        #expect(try topology.table(.must, .v4).isEmpty)
    }

    @Test(
        "of workloads that are not read it is said that their pods are missing",
        arguments: [
            ("argoproj.io/v1alpha1", "Rollout"), ("apps.openshift.io/v1", "DeploymentConfig"),
            ("serving.knative.dev/v1", "Service"), ("extensions/v1beta1", "Deployment"),
            ("apps.kruise.io/v1beta1", "StatefulSet"),
            ("template.openshift.io/v1", "Template"), ("v1", "Template"),
        ])
    func makers(version: String, kind: String) {
        let topology = read(threeByThree, object(version, kind), object(version, kind))
        #expect(topology.marks == ["unread-workload 1.yaml:1:1"])
        let template = object(
            "example.com/v1", "Thing", "spec: {template: {spec: {containers: [{name: c}]}}}")
        #expect(read(template).marks == ["unread-workload 0.yaml:1:1"])
    }

    @Test("a kind that nobody here knows is told once; what decides nothing is not")
    func unknown() {
        let thing = object("example.com/v1", "Thing")
        let found = read(threeByThree, thing, thing, object("example.com/v1", "Other"))
        #expect(found.marks.isEmpty)
        #expect(
            found.findings.map { "\($0.severity) \($0.code) \($0.file)" } == [
                "note unread-kind 1.yaml", "note unread-kind 3.yaml",
            ])
        for (version, kind) in [
            ("v1", "Service"), ("v1", "ConfigMap"), ("rbac.authorization.k8s.io/v1", "Role"),
            ("networking.k8s.io/v1", "Ingress"), ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("apps/v1", "ControllerRevision"), ("policy/v1", "PodDisruptionBudget"),
        ] {
            #expect(read(threeByThree, object(version, kind)).findings.isEmpty)
        }
    }

    @Test("nothing at all is told; a chart's template is told from manifests")
    func nothing() {
        #expect(read("").marks == ["no-objects :0:0"])
        #expect(read("---\n---\n").marks == ["no-objects :0:0"])
        for text in ["a: {{ .Values.b }}", "{{- if .Values.x }}\na: b\n{{- end }}"] {
            let findings = read(text).findings
            #expect(findings.contains { $0.remedy == "render the chart first: helm template" })
        }
    }

    @Test("objects of the whole cluster are named without a namespace")
    func clusterWide() {
        let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
        let problem = read(text, text).findings.first?.problem ?? ""
        #expect(problem.hasPrefix("Namespace a appears a second time"))
    }
}
