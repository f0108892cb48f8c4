package import Connectivity
package import Comparison
internal import Findings
package import Packets
internal import Topology

extension Scene {
    private static let linesMax = 3

    /// A network that was imported, by endpoints or, when it is large, by what they belong to.
    package init(
        title: String, _ connectivity: inout Connectivity, comparison: Comparison? = nil
    ) throws(PacketSet.TooLarge) {
        let topology = connectivity.topology
        let groups = Self.groups(topology)
        self.init(title: title, subtitle: "")
        let workloads = topology.endpoints.count { $0.kind == .workload }
        let isByGroup = topology.endpoints.count > Self.nodesMax
        let edges =
            isByGroup ? try Self.byClass(&connectivity) : try Self.byPair(&connectivity)
        self.groups = groups.names.map {
            Group(name: $0.isEmpty ? "no group" : $0, note: "", isFramed: !isByGroup)
        }
        subtitle =
            "\(Self.counted(workloads, "endpoint")), \(Self.counted(edges.count, "connected pair"))"
        let byGroup = isByGroup || edges.count > Self.edgesMax
        if byGroup {
            for index in self.groups.indices { self.groups[index].isFramed = false }
        }
        var numbers: [Int] = []
        for (index, endpoint) in topology.endpoints.enumerated() {
            if endpoint.kind == .outside {
                numbers.append(nodes.count)
                nodes.append(Node(kind: .outside, name: endpoint.name))
            } else if byGroup {
                let group = groups.of[index]
                let known = nodes.firstIndex { $0.group == group }
                numbers.append(known ?? nodes.count)
                if known == nil {
                    nodes.append(Node(kind: .zone, name: self.groups[group].name, group: group))
                }
            } else {
                numbers.append(nodes.count)
                nodes.append(Node(kind: .service, name: endpoint.name, group: groups.of[index]))
            }
        }
        if byGroup { count(topology, numbers) }
        var heard: [Int: [String]] = [:]
        for edge in edges {
            let from = topology.endpoints[edge.from].name
            let to = topology.endpoints[edge.to].name
            add(
                Edge(
                    from: numbers[edge.from], to: numbers[edge.to], kind: .flow,
                    tip: "\(from) to \(to): \(edge.text)"))
            if !byGroup { heard[numbers[edge.to], default: []].append(edge.text) }
        }
        for (node, texts) in heard where nodes[node].kind == .service {
            let unique = Set(texts).sorted()
            nodes[node].lines = unique.prefix(Self.linesMax).map { Metrics.short($0, limit: 34) }
            if unique.count > Self.linesMax {
                nodes[node].lines.append("and \(unique.count - Self.linesMax) more")
            }
        }
        if let comparison { mark(comparison, topology, numbers, byGroup) }
        if byGroup { thin() }
    }

    /// How many endpoints each box stands for.
    private mutating func count(_ topology: Topology, _ numbers: [Int]) {
        var counts: [Int: Int] = [:]
        for (index, endpoint) in topology.endpoints.enumerated() where endpoint.kind == .workload {
            counts[numbers[index], default: 0] += 1
        }
        for (node, count) in counts {
            nodes[node].lines = [Self.counted(count, "endpoint")]
        }
    }

    private static func groups(_ topology: Topology) -> (names: [String], of: [Int]) {
        var names: [String] = []
        var numbers: [String: Int] = [:]
        let of = topology.endpoints.map { endpoint in
            guard endpoint.kind == .workload else { return -1 }
            // A name such as `shop/web` says where it belongs when nothing else does.
            let before = endpoint.name.split(separator: "/", maxSplits: 1)
            let own = endpoint.group.isEmpty && before.count == 2 ? String(before[0]) : ""
            let name = endpoint.group.isEmpty ? own : endpoint.group
            if let known = numbers[name] { return known }
            numbers[name] = names.count
            names.append(name)
            return names.count - 1
        }
        return (names, of)
    }

    private static func byPair(
        _ connectivity: inout Connectivity
    ) throws(PacketSet.TooLarge) -> [(from: Int, to: Int, text: String)] {
        let all = connectivity.topology.endpoints.indices
        var edges: [(from: Int, to: Int, text: String)] = []
        for from in all {
            for to in all where from != to {
                let traffic = try connectivity.traffic(from: from, to: to)
                if !traffic.isEmpty { edges.append((from, to, Traffic.text(traffic))) }
            }
        }
        return edges
    }

    /// One pair for each two kinds of endpoints that no gate tells apart, in each two groups.
    private static func byClass(
        _ connectivity: inout Connectivity
    ) throws(PacketSet.TooLarge) -> [(from: Int, to: Int, text: String)] {
        struct Seat: Hashable {
            let kind: Int
            let group: String
        }
        let topology = connectivity.topology
        var first: [Seat: Int] = [:]
        var seats: [Int: [Int]] = [:]
        for (index, endpoint) in topology.endpoints.enumerated() {
            let kind = connectivity.classes[index]
            let seat = Seat(kind: kind, group: endpoint.group)
            if first[seat] == nil {
                first[seat] = index
                seats[kind, default: []].append(index)
            }
        }
        var edges: [(from: Int, to: Int, text: String)] = []
        for kind in seats.keys.sorted() {
            for other in connectivity.prospects(from: kind) {
                for from in seats[kind] ?? [] {
                    for to in seats[other] ?? [] where from != to {
                        let traffic = try connectivity.traffic(from: from, to: to)
                        if !traffic.isEmpty { edges.append((from, to, Traffic.text(traffic))) }
                    }
                }
            }
        }
        return edges
    }

    private mutating func mark(
        _ comparison: Comparison, _ topology: Topology, _ numbers: [Int], _ byGroup: Bool
    ) {
        isDifference = true
        subtitle =
            "against \(comparison.old): \(comparison.count(.opened)) opened, "
            + "\(comparison.count(.closed)) closed"
        var known = Dictionary(
            topology.endpoints.enumerated().map { ($0.element.name, numbers[$0.offset]) },
            uniquingKeysWith: { first, _ in first })
        let onlyNew = Set(comparison.onlyNew.map(\.name))
        for name in onlyNew.sorted() {
            if let node = known[name], !byGroup { nodes[node].state = .opened }
        }
        for change in comparison.changes {
            for name in [change.from, change.to] where known[name] == nil && !byGroup {
                known[name] = nodes.count
                nodes.append(Node(kind: .service, name: name, group: nil, state: .closed))
            }
            let text =
                "\(change.direction.rawValue): \(change.from) to \(change.to): "
                + change.subject.text
            let state: State = change.direction == .opened ? .opened : .closed
            remarks.append(Remark(state: state, text: text))
            guard let from = known[change.from], let to = known[change.to] else { continue }
            if state == .opened, !byGroup {
                edges.removeAll { $0.from == from && $0.to == to && $0.state == .plain }
            }
            add(Edge(from: from, to: to, kind: .flow, state: state, tip: text))
        }
        remarks.sort { $0.state > $1.state }
    }
}
