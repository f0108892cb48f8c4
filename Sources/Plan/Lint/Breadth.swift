internal import Findings
internal import Platform

/// Flows that are wider than what the file itself says is needed.
enum Breadth {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        var found: [Finding] = []
        let users = users(platform)
        for flow in platform.flows {
            guard case .zone(let zone) = flow.from else { continue }
            let naming = (users[flow.to] ?? []).filter {
                members.service($0)?.zone == zone && $0 != flow.to
            }
            // Where no sender names the target, nothing here says who needs it.
            guard let first = naming.first, naming.count < members.count(zone, to: flow.to) else {
                continue
            }
            let others = members.senders(flow).filter { !naming.contains($0) }
            let more =
                naming.count > 1 ? ", and a flow each for \(listed(Array(naming.dropFirst())))" : ""
            found.append(
                Finding(
                    .warning, "broad-flow", at: flow.place,
                    "\(listed(others)) of zone `\(zone)` may connect to \(Target(flow).name), and "
                        + "only \(listed(naming)) name it, in `after` or as ${\(flow.to).…}",
                    remedy: "write `from: \(first)` here" + more))
        }
        return found + zonePairs(platform, members)
    }

    /// Services whose own text says that they use another, by that other.
    private static func users(_ platform: Platform) -> [String: [String]] {
        var users: [String: [String]] = [:]
        for service in platform.services {
            var named = Set(service.after)
            for text in service.run { named.formUnion(references(text)) }
            for (_, text) in service.environment { named.formUnion(references(text)) }
            for step in service.prepare {
                for text in step.run { named.formUnion(references(text)) }
            }
            for name in named { users[name, default: []].append(service.name) }
        }
        return users
    }

    /// Names before the dot of `${SERVICE.…}`.
    private static func references(_ text: String) -> [String] {
        let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        return parts.dropFirst().compactMap { part in
            guard part.first == UInt8(ascii: "{"), let dot = part.firstIndex(of: UInt8(ascii: "."))
            else { return nil }
            return String(part[part.index(after: part.startIndex)..<dot])
        }
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
            let listening = members.zone(pair.to).filter {
                members.service($0)?.ports.isEmpty == false
            }
            guard listening.count > 1, members.zone(pair.from).count > 1,
                Set(listening).isSubset(of: flows.map(\.to)), let first = flows.first
            else { return nil }
            return Finding(
                .warning, "zone-to-zone", at: first.place,
                "every service of zone `\(pair.from)` may connect to every service of zone "
                    + "`\(pair.to)`, by \(lines(flows.map(\.place))): the two are one zone",
                remedy: "write flows from the services that need them")
        }
    }
}
