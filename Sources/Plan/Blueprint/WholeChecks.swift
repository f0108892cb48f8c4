internal import Addresses
internal import Findings
internal import Platform
internal import YAMLTree

/// Checks that need the whole platform: networks, room, flows, publications, start order.
struct WholeChecks {
    let platform: Platform
    var report: Report

    mutating func run(_ root: Node) {
        networks()
        room()
        flows(published: Set(root[PlatformKey.publish]?.entries.map(\.key) ?? []))
        publications()
        channels()
        StartOrder.check(root, &report)
    }

    /// Addresses of a zone that no compartment gets: network, broadcast and the fabric's own.
    private static let addressesReserved: UInt64 = 3

    private mutating func networks() {
        let taken =
            platform.zones.map { (name: "zone `\($0.name)`", network: $0.network, place: $0.place) }
            .sorted { ($0.network.base.value, $0.place) < ($1.network.base.value, $1.place) }
        guard var widest = taken.first else { return }
        for zone in taken.dropFirst() {
            if widest.network.overlaps(zone.network) {
                let (first, second) = widest.place < zone.place ? (widest, zone) : (zone, widest)
                report.error(
                    "overlapping-networks", second.place,
                    "\(second.name) (\(second.network)) overlaps \(first.name) (\(first.network)) "
                        + "in line \(first.place.line)",
                    "give one of them a network of its own")
            }
            if zone.network.last > widest.network.last { widest = zone }
        }
        for zone in platform.zones {
            if let office = platform.office.first(where: { $0.overlaps(zone.network) }) {
                report.error(
                    "overlapping-networks", zone.place,
                    "zone `\(zone.name)` (\(zone.network)) overlaps the office (\(office))",
                    "give the zone a network of its own")
            }
        }
    }

    private mutating func room() {
        var needed: [String: UInt64] = [:]
        for service in platform.services {
            needed[service.zone, default: 0] += UInt64(service.instances)
        }
        for zone in platform.zones {
            let room = zone.network.count - Self.addressesReserved
            guard let count = needed[zone.name], count > room else { continue }
            report.error(
                "zone-too-small", zone.place,
                "zone `\(zone.name)` (\(zone.network)) has room for \(room) compartments and needs "
                    + "\(count)",
                "give it a wider network")
        }
    }

    private mutating func flows(published: Set<String>) {
        var seen: [String: Flow] = [:]
        for flow in platform.flows {
            let name = "\(flow.from.name) to \(flow.to).\(flow.port)"
            if let first = seen[name] {
                report.error(
                    "duplicate-flow", flow.place,
                    "the flow from \(name) is in line \(first.place.line) already",
                    "keep one of them")
            } else {
                seen[name] = flow
            }
        }
        for flow in platform.flows where flow.from == .internet || flow.from == .office {
            guard !published.contains("\(flow.to).\(flow.port)") else { continue }
            report.warning(
                "not-published", flow.place,
                "nothing from \(flow.from.name) arrives: `\(flow.to).\(flow.port)` is not published",
                "add it under `publish:`, or remove the flow")
        }
    }

    private mutating func publications() {
        let outside = Set(
            platform.flows.filter { $0.from == .internet || $0.from == .office }
                .map { "\($0.to).\($0.port)" })
        let internet = Set(
            platform.flows.filter { $0.from == .internet }.map { "\($0.to).\($0.port)" })
        let transports = Dictionary(
            platform.services.flatMap { service in
                service.ports.map { ("\(service.name).\($0.name)", $0.port.transport) }
            }, uniquingKeysWith: { first, _ in first })
        var taken: [String: [Address: Publication]] = [:]
        for publication in platform.publications {
            let name = "\(publication.service).\(publication.port)"
            if !outside.contains(name) {
                report.error(
                    "publish-without-flow", publication.place,
                    "`\(name)` is published, but no flow from internet or office leads to it",
                    "add {from: internet, to: \(name), because: …}, or do not publish it")
            } else if !internet.contains(name), platform.office.isEmpty,
                publication.address.value >> 24 != 127
            {
                report.error(
                    "missing-key", publication.place,
                    "`\(name)` is published for the office, and the file does not say where that is",
                    "add `office:` with its networks, or publish it on 127.0.0.1")
            }
            let transport = transports[name]?.name ?? "tcp"
            let socket = "\(transport)/\(publication.number)"
            let others = taken[socket] ?? [:]
            let everywhere = others[Address(0)]
            let clash =
                publication.address.value == 0
                ? everywhere ?? others.values.min { $0.place < $1.place }
                : others[publication.address] ?? everywhere
            if let clash {
                report.error(
                    "address-clash", publication.place,
                    "\(publication.address):\(publication.number) is taken by "
                        + "`\(clash.service).\(clash.port)` in line \(clash.place.line)",
                    "publish one of them at another port")
            }
            taken[socket, default: [:]][publication.address] = publication
        }
    }

    private mutating func channels() {
        var seen: [String: Place] = [:]
        for channel in platform.channels {
            let name = "\(channel.from.name) to \(channel.to) \(channel.name)"
            if let first = seen[name] {
                report.error(
                    "duplicate-channel", channel.place,
                    "the channel `\(channel.name)` is in line \(first.line) already",
                    "keep one of them")
            }
            seen[name] = seen[name] ?? channel.place
        }
    }
}
