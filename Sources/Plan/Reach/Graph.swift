internal import Addresses
internal import Findings
package import Platform

/// Services, flows and channels of one platform as a graph.
///
/// Reach means one hop while nobody is owned: sources on one side, listening services on the other.
/// It is an object because all that answers questions holds it, and it never changes.
package final class Graph: Sendable {
    package let platform: Platform
    let index: [String: Int]
    private let membersOfZone: [String: [Int]]
    /// Flows, then channels, each in the order of the file.
    let edges: [Edge]
    /// Indices of edges by what they begin at, and by the service that they lead to.
    private let edgesFrom: [Party: [Int]]
    private let ownEdges: [[Int]]
    private let zoneEdges: [[Int]]
    private let edgesTo: [[Int]]

    /// A flow or channel before its source is taken apart into services.
    struct Edge: Sendable {
        let from: Party
        let to: Int
        let by: Joint
        let because: String
        let place: Place

        func link(from source: Source) -> Link {
            Link(from: source, to: to, by: by, because: because, place: place)
        }
    }

    package init(_ platform: Platform) {
        self.platform = platform
        index = Dictionary(
            platform.services.indices.map { (platform.services[$0].name, $0) },
            uniquingKeysWith: { first, _ in first })
        membersOfZone = Dictionary(
            grouping: platform.services.indices, by: { platform.services[$0].zone })
        var edges: [Edge] = []
        edges.reserveCapacity(platform.flows.count + platform.channels.count)
        // By index: a flow has many parts, and a copy of it holds each of them.
        for number in platform.flows.indices {
            guard let to = index[platform.flows[number].to],
                let port = platform.services[to].port(platform.flows[number].port)
            else { continue }
            let joint = Joint.flow(
                index: number, portName: platform.flows[number].port, port: port)
            edges.append(
                Edge(
                    from: platform.flows[number].from, to: to, by: joint,
                    because: platform.flows[number].because, place: platform.flows[number].place))
        }
        for (number, channel) in platform.channels.enumerated() {
            guard let to = index[channel.to] else { continue }
            edges.append(
                Edge(
                    from: channel.from, to: to,
                    by: .channel(index: number, name: channel.name), because: channel.because,
                    place: channel.place))
        }
        self.edges = edges
        let edgesFrom = Dictionary(grouping: edges.indices, by: { edges[$0].from })
        self.edgesFrom = edgesFrom
        ownEdges = platform.services.indices.map {
            edgesFrom[.service(platform.services[$0].name)] ?? []
        }
        zoneEdges = platform.services.indices.map {
            edgesFrom[.zone(platform.services[$0].zone)] ?? []
        }
        var edgesTo = Array(repeating: [Int](), count: platform.services.count)
        for number in edges.indices { edgesTo[edges[number].to].append(number) }
        self.edgesTo = edgesTo
    }

    /// Every source there is: both outsides, then the services in the order of the file.
    package var sources: [Source] {
        [.internet, .office] + platform.services.indices.map(Source.service)
    }

    /// The name of a source as the file writes it.
    package func name(_ source: Source) -> String {
        switch source {
        case .internet: "internet"
        case .office: "office"
        case .service(let index): platform.services[index].name
        }
    }

    /// What a name means here: a service, a zone or an outside; nil when nothing.
    package func party(_ name: String) -> Party? {
        switch name {
        case "internet": .internet
        case "office": .office
        case _ where index[name] != nil: .service(name)
        case _ where platform.zone(name) != nil: .zone(name)
        default: nil
        }
    }

    /// The sources that a party stands for.
    package func members(_ party: Party) -> [Source] {
        switch party {
        case .internet: [.internet]
        case .office: [.office]
        case .service(let name): index[name].map { [.service($0)] } ?? []
        case .zone(let name): (membersOfZone[name] ?? []).map(Source.service)
        }
    }

    /// The services that a party stands for, as indices.
    func services(_ party: Party) -> Set<Int> {
        Set(
            members(party).compactMap { source in
                guard case .service(let index) = source else { return nil }
                return index
            })
    }

    /// What the source may connect to: its own flows, its channels, then its zone's flows.
    ///
    /// A flow from a zone leaves out the service that it leads to.
    package func links(from source: Source) -> [Link] {
        numbers(from: source).map { edges[$0].link(from: source) }
    }

    /// Indices of the edges that the source may take.
    func numbers(from source: Source) -> [Int] {
        switch source {
        case .internet: edgesFrom[.internet] ?? []
        case .office: edgesFrom[.office] ?? []
        case .service(let index):
            ownEdges[index] + zoneEdges[index].filter { edges[$0].to != index }
        }
    }

    /// Indices of the edges that begin at a service itself.
    func ownEdges(of service: Int) -> [Int] { ownEdges[service] }

    /// Indices of the edges that begin at a service's zone.
    func zoneEdges(of service: Int) -> [Int] { zoneEdges[service] }

    /// Indices of the edges that lead to any of the services, in the order of the file.
    func edges(to services: Set<Int>) -> [Int] { services.flatMap { edgesTo[$0] }.sorted() }

    /// Every hop from a member of one party to a member of another; nil stands for anybody.
    ///
    /// Links come in the order of the sources; `port` narrows them to the flows to that port of
    /// the target and the channels of that name.
    package func links(from: Party?, to: Party?, port: String? = nil) -> [Link] {
        let starts = from.map(members) ?? sources
        let targets = to.map(services)
        var found: [Link] = []
        for start in starts {
            for link in links(from: start) {
                if let targets, !targets.contains(link.to) { continue }
                if let port, link.by.name != port { continue }
                found.append(link)
            }
        }
        return found
    }

    /// Address and number at which the host publishes a service's port, else nil.
    package func publication(of service: Int, port: String) -> Publication? {
        let name = platform.services[service].name
        return platform.publications.first { $0.service == name && $0.port == port }
    }
}
