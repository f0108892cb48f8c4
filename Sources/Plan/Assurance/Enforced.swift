internal import Addresses
internal import Confinement
internal import Findings
internal import Platform
internal import Segmentation

/// A platform whose flows between services are not those of its file but what filters let pass.
///
/// What comes from outside stays as the file says it: it comes by sockets that are handed over and
/// by channels, of which no packet filter knows.
struct Enforced {
    private let platform: Platform
    /// Service of each endpoint.
    private let services: [Int]
    /// Ports that somebody asks about, by service.
    private var ports: [[(name: String, port: Port)]]
    private var flows: [Flow] = []
    private var channels: [Channel] = []
    private let declared: [Declared: [Int]]

    private struct Declared: Hashable {
        let from: Party
        let to: String
        let port: Port
    }

    static func platform(
        _ platform: Platform, _ deployment: Deployment, _ openings: [Opening]
    ) -> Platform {
        var maker = Enforced(platform, deployment)
        for opening in openings { maker.add(opening) }
        var enforced = platform
        let outside: Set<Party> = [.internet, .office]
        for index in enforced.services.indices {
            for (name, port) in maker.ports[index]
            where enforced.services[index].port(name) == nil {
                let place = enforced.services[index].place
                enforced.services[index].ports.append(
                    ServicePort(name: name, port: port, place: place))
            }
        }
        enforced.flows = platform.flows.filter { outside.contains($0.from) } + maker.flows
        enforced.channels += maker.channels
        return enforced
    }

    private init(_ platform: Platform, _ deployment: Deployment) {
        self.platform = platform
        var index: [String: Int] = [:]
        for number in platform.services.indices { index[platform.services[number].name] = number }
        services = deployment.compartments.filter { $0.kind == .service }.map { compartment in
            // A second instance is called NAME.2; names themselves have no dot.
            index[String(compartment.name.prefix { $0 != "." })] ?? -1
        }
        let asked = Set(
            platform.guarantees.compactMap { guarantee -> Port? in
                guard case .expect(_, _, _, let port, _) = guarantee.kind else { return nil }
                return port
            })
        ports = platform.services.map { service in
            let named = service.ports.map { ($0.name, $0.port) }
            let known = Set(service.ports.map(\.port))
            return named + asked.subtracting(known).map { ($0.description, $0) }
        }
        var declared: [Declared: [Int]] = [:]
        for number in platform.flows.indices {
            let to = platform.flows[number].to
            guard let port = platform.services[index[to] ?? 0].port(platform.flows[number].port)
            else { continue }
            let key = Declared(from: platform.flows[number].from, to: to, port: port)
            declared[key, default: []].append(number)
        }
        self.declared = declared
    }

    private mutating func add(_ opening: Opening) {
        let target = services[opening.to]
        guard target >= 0 else { return }
        var sources: [Party] = [.internet, .office]
        var zone: String?
        if let from = opening.from {
            guard services[from] >= 0, services[from] != target else { return }
            sources = [.service(platform.services[services[from]].name)]
            zone = platform.services[services[from]].zone
        }
        let inside = ports[target].filter { _, port in
            opening.protocols.contains(UInt32(port.transport.rawValue))
                && opening.ports.contains(UInt32(port.number))
        }
        for source in sources {
            for (name, port) in inside {
                flow(source, zone: zone, target, name, port)
            }
            guard opening.protocols.count > 1 || opening.ports.count > inside.count else {
                continue
            }
            channels.append(
                Channel(
                    from: source, to: platform.services[target].name, name: Self.name(opening),
                    because: Self.undeclared, place: Self.nowhere))
        }
    }

    private static let undeclared = "no flow of the file says so"
    private static let nowhere = Place(line: 0, column: 0)

    /// What is no single port, as a channel, which is asked for by nothing but its ends.
    private static func name(_ opening: Opening) -> String {
        let ports = opening.ports.count == 65_536 ? "any port" : "ports \(opening.ports)"
        switch opening.protocols {
        case 6...6: return "tcp, \(ports)"
        case 17...17: return "udp, \(ports)"
        case 0...255: return "any packet"
        default: return "protocols \(opening.protocols)"
        }
    }

    private mutating func flow(
        _ source: Party, zone: String?, _ target: Int, _ name: String, _ port: Port
    ) {
        let service = platform.services[target].name
        var numbers = declared[Declared(from: source, to: service, port: port)] ?? []
        if let zone {
            numbers += declared[Declared(from: .zone(zone), to: service, port: port)] ?? []
        }
        let written = numbers.min()
        var flow = Flow(
            from: source, to: service, port: name,
            because: written.map { platform.flows[$0].because } ?? Self.undeclared,
            place: written.map { platform.flows[$0].place } ?? Self.nowhere)
        // The widest of all that say so counts.
        let messages = numbers.map { platform.flows[$0].messages }
        if !messages.contains([]) { flow.messages = Set(messages.joined()).sorted() }
        flows.append(flow)
    }
}
