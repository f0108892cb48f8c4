internal import Addresses
internal import Permits
internal import Platform

/// The text of a gateway's network files.
struct Networks {
    private let permits: Permits
    private let trunk: String

    init(_ permits: Permits, trunk: String) {
        self.permits = permits
        self.trunk = trunk
    }

    /// What no interface of a gateway between zones does.
    static let off: [(key: String, value: String)] = [
        ("DHCP", "no"), ("LinkLocalAddressing", "no"), ("IPv6AcceptRA", "no"), ("LLMNR", "no"),
        ("MulticastDNS", "no"), ("LLDP", "no"), ("EmitLLDP", "no"),
        ("ConfigureWithoutCarrier", "yes"),
    ]
    /// What no device joins by itself.
    static let fixed: [(key: String, value: String)] = [("GVRP", "no"), ("MVRP", "no")]

    static func device(_ vlan: UInt16) -> String { "vlan\(vlan)" }

    /// A zone's name is plain, and a platform's has no dot: no two files share a name.
    static func name(_ permits: Permits, _ zone: String?) -> String {
        "10-bulkhead-\(permits.platform.name)\(zone.map { ".\($0)" } ?? "")"
    }

    var files: [Rendering.File] {
        let tagged = permits.zones.compactMap { zone in zone.vlan.map { (zone, $0) } }
        var files = [Rendering.File(Self.name(permits, nil) + ".network", trunk(tagged.map(\.1)))]
        for (zone, vlan) in tagged {
            let name = Self.name(permits, zone.name)
            files.append(Rendering.File(name + ".netdev", device(zone, vlan)))
            files.append(Rendering.File(name + ".network", network(zone, vlan)))
        }
        return files
    }

    private func head(_ words: String) -> String {
        "# Rendered by bulkhead from \(permits.file): \(words)."
    }

    private func trunk(_ vlans: [UInt16]) -> String {
        let lines =
            [
                head("the trunk, which has no address and carries nothing untagged"), "[Match]",
                "Name=\(trunk)", "", "[Link]", "RequiredForOnline=no", "", "[Network]",
            ] + vlans.map { "VLAN=\(Self.device($0))" }
        return text(lines + Self.off.map { "\($0.key)=\($0.value)" })
    }

    private func device(_ zone: Zone, _ vlan: UInt16) -> String {
        let lines = [
            head("the tag of zone \(zone.name)"), "[NetDev]", "Name=\(Self.device(vlan))",
            "Kind=vlan", "", "[VLAN]", "Id=\(vlan)",
        ]
        return text(lines + Self.fixed.map { "\($0.key)=\($0.value)" })
    }

    private func network(_ zone: Zone, _ vlan: UInt16) -> String {
        let gateway = Address(zone.network.base.value + 1)
        let lines = [
            head("the gateway in zone \(zone.name)"), "[Match]", "Name=\(Self.device(vlan))", "",
            "[Link]", "RequiredForOnline=no", "", "[Network]",
            "Address=\(gateway)/\(zone.network.length)",
        ]
        return text(lines + Self.off.map { "\($0.key)=\($0.value)" })
    }

    private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
}
