internal import Addresses
package import Comparison
package import Findings
package import Platform

extension Scene {
    /// A platform file; with a comparison what it opens and closes against an older state of it.
    ///
    /// `flaws` are places and texts of what is wrong; `subtitle` stands under the name.
    package init(
        _ platform: Platform, flaws: [(place: Place?, text: String)] = [],
        comparison: Comparison? = nil
    ) {
        let counts = [
            Self.counted(platform.zones.count, "zone"),
            Self.counted(platform.services.count, "service"),
            Self.counted(platform.flows.count, "flow"),
            Self.counted(platform.channels.count, "channel"),
            Self.counted(platform.publications.count, "published port"),
        ]
        self.init(title: platform.name, subtitle: counts.joined(separator: ", "))
        var draft = PlatformDraft(platform)
        let isSmall =
            draft.services <= Self.nodesMax
            && platform.flows.count + platform.channels.count <= Self.edgesMax
            && (comparison?.changes.count ?? 0) <= Self.edgesMax
        if !isSmall { draft.isByZone = true }
        draft.fill(&self)
        if let comparison { draft.add(comparison, &self) }
        draft.add(flaws, &self)
        if !isSmall { thin() }
    }

    static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}

/// A scene of a platform while it is put together.
private struct PlatformDraft {
    private static let portsMax = 4
    /// Zones that a zone's box counts by name.
    private static let zonesMax = 5

    let platform: Platform
    /// Each zone is one box.
    var isByZone = false
    private let zones: [String: Int]
    private let zoneOf: [String: Int]
    private var nodes: [String: Int] = [:]
    private var anybody: [Int: Int] = [:]
    /// Lines of the file, to the nodes and edges that they are about.
    private var nodesOfLine: [Int: Int] = [:]
    private var edgesOfLine: [Int: [Int]] = [:]

    var services: Int { platform.services.count }

    init(_ platform: Platform) {
        self.platform = platform
        zones = Dictionary(
            platform.zones.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        var zoneOf: [String: Int] = [:]
        for service in platform.services { zoneOf[service.name] = zones[service.zone] }
        self.zoneOf = zoneOf
    }

    mutating func fill(_ scene: inout Scene) {
        let members = Dictionary(grouping: platform.services, by: \.zone)
        scene.groups = platform.zones.map { zone in
            Scene.Group(
                name: zone.name,
                note: (members[zone.name] ?? []).isEmpty ? "no service" : "\(zone.network)",
                isFramed: !isByZone)
        }
        let outsides: [(party: Party, name: String)] = [
            (.internet, "internet"), (.office, "office"),
        ]
        for outside in outsides
        where platform.flows.contains(where: { $0.from == outside.party })
            || platform.channels.contains(where: { $0.from == outside.party })
        {
            nodes[outside.name] = scene.nodes.count
            scene.nodes.append(Scene.Node(kind: .outside, name: outside.name))
        }
        if isByZone {
            for (index, zone) in platform.zones.enumerated() {
                anybody[index] = scene.nodes.count
                nodesOfLine[zone.place.line] = scene.nodes.count
                scene.nodes.append(
                    Scene.Node(
                        kind: .zone, name: zone.name, group: index,
                        lines: [
                            Scene.counted((members[zone.name] ?? []).count, "service"),
                            "\(zone.network)",
                        ]))
            }
            for service in platform.services {
                nodes[service.name] = anybody[zoneOf[service.name] ?? 0]
            }
        } else {
            for service in platform.services { add(service, &scene) }
        }
        for flow in platform.flows { add(flow, &scene) }
        for channel in platform.channels { add(channel, &scene) }
        if isByZone { count(&scene) }
    }

    private mutating func add(_ service: Service, _ scene: inout Scene) {
        var node = Scene.Node(kind: .service, name: service.name, group: zoneOf[service.name])
        let ports = service.ports.map { "\($0.name) \($0.port)" }
        node.lines = ports.prefix(Self.portsMax).map { Metrics.short($0, limit: 30) }
        if ports.count > Self.portsMax {
            node.lines.append("and \(ports.count - Self.portsMax) more ports")
        }
        if service.instances > 1 { node.lines.append("\(service.instances) instances") }
        node.published = platform.publications.filter { $0.service == service.name }
            .map { "\($0.address):\($0.number)" }
        node.tip = "\(service.name), line \(service.place.line)"
        nodes[service.name] = scene.nodes.count
        nodesOfLine[service.place.line] = scene.nodes.count
        scene.nodes.append(node)
    }

    /// The node of a party; a zone's is made when it is first wanted.
    private mutating func node(_ party: Party, _ scene: inout Scene) -> Int? {
        switch party {
        case .internet, .office, .service: return nodes[party.name]
        case .zone(let name):
            guard let zone = zones[name] else { return nil }
            if let known = anybody[zone] { return known }
            anybody[zone] = scene.nodes.count
            scene.nodes.append(
                Scene.Node(
                    kind: .anybody, name: "anybody in \(name)", group: zone,
                    tip: "every service of zone \(name)"))
            return anybody[zone]
        }
    }

    private mutating func add(_ flow: Flow, _ scene: inout Scene) {
        guard let target = nodes[flow.to], let source = node(flow.from, &scene) else { return }
        let number = platform.service(flow.to)?.port(flow.port).map { " \($0)" } ?? ""
        let messages =
            flow.messages.isEmpty ? "" : " (\(flow.messages.joined(separator: ", ")))"
        let tip =
            "\(flow.from.name) to \(flow.to).\(flow.port)\(number)\(messages), "
            + "line \(flow.place.line): \(flow.because)"
        add(
            Scene.Edge(from: source, to: target, kind: .flow, tip: tip), line: flow.place.line,
            &scene)
    }

    private mutating func add(_ channel: Channel, _ scene: inout Scene) {
        guard let target = nodes[channel.to], let source = node(channel.from, &scene) else {
            return
        }
        let tip =
            "channel \(channel.name) from \(channel.from.name) to \(channel.to), "
            + "line \(channel.place.line): \(channel.because)"
        add(
            Scene.Edge(from: source, to: target, kind: .channel, tip: tip),
            line: channel.place.line, &scene)
    }

    private mutating func add(_ edge: Scene.Edge, line: Int, _ scene: inout Scene) {
        scene.add(edge)
        let index = scene.edges.firstIndex {
            $0.from == edge.from && $0.to == edge.to && $0.kind == edge.kind
        }
        if let index { edgesOfLine[line, default: []].append(index) }
    }

    /// How many flows each zone has to each other one.
    private func count(_ scene: inout Scene) {
        var counts: [Int: [Int: Int]] = [:]
        for flow in platform.flows {
            guard let target = nodes[flow.to] else { continue }
            let source =
                switch flow.from {
                case .zone(let name): zones[name].flatMap { anybody[$0] }
                default: nodes[flow.from.name]
                }
            if let source { counts[source, default: [:]][target, default: 0] += 1 }
        }
        for (source, targets) in counts {
            let sorted = targets.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            for (target, count) in sorted.prefix(Self.zonesMax) {
                let flows = Scene.counted(count, "flow")
                scene.nodes[source].lines.append(
                    source == target
                        ? "\(flows) inside" : "\(flows) to \(scene.nodes[target].name)")
            }
            let rest = sorted.dropFirst(Self.zonesMax)
            if !rest.isEmpty {
                let flows = Scene.counted(rest.reduce(0) { $0 + $1.value }, "flow")
                scene.nodes[source].lines.append(
                    "\(flows) to \(Scene.counted(rest.count, "other zone"))")
            }
        }
    }
}

extension PlatformDraft {
    /// Marks what is opened and closed; what exists no more is drawn as it was.
    mutating func add(_ comparison: Comparison, _ scene: inout Scene) {
        scene.isDifference = true
        scene.subtitle =
            "against \(comparison.old): \(comparison.count(.opened)) opened, "
            + "\(comparison.count(.closed)) closed"
        for party in comparison.onlyNew {
            if let node = nodes[party.name], !isByZone { scene.nodes[node].state = .opened }
        }
        for change in comparison.changes {
            guard let source = known(change.from, &scene), let target = known(change.to, &scene)
            else { continue }
            let isChannel: Bool
            if case .channel = change.subject { isChannel = true } else { isChannel = false }
            let isOpened = change.direction == .opened
            let lines = isOpened ? change.newLines : change.oldLines
            let from = lines.compactMap(\.place?.line).map { "line \($0)" }
            let text =
                "\(change.direction.rawValue): \(change.from) to \(change.to): "
                + change.subject.text + (change.isCertain ? "" : " (may)")
                + (from.isEmpty ? "" : ", \(from.joined(separator: ", "))")
            scene.remarks.append(Scene.Remark(state: isOpened ? .opened : .closed, text: text))
            mark(
                Scene.Edge(
                    from: source, to: target, kind: isChannel ? .channel : .flow,
                    state: isOpened ? .opened : .closed, tip: text), &scene)
        }
        for party in comparison.onlyNew + comparison.onlyOld where isByZone {
            scene.remarks.append(
                Scene.Remark(state: .plain, text: "only on one side: \(party.name)"))
        }
        scene.remarks.sort { $0.state > $1.state }
    }

    /// The node of a name; one that is gone is drawn in no zone's band but its last known one.
    private mutating func known(_ name: String, _ scene: inout Scene) -> Int? {
        let service = String(name.prefix { $0 != "." })
        if let node = nodes[service] { return node }
        guard !isByZone else { return nil }
        let isOutside = name == Party.internet.name || name == Party.office.name
        nodes[service] = scene.nodes.count
        scene.nodes.append(
            Scene.Node(
                kind: isOutside ? .outside : .service, name: service, group: nil,
                state: isOutside ? .plain : .closed, tip: "\(service), only in the older file"))
        return nodes[service]
    }

    /// Replaces a quiet line between the same two by the one that stands out.
    private func mark(_ edge: Scene.Edge, _ scene: inout Scene) {
        if edge.state == .opened {
            let written = scene.edges.firstIndex {
                $0.from == edge.from && $0.to == edge.to && $0.kind == edge.kind
                    && $0.state == .plain
            }
            if let written { scene.edges[written].state = .opened }
        }
        scene.add(edge)
    }

    /// Marks what findings and broken guarantees are about.
    func add(_ flaws: [(place: Place?, text: String)], _ scene: inout Scene) {
        for flaw in flaws {
            let line = flaw.place.map { "line \($0.line): " } ?? ""
            scene.remarks.append(Scene.Remark(state: .flawed, text: line + flaw.text))
            guard let number = flaw.place?.line else { continue }
            if let node = nodesOfLine[number], scene.nodes[node].state == .plain {
                scene.nodes[node].state = .flawed
            }
            for edge in edgesOfLine[number] ?? [] where scene.edges[edge].state == .plain {
                scene.edges[edge].state = .flawed
            }
        }
    }
}
