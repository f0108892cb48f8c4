internal import Platform

/// Finds the fewest flows and channels without which one service no longer leads to another.
///
/// Any number of services may fall in between (max-flow min-cut, Ford and Fulkerson 1956).
struct Cut {
    private let network: Network

    /// A node is a service, or one of the two ends of an edge, between which it can be cut once;
    /// the edge of a zone begins at every member, and is cut for all of them at once.
    fileprivate struct Network {
        let services: Int
        /// Edges by the service that they begin at, and by the one that they lead to.
        var starting: [[Int]]
        var ending: [[Int]]
        let targets: [Int]
        /// Edges that carry flow, and the service by which it comes in.
        var entered: [Int]
    }

    /// Lays the graph out; built once, asked often.
    init(_ graph: Graph) {
        let count = graph.platform.services.count
        var network = Network(
            services: count, starting: Array(repeating: [], count: count),
            ending: Array(repeating: [], count: count), targets: graph.edges.map(\.to),
            entered: Array(repeating: -1, count: graph.edges.count))
        for (edge, way) in graph.edges.enumerated() {
            network.ending[way.to].append(edge)
            for case .service(let start) in graph.members(way.from) where start != way.to {
                network.starting[start].append(edge)
            }
        }
        self.network = network
    }

    /// Indices of the graph's edges, ascending; empty when nothing leads there.
    func edges(from source: Int, to target: Int) -> [Int] {
        edges(from: source, to: [target])
    }

    /// The same for several targets, none of which may be reached any more.
    func edges(from source: Int, to goals: Set<Int>) -> [Int] {
        var network = network
        var seen = network.search(source, goals)
        while let reached = seen.reached {
            network.push(seen, source, reached)
            seen = network.search(source, goals)
        }
        return network.targets.indices.filter { seen.front[$0] && !seen.back[$0] }
    }

    /// How far an attacker comes beside what flows already.
    fileprivate struct Seen {
        var services: [Bool]
        /// The start and the end of each edge.
        var front: [Bool]
        var back: [Bool]
        /// Where each was reached from: see `Step`.
        var serviceFrom: [Step]
        var frontFrom: [Step]
        var backFrom: [Step]
        var reached: Int?
    }

    fileprivate enum Step {
        case none
        case service(Int)
        case front(Int)
        case back(Int)
    }
}

extension Cut.Network {
    /// Breadth first from the source in what is left of the network.
    fileprivate func search(_ source: Int, _ goals: Set<Int>) -> Cut.Seen {
        let edges = targets.count
        var seen = Cut.Seen(
            services: Array(repeating: false, count: services),
            front: Array(repeating: false, count: edges),
            back: Array(repeating: false, count: edges),
            serviceFrom: Array(repeating: .none, count: services),
            frontFrom: Array(repeating: .none, count: edges),
            backFrom: Array(repeating: .none, count: edges))
        seen.services[source] = true
        var queue: [Cut.Step] = [.service(source)]
        var next = 0
        while next < queue.count, seen.reached == nil {
            let known = queue.count
            visit(queue[next], &seen, &queue)
            next += 1
            for case .service(let service) in queue[known...] where goals.contains(service) {
                seen.reached = service
            }
        }
        return seen
    }

    private func visit(_ step: Cut.Step, _ seen: inout Cut.Seen, _ queue: inout [Cut.Step]) {
        switch step {
        case .none: break
        case .service(let service):
            for edge in starting[service] where !seen.front[edge] {
                seen.front[edge] = true
                seen.frontFrom[edge] = step
                queue.append(.front(edge))
            }
            // What flows into the service by an edge can be turned back.
            for edge in ending[service] where entered[edge] >= 0 && !seen.back[edge] {
                seen.back[edge] = true
                seen.backFrom[edge] = step
                queue.append(.back(edge))
            }
        case .front(let edge):
            if entered[edge] < 0, !seen.back[edge] {
                seen.back[edge] = true
                seen.backFrom[edge] = step
                queue.append(.back(edge))
            }
            reach(entered[edge], step, &seen, &queue)
        case .back(let edge):
            if entered[edge] >= 0, !seen.front[edge] {
                seen.front[edge] = true
                seen.frontFrom[edge] = step
                queue.append(.front(edge))
            }
            reach(targets[edge], step, &seen, &queue)
        }
    }

    private func reach(
        _ service: Int, _ step: Cut.Step, _ seen: inout Cut.Seen, _ queue: inout [Cut.Step]
    ) {
        guard service >= 0, !seen.services[service] else { return }
        seen.services[service] = true
        seen.serviceFrom[service] = step
        queue.append(.service(service))
    }

    /// Sends one unit along the way that the search found.
    fileprivate mutating func push(_ seen: Cut.Seen, _ source: Int, _ target: Int) {
        var step = Cut.Step.service(target)
        while true {
            switch step {
            case .none: return
            case .service(let service):
                if service == source { return }
                step = seen.serviceFrom[service]
            case .front(let edge):
                let from = seen.frontFrom[edge]
                if case .service(let service) = from { entered[edge] = service }
                if case .back = from { entered[edge] = -1 }
                step = from
            case .back(let edge): step = seen.backFrom[edge]
            }
        }
    }
}
