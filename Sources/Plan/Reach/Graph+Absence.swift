internal import Findings
package import Platform

/// Why somebody does not reach something, and what it would take.
package struct Absence: Sendable {
    /// The flow that is missing: from whom to which port; nil where the target has no port.
    package let missing: (from: Party, service: String, port: String)?
    /// Guarantees that hold now and would not with that flow.
    package let broken: [Guarantee]
    /// The way by services that would have to fall; empty when there is none.
    package let detour: [Link]
    /// Who reaches the target, in the order of the sources.
    package let callers: [Source]
}

extension Graph {
    /// What stands between a party and a target that no hop of its leads to.
    package func absence(from: Party, to: Party, port: String?) -> Absence {
        let target = services(to).sorted().first.map { platform.services[$0] }
        let name = port ?? target?.ports.first?.name
        var missing: (from: Party, service: String, port: String)?
        var broken: [Guarantee] = []
        if let target, let name {
            missing = (from, target.name, name)
            var changed = platform
            changed.flows.append(
                Flow(
                    from: from, to: target.name, port: name, because: "",
                    place: Place(line: 0, column: 0)))
            let graph = Graph(changed)
            broken = platform.guarantees.filter {
                verdict(on: $0).passes && !graph.verdict(on: $0).passes
            }
        }
        var callers: [Source] = []
        for link in links(from: nil, to: to, port: port) where !callers.contains(link.from) {
            callers.append(link.from)
        }
        return Absence(
            missing: missing, broken: broken, detour: detour(from, services(to)),
            callers: callers)
    }

    /// The shortest way from any service of the party, however many services fall.
    private func detour(_ from: Party, _ targets: Set<Int>) -> [Link] {
        var shortest: [Link] = []
        for case .service(let start) in members(from) {
            let blast = Blast(of: start, steps: platform.services.count, in: self)
            guard let target = blast.reached.first(where: targets.contains) else { continue }
            let path = blast.path(to: target)
            if shortest.isEmpty || path.count < shortest.count { shortest = path }
        }
        return shortest
    }
}
