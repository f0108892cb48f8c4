internal import Findings
internal import Platform

/// Flows that others make superfluous.
///
/// Flows to one port begin at services or at zones, each party at most once. So a service's flow can
/// lie inside its zone's, and a zone's inside those of all its members together; no other covers
/// exist. A cover must outlast what it covers, be enforced, and carry all its messages.
enum Cover {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        var groups: [Target: (own: [String: [Flow]], zones: [Flow])] = [:]
        for flow in platform.flows {
            switch flow.from {
            case .internet, .office: continue
            case .service(let name):
                // A service's way to itself stays inside.
                guard name != flow.to, let zone = members.service(name)?.zone else { continue }
                groups[Target(flow), default: ([:], [])].own[zone, default: []].append(flow)
            case .zone: groups[Target(flow), default: ([:], [])].zones.append(flow)
            }
        }
        return groups.values.flatMap { group in
            group.zones.flatMap { flow in
                judge(
                    flow, own: group.own[flow.from.name] ?? [],
                    senders: members.count(flow.from.name, to: flow.to))
            }
        }
    }

    /// What a zone's flow and those of its members make of one another.
    private static func judge(_ zone: Flow, own flows: [Flow], senders: Int) -> [Finding] {
        // An observed flow asks what the narrow ones miss: it is meant to be wider.
        guard !zone.observe else { return [] }
        let covering = flows.filter { covers($0, zone) }
        if covering.count == senders, let first = covering.first {
            let whose =
                senders == 1
                ? "that of its only sender \(first.from.name)" : "those of all its senders"
            return [
                Finding(
                    .warning, senders == 1 ? "redundant-flow" : "shadowed-flow", at: zone.place,
                    "the flow from zone `\(zone.from.name)` to \(Target(zone).name) changes nothing: "
                        + "\(whose), in \(lines(covering.map(\.place))), "
                        + "\(senders == 1 ? "allows" : "together allow") the same",
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
