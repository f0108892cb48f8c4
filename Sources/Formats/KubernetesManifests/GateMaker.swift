internal import Packets
internal import Ruleset
internal import Topology

/// Writes gates: the admin tier, the network policies, the baseline tier, and what is left open.
struct GateMaker {
    private let matching: Matching
    /// For each family and endpoint the values of the address fields.
    private let addresses: [Families: [[ClosedRange<UInt32>]]]

    init(_ matching: Matching, _ endpoints: [Endpoint], _ atoms: AddressAtoms) {
        self.matching = matching
        addresses = [
            .v4: endpoints.map(\.v4),
            .v6: endpoints.map { $0.v6.compactMap(atoms.atoms) },
        ]
    }

    private var cluster: Cluster { matching.cluster }

    func gate(_ key: GateKey, for workload: Workload) -> Gate {
        let titles = key.policies.map { cluster.policies[$0].title }
        var labels = [
            RuleLabel("replies"), RuleLabel("the node of the pod"),
            RuleLabel("\(key.direction.name) isolated by \(Self.isolating(key, cluster))"),
        ]
        var owners: [Int: UInt32] = [:]
        for policy in key.policies {
            owners[policy] = UInt32(truncatingIfNeeded: labels.count)
            for rule in cluster.policies[policy][key.direction] ?? [] {
                labels.append(
                    RuleLabel(rule.name, file: rule.spot.file, place: rule.spot.place))
            }
        }
        let first = titles.first ?? key.foreign.first.map { cluster.foreign[$0].title } ?? ""
        let more = max(titles.count + key.foreign.count - 1, 0)
        return Gate(
            name: "\(key.direction.name) by \(first)" + (more > 0 ? " and \(more) more" : ""),
            v4: rules(key, owners, .v4), v6: rules(key, owners, .v6), labels: labels)
    }

    private static func isolating(_ key: GateKey, _ cluster: Cluster) -> String {
        let plain = key.policies.filter { cluster.policies[$0].tier == .plain }
        return plain.prefix(3).map { cluster.policies[$0].title }.joined(separator: ", ")
            + (plain.count > 3 ? " and \(plain.count - 3) more" : "")
    }

    private func rules(
        _ key: GateKey, _ owners: [Int: UInt32], _ family: Families
    ) -> BoundedRules {
        var words: Set<String> = []
        let may = list(key, owners, family, .may, &words)
        let must = list(key, owners, family, .must, &words)
        return BoundedRules(may: may, must: must, unmodelled: words.sorted())
    }

    private func list(
        _ key: GateKey, _ owners: [Int: UInt32], _ family: Families, _ bound: Bound,
        _ words: inout Set<String>
    ) -> RuleList {
        for index in key.foreign { words.insert("\(cluster.foreign[index].title) is not read") }
        if key.isHost { words.insert("policies at pods of the host network are not defined") }
        guard key.foreign.isEmpty, !key.isHost || bound == .must else {
            return RuleList(otherwise: bound == .may)
        }
        var writer = GateWriter(bound)
        let established = ConnectionState.established.rawValue
        let related = ConnectionState.related.rawValue
        writer.list.append(
            .everything.with(.state, established...related), allow: true, owner: 0)
        if bound == .may, !matching.hosts.isEmpty {
            for range in intervals(matching.hosts, family) {
                let box = Box.everything.with(key.direction.peerField, range)
                writer.list.append(box, allow: true, owner: 1)
            }
            words.insert("pods of the host network may be on the pod's own node")
        }
        let chosen = key.policies.map { index in
            let policy = cluster.policies[index]
            let isSure = !key.unsure.contains(index)
            if !isSure {
                words.insert("\(policy.title) may not select the pod: labels are not in the files")
            }
            let rules = (policy[key.direction] ?? []).enumerated().map { number, rule in
                boxes(
                    rule, (owners[index] ?? 0) + UInt32(truncatingIfNeeded: number),
                    isSure || policy.tier == .plain, key, family, &words)
            }
            return Chosen(policy: policy, rules: rules, isSure: isSure)
        }
        writer.tier(chosen.filter { $0.policy.tier == .admin }, &words)
        if !writer.isolates(chosen.filter { $0.policy.tier == .plain }) {
            writer.tier(chosen.filter { $0.policy.tier == .baseline }, &words)
        }
        return writer.list
    }

    /// What a rule holds, for subjects that share a key.
    private func boxes(
        _ rule: Rule, _ owner: UInt32, _ isSure: Bool, _ key: GateKey, _ family: Families,
        _ words: inout Set<String>
    ) -> RuleBoxes {
        var made = RuleBoxes(action: rule.action, owner: owner)
        let failsClosed = (rule.peers ?? []).contains {
            if case .unknown = $0 { true } else { false }
        }
        if failsClosed {
            // A rule that would allow matches nothing at all, its other peers included; any other
            // is a denial of everything, whatever its ports are.
            if rule.action == .allow { return made }
            made.action = .deny
            if isSure { made.sure = [.everything] } else { made.maybe = [.everything] }
            return made
        }
        let peers = matching.matched(rule.peers, family)
        words.formUnion(peers.words)
        var sure: [Box] = []
        var maybe: [Box] = []
        for ports in portBoxes(rule.ports, key) {
            sure += narrowed(ports, peers.isEverybody ? nil : peers.sure, key.direction, family)
            maybe += narrowed(ports, peers.maybe, key.direction, family)
        }
        if key.direction == .egress {
            for case .named(let transport, let name) in rule.ports ?? [] {
                let pods = peers.isEverybody ? Array(cluster.workloads.indices) : peers.sure
                sure += named(transport, name, pods, family)
                maybe += named(transport, name, peers.maybe, family)
            }
        }
        if isSure {
            (made.sure, made.maybe) = (sure, maybe)
        } else {
            made.maybe = sure + maybe
        }
        return made
    }

    /// Boxes of the ports that do not depend on the peer.
    private func portBoxes(_ terms: [PortTerm]?, _ key: GateKey) -> [Box] {
        guard let terms else { return [.everything] }
        return terms.flatMap { term -> [Box] in
            switch term {
            case .range(let transport, let ports): return [Self.box(transport, ports)]
            case .named(let transport, let name):
                guard key.direction == .ingress else { return [] }
                return key.ports.filter {
                    $0.name == name && (transport == nil || transport == $0.transport)
                }.map { Self.box($0.transport, $0.number...$0.number) }
            }
        }
    }

    /// Where each of the pods has a port of that name.
    private func named(
        _ transport: UInt8?, _ name: String, _ endpoints: [Int], _ family: Families
    ) -> [Box] {
        var pods: [Workload.Port: [Int]] = [:]
        for index in endpoints where cluster.workloads.indices.contains(index) {
            for port in cluster.workloads[index].ports
            where port.name == name && (transport == nil || transport == port.transport) {
                pods[port, default: []].append(index)
            }
        }
        return pods.sorted { ($0.key.transport, $0.key.number) < ($1.key.transport, $1.key.number) }
            .flatMap { port, pods in
                narrowed(
                    Self.box(port.transport, port.number...port.number), pods, .egress, family)
            }
    }

    private static func box(_ transport: UInt8, _ ports: ClosedRange<UInt16>) -> Box {
        Box.everything.with(.protocolNumber, UInt32(transport)...UInt32(transport))
            .with(.destinationPort, UInt32(ports.lowerBound)...UInt32(ports.upperBound))
    }

    /// A box for each interval of the endpoints' addresses; the box itself for everybody.
    private func narrowed(
        _ box: Box, _ endpoints: [Int]?, _ direction: Direction, _ family: Families
    ) -> [Box] {
        guard let endpoints else { return [box] }
        return intervals(endpoints, family).map { box.with(direction.peerField, $0) }
    }

    /// The endpoints' addresses, neighbours joined.
    private func intervals(_ endpoints: [Int], _ family: Families) -> [ClosedRange<UInt32>] {
        guard let all = addresses[family] else { return [] }
        var joined: [ClosedRange<UInt32>] = []
        let ranges = endpoints.flatMap { all[$0] }.sorted { $0.lowerBound < $1.lowerBound }
        for range in ranges {
            if let last = joined.last, last.upperBound == range.lowerBound &- 1 {
                joined[joined.count - 1] = last.lowerBound...range.upperBound
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}

extension Direction {
    /// Where the other side's address stands.
    var peerField: Field { self == .ingress ? .source : .destination }
}
