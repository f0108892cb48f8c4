internal import Addresses
package import Confinement
internal import Findings
internal import Packets
package import Platform
package import Segmentation
internal import Topology

extension Side {
    /// The side of a platform file.
    ///
    /// With `asOutside`, whoever comes from outside is one party and published ports are the
    /// services' own, as importers of other formats know them.
    package init(
        _ platform: Platform, _ deployment: Deployment, _ segmentation: Segmentation,
        asOutside: Bool = false
    ) {
        self.init(
            platform, segmentation.topology(), name: deployment.file, asOutside: asOutside)
    }

    init(_ platform: Platform, _ topology: Topology, name: String, asOutside: Bool) {
        self.init(name: name, topology: topology)
        var terms = Terms(platform, asOutside: asOutside)
        for index in topology.endpoints.indices where topology.endpoints[index].kind == .workload {
            let own = topology.endpoints[index].name
            let service = Terms.service(own)
            self.topology.endpoints[index].place = terms.services[service]?.place
            terms.members[service, default: []].append(own)
            if terms.services[service] == nil { unnamed.insert(own) }
        }
        for flow in platform.flows { grants += terms.grants(flow) }
        for channel in platform.channels { grants += terms.grants(channel) }
    }
}

/// What a platform's lines mean between compartments.
private struct Terms {
    let services: [String: Service]
    private let zones: [String: [Service]]
    private let publications: [String: [Publication]]
    private let asOutside: Bool
    /// Compartments of each service.
    var members: [String: [String]] = [:]

    init(_ platform: Platform, asOutside: Bool) {
        services = Dictionary(
            platform.services.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        zones = Dictionary(grouping: platform.services, by: \.zone)
        publications = Dictionary(grouping: platform.publications, by: \.service)
        self.asOutside = asOutside
    }

    /// Instances are `name.2`; names of services have no dots.
    static func service(_ name: String) -> String { String(name.prefix { $0 != "." }) }

    func grants(_ channel: Channel) -> [Grant] {
        let line = Line(
            "channel \(channel.name) from \(channel.from.name) to \(channel.to): "
                + channel.because, place: channel.place)
        return (members[channel.to] ?? []).map { target in
            Grant(.channel(channel.name), from: name(channel.from), to: target, line: line)
        }
    }

    func grants(_ flow: Flow) -> [Grant] {
        guard let port = services[flow.to]?.port(flow.port) else { return [] }
        let line = Line(
            "\(flow.from.name) to \(flow.to).\(flow.port): \(flow.because)", place: flow.place,
            owner: flow.owner)
        let targets = members[flow.to] ?? []
        let box = Box.everything.port(port.transport.rawValue, port.number)
        func grant(_ kind: Grant.Kind, _ from: String, _ to: String, _ box: Box) -> Grant {
            Grant(kind, from: from, to: to, box: box, messages: flow.messages, line: line)
        }
        switch flow.from {
        case .internet, .office:
            let published = (publications[flow.to] ?? []).filter { $0.port == flow.port }
            return published.flatMap { publication in
                let at =
                    asOutside
                    ? box : Box.everything.published(publication, port.transport.rawValue)
                return targets.map { grant(.packets, name(flow.from), $0, at) }
            }
        case .service(let name):
            return pairs(members[name] ?? [], targets).map { grant(.explained, $0.0, $0.1, box) }
        case .zone(let name):
            let sources = (zones[name] ?? []).flatMap { members[$0.name] ?? [] }
            return pairs(sources, targets).map { grant(.explained, $0.0, $0.1, box) }
        }
    }

    private func name(_ party: Party) -> String {
        switch party {
        case .internet, .office: asOutside ? Comparison.outside : party.name
        case .zone(let name), .service(let name): name
        }
    }

    private func pairs(_ sources: [String], _ targets: [String]) -> [(String, String)] {
        sources.flatMap { from in targets.compactMap { $0 == from ? nil : (from, $0) } }
    }
}

extension Box {
    fileprivate func port(_ transport: UInt8, _ number: UInt16) -> Box {
        with(.protocolNumber, UInt32(transport)...UInt32(transport))
            .with(.destinationPort, UInt32(number)...UInt32(number))
    }

    /// As the host listens: every address is an address to listen at.
    fileprivate func published(_ publication: Publication, _ transport: UInt8) -> Box {
        let address = publication.address.value
        let at = address == 0 ? 0...UInt32.max : address...address
        return port(transport, publication.number).with(.destination, at)
    }
}
