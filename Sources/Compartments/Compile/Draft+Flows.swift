internal import Addresses
internal import Confinement
internal import Findings
internal import Platform

extension Draft {
    private static let secondsADay: UInt64 = 86_400

    /// Whether a flow may begin at a service.
    func begins(_ flow: Flow, at service: Service) -> Bool {
        switch flow.from {
        case .service(let name): name == service.name
        case .zone(let name): name == service.zone
        case .internet, .office: false
        }
    }

    /// Flows that begin at a service.
    func outgoing(_ service: Service) -> [Flow] {
        let own = flowsFrom[.service(service.name)] ?? []
        let shared = flowsFrom[.zone(service.zone)] ?? []
        return (own + shared).sorted().map { platform.flows[$0] }.filter { $0.to != service.name }
    }

    func isPublished(_ service: String, _ port: String) -> Bool {
        platform.publications.contains { $0.service == service && $0.port == port }
    }

    /// Flows between compartments in the order of the file, then what is published.
    ///
    /// A flow from outside exists only as a published port: nothing joins fabric and host.
    mutating func planFlows(_ deployment: inout Deployment) {
        let services = Dictionary(
            platform.services.indices.map { (platform.services[$0].name, $0) },
            uniquingKeysWith: { first, _ in first })
        let publications = Set(platform.publications.map { "\($0.service).\($0.port)" })
        // Of two flows that allow the same, the first is on record: an observed one is last, so that
        // what is on record under it would be refused without it.
        let flows = platform.flows.filter { !$0.observe } + platform.flows.filter(\.observe)
        for flow in flows {
            guard let target = services[flow.to],
                let port = platform.services[target].port(flow.port)
            else {
                error(
                    "flow-target", at: flow.place, "there is no port \(flow.to).\(flow.port)",
                    remedy: "declare the port at its service")
                continue
            }
            let published = publications.contains("\(flow.to).\(flow.port)")
            let expires = flow.expires.map { UInt64(max($0 + 1, 0)) * Self.secondsADay } ?? 0
            let isOutside = flow.from == .internet || flow.from == .office
            if isOutside && !published {
                findings.append(
                    Finding(
                        .note, "not-published", at: flow.place,
                        "\(flow.to).\(flow.port) is not published, so nothing outside reaches it",
                        remedy: "publish it at an address of the host"))
                continue
            }
            if !isOutside && published {
                error(
                    "published-inside", at: flow.place,
                    "\(flow.to).\(flow.port) is published: it listens on the host, where no "
                        + "compartment reaches it",
                    remedy: "give \(flow.to) a second service behind it for callers inside")
                continue
            }
            let own = Set(seatsOf[flow.to] ?? [])
            for end in ends(of: flow) {
                // A zone's flow leaves out the service that it leads to, with all its instances.
                if case .zone = flow.from, case .compartment(let start) = end, own.contains(start) {
                    continue
                }
                for index in seatsOf[flow.to] ?? [] {
                    if case .compartment(index) = end { continue }
                    deployment.flows.append(
                        FlowPlan(
                            from: end, to: index, port: port, line: UInt32(flow.place.line),
                            expires: expires, isObserved: flow.observe))
                }
            }
        }
        planListeners(&deployment)
    }

    private func ends(of flow: Flow) -> [Origin] {
        switch flow.from {
        case .internet: [.internet]
        case .office: [.office]
        case .service(let name): (seatsOf[name] ?? []).map { .compartment($0) }
        case .zone:
            seats.indices.filter { begins(flow, at: seats[$0].service) }.map { .compartment($0) }
        }
    }

    private mutating func planListeners(_ deployment: inout Deployment) {
        for publication in platform.publications {
            let name = "\(publication.service).\(publication.port)"
            guard let service = platform.service(publication.service),
                let port = service.port(publication.port),
                let index = seats.firstIndex(where: { $0.service.name == publication.service })
            else {
                error(
                    "publish-unknown", at: publication.place, "there is no port \(name)",
                    remedy: "publish a declared port")
                continue
            }
            checkPublication(publication, service, port)
            let flows = deployment.flows.indices.filter {
                let flow = deployment.flows[$0]
                return flow.to == index && flow.port == port
                    && (flow.from == .internet || flow.from == .office)
            }
            guard !flows.isEmpty else {
                error(
                    "publish-unjustified", at: publication.place,
                    "\(name) is published, but no flow from internet or office leads to it",
                    remedy: "add {from: internet, to: \(name), because: …}, or publish it no more")
                continue
            }
            deployment.listeners.append(
                ListenerPlan(
                    compartment: index, name: publication.port, address: publication.address,
                    port: publication.number, flows: flows))
        }
    }

    private mutating func checkPublication(
        _ publication: Publication, _ service: Service, _ port: Port
    ) {
        let name = "\(service.name).\(publication.port)"
        if port.transport != .tcp {
            error(
                "publish-transport", at: publication.place, "\(name) is not a TCP port",
                remedy: "publish TCP ports only")
        }
        if service.instances > 1 {
            error(
                "publish-instances", at: publication.place,
                "\(service.name) has \(service.instances) instances and one listener",
                remedy: "run one instance, and put those behind it that share the work")
        }
        if !isFull && publication.address.value >> 24 != 127 {
            error(
                "publish-isolation", at: publication.place,
                "below `full` ports are published on loopback only, not on \(publication.address)",
                remedy: "publish it at 127.0.0.1, or run with --isolation full")
        }
    }
}
