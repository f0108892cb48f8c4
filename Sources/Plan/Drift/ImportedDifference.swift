internal import Connectivity
package import Packets
package import Topology

/// What an import lets pass beside what a plan does, between endpoints of the same name.
///
/// Addresses do not count: a plan and a cloud give the same service different ones. An import's
/// `namespace/name` and `name[...]` stand for `name` where only one endpoint is called that.
package struct ImportedDifference: Sendable {
    package struct Row: Sendable, Equatable {
        package let from: String
        package let to: String
        /// As `tcp 80,443`.
        package let what: String
        /// The import allows it and the plan does not; otherwise the other way round.
        package let isOpened: Bool
        package let isCertain: Bool
    }

    package private(set) var rows: [Row] = []
    /// Endpoints that only one of them has.
    package private(set) var onlyPlanned: [String] = []
    package private(set) var onlyFound: [String] = []
    /// How many are in both.
    package private(set) var common = 0

    package var isClean: Bool { rows.isEmpty && onlyPlanned.isEmpty && onlyFound.isEmpty }

    package init(planned: Topology, found: Topology) throws(PacketSet.TooLarge) {
        let pairs = match(planned, found)
        common = pairs.count
        var before = Connectivity(planned)
        var after = Connectivity(found)
        for (from, otherFrom) in pairs {
            for (to, otherTo) in pairs {
                let isSeen = [planned.endpoints[from], found.endpoints[otherFrom]]
                    .allSatisfy(\.isGroup)
                if from == to, !isSeen { continue }
                // Between two that are both outside nobody here decides, but by a gate of their own.
                if from != to, planned.endpoints[from].kind == .outside,
                    planned.endpoints[to].kind == .outside
                {
                    continue
                }
                let plan = try before.traffic(from: from, to: to)
                let now = try after.traffic(from: otherFrom, to: otherTo)
                if plan == now { continue }
                let names = (planned.endpoints[from].name, planned.endpoints[to].name)
                try compare(now, without: plan, isOpened: true, names)
                try compare(plan, without: now.filter(\.isCertain), isOpened: false, names)
            }
        }
    }

    private mutating func compare(
        _ some: [Traffic], without others: [Traffic], isOpened: Bool, _ names: (String, String)
    ) throws(PacketSet.TooLarge) {
        let known = others.flatMap(\.boxes)
        for one in some {
            var rest = PacketSet()
            for box in one.boxes { try rest.insert(box) }
            for box in known { try rest.remove(box) }
            guard !rest.isEmpty else { continue }
            let ports = Set(rest.boxes.map { $0[.destinationPort] })
                .sorted { $0.lowerBound < $1.lowerBound }
            var shown = one
            shown.ports = ports
            shown.sources = []
            shown.destinations = []
            rows.append(
                Row(
                    from: names.0, to: names.1, what: shown.text, isOpened: isOpened,
                    isCertain: one.isCertain))
        }
    }

    private mutating func match(_ planned: Topology, _ found: Topology) -> [(Int, Int)] {
        var byName: [Substring: [Int]] = [:]
        for (index, endpoint) in found.endpoints.enumerated() {
            byName[endpoint.name[...], default: []].append(index)
            let short = Self.short(endpoint.name)
            if short != endpoint.name[...] { byName[short, default: []].append(index) }
        }
        var pairs: [(Int, Int)] = []
        var used: Set<Int> = []
        for (index, endpoint) in planned.endpoints.enumerated() {
            let candidates: [Int]
            if endpoint.kind == .outside {
                candidates = found.endpoints.indices.filter { found.endpoints[$0].kind == .outside }
            } else {
                candidates = byName[endpoint.name[...]] ?? []
            }
            guard candidates.count == 1 else {
                onlyPlanned.append(endpoint.name)
                continue
            }
            pairs.append((index, candidates[0]))
            used.insert(candidates[0])
        }
        onlyFound = found.endpoints.indices.filter { !used.contains($0) }
            .map { found.endpoints[$0].name }
        return pairs
    }

    /// `api` of `shop/api[Deployment]`.
    private static func short(_ name: String) -> Substring {
        let bare = name.prefix { $0 != "[" }
        return bare.split(separator: "/").last ?? bare
    }
}

extension Traffic {
    /// Packets by protocol and ports, wherever they come from.
    fileprivate var boxes: [Box] {
        let protocols: [ClosedRange<UInt32>]
        switch kind {
        case .tcp: protocols = [6...6]
        case .udp: protocols = [17...17]
        case .sctp: protocols = [132...132]
        case .icmp: protocols = [1...1]
        case .icmp6: protocols = [58...58]
        case .numbers(let range): protocols = [range]
        case .others: protocols = [0...5, 7...16, 18...131, 133...255]
        }
        var boxes: [Box] = []
        for number in protocols {
            for port in ports {
                for source in sourcePorts {
                    boxes.append(
                        Box.everything.with(.protocolNumber, number)
                            .with(.destinationPort, port).with(.sourcePort, source))
                }
            }
        }
        return boxes
    }
}
