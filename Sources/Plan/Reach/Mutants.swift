package import Findings
internal import Platform

/// A change of one flow that a mistake could make, and whether some guarantee notices it.
package struct Mutant: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        case removed
        /// The flow begins at every service of its source's zone.
        case wholeZone
        /// The flow begins outside.
        case anybody
        /// The flow leads to every port of its target.
        case allPorts
        /// The passage permits every message, where others of its receiver's are known.
        case allMessages

        /// As people read it.
        package var name: String {
            switch self {
            case .removed: "removed"
            case .wholeZone: "from the whole zone"
            case .anybody: "from the internet"
            case .allPorts: "to all ports"
            case .allMessages: "for all messages"
            }
        }
    }
    /// Index of the flow.
    package let flow: Int
    package let change: Change
    /// The first guarantee that no longer passes; nil for a change that nobody notices.
    package let caughtBy: Place?
}

extension Graph {
    /// More changes than this are not tried: the first flows stand for the others.
    package static let mutantsMax = 4_096

    /// What the guarantees notice of every flow removed or widened, flow by flow.
    ///
    /// Changes that change nothing, because other flows allow the same, are left out.
    package func mutants() -> [Mutant] {
        let before = platform.guarantees.map { verdict(on: $0).passes }
        var mutants: [Mutant] = []
        for index in platform.flows.indices {
            let target = platform.flows[index].to
            let known = messages(to: target)
            let ways = ways(to: target, known)
            for (change, flows) in changes(of: index) {
                guard mutants.count < Self.mutantsMax else { return mutants }
                var changed = platform
                changed.flows.replaceSubrange(index...index, with: flows)
                let graph = Graph(changed)
                guard graph.ways(to: target, known) != ways else { continue }
                let caught = zip(platform.guarantees, before).first { guarantee, held in
                    held && !graph.verdict(on: guarantee).passes
                }
                mutants.append(
                    Mutant(flow: index, change: change, caughtBy: caught?.0.place))
            }
        }
        return mutants
    }

    private func changes(of index: Int) -> [(Mutant.Change, [Flow])] {
        let flow = platform.flows[index]
        var wide = flow
        var changes: [(Mutant.Change, [Flow])] = [(.removed, [])]
        if case .service(let name) = flow.from, let service = platform.service(name) {
            wide.from = .zone(service.zone)
            changes.append((.wholeZone, [wide]))
        }
        wide.from = .internet
        changes.append((.anybody, [flow, wide]))
        let others = (platform.service(flow.to)?.ports ?? []).filter { $0.name != flow.port }
        let added = others.map { port in
            var widened = flow
            widened.port = port.name
            widened.messages = []
            return widened
        }
        changes.append((.allPorts, [flow] + added))
        wide = flow
        wide.messages = []
        changes.append((.allMessages, [wide]))
        return changes
    }

    /// One way to a service: who comes, by which port, with which message type.
    private struct Way: Hashable {
        let from: Source
        let port: String
        let message: String
    }

    /// Message types that some flow to the service names.
    private func messages(to service: String) -> Set<String> {
        platform.flows.reduce(into: []) { known, flow in
            if flow.to == service { known.formUnion(flow.messages) }
        }
    }

    private func ways(to service: String, _ known: Set<String>) -> Set<Way> {
        var ways: Set<Way> = []
        for number in edges(to: services(.service(service))) {
            guard case .flow(let index, _, _) = edges[number].by else { continue }
            let flow = platform.flows[index]
            // A flow without a list carries every message that is known there.
            let messages = flow.messages.isEmpty ? known : Set(flow.messages)
            for source in members(edges[number].from)
            where source != members(.service(service)).first {
                for message in messages.isEmpty ? [""] : messages {
                    ways.insert(Way(from: source, port: flow.port, message: message))
                }
            }
        }
        return ways
    }
}
