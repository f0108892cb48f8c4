internal import Addresses
internal import Connectivity
internal import Findings
internal import KubernetesManifests
internal import Packets
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

    private struct Pair: Hashable {
        let from: String
        let to: String
    }

    private struct Door: Hashable {
        let transport: UInt32
        let port: UInt32
    }

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
        let plan = Wanted(between: between, outside: outside)
        var sending = topology
        var receiving = topology
        for index in topology.endpoints.indices {
            sending.endpoints[index].ingress = []
            receiving.endpoints[index].egress = []
        }
        try compare(sending, plan, isSending: true)
        try compare(receiving, plan, isSending: false)
        return [
            "egress and ingress, each alone: what passes between \(topology.endpoints.count) workloads "
                + "and parts of the outside, nobody's workloads included, is what "
                + "\(outline.wanted.count) flows say"
        ]
    }

    private struct Wanted {
        let between: [Pair: Set<Door>]
        let outside: [String: [Permits.Source: Set<Door>]]
    }

    private func compare(
        _ topology: Topology, _ plan: Wanted, isSending: Bool
    ) throws(Failure) {
        var connectivity = Connectivity(topology)
        for (source, from) in topology.endpoints.enumerated() {
            if from.kind == .outside, isSending { continue }
            for (target, to) in topology.endpoints.enumerated() {
                let doors: Set<Door>
                if to.kind == .outside {
                    guard isSending else { continue }
                    doors = []
                } else if from.kind == .outside {
                    doors = allowed(from, plan.outside[to.name] ?? [:])
                } else {
                    doors = plan.between[Pair(from: from.name, to: to.name)] ?? []
                }
                let traffic: [Traffic]
                do throws(PacketSet.TooLarge) {
                    traffic = try connectivity.traffic(from: source, to: target)
                } catch {
                    throw Rendering.unproved("too many packets pass to be counted")
                }
                if traffic.isEmpty, doors.isEmpty { continue }
                guard let found = Self.doors(traffic, from), found == doors else {
                    throw Rendering.unproved(
                        "\(isSending ? "egress" : "ingress") from \(from.name) to \(to.name) lets "
                            + (traffic.isEmpty ? "nothing pass" : "pass \(Traffic.text(traffic))"))
                }
            }
        }
    }

    private func name(_ service: String, _ zone: Int) -> String {
        "\(Manifests.namespace(permits, permits.zones[zone].name))/\(service)[Deployment]"
    }

    private var wantedNames: Set<String> {
        Set(outline.seats.map { name($0.service, $0.zone) })
    }

    private var between: [Pair: Set<Door>] {
        var pairs: [Pair: Set<Door>] = [:]
        for flow in outline.wanted {
            guard case .seat(let from) = flow.from else { continue }
            let source = outline.seats[from]
            let target = outline.seats[flow.to]
            let pair = Pair(
                from: name(source.service, source.zone), to: name(target.service, target.zone))
            pairs[pair, default: []].insert(Door(transport: flow.transport, port: flow.port))
        }
        return pairs
    }

    private var outside: [String: [Permits.Source: Set<Door>]] {
        var found: [String: [Permits.Source: Set<Door>]] = [:]
        for flow in outline.wanted {
            if case .seat = flow.from { continue }
            let target = outline.seats[flow.to]
            found[name(target.service, target.zone), default: [:]][flow.from, default: []].insert(
                Door(transport: flow.transport, port: flow.port))
        }
        return found
    }

    /// What a part of the outside may open, as all of it lies in a network or outside it.
    private func allowed(
        _ from: Endpoint, _ doors: [Permits.Source: Set<Door>]
    ) -> Set<Door> {
        guard let first = from.v4.first?.lowerBound else { return [] }
        let address = Address(first)
        var allowed: Set<Door> = []
        if !networks.contains(where: { $0.contains(address) }) {
            allowed.formUnion(doors[.internet] ?? [])
        }
        if permits.platform.office.contains(where: { $0.contains(address) }) {
            allowed.formUnion(doors[.office] ?? [])
        }
        return allowed
    }

    /// Single ports of TCP and UDP for sure; nil for anything else.
    private static func doors(_ traffic: [Traffic], _ from: Endpoint) -> Set<Door>? {
        let family = from.kind == .outside && !from.v6.isEmpty ? "ipv4" : nil
        var doors: Set<Door> = []
        for item in traffic {
            let transport: UInt32
            switch item.kind {
            case .tcp: transport = 6
            case .udp: transport = 17
            default: return nil
            }
            guard item.isCertain, item.family == family, item.sources.isEmpty,
                item.destinations.isEmpty, item.sourcePorts == [0...65_535]
            else { return nil }
            for range in item.ports {
                guard range.count < 4_096 else { return nil }
                for port in range { doors.insert(Door(transport: transport, port: port)) }
            }
        }
        return doors
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
