internal import Findings
internal import Platform

/// VLAN tags that join zones on a wire.
///
/// The file says nothing of switches, so this judges what holds whatever they are: two zones with
/// one tag are one broadcast domain; on a trunk that carries tagged zones, what has no tag shares the
/// one untagged network; and number 1 is that network on switches as they come.
enum Tags {
    /// The VLAN that most switches send untagged.
    private static let native: UInt16 = 1

    static func findings(_ platform: Platform) -> [Finding] {
        let tagged = platform.zones.filter { $0.vlan != nil }
        guard !tagged.isEmpty else { return [] }
        var found: [Finding] = []
        var first: [UInt16: Zone] = [:]
        for zone in tagged {
            guard let vlan = zone.vlan else { continue }
            if let other = first[vlan] {
                found.append(
                    Finding(
                        .warning, "shared-vlan", at: zone.place,
                        "zones `\(other.name)` and `\(zone.name)` carry the same VLAN \(vlan): one "
                            + "network, where no rule stands between them",
                        remedy: "give each zone a tag of its own"))
            } else {
                first[vlan] = zone
            }
            if vlan == native {
                found.append(
                    Finding(
                        .warning, "native-vlan", at: zone.place,
                        "zone `\(zone.name)` has VLAN 1, which switches send untagged as they come: "
                            + "whatever has no tag is in this zone",
                        remedy: "give it a tag from 2 to 4094"))
            }
        }
        return found + untagged(platform.zones.filter { $0.vlan == nil }, beside: tagged)
    }

    private static func untagged(_ zones: [Zone], beside tagged: [Zone]) -> [Finding] {
        guard let zone = zones.first else { return [] }
        let names = listed(zones.map { "`\($0.name)`" })
        let problem =
            zones.count == 1
            ? "zone \(names) has no `vlan` and \(counted(tagged)) one: on a trunk it is the "
                + "untagged network, which any unconfigured port joins"
            : "zones \(names) have no `vlan` and \(counted(tagged)) one: on a trunk they all are "
                + "the untagged network, where no rule stands between them"
        return [
            Finding(
                .warning, "untagged-zone", at: zone.place, problem,
                remedy: "give each zone a `vlan` of its own, or none at all")
        ]
    }

    private static func counted(_ zones: [Zone]) -> String {
        zones.count == 1 ? "zone `\(zones[0].name)` has" : "\(zones.count) others have"
    }
}
