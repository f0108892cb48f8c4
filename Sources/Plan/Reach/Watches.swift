internal import Addresses
internal import Findings
internal import Platform

/// The guarantees that hold, and what of each a change of one flow can break.
///
/// A verdict is asked for again only where the change can touch it: a new hop to what it is about,
/// a way that it needs, a service that falls earlier. `Graph.verdict(on:)` of the changed file says
/// the same, and takes the whole file each time.
struct Watches {
    private let watches: [Watch]

    init(_ graph: Graph) {
        let edges = Dictionary(
            graph.edges.indices.compactMap { number -> (Int, Int)? in
                guard case .flow(let flow, _, _) = graph.edges[number].by else { return nil }
                return (flow, number)
            }, uniquingKeysWith: { first, _ in first })
        watches = graph.platform.guarantees.compactMap { guarantee in
            guard graph.verdict(on: guarantee).passes else { return nil }
            return Watch(guarantee, graph, edges)
        }
    }

    /// Where the first guarantee stands that held and no longer does.
    func first(noticing changed: Changed) -> Place? {
        for index in watches.indices where watches[index].breaks(changed) {
            return watches[index].place
        }
        return nil
    }
}

private struct Watch {
    private enum Claim {
        /// Nobody among the sources has a hop to the goal.
        case refuse(Crowd, Goal)
        /// Every member has one.
        case need(Party, Goal)
        /// What the owner of one reaches.
        case contain(Spread)
    }

    /// What services that fall on the way add to a claim.
    private enum Far {
        case refuse(Reaching)
        /// Flows of the ways that members need, and the guarantee itself.
        case need(Set<Int>, Guarantee)
    }

    let place: Place
    private let graph: Graph
    /// The edge of each flow.
    private let edges: [Int: Int]
    private let claim: Claim
    private let targets: Set<Int>
    /// The goal's name is a port's or a channel's, not a message type.
    private let namesPort: Bool
    private let far: Far?

    init?(_ guarantee: Guarantee, _ graph: Graph, _ edges: [Int: Int]) {
        place = guarantee.place
        self.graph = graph
        self.edges = edges
        switch guarantee.kind {
        case .never(let from, let to, let name):
            claim = .refuse(Crowd(graph, [from]), Goal(party: to, name: name))
        case .only(let from, let to, let name):
            claim = .refuse(Crowd(graph, allBut: from), Goal(party: to, name: name))
        case .must(let from, let to, let name): claim = .need(from, Goal(party: to, name: name))
        case .expect(let from, let to, let name, let port, let isOpen):
            let goal = Goal(party: to, name: name, port: port)
            claim = isOpen ? .need(from, goal) : .refuse(Crowd(graph, [from]), goal)
        case .contain(let service, let within, let steps):
            guard let spread = Spread(graph, service, within, steps) else { return nil }
            claim = .contain(spread)
        case .beyond: return nil
        }
        switch claim {
        case .refuse(_, let goal), .need(_, let goal):
            targets = graph.services(goal.party)
            namesPort = goal.name.map { graph.isPortOrChannel($0, of: goal.party) } ?? false
        case .contain:
            targets = []
            namesPort = false
        }
        far = guarantee.steps == 0 ? nil : Self.far(guarantee, graph, claim)
    }

    private static func far(_ guarantee: Guarantee, _ graph: Graph, _ claim: Claim) -> Far? {
        switch claim {
        case .refuse(let crowd, let goal):
            return .refuse(Reaching(graph, crowd.sources, goal, guarantee.steps))
        case .need(let from, let goal):
            let targets = graph.services(goal.party)
            let flows = graph.members(from).flatMap { start -> [Int] in
                let direct = graph.links(from: start).filter { link in
                    graph.counts(link.to, of: targets, for: start)
                        && graph.carries(link.by, goal) && graph.arrives(link)
                }
                let far = graph.way(from: start, to: goal, guarantee.steps)
                return (direct.prefix(1) + far).compactMap { link -> Int? in
                    guard case .flow(let flow, _, _) = link.by else { return nil }
                    return flow
                }
            }
            return .need(Set(flows), guarantee)
        case .contain: return nil
        }
    }

    func breaks(_ changed: Changed) -> Bool {
        switch claim {
        case .contain(let spread): return spread.breaks(changed.added)
        case .refuse(_, let goal) where far != nil:
            guard case .refuse(let reaching) = far else { return false }
            if concerns(changed), loses(goal, changed) { return true }
            return changed.added.contains { flow in
                reaching.reaches(by: flow) { carries(flow, $0, goal) }
            }
        case .need(_, let goal) where far != nil:
            guard case .need(let flows, let guarantee) = far, !changed.isKept else { return false }
            if concerns(changed), loses(goal, changed) { return true }
            return flows.contains(changed.flow) && isBroken(guarantee, by: changed)
        case .refuse(let crowd, let goal):
            guard concerns(changed) else { return false }
            return loses(goal, changed) || changed.added.contains { opens($0, goal, crowd) }
        case .need(let from, let goal):
            guard !changed.isKept, concerns(changed) else { return false }
            return loses(goal, changed) || misses(from, goal, changed)
        }
    }

    private func isBroken(_ guarantee: Guarantee, by changed: Changed) -> Bool {
        var platform = graph.platform
        platform.flows.remove(at: changed.flow)
        platform.flows += changed.added
        return !Graph(platform).verdict(on: guarantee).passes
    }

    /// A changed flow leads where it led before.
    private func concerns(_ changed: Changed) -> Bool {
        graph.service(graph.platform.flows[changed.flow].to).map(targets.contains) ?? false
    }

    private func opens(_ flow: Flow, _ goal: Goal, _ crowd: Crowd) -> Bool {
        guard let to = graph.service(flow.to), carries(flow, to, goal) else { return false }
        return crowd.holdsMember(of: flow.from, besides: to)
    }

    private func carries(_ flow: Flow, _ to: Int, _ goal: Goal) -> Bool {
        guard let port = graph.platform.services[to].port(flow.port) else { return false }
        if let wanted = goal.port { return wanted == port }
        guard let name = goal.name, name != flow.port else { return true }
        return !namesPort && (flow.messages.isEmpty || flow.messages.contains(name))
    }

    /// A message that no flow names any more is unknown, and what it is asked about unanswered.
    private func loses(_ goal: Goal, _ changed: Changed) -> Bool {
        let flow = graph.platform.flows[changed.flow]
        guard let name = goal.name, !namesPort, !changed.isKept, flow.messages.contains(name),
            case .service(let service) = goal.party,
            !changed.added.contains(where: { $0.messages.contains(name) })
        else { return false }
        return !graph.platform.flows.indices.contains { index in
            let other = graph.platform.flows[index]
            return index != changed.flow && other.to == service && other.messages.contains(name)
        }
    }

    /// Whether a member that the flow served has no other way.
    private func misses(_ from: Party, _ goal: Goal, _ changed: Changed) -> Bool {
        let starts = graph.members(from)
        let own = graph.members(goal.party).first
        let served = Set(graph.members(graph.platform.flows[changed.flow].from))
        return starts.contains { start in
            guard start != own || starts.count == 1, served.contains(start) else { return false }
            let isLed = graph.numbers(from: start).contains { number in
                let edge = graph.edges[number]
                return number != edges[changed.flow]
                    && graph.counts(edge.to, of: targets, for: start)
                    && graph.carries(edge.by, goal)
                    && graph.arrives(edge.link(from: start))
            }
            return !isLed && !changed.added.contains { serves($0, start, goal) }
        }
    }

    private func serves(_ flow: Flow, _ start: Source, _ goal: Goal) -> Bool {
        guard let to = graph.service(flow.to), carries(flow, to, goal),
            graph.members(flow.from).contains(start),
            targets.count == 1 || start != .service(to)
        else { return false }
        if case .zone = flow.from, start == .service(to) { return false }
        guard case .service = start else {
            return graph.publication(of: to, port: flow.port) != nil
        }
        return true
    }
}

/// Sources, and how many of each zone are among them.
private struct Crowd {
    private let graph: Graph
    let sources: Set<Source>
    private let inZone: [String: Int]

    init(_ graph: Graph, _ parties: [Party]) {
        self.init(graph, Set(parties.flatMap(graph.members)))
    }

    init(_ graph: Graph, allBut parties: [Party]) {
        self.init(graph, Set(graph.sources).subtracting(parties.flatMap(graph.members)))
    }

    private init(_ graph: Graph, _ sources: Set<Source>) {
        self.graph = graph
        self.sources = sources
        var inZone: [String: Int] = [:]
        for case .service(let index) in sources {
            inZone[graph.platform.services[index].zone, default: 0] += 1
        }
        self.inZone = inZone
    }

    /// A way of a service to itself does not count.
    func holdsMember(of party: Party, besides target: Int) -> Bool {
        switch party {
        case .internet: return sources.contains(.internet)
        case .office: return sources.contains(.office)
        case .service(let name):
            guard let index = graph.service(name), index != target else { return false }
            return sources.contains(.service(index))
        case .zone(let name):
            let isInside = graph.platform.services[target].zone == name
            let own = isInside && sources.contains(.service(target)) ? 1 : 0
            return (inZone[name] ?? 0) > own
        }
    }
}

/// How few services fall before somebody of a crowd stands at a service, and from there at the goal.
private struct Reaching {
    private let graph: Graph
    private let steps: Int
    private let targets: Set<Int>
    private let advance: Advance
    /// Hops from a service to two different services of the goal, the nearest first: who begins at
    /// one of them is not after that one.
    private var rests: [Int: [(target: Int, hops: Int)]] = [:]

    init(_ graph: Graph, _ crowd: Set<Source>, _ goal: Goal, _ steps: Int) {
        self.graph = graph
        self.steps = steps
        let targets = graph.services(goal.party)
        self.targets = targets
        advance = graph.advance(from: crowd, to: goal, steps)
        func sources(_ edge: Graph.Edge) -> [Int] {
            graph.members(edge.from).compactMap { source in
                guard case .service(let index) = source, index != edge.to,
                    !targets.contains(index)
                else { return nil }
                return index
            }
        }
        var front = graph.edges(to: targets).map { graph.edges[$0] }
            .filter { graph.carries($0.by, goal) }
            .flatMap { edge in sources(edge).map { (service: $0, target: edge.to) } }
        for hops in 1...steps {
            var next: [(service: Int, target: Int)] = []
            for (service, target) in front {
                let known = rests[service] ?? []
                guard known.count < 2, !known.contains(where: { $0.target == target }) else {
                    continue
                }
                rests[service, default: []].append((target, hops))
                next.append((service, target))
            }
            front = next.flatMap { service, target in
                graph.edges(to: [service]).flatMap { sources(graph.edges[$0]) }
                    .map { (service: $0, target: target) }
            }
        }
    }

    /// Whether a new flow completes a way.
    func reaches(by flow: Flow, _ carries: (Int) -> Bool) -> Bool {
        guard let to = graph.service(flow.to),
            graph.platform.services[to].port(flow.port) != nil
        else { return false }
        let starts = graph.members(flow.from).filter { $0 != .service(to) }
        if targets.contains(to) {
            return carries(to) && starts.contains { advance.arrival(at: $0, besides: to) != nil }
        }
        let rests = rests[to] ?? []
        return starts.contains { start in
            (advance.arrivals[start] ?? []).contains { arrival in
                rests.contains { rest in
                    arrival.origin != .service(rest.target) && arrival.depth + rest.hops <= steps
                }
            }
        }
    }
}

/// How early each service falls to the owner of one, within the steps of a guarantee.
private struct Spread {
    private let graph: Graph
    private let owned: Int
    private let steps: Int
    private let allowed: Set<Int>
    /// Hops to each service that is reached, and to the nearest of each zone.
    private let hops: [Int: Int]
    private let zoneHops: [String: Int]

    init?(_ graph: Graph, _ service: String, _ within: [Party], _ steps: Int) {
        guard let owned = graph.service(service), steps >= 0 else { return nil }
        self.graph = graph
        self.owned = owned
        self.steps = steps
        allowed = within.reduce(into: []) { $0.formUnion(graph.services($1)) }
        let blast = Blast(of: owned, steps: steps, in: graph)
        var hops = [owned: 0]
        for service in blast.reached { hops[service] = blast.path(to: service).count }
        self.hops = hops
        var zoneHops: [String: Int] = [:]
        for (service, count) in hops {
            let zone = graph.platform.services[service].zone
            zoneHops[zone] = min(count, zoneHops[zone] ?? .max)
        }
        self.zoneHops = zoneHops
    }

    /// Whether with these flows the owner reaches what it must not.
    func breaks(_ added: [Flow]) -> Bool {
        let nearer = added.compactMap { flow -> (from: Party, to: Int)? in
            guard let to = graph.service(flow.to), to != owned,
                graph.platform.services[to].port(flow.port) != nil, let start = start(flow.from),
                start <= steps, start + 1 < hops[to] ?? .max
            else { return nil }
            return (flow.from, to)
        }
        guard !nearer.isEmpty else { return false }
        guard nearer.allSatisfy({ allowed.contains($0.to) }) else { return true }
        return spreads(added)
    }

    private func start(_ party: Party) -> Int? {
        switch party {
        case .internet, .office: nil
        case .service(let name): graph.service(name).flatMap { hops[$0] }
        case .zone(let name): zoneHops[name]
        }
    }

    /// The whole way again, with the new flows beside the others.
    private func spreads(_ added: [Flow]) -> Bool {
        let new = added.compactMap { flow -> (from: Party, to: Int)? in
            guard let to = graph.service(flow.to),
                graph.platform.services[to].port(flow.port) != nil
            else { return nil }
            return (flow.from, to)
        }
        var seen: Set<Int> = [owned]
        var front = [owned]
        for _ in 0...steps where !front.isEmpty {
            var next: [Int] = []
            func take(_ target: Int) -> Bool {
                guard seen.insert(target).inserted else { return true }
                next.append(target)
                return allowed.contains(target)
            }
            for service in front {
                for edge in graph.ownEdges(of: service) where !take(graph.edges[edge].to) {
                    return true
                }
                for edge in graph.zoneEdges(of: service) where !take(graph.edges[edge].to) {
                    return true
                }
                for (from, to) in new where holds(from, service) && !take(to) { return true }
            }
            front = next
        }
        return false
    }

    private func holds(_ party: Party, _ service: Int) -> Bool {
        switch party {
        case .internet, .office: false
        case .service(let name): graph.service(name) == service
        case .zone(let name): graph.platform.services[service].zone == name
        }
    }
}
