internal import Addresses
package import Findings
package import FlowLog
package import Platform

extension Lint {
    /// What the platform allows and a record never saw, flow by flow, and what it saw and the
    /// platform does not allow.
    ///
    /// `addresses` are those of services, for records that know no names.
    package static func findings(
        _ platform: Platform, used log: FlowLog, addresses: [UInt32: String] = [:]
    ) -> [Finding] {
        if let caveat = log.caveat {
            return [
                Finding(
                    .note, "flow-record", at: nil, "the counters are not judged: \(caveat)",
                    remedy: "hand in those of a platform that runs with isolation full")
            ]
        }
        let use = Use(platform, log, addresses)
        var found = bounded(use.unused + use.counted) + bounded(use.missing)
        found.append(use.summary)
        return sorted(found)
    }
}

/// Allowed connections beside those of a record.
private struct Use {
    /// Who may connect to what; `sender` is a service, `internet` or `office`.
    private struct Edge: Hashable {
        let sender: String
        let target: Target
    }

    private let platform: Platform
    private let members: Members
    private let log: FlowLog
    private var seen: Set<Edge> = []
    /// Seen, and allowed by no flow of this file, with how often.
    private var strangers: [String: UInt64] = [:]

    init(_ platform: Platform, _ log: FlowLog, _ addresses: [UInt32: String]) {
        self.platform = platform
        self.log = log
        members = Members(platform)
        let allowed = Set(platform.flows.flatMap { flow in senders(flow).map { edge($0, flow) } })
        for (kind, count) in log.seen {
            guard let sender = name(kind.source, addresses), let to = name(kind.target, addresses)
            else { continue }
            let edges = ports(kind, of: to, from: sender).map {
                Edge(sender: sender, target: $0)
            }
            if let edge = edges.first(where: allowed.contains) {
                seen.insert(edge)
            } else {
                let transport = kind.transport.map { $0 == 6 ? "tcp" : "udp" } ?? "port"
                strangers["\(sender) to \(to) on \(transport)/\(kind.port)", default: 0] += count
            }
        }
    }

    private func senders(_ flow: Flow) -> [String] {
        switch flow.from {
        case .internet, .office: [flow.from.name]
        case .zone, .service: members.senders(flow)
        }
    }

    private func edge(_ sender: String, _ flow: Flow) -> Edge {
        Edge(sender: sender, target: Target(flow))
    }

    /// The service behind a compartment's name or address; an address that nobody has is outside.
    private func name(_ end: FlowLog.End, _ addresses: [UInt32: String]) -> String? {
        switch end {
        case .address(let value):
            if let name = addresses[value] { return name }
            if platform.publications.contains(where: { $0.address.value == value }) { return nil }
            return platform.office.contains { $0.contains(Address(value)) } ? "office" : "internet"
        case .name(let name):
            let service = name.prefix { $0 != "." }
            return members.service(name) == nil && members.service(String(service)) != nil
                ? String(service) : name
        }
    }

    /// Ports of a service that a connection may have been to: from outside it is the published
    /// number that is seen.
    private func ports(_ kind: FlowLog.Kind, of service: String, from sender: String) -> [Target] {
        guard let known = members.service(service) else { return [] }
        let isOutside = sender == "internet" || sender == "office"
        return known.ports.filter { port in
            if let transport = kind.transport, transport != port.port.transport.rawValue {
                return false
            }
            if port.port.number == kind.port { return true }
            return isOutside
                && platform.publications.contains {
                    $0.service == service && $0.port == port.name && $0.number == kind.port
                }
        }.map { Target(service: service, port: $0.name) }
    }

    private var period: String {
        let count = "\(log.count) connection\(log.count == 1 ? "" : "s")"
        guard let first = log.first, let last = log.last else { return count }
        return "\(count) from \(Excerpt.of(first)) to \(Excerpt.of(last))"
    }

    /// Flows of which the record saw nothing, or not every sender.
    var unused: [Finding] {
        guard !log.seen.isEmpty else { return [] }
        return platform.flows.compactMap { flow in
            let all = senders(flow)
            let idle = all.filter { !seen.contains(edge($0, flow)) }
            guard !idle.isEmpty else { return nil }
            let target = Target(flow).name
            guard idle.count < all.count else {
                return Finding(
                    .warning, "unused-flow", at: flow.place,
                    "nothing from \(flow.from.name) to \(target) is among \(period)",
                    remedy: "remove it, or give it an `expires`")
            }
            let users = all.filter { seen.contains(edge($0, flow)) }
            return Finding(
                .warning, "broad-flow", at: flow.place,
                "of zone `\(flow.from.name)` only \(listed(users)) connected to \(target) in "
                    + "\(period); \(listed(idle)) never did",
                remedy: "write a flow each for \(listed(users)) instead")
        }
    }

    /// Flows whose end never opened or took a connection, by the rules' counters.
    var counted: [Finding] {
        guard let counters = log.counters else { return [] }
        func total(_ service: String) -> UInt64? {
            let own = counters.filter { $0.key == service || $0.key.hasPrefix("\(service).") }
            return own.isEmpty ? nil : own.values.reduce(0, &+)
        }
        return platform.flows.compactMap { flow in
            // What is published arrives by the host, where no compartment counts.
            guard flow.from != .internet, flow.from != .office else { return nil }
            let senders = members.senders(flow)
            let idle: String
            if total(flow.to) == 0 {
                idle = flow.to
            } else if !senders.isEmpty, senders.allSatisfy({ total($0) == 0 }) {
                idle = listed(senders)
            } else {
                return nil
            }
            return Finding(
                .warning, "unused-flow", at: flow.place,
                "\(idle) opened and took no connection since the platform started",
                remedy: "remove it, or give it an `expires`")
        }
    }

    var missing: [Finding] {
        strangers.sorted { $0.key < $1.key }.map { connection, count in
            Finding(
                .warning, "missing-flow", at: nil,
                "\(count) connection\(count == 1 ? "" : "s") from \(Excerpt.of(connection, limit: 120)) "
                    + "passed when this was recorded, and no flow of this file allows it",
                remedy: "add the flow, or be sure that nobody needs it")
        }
    }

    var summary: Finding {
        let allowed = Set(platform.flows.flatMap { flow in senders(flow).map { edge($0, flow) } })
        var problem: String
        if log.counters != nil, log.seen.isEmpty {
            problem = "counters of \(log.counters?.count ?? 0) compartments were looked at"
        } else {
            problem =
                "the record holds \(period) and \(log.refused) refused; of \(allowed.count) "
                + "allowed pairs of sender and port \(seen.count) were seen, "
                + "\(allowed.count - seen.count) never"
        }
        if log.lost > 0 {
            problem += "; \(log.lost) records are missing in it, so `never` is not proved"
        }
        return Finding(
            .note, "flow-record", at: nil, problem,
            remedy: "nothing to do: what was never seen is excess if the record is long enough")
    }
}

extension Target {
    fileprivate init(service: String, port: String) {
        self.service = service
        self.port = port
    }
}
