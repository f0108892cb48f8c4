internal import Platform

/// What an attacker who owns one service reaches by its flows and channels.
struct Blast {
    /// Services reached, nearest first.
    private(set) var reached: [Int] = []
    private let graph: Graph
    private let service: Int
    /// How each service was first reached: from which owned one, by which edge; nil when not.
    private var first: [(owned: Int, edge: Int)?]

    /// `steps` further services fall, one after the other, before the last hop.
    init(of service: Int, steps: Int, in graph: Graph) {
        self.graph = graph
        self.service = service
        first = Array(repeating: nil, count: graph.platform.services.count)
        var front = [service]
        var zonesTaken: Set<String> = []
        var depth = 0
        while !front.isEmpty, depth <= steps {
            let before = reached.count
            for owned in front {
                take(graph.ownEdges(of: owned), owned)
                // A zone's flows lead every member to the same places: the first one takes all.
                if zonesTaken.insert(graph.platform.services[owned].zone).inserted {
                    take(graph.zoneEdges(of: owned), owned)
                }
            }
            front = Array(reached[before...])
            depth += 1
        }
    }

    private mutating func take(_ edges: [Int], _ owned: Int) {
        for number in edges {
            let target = graph.edges[number].to
            guard target != service, first[target] == nil else { continue }
            first[target] = (owned, number)
            reached.append(target)
        }
    }

    /// The hops from the owned service to one that it reaches.
    func path(to target: Int) -> [Link] {
        var path: [Link] = []
        var here = target
        while here != service, let hop = first[here], path.count < first.count {
            path.append(graph.edges[hop.edge].link(from: .service(hop.owned)))
            here = hop.owned
        }
        return path.reversed()
    }
}
