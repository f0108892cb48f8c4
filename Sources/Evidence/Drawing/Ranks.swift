/// In which row each box stands: zones from the outside in, and inside a zone from who asks to who
/// is asked.
struct Ranks {
    /// Zones that people know, from the outside in.
    private static let known = ["dmz", "application", "data", "vault", "watch"]
    /// Boxes side by side.
    private static let widthMax = 6

    /// Nodes of each row.
    private(set) var rows: [[Int]] = []
    /// The group of each row; nil for outsides.
    private(set) var groups: [Int?] = []

    init(_ scene: Scene) {
        let outsides = scene.nodes.indices.filter { scene.nodes[$0].group == nil }
        add(outsides, group: nil, width: Self.widthMax + 2)
        for group in Self.order(scene) {
            let members = scene.nodes.indices.filter { scene.nodes[$0].group == group }
            if members.isEmpty {
                rows.append([])
                groups.append(group)
                continue
            }
            for layer in Self.layers(members, scene) {
                add(layer, group: group, width: Self.widthMax)
            }
        }
    }

    private mutating func add(_ nodes: [Int], group: Int?, width: Int) {
        guard !nodes.isEmpty else { return }
        let count = (nodes.count + width - 1) / width
        let each = (nodes.count + count - 1) / count
        for start in stride(from: 0, to: nodes.count, by: each) {
            rows.append(Array(nodes[start..<min(start + each, nodes.count)]))
            groups.append(group)
        }
    }

    /// Known zones in their order, others by how far from the outside they begin.
    private static func order(_ scene: Scene) -> [Int] {
        let ranks = scene.groups.map { group in known.firstIndex(of: group.name) }
        if ranks.allSatisfy({ $0 != nil }) {
            return scene.groups.indices.sorted { (ranks[$0] ?? 0, $0) < (ranks[$1] ?? 0, $1) }
        }
        var distance = [Int](repeating: .max, count: scene.nodes.count)
        var front = scene.nodes.indices.filter { scene.nodes[$0].group == nil }
        for node in front { distance[node] = 0 }
        var steps = 0
        while !front.isEmpty {
            steps += 1
            let reached = Set(
                scene.edges.filter { front.contains($0.from) && distance[$0.to] == .max }
                    .map(\.to))
            for node in reached { distance[node] = steps }
            front = reached.sorted()
        }
        let nearest = scene.groups.indices.map { group in
            scene.nodes.indices.filter { scene.nodes[$0].group == group }
                .map { distance[$0] }.min() ?? .max
        }
        return scene.groups.indices.sorted { left, right in
            let last = [scene.groups[left].name == "watch", scene.groups[right].name == "watch"]
            if last[0] != last[1] { return last[1] }
            return (nearest[left], left) < (nearest[right], right)
        }
    }

    /// Longest ways inside a group, edges that lead back left out.
    private static func layers(_ members: [Int], _ scene: Scene) -> [[Int]] {
        let inside = Set(members)
        var targets: [Int: [Int]] = [:]
        for edge in scene.edges
        where edge.state != .closed && inside.contains(edge.from) && inside.contains(edge.to) {
            targets[edge.from, default: []].append(edge.to)
        }
        // Depth first without recursion; an edge to a node whose visit is under way leads back.
        var state: [Int: Int] = [:]
        var finished: [Int] = []
        var back: Set<[Int]> = []
        for root in entrances(members, scene) where state[root] == nil {
            var stack: [(node: Int, next: Int)] = [(root, 0)]
            state[root] = 1
            while let (node, next) = stack.last {
                let all = targets[node] ?? []
                if next == all.count {
                    state[node] = 2
                    finished.append(node)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let target = all[next]
                if state[target] == nil {
                    state[target] = 1
                    stack.append((target, 0))
                } else if state[target] == 1 {
                    back.insert([node, target])
                }
            }
        }
        var depth: [Int: Int] = [:]
        for node in finished.reversed() {
            for target in targets[node] ?? [] where !back.contains([node, target]) {
                depth[target] = max(depth[target] ?? 0, (depth[node] ?? 0) + 1)
            }
        }
        let deepest = members.map { depth[$0] ?? 0 }.max() ?? 0
        return (0...deepest).map { layer in members.filter { (depth[$0] ?? 0) == layer } }
            .filter { !$0.isEmpty }
    }

    /// Members, those first that others outside the group ask.
    private static func entrances(_ members: [Int], _ scene: Scene) -> [Int] {
        let inside = Set(members)
        let asked = Set(scene.edges.filter { !inside.contains($0.from) }.map(\.to))
        return members.filter(asked.contains) + members.filter { !asked.contains($0) }
    }
}
