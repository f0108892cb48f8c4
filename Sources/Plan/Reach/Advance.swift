internal import Platform

/// How far attackers come from some sources while services fall one after the other, short of the
/// services that they are after.
struct Advance {
    /// One way to stand somewhere.
    struct Arrival {
        /// Where the way begins.
        let origin: Source
        /// Services that must have fallen; 0 where it begins.
        let depth: Int
        /// The last hop before; nil where it begins.
        fileprivate let by: (from: Source, edge: Int)?
    }

    /// Ways by where they lead, those with the fewest fallen services first.
    ///
    /// Who begins at one of the targets is not after that one: where there are such, two ways of
    /// different origins are kept, so that one is left for each target.
    private(set) var arrivals: [Source: [Arrival]] = [:]
    private let graph: Graph

    /// At most `steps` services fall; with `published` what comes from outside needs a published
    /// port.
    init(
        from starts: some Sequence<Source>, steps: Int, avoiding targets: Set<Int>,
        published: Bool = false, in graph: Graph
    ) {
        self.graph = graph
        var originsMax = 1
        var front: [(source: Source, origin: Source)] = []
        for start in starts where arrivals[start] == nil {
            if case .service(let index) = start, targets.contains(index) { originsMax = 2 }
            arrivals[start] = [Arrival(origin: start, depth: 0, by: nil)]
            front.append((start, start))
        }
        for depth in 1...max(steps, 1) where steps > 0 && !front.isEmpty {
            var next: [(source: Source, origin: Source)] = []
            for (source, origin) in front {
                for number in graph.numbers(from: source) {
                    let edge = graph.edges[number]
                    let target = Source.service(edge.to)
                    let known = arrivals[target] ?? []
                    guard known.count < originsMax, !targets.contains(edge.to),
                        !known.contains(where: { $0.origin == origin }),
                        !published || graph.arrives(edge.link(from: source))
                    else { continue }
                    arrivals[target, default: []].append(
                        Arrival(origin: origin, depth: depth, by: (source, number)))
                    next.append((target, origin))
                }
            }
            front = next
        }
    }

    /// The first way to a source from anywhere but a target.
    func arrival(at source: Source, besides target: Int) -> Arrival? {
        arrivals[source]?.first { $0.origin != .service(target) }
    }

    /// Fewest fallen services first, then as the file has them: hops into the goal from there.
    func hops(to goal: Goal, published: Bool = false) -> [Link] {
        let found = graph.edges(to: graph.services(goal.party)).flatMap { number in
            let edge = graph.edges[number]
            guard graph.carries(edge.by, goal) else { return [(hop: Link, depth: Int)]() }
            return graph.members(edge.from).compactMap { source in
                guard source != .service(edge.to),
                    let depth = arrival(at: source, besides: edge.to)?.depth
                else { return nil }
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
        guard var here = arrival(at: last.from, besides: last.to) else { return path }
        let origin = here.origin
        while let (from, edge) = here.by {
            path.insert(graph.edges[edge].link(from: from), at: 0)
            guard let before = arrivals[from]?.first(where: { $0.origin == origin }) else { break }
            here = before
        }
        return path
    }
}
