package import Addresses
internal import Findings
package import Platform

/// The smallest change of a file that would make a refuted guarantee hold.
package enum Repair: Sendable, Equatable {
    /// Without all of these flows and channels it holds.
    case remove([Link])
    /// A flow that leads from the one to the other would do: to a port by its name or number or for
    /// a message, where one is asked for.
    case add(from: Source, to: Party, name: String?, port: Port?)
    /// The flow is there, and its port is not published.
    case publish(Link)
}

extension Graph {
    /// The change for a guarantee that is refuted here; nil for any other.
    ///
    /// Where a hop of the way would do as well, the change that breaks the fewest of the other
    /// guarantees is told, as long as these are few enough to be asked again.
    package func repair(of guarantee: Guarantee) -> Repair? {
        guard case .refuted(_, let path) = verdict(on: guarantee) else { return nil }
        let first = change(for: guarantee)
        guard case .remove(let links) = first, !links.isEmpty,
            platform.guarantees.count * edges.count <= Self.askedMax
        else { return first }
        let others = platform.guarantees.filter { verdict(on: $0).passes }
        var best = (links: links, broken: without(links).broken(of: others))
        for link in path.reversed() where best.broken > 0 {
            let graph = without([link])
            guard graph.verdict(on: guarantee).passes else { continue }
            let broken = graph.broken(of: others)
            if broken < best.broken { best = ([link], broken) }
        }
        return .remove(best.links)
    }

    /// Guarantees times flows; more are not asked again for every change that would do.
    private static let askedMax = 200_000

    private func broken(of guarantees: [Guarantee]) -> Int {
        guarantees.count { !verdict(on: $0).passes }
    }

    /// The graph of the file without some flows and channels.
    private func without(_ links: [Link]) -> Graph {
        var platform = self.platform
        var flows: Set<Int> = []
        var channels: Set<Int> = []
        for link in links {
            switch link.by {
            case .flow(let index, _, _): flows.insert(index)
            case .channel(let index, _): channels.insert(index)
            }
        }
        platform.flows = platform.flows.enumerated().filter { !flows.contains($0.offset) }
            .map(\.element)
        platform.channels = platform.channels.enumerated().filter { !channels.contains($0.offset) }
            .map(\.element)
        return Graph(platform)
    }

    private func change(for guarantee: Guarantee) -> Repair? {
        switch guarantee.kind {
        case .never(let from, let to, let name):
            let members = Set(members(from))
            return refusal(Goal(party: to, name: name), members, guarantee.steps)
        case .only(let from, let to, let name):
            let others = Set(sources).subtracting(from.flatMap(members))
            return refusal(Goal(party: to, name: name), others, guarantee.steps)
        case .must(let from, let to, let name):
            return addition(from, Goal(party: to, name: name))
        case .contain(let service, let within, let steps):
            return containment(service, within, steps)
        case .expect(let from, let to, let name, let port, let isOpen):
            let goal = Goal(party: to, name: name, port: port)
            if isOpen { return addition(from, goal) }
            let members = Set(members(from))
            return .remove(hops(to: goal) { members.contains($0) })
        case .beyond: return nil
        }
    }

    /// Without the last hops of all ways nobody of these comes there.
    private func refusal(_ goal: Goal, _ starts: Set<Source>, _ steps: Int) -> Repair {
        let near = hops(to: goal) { starts.contains($0) }
        guard steps > 0 else { return .remove(near) }
        let advance = advance(from: starts, to: goal, steps)
        return .remove(
            edges(to: services(goal.party)).compactMap { number in
                let edge = edges[number]
                guard carries(edge.by, goal) else { return nil }
                let source = members(edge.from).first { source in
                    source != .service(edge.to)
                        && advance.arrival(at: source, besides: edge.to) != nil
                }
                return source.map(edge.link)
            })
    }

    private func addition(_ from: Party, _ to: Goal) -> Repair? {
        let targets = services(to.party)
        for start in members(from) {
            if start == members(to.party).first, members(from).count > 1 { continue }
            let found = links(from: start).filter {
                counts($0.to, of: targets, for: start) && carries($0.by, to)
            }
            if found.isEmpty {
                return .add(from: start, to: to.party, name: to.name, port: to.port)
            }
            if !found.contains(where: arrives) { return .publish(found[0]) }
        }
        return nil
    }

    private func containment(_ service: String, _ within: [Party], _ steps: Int) -> Repair? {
        guard case .service(let owned)? = members(.service(service)).first else { return nil }
        let allowed = within.reduce(into: Set<Int>()) { $0.formUnion(services($1)) }
        let blast = Blast(of: owned, steps: steps, in: self)
        let outside = Set(blast.reached).subtracting(allowed)
        // What leads out begins at those that may fall.
        let fallen = [owned] + blast.reached.filter { blast.path(to: $0).count <= steps }
        let last = Set(fallen.flatMap { ownEdges(of: $0) + zoneEdges(of: $0) })
            .filter { outside.contains(edges[$0].to) }.sorted()
        var cut = steps == 0 ? last : Cut(self).edges(from: owned, to: outside)
        // Of two changes of one size the one nearer to what is out of bounds hurts less.
        if last.count <= cut.count { cut = last }
        return .remove(
            cut.map { edges[$0].link(from: members(edges[$0].from).first ?? .service(owned)) })
    }

    /// Says the change in words.
    package func sentence(_ repair: Repair) -> String {
        switch repair {
        case .remove(let links):
            let flows = Set(links.map(\.place.line)).sorted()
            let listed = flows.prefix(8).map(String.init).joined(separator: ", ")
            return "remove or narrow what line\(flows.count == 1 ? "" : "s") \(listed) "
                + (flows.count > 8 ? "and \(flows.count - 8) more " : "")
                + (flows.count == 1 ? "allows" : "allow")
                + (links.contains { isLastPublished($0, among: links) }
                    ? "; what is removed must leave `publish` too" : "")
        case .add(let from, let to, let name, let port): return addition(from, to, name, port)
        case .publish(let link):
            return "publish \(platform.services[link.to].name).\(link.by.name)"
        }
    }

    /// Whether a port stays published to which no flow leads from outside any more.
    private func isLastPublished(_ link: Link, among links: [Link]) -> Bool {
        guard link.from == .internet || link.from == .office,
            publication(of: link.to, port: link.by.name) != nil
        else { return false }
        let gone = Set(links.map(\.place.line))
        return !edges(to: [link.to]).contains { number in
            let edge = edges[number]
            return (edge.from == .internet || edge.from == .office)
                && edge.by.name == link.by.name && !gone.contains(edge.place.line)
        }
    }

    private func addition(_ from: Source, _ to: Party, _ name: String?, _ port: Port?) -> String {
        let others = platform.services.indices
            .filter { services(to).contains($0) && from != .service($0) }
        guard
            let target = others.first(where: { !platform.services[$0].ports.isEmpty })
                ?? others.first
        else { return "add a service to \(to.name) that others may use" }
        let service = platform.services[target]
        let named = name.flatMap { name in service.port(name).map { _ in name } }
        let numbered = port.flatMap { port in service.ports.first { $0.port == port }?.name }
        let any = port == nil ? service.ports.first?.name : nil
        guard let own = named ?? numbered ?? any else {
            let missing = port.map { "the port \($0)" } ?? "a port"
            return "give \(service.name) \(missing), then add "
                + "{from: \(self.name(from)), to: \(service.name).NAME, because: …}"
        }
        let message = name.map { $0 == own ? "" : ", messages: [\($0)]" } ?? ""
        return "add {from: \(self.name(from)), to: \(service.name).\(own)\(message), because: …}"
    }
}
