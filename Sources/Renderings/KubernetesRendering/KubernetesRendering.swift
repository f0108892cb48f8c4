// KubernetesRendering: a namespace for each zone, a policy that denies everything in it, and one
// policy for each service. The text is read back by `KubernetesManifests`, with workloads that are
// made for the proof, and what passes between any two of them is compared with the plan.
package import Addresses
package import Findings
package import Permits
internal import Platform

/// Rendering for `kubectl apply -f`.
package enum KubernetesRendering {
    /// `pods` are the networks of the cluster's pods; none stand for the zones' own.
    package static func render(
        _ permits: Permits, _ outline: Outline, pods: [Prefix] = []
    ) throws(Failure) -> Rendering {
        for zone in permits.zones where Manifests.namespace(permits, zone.name).utf8.count > 63 {
            throw Failure(
                .refused, "namespace-name",
                "\(Manifests.namespace(permits, zone.name)) is too long for a namespace",
                remedy: "shorten the name of the platform or of zone \(zone.name)")
        }
        let networks = pods.isEmpty ? permits.zones.map(\.network) : pods
        let text = Manifests(permits, networks).text
        let proof = try prove(text, permits, outline, pods: pods)
        return Rendering(
            files: [Rendering.File("policies.yaml", text)], proof: proof,
            findings: permits.findings + findings(permits, pods))
    }

    /// What is proved of a text; a failure when it says anything else than the plan.
    package static func prove(
        _ text: String, _ permits: Permits, _ outline: Outline, pods: [Prefix] = []
    ) throws(Failure) -> [String] {
        let networks = pods.isEmpty ? permits.zones.map(\.network) : pods
        return try PolicyProof(permits: permits, outline: outline, networks: networks).check(text)
    }

    private static func findings(_ permits: Permits, _ pods: [Prefix]) -> [Finding] {
        var findings = [
            Finding(
                .note, "no-names", at: nil,
                "no flow leads to a resolver, so no pod can look up names",
                remedy: "add a service for DNS and flows to it, or use addresses"),
            Finding(
                .note, "node-traffic", at: nil,
                "a policy does not filter what a pod and its own node say to each other",
                remedy: "keep services of different trust on different nodes"),
        ]
        let outside = permits.permits.first { permit in
            if case .seat = permit.from { return false }
            return true
        }
        if let outside, pods.isEmpty {
            findings.append(
                Finding(
                    .warning, "pod-networks", at: permits.reasons[outside.reason].flow.place,
                    "the outside is whatever is in no zone's network, and pods may be elsewhere",
                    remedy: "name the cluster's pod networks: --pods 10.244.0.0/16"))
        }
        return findings
    }
}
