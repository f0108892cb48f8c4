package import Addresses
internal import Confinement
package import Packets
package import Ruleset

/// A deviation with the names of its ends.
package struct NamedDeviation: Sendable, Equatable {
    package var site: String
    /// `opened` or `closed`.
    package var change: String
    package var from: String
    package var to: String
    package var transport: String
    package var ports: String
    package var states: String
    /// One packet: `tcp 10.0.0.2:1024 > 10.0.0.3:5432, new`.
    package var packet: String
    package var isWhole: Bool
    package var isCertain: Bool

    /// As people read it.
    package var line: String {
        let what = change == "opened" ? "now passes" : "no longer passes"
        let some = isWhole ? "" : ", apart from what the plan says"
        let sure = isCertain ? "" : ", unless a condition that is not modelled prevents it"
        return "\(site): \(from) -> \(to): \(transport)\(ports.isEmpty ? "" : " " + ports) "
            + "(\(states)) \(what)\(some)\(sure)"
    }
}

extension LivePlatform {
    package func named(_ deviation: Deviation) -> NamedDeviation {
        let site = sites[deviation.site]
        let box = deviation.box
        var from = addresses(box[.source], deviation.family)
        var to = addresses(box[.destination], deviation.family)
        switch (site.kind, deviation.way) {
        case (.fabric, .crossing):
            from = wires(box[.arrival], also: from, deviation)
        case (.fabric, .entering):
            from = wires(box[.arrival], also: from, deviation)
            to = "the fabric itself (\(to))"
        case (.fabric, .leaving): from = "the fabric itself"
        case (.compartment, .leaving):
            from = box[.departure].contains(1) ? site.name : "\(site.name), by its loopback"
        case (.compartment, .entering):
            if !box[.arrival].contains(1) { from += ", by its loopback" }
            to = site.name
        case (.compartment, .crossing): from += ", through \(site.name)"
        }
        let ports = box[.destinationPort]
        return NamedDeviation(
            site: site.name, change: deviation.isOpened ? "opened" : "closed", from: from, to: to,
            transport: (deviation.family == .v6 ? "ipv6 " : "")
                + Self.transport(box[.protocolNumber]),
            ports: ports == 0...65_535 ? "" : Self.range(ports),
            states: Self.states(deviation.states),
            packet: text(of: deviation.packet, deviation.family), isWhole: deviation.isWhole,
            isCertain: deviation.isCertain)
    }

    /// A packet as people write it.
    package func text(of packet: Packet, _ family: Families) -> String {
        let transport = Self.transport(packet[.protocolNumber]...packet[.protocolNumber])
        let state = ConnectionState(rawValue: packet[.state])?.name ?? "\(packet[.state])"
        guard family == .v4 else { return "ipv6 \(transport), \(state)" }
        let hasPorts = [6, 17, 132].contains(packet[.protocolNumber])
        func end(_ address: Field, _ port: Field) -> String {
            "\(Address(packet[address]))" + (hasPorts ? ":\(packet[port])" : "")
        }
        return "\(transport) \(end(.source, .sourcePort)) > "
            + "\(end(.destination, .destinationPort)), \(state)"
    }

    /// The name of the compartment with that address, or the address.
    package func name(of address: Address) -> String {
        links.first { deployment.compartments[$0].address == address }
            .map { deployment.compartments[$0].name } ?? "\(address)"
    }

    private func wires(
        _ interval: ClosedRange<UInt32>, also source: String, _ deviation: Deviation
    ) -> String {
        let held = links.indices.filter { interval.contains(UInt32($0 + 1)) }
        guard held.count < links.count || links.count == 1 else { return "every compartment" }
        guard !held.isEmpty else { return "no compartment's link" }
        let names = Self.some(held.map { deployment.compartments[links[$0]].name })
        return names == source || deviation.box[.source].count > 1 ? names : "\(names) as \(source)"
    }

    private func addresses(_ interval: ClosedRange<UInt32>, _ family: Families) -> String {
        guard family == .v4 else { return "any address" }
        if interval == 0...UInt32.max { return "any address" }
        let first = Address(interval.lowerBound)
        if interval.count == 1 { return name(of: first) }
        let held = links.map { deployment.compartments[$0] }.filter {
            interval.contains($0.address.value)
        }
        let range = "\(first)-\(Address(interval.upperBound))"
        return held.isEmpty ? range : "\(range) (\(Self.some(held.map(\.name))))"
    }

    private static func some(_ names: [String]) -> String {
        names.count <= 4
            ? names.joined(separator: ", ")
            : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
    }

    private static func range(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }

    private static func transport(_ range: ClosedRange<UInt32>) -> String {
        switch range {
        case 0...255: "any protocol"
        case 1...1: "icmp"
        case 6...6: "tcp"
        case 17...17: "udp"
        case 58...58: "icmpv6"
        case 132...132: "sctp"
        default: "protocol \(Self.range(range))"
        }
    }

    private static func states(_ held: [ConnectionState]) -> String {
        held.count == ConnectionState.allCases.count
            ? "any state" : held.map(\.name).joined(separator: ", ")
    }
}
