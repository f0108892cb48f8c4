/// What an attacker who owns one service reaches by its flows and channels.
struct Blast {
    /// Services reached and the link that first reached each, nearest first.
    let reached: [(service: Int, by: Link)]

    /// `steps` further services fall, one after the other, before the last hop.
    init(of service: Int, steps: Int, in graph: Graph) {
        var first: [Int: Link] = [:]
        var order: [(service: Int, by: Link)] = []
        var edge = [service]
        var zonesTaken: Set<String> = []
        var depth = 0
        while !edge.isEmpty, depth <= steps {
            var next: [Int] = []
            for owned in edge {
                let source = Source.service(owned)
                // A zone's flows lead every member to the same places: the first one takes all.
                let isFirst = graph.zone(of: source).map { zonesTaken.insert($0).inserted } ?? false
                for link in graph.links(from: source, throughZone: isFirst) {
                    guard link.to != service, first[link.to] == nil else { continue }
                    first[link.to] = link
                    order.append((link.to, link))
                    next.append(link.to)
                }
            }
            edge = next
            depth += 1
        }
        reached = order
        self.first = first
        self.service = service
    }

    private let first: [Int: Link]
    private let service: Int

    /// The hops from the owned service to one that it reaches.
    func path(to target: Int) -> [Link] {
        var path: [Link] = []
        var here = target
        while here != service, let link = first[here], path.count <= first.count {
            path.append(link)
            guard case .service(let before) = link.from else { break }
            here = before
        }
        return path.reversed()
    }
}
