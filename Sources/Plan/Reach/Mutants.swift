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

/// One flow changed: what is taken away and what comes.
struct Changed {
    let flow: Int
    /// The flow stays as it is beside what comes.
    let isKept: Bool
    let added: [Flow]
}

extension Graph {
    /// More changes than this are not tried: the first flows stand for the others.
    package static let mutantsMax = 32_768

    /// What the guarantees notice of every flow removed or widened, flow by flow.
    ///
    /// Changes that change nothing, because other flows allow the same, are left out.
    package func mutants() -> [Mutant] { mutation().mutants }

    /// The same, and how many flows at the end were not tried at all.
    package func mutation() -> (mutants: [Mutant], untried: Int) {
        let watches = Watches(self)
        var ways = Ways(self)
        var mutants: [Mutant] = []
        for index in platform.flows.indices {
            for (change, changed) in changes(of: index) {
                guard mutants.count < Self.mutantsMax else {
                    return (mutants, platform.flows.count - index)
                }
                guard ways.differ(changed) else { continue }
                mutants.append(
                    Mutant(flow: index, change: change, caughtBy: watches.first(noticing: changed)))
            }
        }
        return (mutants, 0)
    }

    private func changes(of index: Int) -> [(Mutant.Change, Changed)] {
        let flow = platform.flows[index]
        var wide = flow
        var changes = [(Mutant.Change.removed, Changed(flow: index, isKept: false, added: []))]
        if case .service(let name) = flow.from, let service = self.service(name) {
            wide.from = .zone(platform.services[service].zone)
            changes.append((.wholeZone, Changed(flow: index, isKept: false, added: [wide])))
        }
        wide.from = .internet
        changes.append((.anybody, Changed(flow: index, isKept: true, added: [wide])))
        let ports = service(flow.to).map { platform.services[$0].ports } ?? []
        let added = ports.filter { $0.name != flow.port }.map { port in
            var widened = flow
            widened.port = port.name
            widened.messages = []
            return widened
        }
        changes.append((.allPorts, Changed(flow: index, isKept: true, added: added)))
        wide = flow
        wide.messages = []
        changes.append((.allMessages, Changed(flow: index, isKept: false, added: [wide])))
        return changes
    }
}

/// Ways to services, to tell a change that changes something.
struct Ways {
    /// One way to a service: who comes, by which port, with which message type.
    private struct Way: Hashable {
        let from: Source
        let port: String
        let message: String
    }

    private struct Target {
        /// Message types that some flow to the service names.
        var known: Set<String> = []
        /// How many flows open each way.
        var counts: [Way: Int] = [:]
    }

    private let graph: Graph
    private let flowsTo: [String: [Int]]
    private var targets: [String: Target] = [:]

    init(_ graph: Graph) {
        self.graph = graph
        let flows = graph.platform.flows
        flowsTo = Dictionary(grouping: flows.indices) { flows[$0].to }
    }

    /// Whether some way comes or goes.
    mutating func differ(_ changed: Changed) -> Bool {
        let flow = graph.platform.flows[changed.flow]
        let target = target(flow.to)
        for added in changed.added {
            let isNew = visit(added, target.known) { target.counts[$0] == nil }
            if isNew { return true }
        }
        guard !changed.isKept else { return false }
        var left: Set<Way> = []
        for added in changed.added {
            _ = visit(added, target.known) { way in
                left.insert(way)
                return false
            }
        }
        return visit(flow, target.known) { target.counts[$0] == 1 && !left.contains($0) }
    }

    private mutating func target(_ name: String) -> Target {
        if let known = targets[name] { return known }
        var target = Target()
        for index in flowsTo[name] ?? [] {
            target.known.formUnion(graph.platform.flows[index].messages)
        }
        for index in flowsTo[name] ?? [] {
            _ = visit(graph.platform.flows[index], target.known) { way in
                target.counts[way, default: 0] += 1
                return false
            }
        }
        targets[name] = target
        return target
    }

    /// Shows each way of a flow once, until one is what is looked for.
    private func visit(_ flow: Flow, _ known: Set<String>, _ isFound: (Way) -> Bool) -> Bool {
        guard let to = graph.service(flow.to), graph.platform.services[to].port(flow.port) != nil
        else { return false }
        // A flow without a list carries every message that is known there.
        let messages = flow.messages.isEmpty ? known : Set(flow.messages)
        for source in graph.members(flow.from) where source != .service(to) {
            for message in messages.isEmpty ? [""] : messages {
                if isFound(Way(from: source, port: flow.port, message: message)) { return true }
            }
        }
        return false
    }
}
