internal import Addresses
internal import EndsProof
internal import Findings
internal import KubernetesManifests
internal import Permits
internal import Platform
internal import Topology

/// What passes between all workloads of a cluster with these policies, against the plan.
///
/// Workloads are no part of a rendering: a Deployment of each service is made here, and one that
/// is nobody's in each namespace, which must reach nobody and be reached by nobody.
struct PolicyProof {
    let permits: Permits
    let outline: Outline
    let networks: [Prefix]

    private static let nobody = "nobody.bulkhead"

    func check(_ text: String) throws(Failure) -> [String] {
        let topology = KubernetesManifests.read([
            KubernetesManifests.Source(name: "policies.yaml", bytes: Array(text.utf8)),
            KubernetesManifests.Source(name: "workloads", bytes: Array(workloads.utf8)),
        ])
        for finding in topology.findings where finding.code != "other-protocols" {
            throw Rendering.unproved(finding.line(file: "policies.yaml"))
        }
        let names = topology.endpoints.map { $0.kind == .workload ? $0.name : "" }
        guard Set(names).isSuperset(of: wantedNames) else {
            throw Rendering.unproved("a namespace is not there")
        }
        // Either end alone says it all: what one of them lets slip, the other must not have to hold.
        let ends = Ends(names: names, topology: topology)
        let (sent, received) = wanted(ends)
        for (index, endpoint) in topology.endpoints.enumerated() where endpoint.kind == .workload {
            try EndsProof.check(topology, index, .egress, sent[endpoint.name] ?? [])
            try EndsProof.check(topology, index, .ingress, received[endpoint.name] ?? [])
        }
        return [
            "egress and ingress, each alone: what \(wantedNames.count) services may open to one another, "
                + "to nobody's workloads and to the outside, and what is opened to them, is what "
                + "\(outline.wanted.count) flows say"
        ]
    }

    private struct Ends {
        let places: [String: Endpoint]
        let outside: [Endpoint]

        init(names: [String], topology: Topology) {
            var places: [String: Endpoint] = [:]
            for (name, endpoint) in zip(names, topology.endpoints) { places[name] = endpoint }
            self.places = places
            outside = topology.endpoints.filter { $0.kind == .outside }
        }
    }

    /// What services may send, and what they may get, by their names.
    private func wanted(
        _ ends: Ends
    ) -> (sent: [String: [WantedTraffic]], received: [String: [WantedTraffic]]) {
        var sent: [String: [WantedTraffic]] = [:]
        var received: [String: [WantedTraffic]] = [:]
        for flow in outline.wanted {
            let target = outline.seats[flow.to]
            let to = name(target.service, target.zone)
            func traffic(_ endpoint: Endpoint?, hasSix: Bool = true) -> WantedTraffic {
                WantedTraffic(
                    v4: endpoint?.v4 ?? [], v6: hasSix ? endpoint?.v6 ?? [] : [],
                    transport: flow.transport, port: flow.port)
            }
            if case .seat(let seat) = flow.from {
                let source = outline.seats[seat]
                let from = name(source.service, source.zone)
                sent[from, default: []].append(traffic(ends.places[to]))
                received[to, default: []].append(traffic(ends.places[from]))
            } else {
                for part in ends.outside where isOpen(part, flow.from) {
                    received[to, default: []].append(traffic(part, hasSix: false))
                }
            }
        }
        return (sent, received)
    }

    /// Whether a part of the outside is among those; all of it lies in a network or outside it.
    private func isOpen(_ part: Endpoint, _ source: Permits.Source) -> Bool {
        guard let first = part.v4.first?.lowerBound else { return false }
        let address = Address(first)
        if source == .office {
            return permits.platform.office.contains { $0.contains(address) }
        }
        return !networks.contains { $0.contains(address) }
    }

    private func name(_ service: String, _ zone: Int) -> String {
        "\(Manifests.namespace(permits, permits.zones[zone].name))/\(service)[Deployment]"
    }

    private var wantedNames: Set<String> {
        Set(outline.seats.map { name($0.service, $0.zone) })
    }

    /// What a cluster would run.
    private var workloads: String {
        let cidrs = networks.map { "\"\($0)\"" }.joined(separator: ", ")
        var text = """
            apiVersion: v1
            kind: Node
            metadata: {name: node}
            spec: {podCIDRs: [\(cidrs)]}

            """
        for (service, zone) in Manifests.services(permits) {
            text += deployment(service, zone, "bulkhead/service: \"\(service)\"")
        }
        for zone in permits.zones.indices { text += deployment(Self.nobody, zone, "of: nobody") }
        return text
    }

    private func deployment(_ name: String, _ zone: Int, _ label: String) -> String {
        """
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
          namespace: \(Manifests.namespace(permits, permits.zones[zone].name))
        spec:
          selector: {matchLabels: {\(label)}}
          template:
            metadata:
              labels: {bulkhead/platform: "\(permits.platform.name)", \(label)}
            spec: {containers: [{name: one, image: one}]}

        """
    }
}
