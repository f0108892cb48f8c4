internal import Addresses
internal import Confinement
internal import Findings
internal import Platform

// Flows with messages are passages: each end gets the table of its peers, and a labelled pair to
// the authority that certifies them.
extension Draft {
    static let authority = "authority"
    private static let vault = "vault"
    private static let table = "passages"

    /// The platform with the authority among its services when it has passages.
    ///
    /// No flow reaches it, so no rule and no guarantee is touched by it.
    static func withAuthority(_ platform: Platform, findings: inout [Finding]) -> Platform {
        let ends = passageServices(platform)
        guard let first = platform.flows.first(where: { !$0.messages.isEmpty }) else {
            return platform
        }
        guard platform.zone(vault) != nil else {
            findings.append(
                Finding(
                    .error, "no-vault", at: first.place,
                    "passages need the authority, which lives in a zone called `vault`",
                    remedy: "add `vault: {network: …}` under `zones`"))
            return platform
        }
        var result = platform
        var service = Service(name: authority, zone: vault, place: first.place)
        service.run = ["bulkhead-authority"]
        service.ready = .notify
        service.role = ["wpath", "thread", "inet-server", "events", "notify", "signals"]
        service.limits.memoryBytes = 64 << 20
        service.limits.processes = 8
        service.limits.files = 2048
        service.limits.diskBytes = 8 << 20
        for index in result.services.indices where ends.contains(result.services[index].name) {
            result.services[index].after.append(authority)
        }
        result.services.append(service)
        for name in platform.services.map(\.name) where ends.contains(name) {
            result.channels.append(
                Channel(
                    from: .service(name), to: authority, name: authority,
                    because: "certificates for its passages", place: first.place))
        }
        result.channels.append(
            Channel(
                from: .office, to: authority, name: "operator",
                because: "people ask for the public root certificate", place: first.place))
        return result
    }

    private static func passageServices(_ platform: Platform) -> Set<String> {
        var names: Set<String> = []
        for flow in platform.flows where !flow.messages.isEmpty {
            names.insert(flow.to)
            switch flow.from {
            case .service(let name): names.insert(name)
            case .zone(let zone):
                names.formUnion(platform.services.filter { $0.zone == zone }.map(\.name))
            case .internet, .office: break
            }
        }
        return names
    }

    /// Channels of the file, and the tables of passages.
    mutating func planChannels(_ deployment: inout Deployment) {
        guard !isOversized else {
            for flow in platform.flows where !flow.messages.isEmpty { _ = passagePort(flow) }
            return
        }
        for channel in platform.channels {
            let targets = seats.indices.filter { seats[$0].service.name == channel.to }
            switch channel.from {
            case .office:
                deployment.channels += targets.map { .operators(to: $0, name: channel.name) }
            case .service(let name):
                let sources = seats.indices.filter { seats[$0].service.name == name }
                for source in sources {
                    deployment.channels += targets.map {
                        .pair(from: source, to: $0, name: channel.name)
                    }
                }
            case .internet, .zone: break
            }
        }
        let ends = Self.passageServices(platform)
        for (index, seat) in seats.enumerated() where ends.contains(seat.service.name) {
            deployment.channels.append(
                .table(of: index, name: Self.table, bytes: Array(table(of: seat).utf8)))
        }
        if let index = seats.firstIndex(where: { $0.service.name == Self.authority }), !ends.isEmpty
        {
            deployment.channels.append(
                .table(
                    of: index, name: "publications", bytes: Array(publications(ends).utf8)))
        }
    }

    /// Who may have a certificate for which address of the published side.
    private func publications(_ ends: Set<String>) -> String {
        var lines: [String] = []
        for publication in platform.publications where ends.contains(publication.service) {
            for seat in seats where seat.service.name == publication.service {
                let line = "public \(seat.name) \(publication.address)"
                if !lines.contains(line) { lines.append(line) }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Who a compartment is, who may connect to it with which messages, and whom it may connect to.
    private mutating func table(of seat: Seat) -> String {
        var lines = ["self \(seat.name) \(seat.address)"]
        for publication in platform.publications where publication.service == seat.service.name {
            lines.append("public \(publication.address)")
        }
        for flow in platform.flows where !flow.messages.isEmpty {
            let messages = flow.messages.joined(separator: ",")
            let to = seats.filter { $0.service.name == flow.to }
            let from = seats.filter { begins(flow, at: $0.service) && $0.service.name != flow.to }
            guard let port = passagePort(flow) else { continue }
            if to.contains(where: { $0.name == seat.name }) {
                lines += from.map {
                    // Below `full` all dial from the host's own loopback address.
                    let address = isFull ? $0.address : Address(127 << 24 | 1)
                    return "accept \($0.name) \(address) \(port.number) \(messages)"
                }
            }
            if from.contains(where: { $0.name == seat.name }) {
                lines += to.map { "open \($0.name) \($0.address) \(port.number) \(messages)" }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The port that a flow's messages travel to; nil when there is none that can carry them.
    private mutating func passagePort(_ flow: Flow) -> Port? {
        guard let port = service(flow.to)?.port(flow.port) else { return nil }
        guard port.transport == .tcp else {
            error(
                "passage-transport", at: flow.place,
                "messages travel over TCP, and \(flow.to).\(flow.port) is none",
                remedy: "declare a TCP port, or leave `messages` out")
            return nil
        }
        return port
    }
}
