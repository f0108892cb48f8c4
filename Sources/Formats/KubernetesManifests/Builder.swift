internal import Addresses
internal import Findings
internal import Packets
internal import Ruleset
internal import Topology

/// What two workloads must share to stand behind the same gate.
struct GateKey: Hashable {
    var direction: Direction
    /// Indexes of the policies that select them, and whether they do so for sure.
    var policies: [Int]
    var unsure: [Int]
    /// Policies of kinds that are not read.
    var foreign: [Int]
    /// Named ports, where they matter.
    var ports: [Workload.Port]
    var isHost: Bool

    var isOpen: Bool { policies.isEmpty && foreign.isEmpty }
}

/// Endpoints and gates of a cluster.
struct Builder {
    private let cluster: Cluster
    private var report: Report
    private var topology = Topology()
    private var gates: [GateKey: Int] = [:]
    private var boxes = 0
    /// Most boxes of all gates.
    private static let boxesMax = 8 << 20

    init(_ cluster: Cluster, _ report: Report) {
        self.cluster = cluster
        self.report = report
    }

    mutating func finish() -> Topology {
        if !report.hasErrors { build() }
        if report.hasErrors { topology = Topology() }
        topology.findings = report.findings
        return topology
    }

    private mutating func build() {
        let blocks = cluster.policies.flatMap { policy in
            ((policy.ingress ?? []) + (policy.egress ?? [])).flatMap { rule in
                (rule.peers ?? []).flatMap { peer -> [Block] in
                    guard case .block(let block, let except, _) = peer else { return [] }
                    return [block] + except
                }
            }
        }
        guard let parts = Outside.parts(blocks),
            cluster.workloads.count + parts.count <= Topology.partiesMax
        else {
            report.error(
                "too-large", nil,
                "there are more than \(Topology.partiesMax) workloads, or "
                    + "\(Outside.partsMax) parts into which address blocks cut the outside",
                "read fewer files at once")
            return
        }
        judge()
        place(parts)
        let matching = Matching(cluster, parts)
        let maker = GateMaker(matching, topology.endpoints, topology.atoms)
        let keys = keys(matching)
        for (index, pair) in keys.enumerated() {
            for key in pair where !key.isOpen {
                guard let gate = gate(key, index, maker) else { return }
                if key.direction == .egress {
                    topology.endpoints[index].egress = [Step(gate)]
                } else {
                    topology.endpoints[index].ingress = [Step(gate)]
                }
            }
        }
    }

    /// Findings about the policies as a whole.
    private mutating func judge() {
        let kinds = Set(cluster.policies.map(\.kind))
        let spot = cluster.policies.first?.spot
        if kinds.contains("NetworkPolicy") {
            report.add(
                .note, "other-protocols", spot,
                "NetworkPolicy does not define what happens to protocols other than TCP, UDP and "
                    + "SCTP; here they pass where a rule names no port, and only there",
                "ask what your network plugin does")
        }
        if kinds.contains("ClusterNetworkPolicy"), kinds.count > 1,
            kinds.contains("AdminNetworkPolicy") || kinds.contains("BaselineAdminNetworkPolicy")
        {
            report.warning(
                "two-generations", spot,
                "ClusterNetworkPolicy stands beside the kinds that it replaces; which of them comes "
                    + "first is not defined, and where they differ the answer is uncertain",
                "use one of them")
        }
    }

    private mutating func place(_ parts: [Outside.Part]) {
        for (index, workload) in cluster.workloads.enumerated() {
            let host = StandIns.v4.lowerBound + UInt32(truncatingIfNeeded: index)
            let host6 = StandIns.v6.lowerBound + UInt128(index)
            topology.endpoints.append(
                Endpoint(
                    name: workload.title,
                    group: workload.namespace, v4: [host...host], v6: [host6...host6],
                    isGroup: workload.isGroup, place: workload.spot.place))
        }
        for part in parts {
            topology.endpoints.append(
                Endpoint(.outside, name: part.name, v4: part.v4, v6: part.v6))
        }
        topology.atoms = AddressAtoms(topology.endpoints.flatMap(\.v6))
    }

    /// What stands before each workload, in both directions.
    private func keys(_ matching: Matching) -> [[GateKey]] {
        var keys = cluster.workloads.map { workload in
            Direction.allCases.map { direction in
                GateKey(
                    direction: direction, policies: [], unsure: [],
                    foreign: cluster.foreign.indices.filter { index in
                        let namespace = cluster.foreign[index].namespace
                        return namespace == nil || namespace == workload.namespace
                    }, ports: [], isHost: workload.isHostNetwork)
            }
        }
        let order = cluster.policies.indices.sorted {
            let left = cluster.policies[$0]
            let right = cluster.policies[$1]
            return (left.tier.rawValue, left.priority, left.kind, left.namespace, left.name)
                < (right.tier.rawValue, right.priority, right.kind, right.namespace, right.name)
        }
        for index in order {
            let policy = cluster.policies[index]
            let found = matching.selected(policy.subject)
            for (side, direction) in Direction.allCases.enumerated() {
                guard let rules = policy[direction] else { continue }
                let names = direction == .ingress ? Self.names(rules) : []
                for workload in found.sure {
                    keys[workload][side].add(index, true, names, cluster.workloads[workload])
                }
                for workload in found.maybe {
                    keys[workload][side].add(index, false, names, cluster.workloads[workload])
                }
                guard policy.tier == .plain else { continue }
                for workload in matching.hosts {
                    let truth = matching.selectsLabels(policy, cluster.workloads[workload])
                    guard truth != .no else { continue }
                    keys[workload][side].add(
                        index, truth == .yes, names, cluster.workloads[workload])
                }
            }
        }
        return keys
    }

    private static func names(_ rules: [Rule]) -> Set<String> {
        var names: Set<String> = []
        for case .named(_, let name) in rules.flatMap({ $0.ports ?? [] }) { names.insert(name) }
        return names
    }

    /// The gate of a key, made once; nil when all gates together are too large.
    private mutating func gate(_ key: GateKey, _ index: Int, _ maker: GateMaker) -> Int? {
        if let known = gates[key] { return known }
        let gate = maker.gate(key, for: cluster.workloads[index])
        boxes += gate.v4.may.count + gate.v4.must.count + gate.v6.may.count + gate.v6.must.count
        guard boxes <= Self.boxesMax else {
            report.error(
                "too-large", nil, "the policies make more than \(Self.boxesMax) rules",
                "read fewer namespaces at once")
            return nil
        }
        topology.gates.append(gate)
        gates[key] = topology.gates.count - 1
        return topology.gates.count - 1
    }
}

extension GateKey {
    fileprivate mutating func add(
        _ policy: Int, _ isSure: Bool, _ names: Set<String>, _ workload: Workload
    ) {
        policies.append(policy)
        if !isSure { unsure.append(policy) }
        for port in workload.ports where names.contains(port.name) && !ports.contains(port) {
            ports.append(port)
        }
    }
}
