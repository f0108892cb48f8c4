internal import Findings
package import Platform

/// The smallest change of a file that would make a refuted guarantee hold.
package enum Repair: Sendable, Equatable {
    /// Without all of these flows and channels it holds.
    case remove([Link])
    /// A flow that leads from the one to the other would do; the name is a port's, where one is
    /// asked for.
    case add(from: Source, to: Party, name: String?)
    /// The flow is there, and its port is not published.
    case publish(Link)
}

extension Graph {
    /// The change for a guarantee that is refuted here; nil for any other.
    package func repair(of guarantee: Guarantee) -> Repair? {
        guard case .refuted = verdict(on: guarantee) else { return nil }
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
        let fallen = advance(from: starts, to: goal, steps).fallen
        return .remove(hops(to: goal) { starts.contains($0) || fallen[$0] != nil })
    }

    private func addition(_ from: Party, _ to: Goal) -> Repair? {
        let targets = services(to.party)
        for start in members(from) {
            let found = links(from: start).filter {
                targets.contains($0.to) && carries($0.by, to)
            }
            if found.isEmpty { return .add(from: start, to: to.party, name: to.name) }
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
        case .add(let from, let to, let name):
            return "add {from: \(self.name(from)), to: \(to.name).\(name ?? "PORT"), because: …}"
        case .publish(let link):
            return "publish \(platform.services[link.to].name).\(link.by.name)"
        }
    }
}
