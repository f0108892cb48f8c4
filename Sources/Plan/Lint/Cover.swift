internal import Findings
internal import Platform

/// Flows that others make superfluous.
///
/// Flows to one port begin at services or at zones, each party at most once. So a service's flow can
/// lie inside its zone's, and a zone's inside those of all its members together; no other covers
/// exist. A cover must outlast what it covers, be enforced, and carry all its messages.
enum Cover {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        var groups: [Target: (own: [String: Flow], zones: [Flow])] = [:]
        for flow in platform.flows {
            switch flow.from {
            case .internet, .office: continue
            case .service(let name): groups[Target(flow), default: ([:], [])].own[name] = flow
            case .zone: groups[Target(flow), default: ([:], [])].zones.append(flow)
            }
        }
        var found: [Finding] = []
        for (target, group) in groups {
            for flow in group.zones {
                found += judge(flow, to: target, own: group.own, members.senders(flow))
            }
        }
        return found
    }

    /// What a zone's flow and those of its members make of one another.
    private static func judge(
        _ zone: Flow, to target: Target, own: [String: Flow], _ senders: [Service]
    ) -> [Finding] {
        let flows = senders.compactMap { own[$0.name] }
        let covering = flows.filter { covers($0, zone) }
        if covering.count == senders.count, let first = covering.first {
            let together = covering.count == 1 ? "allows" : "together allow"
            return [
                Finding(
                    .warning, covering.count == 1 ? "redundant-flow" : "shadowed-flow",
                    at: zone.place,
                    "the flow from zone `\(zone.from.name)` to \(target.name) changes nothing: "
                        + "\(covering.count == 1 ? "that of its only sender \(first.from.name)" : "those of all its senders") "
                        + "in \(lines(covering.map(\.place))) \(together) the same",
                    remedy: "remove this one: the narrower stays when the zone grows")
            ]
        }
        return flows.filter { covers(zone, $0) }.map { flow in
            Finding(
                .warning, "redundant-flow", at: flow.place,
                "the flow from zone `\(zone.from.name)` in line \(zone.place.line) allows this "
                    + "already",
                remedy: "keep the narrower one: remove line \(zone.place.line) and write a flow "
                    + "for each other service that needs it")
        }
    }

    /// Whether everything that the second carries from senders of both passes by the first.
    static func covers(_ wide: Flow, _ flow: Flow) -> Bool {
        guard !wide.observe || flow.observe else { return false }
        if let end = wide.expires {
            guard let needed = flow.expires, needed <= end else { return false }
        }
        return wide.messages.isEmpty
            || (!flow.messages.isEmpty && Set(flow.messages).isSubset(of: wide.messages))
    }
}
