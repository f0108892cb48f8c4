internal import Findings
package import Platform

extension Graph {
    /// The verdict on each of the platform's guarantees, in their order.
    package func verdicts() -> [(guarantee: Guarantee, verdict: Verdict)] {
        platform.guarantees.map { ($0, verdict(on: $0)) }
    }

    /// The verdict on one guarantee.
    package func verdict(on guarantee: Guarantee) -> Verdict {
        switch guarantee.kind {
        case .never(let from, let to, let name):
            never(from, Goal(party: to, name: name), guarantee.steps)
        case .only(let from, let to, let name):
            only(from, Goal(party: to, name: name), guarantee.steps)
        case .must(let from, let to, let name):
            must(from, Goal(party: to, name: name), guarantee.steps)
        case .contain(let service, let within, let steps): contain(service, within, steps)
        case .expect(let from, let to, let name, let port, let isOpen):
            isOpen
                ? must(from, Goal(party: to, name: name, port: port))
                : never(from, Goal(party: to, name: name, port: port))
        case .beyond(_, let reason): .unanswered(why: reason)
        }
    }

    /// One hop is enough to refute: a flow is refused even when nothing is published for it.
    private func never(_ from: Party, _ to: Goal, _ steps: Int = 0) -> Verdict {
        if let verdict = unanswerable(to) { return verdict }
        let members = Set(members(from))
        return refuse(hops(to: to) { members.contains($0) })
            ?? refuse(to, from: members, steps)
            ?? .holds(why: steps == 0 ? "no flow and no channel leads there" : "no way leads there")
    }

    private func only(_ from: [Party], _ to: Goal, _ steps: Int) -> Verdict {
        if let verdict = unanswerable(to) { return verdict }
        let allowed = Set(from.flatMap(members))
        if let verdict = refuse(hops(to: to) { !allowed.contains($0) }) { return verdict }
        if steps > 0,
            let verdict = refuse(to, from: sources.filter { !allowed.contains($0) }, steps)
        {
            return verdict
        }
        let isUsed = !hops(to: to) { allowed.contains($0) }.isEmpty
        return .holds(why: isUsed ? "no other flow or channel leads there" : "nobody reaches it")
    }

    /// Refuted by the first hop; nil when there is none.
    private func refuse(_ hops: [Link]) -> Verdict? {
        guard let link = hops.first else { return nil }
        let more = hops.count > 1 ? " and \(hops.count - 1) more" : ""
        return .refuted(why: "\(sentence(link))\(more)", path: [link])
    }

    /// Refuted by the shortest way on which services fall; nil when there is none.
    private func refuse(
        _ goal: Goal, from starts: some Sequence<Source>, _ steps: Int
    ) -> Verdict? {
        guard steps > 0 else { return nil }
        let advance = advance(from: starts, to: goal, steps)
        guard let last = advance.hops(to: goal).first else { return nil }
        let path = advance.path(endingWith: last)
        return .refuted(
            why: "\(name(path[0].from)) comes to \(platform.services[last.to].name) in "
                + "\(path.count) hops", path: path)
    }

    func advance(
        from starts: some Sequence<Source>, to goal: Goal, _ steps: Int, published: Bool = false
    ) -> Advance {
        Advance(
            from: starts, steps: steps, avoiding: services(goal.party), published: published,
            in: self)
    }

    /// One hop for each flow or channel to the target that some matching source has.
    ///
    /// A service's way to itself does not count: it stays inside.
    func hops(to goal: Goal, where matches: (Source) -> Bool) -> [Link] {
        // Two matching members of a zone are enough to find one that is not the target itself.
        var known: [Party: [Source]] = [:]
        var found: [Link] = []
        for number in edges(to: services(goal.party)) {
            let edge = edges[number]
            guard carries(edge.by, goal) else { continue }
            let sources =
                known[edge.from] ?? Array(members(edge.from).lazy.filter(matches).prefix(2))
            known[edge.from] = sources
            if let source = sources.first(where: { $0 != .service(edge.to) }) {
                found.append(edge.link(from: source))
            }
        }
        return found
    }

    /// Each member but the target itself must have a way, and what comes from outside needs a published port.
    private func must(_ from: Party, _ to: Goal, _ steps: Int = 0) -> Verdict {
        if let verdict = unanswerable(to) { return verdict }
        let starts = members(from)
        let targets = services(to.party)
        guard !starts.isEmpty else {
            return .refuted(why: "\(from.name) has no service", path: [])
        }
        var last: Link?
        for start in starts where start != members(to.party).first || starts.count == 1 {
            let found = links(from: start).filter { link in
                counts(link.to, of: targets, for: start) && carries(link.by, to)
            }
            let far = steps > 0 ? way(from: start, to: to, steps).last : nil
            guard let link = found.first(where: { arrives($0) }) ?? far else {
                let why =
                    found.isEmpty
                    ? "no \(steps == 0 ? "flow" : "way") leads from \(name(start)) there"
                    : "\(found.first.map(sentence) ?? ""), but the port is not published"
                return .refuted(why: why, path: [])
            }
            last = link
        }
        return .holds(why: last.map(sentence) ?? "")
    }

    /// Whether who starts somewhere comes to one of the targets there: of several, itself is none.
    func counts(_ target: Int, of targets: Set<Int>, for start: Source) -> Bool {
        targets.contains(target) && (targets.count == 1 || start != .service(target))
    }

    /// The shortest way there on which at most so many services lie; empty when there is none.
    func way(from start: Source, to goal: Goal, _ steps: Int) -> [Link] {
        let advance = advance(from: [start], to: goal, steps, published: true)
        return advance.hops(to: goal, published: true).first.map(advance.path) ?? []
    }

    private func contain(_ service: String, _ within: [Party], _ steps: Int) -> Verdict {
        guard case .service(let owned)? = members(.service(service)).first else {
            return .unanswered(why: "there is no service \(service)")
        }
        let allowed = within.reduce(into: Set<Int>()) { $0.formUnion(services($1)) }
        let blast = Blast(of: owned, steps: steps, in: self)
        let outside = blast.reached.filter { !allowed.contains($0) }
        guard let first = outside.first else {
            let count = blast.reached.count
            return .holds(
                why: count == 0
                    ? "no flow and no channel leads out"
                    : "its flows and channels reach \(count) service\(count == 1 ? "" : "s")")
        }
        let path = blast.path(to: first)
        let more = outside.count > 1 ? " and \(outside.count - 1) more" : ""
        return .refuted(
            why: "it reaches \(platform.services[first].name)\(more)", path: path)
    }

    func arrives(_ link: Link) -> Bool {
        switch link.from {
        case .service: return true
        case .internet, .office:
            return publication(of: link.to, port: link.by.name) != nil
        }
    }

    /// Says the hop in words: `internet reaches gateway.https by the flow in line 21`.
    package func sentence(_ link: Link) -> String {
        let target = platform.services[link.to].name
        switch link.by {
        case .flow(_, let port, _):
            return "\(name(link.from)) reaches \(target).\(port) by the flow in line "
                + "\(link.place.line)"
        case .channel(_, let channel):
            return "\(name(link.from)) reaches \(target) by the channel \(channel) in line "
                + "\(link.place.line)"
        }
    }
}
