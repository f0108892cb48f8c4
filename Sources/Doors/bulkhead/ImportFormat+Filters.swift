internal import Findings
internal import MachineTopology
internal import Topology

extension ImportFormat {
    static let nftables = filter(
        .nftables, "nftables", endings: [".nft", ".conf", ".rules"],
        about: "one machine's rules, as `nft list ruleset` prints them or `nft -f` takes them")

    static let nftablesJSON = filter(
        .nftablesJSON, "nftables-json", endings: [".json"],
        about: "one machine's rules, as `nft -j list ruleset` prints them")

    static let iptablesSave = filter(
        .iptablesSave, "iptables-save", endings: [".v4", ".v6", ".rules", ".save"],
        about: "one machine's dumps: of `iptables-save`, of `ip6tables-save`, or both")

    private static func filter(
        _ format: Machine.Format, _ name: String, endings: [String], about: String
    ) -> ImportFormat {
        @Sendable func machine(
            _ files: [ImportedFile]
        ) -> (machine: Machine?, findings: [Finding]) {
            Machine.read(format, files.map { Machine.File(name: $0.name, bytes: $0.bytes) })
        }
        return ImportFormat(
            name: name, endings: endings, about: about,
            read: { files in
                let (machine, findings) = machine(files)
                var topology = machine?.topology() ?? Topology()
                if machine == nil { topology.findings = findings }
                return topology
            },
            review: { files in
                let (machine, findings) = machine(files)
                guard let machine else { return ImportedReview(findings: findings) }
                return ImportedReview(
                    summary: machine.summary, findings: findings + machine.review())
            })
    }
}
