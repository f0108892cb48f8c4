internal import Addresses
internal import Findings
internal import Platform

/// Flows that could say which messages they carry, and do not.
enum Passages {
    /// How our own programs are called; all that speak to each other speak passages.
    private static let ours = "bulkhead-"

    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        var passages: [Target: Flow] = [:]
        for flow in platform.flows where !flow.messages.isEmpty {
            passages[Target(flow)] = passages[Target(flow)] ?? flow
        }
        return platform.flows.compactMap { flow in
            guard flow.messages.isEmpty, flow.from != .internet, flow.from != .office else {
                return nil
            }
            let target = Target(flow)
            let problem: String
            if let other = passages[target] {
                problem =
                    "\(target.name) takes messages from \(other.from.name), in line "
                    + "\(other.place.line), and from \(flow.from.name) whatever it sends"
            } else if members.service(flow.to).map(isOurs) == true,
                isOurs(members.senders(flow), members)
            {
                problem =
                    "\(flow.from.name) and \(flow.to) both speak passages, and the flow names no "
                    + "messages"
            } else {
                return nil
            }
            return Finding(
                .warning, "no-messages", at: flow.place, problem,
                remedy: "add `messages: […]` with what \(flow.from.name) sends")
        }
    }

    private static func isOurs(_ names: [String], _ members: Members) -> Bool {
        !names.isEmpty && names.allSatisfy { members.service($0).map(isOurs) == true }
    }

    private static func isOurs(_ service: Service) -> Bool {
        service.run.first?.split(separator: "/").last?.hasPrefix(ours) == true
    }
}

/// Flows that lead nowhere: a compartment speaks with itself without any rule.
enum Selves {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        platform.flows.compactMap { flow in
            guard flow.from == .service(flow.to), members.service(flow.to)?.instances == 1 else {
                return nil
            }
            return Finding(
                .warning, "self-flow", at: flow.place,
                "`\(flow.to)` runs in one compartment, which needs no flow to itself",
                remedy: "remove it; with `instances` it would join them")
        }
    }
}

/// Expectations about a port's number under the other protocol: nothing could ever break them.
enum Vacuous {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        platform.guarantees.compactMap { guarantee in
            guard case .expect(_, .service(let to), _, let port?, false) = guarantee.kind,
                let ports = members.service(to)?.ports.map(\.port), !ports.contains(port),
                let other = ports.first(where: { $0.number == port.number })
            else { return nil }
            return Finding(
                .warning, "vacuous-expectation", at: guarantee.place,
                "`\(to)` listens on \(other), not on \(port)", remedy: "write \(other)")
        }
    }
}

/// Services that nothing connects to anything.
enum Idle {
    static func findings(_ platform: Platform) -> [Finding] {
        var used: Set<String> = []
        var zones: Set<String> = []
        for flow in platform.flows {
            used.insert(flow.to)
            switch flow.from {
            case .internet, .office: continue
            case .service(let name): used.insert(name)
            case .zone(let name): zones.insert(name)
            }
        }
        for channel in platform.channels {
            used.insert(channel.to)
            if case .service(let name) = channel.from { used.insert(name) }
        }
        for guarantee in platform.guarantees {
            // Who promises that it reaches nothing means it to be alone.
            if case .contain(let name, let within, _) = guarantee.kind, within.isEmpty {
                used.insert(name)
            }
        }
        return platform.services.filter { !used.contains($0.name) && !zones.contains($0.zone) }
            .map { service in
                Finding(
                    .note, "idle-service", at: service.place,
                    "no flow and no channel leads to `\(service.name)` or from it",
                    remedy: "remove it, or promise that it is meant so: "
                        + "{contain: \(service.name), within: []}")
            }
    }
}

/// Zones of which nothing is promised that another flow could break.
enum Promises {
    static func findings(_ platform: Platform, _ members: Members) -> [Finding] {
        // A file without any promise is told so by the check itself.
        guard !platform.guarantees.isEmpty else { return [] }
        var named: Set<String> = []
        func take(_ party: Party) {
            switch party {
            case .internet, .office: break
            case .zone(let name): named.insert(name)
            case .service(let name): members.service(name).map { _ = named.insert($0.zone) }
            }
        }
        for guarantee in platform.guarantees {
            switch guarantee.kind {
            case .never(let from, let to, _), .expect(let from, let to, _, _, false):
                take(from)
                take(to)
            case .only(_, let to, _): take(to)
            case .contain(let service, _, _): take(.service(service))
            // What must be open forbids nothing.
            case .must, .expect, .beyond: break
            }
        }
        return platform.zones.filter { !named.contains($0.name) && !members.zone($0.name).isEmpty }
            .map { zone in
                Finding(
                    .note, "zone-without-guarantee", at: zone.place,
                    "no guarantee speaks of zone `\(zone.name)`: whatever is opened there, every "
                        + "check passes",
                    remedy: "promise who never reaches it: {never: …, reaches: \(zone.name)}")
            }
    }
}
