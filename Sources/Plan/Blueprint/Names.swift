internal import Findings
internal import Platform
internal import YAMLTree

/// The names that the file declares, with what is wrong about the names themselves.
///
/// A service counts as declared even when its own lines are broken, so one mistake is told once.
struct Names {
    /// In the order of the file.
    let zones: [String]
    let services: [String]
    private let zoneSet: Set<String>
    /// Names of ports by service.
    private let ports: [String: [String]]
    private let references: Set<String>
    private let channels: [String: Set<String>]
    /// Message types by service; those of flows to nowhere stand under the empty name.
    private let messages: [String: Set<String>]
    let secrets: Set<String>

    /// Names outside that no service or zone may take, and names of what is always there.
    private static let outside = ["internet", "office"]
    private static let implicit = ["authority", "sensor", "audit", "supervisor"]

    init(_ root: Node, _ report: inout Report) {
        let zoneEntries = root[PlatformKey.zones]?.entries ?? []
        let serviceEntries = root[PlatformKey.services]?.entries ?? []
        zones = zoneEntries.map(\.key)
        services = serviceEntries.map(\.key)
        zoneSet = Set(zones)
        var ports: [String: [String]] = [:]
        var references: Set<String> = []
        var secrets: Set<String> = []
        for entry in serviceEntries {
            ports[entry.key] = entry.value[ServiceKey.ports]?.entries.map(\.key) ?? []
            for port in ports[entry.key] ?? [] { references.insert("\(entry.key).\(port)") }
            for secret in entry.value[ServiceKey.needs]?[NeedKey.secrets]?.items ?? [] {
                if let name = secret.scalar { secrets.insert(name) }
            }
        }
        self.ports = ports
        self.references = references
        self.secrets = secrets
        var messages: [String: Set<String>] = [:]
        for flow in root[PlatformKey.flows]?.items ?? [] {
            let to = flow.text(FlowKey.to).flatMap(Form.split)?.service ?? ""
            for message in flow[FlowKey.messages]?.items ?? [] {
                guard let name = message.scalar else { continue }
                messages[ports[to] == nil ? "" : to, default: []].insert(name)
            }
        }
        self.messages = messages
        var channels: [String: Set<String>] = [:]
        for channel in root[PlatformKey.channels]?.items ?? [] {
            guard let to = channel.text(ChannelKey.to), let name = channel.text(ChannelKey.name)
            else { continue }
            channels[to, default: []].insert(name)
        }
        self.channels = channels
        Self.checkReserved(zoneEntries, "zone", Self.outside, &report)
        Self.checkReserved(serviceEntries, "service", Self.outside + Self.implicit, &report)
        for entry in serviceEntries where zoneSet.contains(entry.key) {
            report.error(
                "name-clash", entry.place,
                "\(quoted(entry.key)) is the name of a service and of a zone",
                "rename one of them: flows could mean either")
        }
    }

    private static func checkReserved(
        _ entries: [Node.Entry], _ noun: String, _ reserved: [String], _ report: inout Report
    ) {
        for entry in entries where reserved.contains(entry.key) {
            report.error(
                "reserved-name", entry.place, "no \(noun) can be called \(quoted(entry.key))",
                outside.contains(entry.key)
                    ? "rename it: the word means what is outside the platform"
                    : "rename it: the platform always has its own")
        }
    }

    func hasZone(_ name: String) -> Bool { zoneSet.contains(name) }
    func hasService(_ name: String) -> Bool { ports[name] != nil }
    func hasPort(_ name: String, of service: String) -> Bool {
        references.contains("\(service).\(name)")
    }

    /// The declared zone that a value names.
    func zone(_ node: Node?, _ report: inout Report) -> String? {
        guard let node, let name = node.scalar, !name.isEmpty else { return nil }
        if hasZone(name) { return name }
        let advice = report.nearest(name, among: zones, else: "add it under `zones:`")
        report.error("unknown-zone", node.place, "there is no zone \(quoted(name))", advice)
        return nil
    }

    /// The declared service that a value names.
    func service(_ node: Node?, _ report: inout Report) -> String? {
        guard let node, let name = node.scalar, !name.isEmpty else { return nil }
        return service(name, at: node.place, &report)
    }

    private func service(_ name: String, at place: Place, _ report: inout Report) -> String? {
        if hasService(name) { return name }
        let otherwise: String
        if Self.outside.contains(name) || hasZone(name) {
            otherwise = "name a service: \(quoted(name)) is none"
        } else {
            otherwise = "add it under `services:`"
        }
        let advice = report.nearest(name, among: services, else: otherwise)
        report.error("unknown-service", place, "there is no service \(quoted(name))", advice)
        return nil
    }

    /// The declared port that `service.port` names.
    func port(
        _ text: String?, at place: Place?, _ report: inout Report
    ) -> (service: String, port: String)? {
        guard let text, let place, let reference = Form.split(text),
            let service = service(reference.service, at: place, &report)
        else { return nil }
        if hasPort(reference.port, of: service) { return reference }
        unknownPort(reference.port, of: service, at: place, &report)
        return nil
    }

    private func unknownPort(
        _ port: String, of service: String, at place: Place, _ report: inout Report
    ) {
        let known = ports[service] ?? []
        let advice = report.nearest(
            port, among: known,
            else: known.isEmpty
                ? "add `ports:` to the service"
                : "its ports are \(known.prefix(20).joined(separator: ", "))")
        report.error(
            "unknown-port", place, "service \(quoted(service)) has no port \(quoted(port))", advice)
    }

    /// The service, or the office, at whose side a channel begins.
    func channelSource(_ node: Node?, _ report: inout Report) -> Party? {
        if node?.scalar == "office" { return .office }
        return service(node, &report).map(Party.service)
    }

    /// The service, zone or outside that a value names.
    func party(_ node: Node?, outside: Bool = true, _ report: inout Report) -> Party? {
        guard let node, let name = node.scalar, !name.isEmpty else { return nil }
        return party(name, at: node.place, outside: outside, &report)
    }

    func party(
        _ name: String, at place: Place, outside: Bool = true, _ report: inout Report
    ) -> Party? {
        if let party = party(name), outside || !Self.outside.contains(name) { return party }
        let known = services + zones + (outside ? Self.outside : [])
        let advice = report.nearest(
            name, among: known,
            else: outside
                ? "name a service, a zone, internet or office" : "name a service or a zone")
        report.error(
            "unknown-party", place, "\(quoted(name)) is no service and no zone", advice)
        return nil
    }

    private func party(_ name: String) -> Party? {
        switch name {
        case "internet": .internet
        case "office": .office
        case _ where hasService(name): .service(name)
        case _ where hasZone(name): .zone(name)
        default: nil
        }
    }

    /// What a guarantee points at.
    enum Subject {
        case party(Party, port: String?)
        /// Declared, but nothing that packets or channels decide; the text says what it is.
        case beyond(String)
    }

    /// The party, port, channel, message or secret that a guarantee's value names.
    func subject(_ node: Node?, _ report: inout Report) -> Subject? {
        guard let node, let text = node.scalar, !text.isEmpty else { return nil }
        return subject(text, at: node.place, &report)
    }

    func subject(_ text: String, at place: Place, _ report: inout Report) -> Subject? {
        if let party = party(text) { return .party(party, port: nil) }
        if secrets.contains(text) { return .beyond("the secret \(text)") }
        if text.contains("/") {
            let advice = report.nearest(
                text, among: secrets.sorted(), else: "add it to some service's `needs: secrets`")
            report.error("unknown-secret", place, "no service needs \(quoted(text))", advice)
            return nil
        }
        if let reference = Form.split(text) {
            guard let service = service(reference.service, at: place, &report) else {
                return nil
            }
            if hasPort(reference.port, of: service)
                || channels[service]?.contains(reference.port) == true
                || [service, ""].contains(where: {
                    messages[$0]?.contains(reference.port) == true
                })
            {
                return .party(.service(service), port: reference.port)
            }
            unknownPort(reference.port, of: service, at: place, &report)
            return nil
        }
        return party(text, at: place, &report).map { .party($0, port: nil) }
    }
}
