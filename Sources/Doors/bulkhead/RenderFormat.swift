internal import Addresses
internal import Arguments
internal import Compile
internal import Confinement
internal import Findings
internal import GatewayProof
internal import IptablesRendering
internal import KubernetesRendering
internal import NftRendering
internal import Permits
internal import Platform
internal import SystemdRendering
internal import TerraformRendering

/// What a rendering is made from.
struct RenderedPlatform {
    let permits: Permits
    let outline: Outline
    let arguments: Arguments
    /// Absolute path of the platform file's folder.
    let home: String

    init(_ platform: Platform, in file: PlatformFile, _ arguments: Arguments) throws(Failure) {
        let deployment = try Self.whole(Compile.outline(platform, file: file.path), file.path)
        outline = Outline(deployment)
        permits = Permits(platform, outline, file: file.path)
        self.arguments = arguments
        home = file.folder
    }

    /// What was compiled, or what stands in its way on the terminal.
    private static func whole(
        _ outcome: (deployment: Deployment?, findings: [Finding]), _ file: String
    ) throws(Failure) -> Deployment {
        for finding in outcome.findings where finding.severity == .error {
            Output.error(finding.line(file: Excerpt.of(file, limit: 500)))
        }
        guard let deployment = outcome.deployment else {
            throw Failure(
                .refused, "platform-file", "\(Excerpt.of(file, limit: 500)) has errors",
                remedy: "mend them; `bulkhead check` shows them again")
        }
        return deployment
    }

    /// With what each service runs and is given.
    fileprivate func portable() throws(Failure) -> Deployment {
        let file = permits.file
        return try Self.whole(Compile.portable(permits.platform, file: file), file)
    }

    fileprivate func units() throws(Failure) -> UnitOptions {
        try UnitOptions(
            interfaces: arguments.values("interface"), programs: arguments.value("programs"),
            folder: arguments.value("folder"), home: home, for: permits)
    }

    fileprivate func gateway() throws(Failure) -> Gateway {
        try Gateway(arguments.values("interface"), for: permits)
    }
}

/// A format that platforms are rendered to; a new one is one member and one word in `all`.
struct RenderFormat: Sendable {
    let name: String
    let about: String
    let render: @Sendable (RenderedPlatform) throws(Failure) -> Rendering
    /// What is written is always one file, and `--output` names it.
    var isOneFile = true

    static let all: [RenderFormat] = [
        .nftables, .iptables, .terraform, .kubernetes, .systemd, .networkd,
    ]

    /// Flags of single formats.
    static let flags = [
        Flag(
            "interface", value: "ZONE=NAME", repeats: true,
            "nftables, iptables-save: the gateway's interface of a zone, or of `outside`; systemd: "
                + "that of the zone's machines"),
        Flag(
            "pods", value: "NETWORK", repeats: true,
            "kubernetes: a network of the cluster's pods"),
        Flag(
            "trunk", value: "NAME",
            "systemd-networkd: the interface that carries the tagged zones"),
        Flag(
            "programs", value: "FOLDER",
            "systemd: where programs are that the file names without one"),
        Flag(
            "folder", value: "FOLDER",
            "systemd: where the platform file's folder is on the machines"),
    ]

    static let nftables = RenderFormat(
        name: "nftables", about: "a ruleset of the gateway between the zones, for `nft -f`"
    ) { platform throws(Failure) in
        try NftRendering.render(platform.permits, platform.outline, platform.gateway())
    }

    static let iptables = RenderFormat(
        name: "iptables-save", about: "the same for IPv4 and `iptables-restore`"
    ) { platform throws(Failure) in
        try IptablesRendering.render(platform.permits, platform.outline, platform.gateway())
    }

    static let terraform = RenderFormat(
        name: "terraform", about: "security groups and network ACLs of AWS, as a module in JSON"
    ) { platform throws(Failure) in
        try TerraformRendering.render(platform.permits, platform.outline)
    }

    static let kubernetes = RenderFormat(
        name: "kubernetes", about: "namespaces and network policies, for `kubectl apply -f`"
    ) { platform throws(Failure) in
        var pods: [Prefix] = []
        for word in platform.arguments.values("pods") {
            guard let network = Prefix(word) else {
                throw Failure(
                    .usage, "flag-value", "--pods does not take `\(Excerpt.of(word))`",
                    remedy: "write a network without host bits, as 10.244.0.0/16")
            }
            pods.append(network)
        }
        return try KubernetesRendering.render(platform.permits, platform.outline, pods: pods)
    }

    static let systemd = RenderFormat(
        name: "systemd", about: "a unit with every wall for each service, for /etc/systemd/system",
        render: { platform throws(Failure) in
            try SystemdRendering.render(
                platform.permits, platform.outline, platform.portable(), platform.units())
        }, isOneFile: false)

    static let networkd = RenderFormat(
        name: "systemd-networkd",
        about: "the gateway's VLAN devices and addresses, for /etc/systemd/network",
        render: { platform throws(Failure) in
            guard let trunk = platform.arguments.value("trunk") else {
                throw Failure(
                    .usage, "trunk", "the trunk has no name",
                    remedy: "name the interface that carries the tagged zones, as --trunk eth1")
            }
            return try NetworkdRendering.render(
                platform.permits, platform.outline, trunk: trunk)
        }, isOneFile: false)

    /// The format of that name.
    static func named(_ name: String?) throws(Failure) -> RenderFormat {
        let known = all.map(\.name)
        guard let name else {
            throw Failure(
                .usage, "no-format", "`render` must know the format",
                remedy: "write --to and one of \(known.joined(separator: ", "))")
        }
        if let format = all.first(where: { $0.name == name }) { return format }
        throw Failure(
            .usage, "unknown-format", "there is no format `\(Excerpt.of(name))`",
            remedy: Nearest.name(to: name, among: known).map { "did you mean \($0)?" }
                ?? "write one of \(known.joined(separator: ", "))")
    }
}
