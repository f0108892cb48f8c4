internal import Addresses
package import Findings
package import Permits
internal import Platform

/// Rendering for `/etc/systemd/network` of the gateway: a VLAN device for each tagged zone.
package enum NetworkdRendering {
    /// `trunk` is the interface that carries the tags.
    package static func render(
        _ permits: Permits, _ outline: Outline, trunk: String
    ) throws(Failure) -> Rendering {
        try checkTrunk(trunk, permits)
        let refused = refusals(permits)
        guard refused.isEmpty else {
            throw Failure(
                .refused, refused[0].code,
                refused.map { $0.line(file: permits.file) }.joined(separator: "\n"), remedy: "")
        }
        let files = Networks(permits, trunk: trunk).files
        let proof = try prove(files, permits, outline, trunk: trunk)
        return Rendering(files: files, proof: proof, findings: findings(permits))
    }

    /// What is proved of files; a failure when they say anything else than the plan.
    package static func prove(
        _ files: [Rendering.File], _ permits: Permits, _ outline: Outline, trunk: String
    ) throws(Failure) -> [String] {
        try NetworkProof(permits, outline, trunk: trunk).check(files)
    }

    private static func checkTrunk(_ trunk: String, _ permits: Permits) throws(Failure) {
        let isDevice = permits.zones.contains { zone in
            zone.vlan.map { Networks.device($0) == trunk } ?? false
        }
        guard UnitWord.isInterface(trunk), !isDevice else {
            throw Failure(
                .usage, "trunk", "--trunk does not take `\(Excerpt.of(trunk))`",
                remedy: "name the interface that carries the tagged zones, as --trunk eth1")
        }
    }

    /// What no VLAN can say, each with its place.
    private static func refusals(_ permits: Permits) -> [Finding] {
        var found: [Finding] = []
        var owners: [UInt16: String] = [:]
        for zone in permits.zones {
            guard let vlan = zone.vlan else { continue }
            if let owner = owners[vlan] {
                found.append(
                    Finding(
                        .error, "shared-vlan", at: zone.place,
                        "zones \(owner) and \(zone.name) have the same VLAN \(vlan): one network, "
                            + "where no gateway stands between them",
                        remedy: "give each zone a tag of its own"))
            }
            owners[vlan] = zone.name
            if !(1...4094).contains(vlan) || zone.network.length > 30 {
                found.append(
                    Finding(
                        .error, "no-gateway", at: zone.place,
                        "zone \(zone.name) has no room for a gateway",
                        remedy: "give it a network of at least four addresses"))
            }
        }
        if owners.isEmpty {
            found.append(
                Finding(
                    .error, "no-vlan", at: permits.zones.first?.place, "no zone has a `vlan`",
                    remedy: "give each zone a tag of its own, as `vlan: 10`"))
        }
        return found
    }

    private static func findings(_ permits: Permits) -> [Finding] {
        var found: [Finding] = []
        for zone in permits.zones where zone.vlan == nil {
            found.append(
                Finding(
                    .warning, "zone-untagged", at: zone.place,
                    "zone \(zone.name) has no `vlan`: the gateway gets no device for it",
                    remedy: "give it a tag of its own"))
        }
        found.append(
            Finding(
                .note, "forwarding-off", at: nil,
                "no file lets the kernel forward: what crosses is the packet filter's to say",
                remedy: "load `bulkhead render --to nftables` first, then set net.ipv4.ip_forward"))
        found.append(
            Finding(
                .note, "outside-not-rendered", at: nil,
                "the outside's interface, its address and its default route are not here",
                remedy: "write a file of your own for it"))
        return found
    }
}
