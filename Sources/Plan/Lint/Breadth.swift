internal import Findings
internal import Platform

/// Flows that are wider than what the file itself says is needed.
enum Breadth {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        var found: [Finding] = []
        for flow in platform.flows {
            guard case .zone(let zone) = flow.from else { continue }
            let senders = members.senders(flow)
            let users = senders.filter { names(flow.to, $0) }
            // Where no sender names the target, nothing here says who needs it.
            guard !users.isEmpty, users.count < senders.count else { continue }
            let others = senders.filter { !names(flow.to, $0) }
            found.append(
                Finding(
                    .warning, "broad-flow", at: flow.place,
                    "\(listed(others.map(\.name))) of zone `\(zone)` may connect to "
                        + "\(Target(flow).name), and only \(listed(users.map(\.name))) name it, in "
                        + "`after` or as ${\(flow.to).…}",
                    remedy: "write `from: \(users[0].name)` here"
                        + (users.count > 1
                            ? ", and a flow each for \(listed(users.dropFirst().map(\.name)))" : "")
                ))
        }
        return found + zonePairs(platform, members)
    }

    /// Whether a service's own text says that it uses another.
    private static func names(_ target: String, _ service: Service) -> Bool {
        let reference = "${\(target)."
        return service.after.contains(target)
            || service.run.contains { $0.contains(reference) }
            || service.environment.contains { $0.value.contains(reference) }
            || service.prepare.contains { $0.run.contains { $0.contains(reference) } }
    }

    private struct Pair: Hashable {
        let from: String
        let to: String
    }

    /// Zones whose every service may connect to every service of another: they are one zone.
    private static func zonePairs(_ platform: Platform, _ members: Members) -> [Finding] {
        var flows: [Pair: [Flow]] = [:]
        for flow in platform.flows {
            guard case .zone(let from) = flow.from, let to = members.service(flow.to)?.zone,
                from != to
            else { continue }
            flows[Pair(from: from, to: to), default: []].append(flow)
        }
        return flows.compactMap { pair, flows in
            let listening = members.zone(pair.to).filter { !$0.ports.isEmpty }
            guard listening.count > 1, members.zone(pair.from).count > 1,
                Set(listening.map(\.name)).isSubset(of: flows.map(\.to)), let first = flows.first
            else { return nil }
            return Finding(
                .warning, "zone-to-zone", at: first.place,
                "every service of zone `\(pair.from)` may connect to every service of zone "
                    + "`\(pair.to)`, by \(lines(flows.map(\.place))): the two are one zone",
                remedy: "write flows from the services that need them")
        }
    }
}
