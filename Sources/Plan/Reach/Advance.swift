internal import Platform

/// How far an attacker comes from some sources while services fall one after the other, short of
/// the services that it is after.
struct Advance {
    /// Services that must have fallen to stand there; 0 where it begins.
    private(set) var fallen: [Source: Int] = [:]
    private let graph: Graph
    /// From where, and by which edge, each service was first reached.
    private var first: [Source: (from: Source, edge: Int)] = [:]

    /// At most `steps` services fall; with `published` what comes from outside needs a published
    /// port.
    init(
        from starts: some Sequence<Source>, steps: Int, avoiding targets: Set<Int>,
        published: Bool = false, in graph: Graph
    ) {
        self.graph = graph
        var front: [Source] = []
        for start in starts where !Self.isOne(start, of: targets) && fallen[start] == nil {
            fallen[start] = 0
            front.append(start)
        }
        for depth in 1...max(steps, 1) where steps > 0 && !front.isEmpty {
            var next: [Source] = []
            for source in front {
                for number in graph.numbers(from: source) {
                    let edge = graph.edges[number]
                    let target = Source.service(edge.to)
                    guard fallen[target] == nil, !targets.contains(edge.to),
                        !published || graph.arrives(edge.link(from: source))
                    else { continue }
                    fallen[target] = depth
                    first[target] = (source, number)
                    next.append(target)
                }
            }
            front = next
        }
    }

    private static func isOne(_ source: Source, of services: Set<Int>) -> Bool {
        guard case .service(let index) = source else { return false }
        return services.contains(index)
    }

    /// Fewest fallen services first, then as the file has them: hops into the goal from there.
    func hops(to goal: Goal, published: Bool = false) -> [Link] {
        let found = graph.edges(to: graph.services(goal.party)).flatMap { number in
            let edge = graph.edges[number]
            guard graph.carries(edge.by, goal) else { return [(hop: Link, depth: Int)]() }
            return graph.members(edge.from).compactMap { source in
                guard let depth = fallen[source], source != .service(edge.to) else { return nil }
                let hop = edge.link(from: source)
                return !published || graph.arrives(hop) ? (hop, depth) : nil
            }
        }
        return found.enumerated().sorted {
            ($0.element.depth, $0.offset) < ($1.element.depth, $1.offset)
        }
        .map(\.element.hop)
    }

    /// All hops of the way that ends with one.
    func path(endingWith last: Link) -> [Link] {
        var path = [last]
        while let before = first[path[0].from], path.count <= fallen.count {
            path.insert(graph.edges[before.edge].link(from: before.from), at: 0)
        }
        return path
    }
}
