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
        var topology = segmentation.topology()
        for index in topology.endpoints.indices
        where topology.endpoints[index].kind == .workload {
            let name = Self.service(topology.endpoints[index].name)
            topology.endpoints[index].place = platform.service(name)?.place
        }
        self.init(name: deployment.file, topology: topology)
        var members: [String: [String]] = [:]
        for endpoint in topology.endpoints where endpoint.kind == .workload {
            let name = Self.service(endpoint.name)
            members[name, default: []].append(endpoint.name)
            if platform.service(name) == nil { unnamed.insert(endpoint.name) }
        }
        let zones = Dictionary(grouping: platform.services, by: \.zone)
        for flow in platform.flows {
            grants += Self.grants(
                flow, platform, members, zones, asOutside: asOutside)
        }
        for channel in platform.channels {
            let from = Self.outside(channel.from, asOutside)
            let line = Line(
                "channel \(channel.name) from \(channel.from.name) to \(channel.to): "
                    + channel.because, place: channel.place)
            for target in members[channel.to] ?? [] {
                grants.append(
                    Grant(.channel(channel.name), from: from, to: target, line: line))
            }
        }
    }

    /// Instances are `name.2`; names of services have no dots.
    private static func service(_ name: String) -> String {
        String(name.prefix { $0 != "." })
    }

    private static func outside(_ party: Party, _ asOutside: Bool) -> String {
        switch party {
        case .internet, .office: asOutside ? Comparison.outside : party.name
        case .zone(let name), .service(let name): name
        }
    }

    private static func grants(
        _ flow: Flow, _ platform: Platform, _ members: [String: [String]],
        _ zones: [String: [Service]], asOutside: Bool
    ) -> [Grant] {
        guard let port = platform.service(flow.to)?.port(flow.port) else { return [] }
        let line = Line(
            "\(flow.from.name) to \(flow.to).\(flow.port): \(flow.because)", place: flow.place,
            owner: flow.owner)
        let targets = members[flow.to] ?? []
        let box = Box.everything.port(port.transport.rawValue, port.number)
        switch flow.from {
        case .internet, .office:
            let published = platform.publications.filter {
                $0.service == flow.to && $0.port == flow.port
            }
            return published.flatMap { publication in
                targets.map { target in
                    let at =
                        asOutside
                        ? box : Box.everything.published(publication, port.transport.rawValue)
                    return Grant(
                        .packets, from: outside(flow.from, asOutside), to: target, box: at,
                        messages: flow.messages, line: line)
                }
            }
        case .service(let name):
            return pairs(members[name] ?? [], targets).map { from, to in
                Grant(
                    .explained, from: from, to: to, box: box, messages: flow.messages, line: line)
            }
        case .zone(let name):
            let sources = (zones[name] ?? []).flatMap { members[$0.name] ?? [] }
            return pairs(sources, targets).map { from, to in
                Grant(
                    .explained, from: from, to: to, box: box, messages: flow.messages, line: line)
            }
        }
    }

    private static func pairs(
        _ sources: [String], _ targets: [String]
    ) -> [(from: String, to: String)] {
        sources.flatMap { from in
            targets.compactMap { $0 == from ? nil : (from: from, to: $0) }
        }
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
