package import Notation
package import Packets
package import Ruleset
package import Topology

/// What passes between two endpoints, of one kind of protocol.
package struct Traffic: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case tcp
        case udp
        case sctp
        /// ICMP and ICMPv6: types stand in `sourcePorts`, codes in `ports`.
        case icmp
        case icmp6
        /// Protocols by their numbers.
        case numbers(ClosedRange<UInt32>)
        /// All that have no ports, ICMP included.
        case others

        package var name: String {
            switch self {
            case .tcp: "tcp"
            case .udp: "udp"
            case .sctp: "sctp"
            case .icmp: "icmp"
            case .icmp6: "icmpv6"
            case .numbers(let range):
                range.count == 1
                    ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
            case .others: "other"
            }
        }

        package var hasPorts: Bool { self == .tcp || self == .udp || self == .sctp }
        var isICMP: Bool { self == .icmp || self == .icmp6 }
    }

    package var kind: Kind
    /// Destination ports, ascending.
    package var ports: [ClosedRange<UInt32>]
    package var sourcePorts: [ClosedRange<UInt32>]
    /// Addresses, where these are not all that the endpoint has.
    package var sources: [String]
    package var destinations: [String]
    /// `ipv4` or `ipv6`, where the endpoints have both and this passes in one.
    package var family: String?
    /// It passes for sure; otherwise it may pass, and `unless` says on what that hangs.
    package var isCertain: Bool
    package var unless: [String]

    private static let allPorts: [ClosedRange<UInt32>] = [0...65_535]

    private static func shown(_ ranges: [ClosedRange<UInt32>]) -> [String] {
        ranges.map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }
    }

    /// As `tcp 80,443`.
    package var text: String { text(kind.name) }

    private func text(_ name: String) -> String {
        var words = [name]
        if kind.hasPorts, ports != Self.allPorts {
            words.append(Self.shown(ports).joined(separator: ","))
        }
        if kind.isICMP, sourcePorts != Self.allPorts {
            words.append("type " + Self.shown(sourcePorts).joined(separator: ","))
        }
        if kind.isICMP, ports != Self.allPorts {
            words.append("code " + Self.shown(ports).joined(separator: ","))
        }
        if kind.hasPorts, sourcePorts != Self.allPorts {
            words.append("from port " + Self.shown(sourcePorts).joined(separator: ","))
        }
        if let family { words.append("over \(family)") }
        if !sources.isEmpty { words.append("from " + sources.joined(separator: ",")) }
        if !destinations.isEmpty { words.append("to " + destinations.joined(separator: ",")) }
        if !isCertain { words.append("(may: \(unless.joined(separator: "; ")))") }
        return words.joined(separator: " ")
    }

    /// What of this is not its kind; nil unless all of the kind passes.
    private var manner: Traffic? {
        guard ports == Self.allPorts, sourcePorts == Self.allPorts else { return nil }
        var manner = self
        manner.kind = .others
        return manner
    }

    private static let everyKind: Set<Kind> = [.tcp, .udp, .sctp, .others]

    /// All that passes, on one line: kinds that pass alike are `everything` when no other is left.
    package static func text(_ traffic: [Traffic]) -> String {
        var kinds: [Traffic: Set<Kind>] = [:]
        for item in traffic {
            if let manner = item.manner { kinds[manner, default: []].insert(item.kind) }
        }
        var texts: [String] = []
        for item in traffic {
            if let manner = item.manner, let all = kinds[manner], all.isSuperset(of: everyKind) {
                if item.kind == .tcp { texts.append(item.text("everything")) }
            } else {
                texts.append(item.text)
            }
        }
        return texts.joined(separator: "; ")
    }

    /// Sets of packets between two endpoints as a list; `atoms` are the numbers of addresses.
    package static func list(
        _ sets: [Families: PacketSet], from source: Endpoint, to target: Endpoint,
        _ atoms: AddressAtoms, isCertain: Bool, unless: [String] = []
    ) -> [Traffic] {
        guard sets.contains(where: { !$0.value.isEmpty }) else { return [] }
        var summary = Summary(atoms, source, target)
        for family in [Families.v4, .v6] { summary.add(sets[family] ?? PacketSet(), family) }
        return summary.traffic(isCertain: isCertain, unless: unless)
    }

    /// One entry of the list of connections.
    package func document(from source: String, to target: String) -> JSON {
        var members = [
            JSON.Member("source", .text(source)), JSON.Member("destination", .text(target)),
            JSON.Member("protocol", .text(kind.name)),
            JSON.Member("ports", Self.list(kind.hasPorts ? Self.shown(ports) : [])),
        ]
        if kind.isICMP, sourcePorts != Self.allPorts {
            members.append(JSON.Member("types", Self.list(Self.shown(sourcePorts))))
        }
        if kind.isICMP, ports != Self.allPorts {
            members.append(JSON.Member("codes", Self.list(Self.shown(ports))))
        }
        if kind.hasPorts, sourcePorts != Self.allPorts {
            members.append(JSON.Member("sourcePorts", Self.list(Self.shown(sourcePorts))))
        }
        if let family { members.append(JSON.Member("family", .text(family))) }
        if !sources.isEmpty { members.append(JSON.Member("sourceAddresses", Self.list(sources))) }
        if !destinations.isEmpty {
            members.append(JSON.Member("destinationAddresses", Self.list(destinations)))
        }
        members.append(JSON.Member("certain", .boolean(isCertain)))
        if !isCertain { members.append(JSON.Member("unless", Self.list(unless))) }
        return .object(members)
    }

    private static func list(_ texts: [String]) -> JSON { .list(texts.map(JSON.text)) }
}
