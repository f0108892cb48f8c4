internal import Addresses
internal import Findings
internal import Platform
internal import YAMLTree

/// Turns the checked tree into the model, resolving names on the way.
///
/// Values whose form is wrong were reported by `ShapeCheck`; here they are left out.
struct Reader {
    let names: Names
    let folder: String
    let today: Int
    var report: Report

    mutating func platform(_ root: Node) -> Platform {
        var platform = Platform(name: root.text(PlatformKey.platform) ?? "")
        platform.zones = (root[PlatformKey.zones]?.entries ?? []).compactMap(zone)
        platform.office = office(root[PlatformKey.office])
        for node in root[PlatformKey.packs]?.oneOrMany ?? [] {
            guard let pack = node.scalar.flatMap(PackName.init), !platform.packs.contains(pack)
            else { continue }
            platform.packs.append(pack)
        }
        for entry in root[PlatformKey.services]?.entries ?? [] {
            if let service = service(entry) { platform.services.append(service) }
        }
        for node in root[PlatformKey.flows]?.items ?? [] {
            if let flow = flow(node) { platform.flows.append(flow) }
        }
        for node in root[PlatformKey.channels]?.items ?? [] {
            if let channel = channel(node) { platform.channels.append(channel) }
        }
        for node in root[PlatformKey.guarantees]?.items ?? [] {
            if let guarantee = guarantee(node) { platform.guarantees.append(guarantee) }
        }
        for node in root[PlatformKey.expect]?.items ?? [] {
            if let guarantee = expectation(node) { platform.guarantees.append(guarantee) }
        }
        for entry in root[PlatformKey.publish]?.entries ?? [] {
            if let publication = publication(entry) { platform.publications.append(publication) }
        }
        if let node = root[PlatformKey.isolation], let name = node.scalar {
            platform.isolation = Isolation(name: name)
            if name == "user" {
                report.note(
                    inactive: "`isolation: user`",
                    until: "compartments in unprivileged user namespaces are built", at: node.place)
            }
        }
        var checks = WholeChecks(platform: platform, report: report)
        checks.run(root)
        report = checks.report
        return platform
    }

    /// Most networks of the operators' side.
    private static let officeMax = 256

    private mutating func office(_ node: Node?) -> [Prefix] {
        guard let node else { return [] }
        if node.oneOrMany.count > Self.officeMax {
            report.error(
                "bad-value", node.place, "the office has more than \(Self.officeMax) networks",
                "write fewer and wider ones")
        }
        return node.oneOrMany.prefix(Self.officeMax).compactMap {
            $0.scalar.flatMap(Form.network)
        }
    }

    private func zone(_ entry: Node.Entry) -> Zone? {
        guard let network = entry.value.text(ZoneKey.network).flatMap(Form.network) else {
            return nil
        }
        let vlan = entry.value.text(ZoneKey.vlan).flatMap(Units.whole).flatMap(
            UInt16.init(exactly:))
        return Zone(name: entry.key, network: network, vlan: vlan, place: entry.place)
    }

    private mutating func flow(_ node: Node) -> Flow? {
        let from = names.party(node[FlowKey.from], &report)
        let target = node[FlowKey.to]
        let to = names.port(target?.scalar, at: target?.place, &report)
        let expires = node.text(FlowKey.expires).flatMap(Units.day)
        if let expires, let place = node[FlowKey.expires]?.place {
            checkExpiry(expires, text: node.text(FlowKey.expires) ?? "", at: place)
        }
        guard let from, let to else { return nil }
        var flow = Flow(
            from: from, to: to.service, port: to.port,
            because: Units.trimmed(node.text(FlowKey.because) ?? ""), place: node.place)
        flow.owner = node.text(FlowKey.owner).map(Units.trimmed)
        flow.ticket = node.text(FlowKey.ticket).map(Units.trimmed)
        flow.expires = expires
        flow.messages = node[FlowKey.messages]?.items.compactMap(\.scalar) ?? []
        flow.observe = node.text(FlowKey.observe) == "true"
        return flow
    }

    /// Days before its last one from which a flow is said to expire soon.
    private static let soonDays = 14

    private mutating func checkExpiry(_ day: Int, text: String, at place: Place) {
        if day < today {
            report.error(
                Blueprint.expiredCode, place, "the flow expired on \(text)",
                "remove it, or decide again and write a later day")
        } else if day - today < Self.soonDays {
            report.warning(
                "expires-soon", place, "the flow expires on \(text)",
                "remove it, or decide again and write a later day")
        }
    }

    private mutating func channel(_ node: Node) -> Channel? {
        let from = names.channelSource(node[ChannelKey.from], &report)
        let to = names.service(node[ChannelKey.to], &report)
        guard let from, let to, let name = node.text(ChannelKey.name) else { return nil }
        return Channel(
            from: from, to: to, name: name,
            because: Units.trimmed(node.text(ChannelKey.because) ?? ""), place: node.place)
    }

    private mutating func publication(_ entry: Node.Entry) -> Publication? {
        guard let to = names.port(entry.key, at: entry.place, &report),
            let socket = entry.value.scalar.flatMap(Form.socket)
        else { return nil }
        return Publication(
            service: to.service, port: to.port, address: socket.address, number: socket.number,
            place: entry.place)
    }
}
