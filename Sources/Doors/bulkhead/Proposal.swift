internal import Addresses
internal import Assurance
internal import Confinement
internal import Findings
internal import Notation
internal import Platform
internal import Segmentation

/// A change of flows that was proved, and what it opens and closes.
struct Proposal {
    /// What is decided otherwise than before.
    struct Change: Hashable {
        var opens: [Way] = []
        var closes: [Way] = []
    }

    private let change: Change
    private let amended: Deployment
    private let rules: Segmentation

    init(_ running: RunningPlan, _ next: Deployment) throws(Failure) {
        try Self.requireAmendable(running, next)
        let plan: RunningPlan
        do throws(RunningPlan.NotAmendable) { plan = try running.amended(by: next) } catch {
            throw Failure(
                .refused, "restart", error.problem,
                remedy: "take the platform down and up with this file")
        }
        let changes: [Change]
        do {
            let old = try Segmentation(running.deployment, closed: running.closed)
            rules = try Segmentation(plan.deployment, closed: plan.closed)
            changes = try Self.changes(old, rules, plan)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .machine, "proof", "what would pass cannot be proved: \(error)",
                remedy: "nothing was changed")
        }
        guard let first = changes.first, changes.allSatisfy({ $0.isLike(first) }) else {
            throw Failure(
                .machine, "proof", "the fabric and the compartments would not change alike",
                remedy: "report it: nothing was changed")
        }
        change = first
        amended = plan.deployment
    }

    /// The guarantees, asked of the very rules to come.
    func report(_ platform: Platform) -> GuaranteeReport {
        GuaranteeReport(platform, Assurance(platform, amended, rules))
    }

    var lines: [String] {
        let changed =
            change.opens.map { "opens  \($0)" } + change.closes.map { "closes \($0)" }
        return (changed.isEmpty ? ["no packet between services is decided otherwise"] : changed)
            + [
                "proved: both layers of rules open what the file's flows say and nothing else, "
                    + "every guarantee holds, operators keep their ways"
            ]
    }

    func document(_ platform: String, _ done: String?, _ seconds: UInt32) -> JSON {
        [
            "platform": .text(platform), "applied": .boolean(done != nil),
            "opens": .list(change.opens.map(\.document)),
            "closes": .list(change.closes.map(\.document)), "guarantees": .list([]),
            "done": .optional(done),
            "undone_in_seconds": done != nil && seconds > 0 ? .count(Int(seconds)) : .null,
        ]
    }

    private static func requireAmendable(
        _ running: RunningPlan, _ next: Deployment
    ) throws(Failure) {
        let needs = running.restarts(for: next)
        guard needs.isEmpty else {
            throw Failure(
                .refused, "restart", needs.joined(separator: "\n"),
                remedy: "these are given to a program when it starts: take the platform down and "
                    + "up with this file, or leave them as they run")
        }
        let lost = running.lostWays(in: next)
        guard lost.isEmpty else {
            throw Failure(
                .refused, "operators",
                "operators would lose their way: \(lost.joined(separator: "; "))",
                remedy: "keep these flows, or end them with `bulkhead revoke` on purpose")
        }
    }

    /// What each layer opens and closes, once each is proved to open exactly the flows to come.
    private static func changes(
        _ old: Segmentation, _ new: Segmentation, _ plan: RunningPlan
    ) throws -> [Change] {
        try Segmentation.Layer.allCases.map { layer in
            let before = try old.openings(layer).map { plan.way($0) }
            let after = try new.openings(layer).map { plan.way($0) }
            let (were, are) = (Set(before), Set(after))
            guard are == plan.wanted else {
                throw Failure(
                    .machine, "proof", "the rules of \(layer.name) would not be the flows",
                    remedy: "report it: nothing was changed")
            }
            return Change(
                opens: after.filter { !were.contains($0) },
                closes: before.filter { !are.contains($0) })
        }
    }
}

extension Proposal.Change {
    /// The same ways in whatever order.
    fileprivate func isLike(_ other: Self) -> Bool {
        Set(opens) == Set(other.opens) && Set(closes) == Set(other.closes)
    }
}

/// First packets between two compartments, as `web -> store tcp 5432`.
struct Way: Hashable, CustomStringConvertible {
    /// Nil for an address that no compartment has.
    let from: String?
    let to: String
    let protocols: ClosedRange<UInt32>
    let ports: ClosedRange<UInt32>

    private var transport: String {
        let names: [UInt32: String] = [6: "tcp", 17: "udp"]
        return protocols.count == 1
            ? names[protocols.lowerBound] ?? "protocol \(protocols.lowerBound)"
            : "protocols \(protocols.lowerBound)-\(protocols.upperBound)"
    }

    private var numbers: String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }

    var description: String { "\(from ?? "nobody's address") -> \(to) \(transport) \(numbers)" }

    var document: JSON {
        [
            "from": .optional(from), "to": .text(to), "protocol": .text(transport),
            "ports": .text(numbers),
        ]
    }
}

extension RunningPlan {
    fileprivate func way(_ opening: Opening) -> Way {
        Way(
            from: opening.from.map { deployment.compartments[$0].name },
            to: deployment.compartments[opening.to].name, protocols: opening.protocols,
            ports: opening.ports)
    }

    /// What the open flows between services are.
    fileprivate var wanted: Set<Way> {
        var wanted: Set<Way> = []
        for (index, flow) in deployment.flows.enumerated() where !closed.contains(index) {
            guard case .compartment(let from) = flow.from, from != flow.to else { continue }
            let number = UInt32(flow.port.transport.rawValue)
            let port = UInt32(flow.port.number)
            wanted.insert(
                Way(
                    from: deployment.compartments[from].name,
                    to: deployment.compartments[flow.to].name,
                    protocols: number...number, ports: port...port))
        }
        return wanted
    }
}
