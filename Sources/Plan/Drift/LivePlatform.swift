package import Addresses
package import Confinement
package import Packets
internal import Rulebook
internal import Ruleset

/// A running platform as its kernel holds it, beside its plan.
package struct LivePlatform: Sendable {
    /// What one namespace lists.
    package struct Listing: Sendable {
        package let kind: Site.Kind
        package let rules: [UInt8]

        package init(_ kind: Site.Kind, rules: [UInt8]) {
            self.kind = kind
            self.rules = rules
        }
    }

    /// Deviations of one filter beyond this many are counted.
    package static let deviationsMax = 200

    package let deployment: Deployment
    package let closed: Set<Int>
    package let sites: [Site]
    /// Indices of compartments that have an address; the fabric's link n leads to the nth.
    package let links: [Int]

    package init(
        _ deployment: Deployment, closed: Set<Int>, listings: [Listing]
    ) throws(Unreadable) {
        self.deployment = deployment
        self.closed = closed
        links = deployment.compartments.indices.filter {
            deployment.compartments[$0].kind == .service
        }
        let interfaces = links.map(Rulebook.interfaceName)
        let hosts = Rulebook.hosts(deployment, closed: closed)
        var sites: [Site] = []
        for listing in listings {
            switch listing.kind {
            case .fabric:
                sites.append(
                    try Site(
                        .fabric, name: "the fabric", interfaces: interfaces,
                        planned: Rulebook.fabric(deployment, closed: closed).creation,
                        live: listing.rules))
            case .compartment(let index):
                guard let place = links.firstIndex(of: index) else { continue }
                sites.append(
                    try Site(
                        .compartment(index), name: deployment.compartments[index].name,
                        interfaces: ["eth0"], planned: hosts[place].creation,
                        live: listing.rules))
            }
        }
        self.sites = sites
    }

    /// Every deviation, filter by filter, and how many more there are.
    package func deviations() throws(PacketSet.TooLarge) -> (listed: [Deviation], more: Int) {
        var listed: [Deviation] = []
        var more = 0
        for (index, site) in sites.enumerated() {
            let found = try site.deviations(index: index)
            listed += found.prefix(Self.deviationsMax)
            more += max(0, found.count - Self.deviationsMax)
        }
        return (listed, more)
    }
}

// MARK: From end to end

extension LivePlatform {
    /// Pairs of ends that one question tries.
    private static let pairsMax = 256

    /// A first packet among those that a filter has opened which every live filter between two
    /// compartments lets pass, with both; nil when some other wall stops them.
    package func through(
        _ deviation: Deviation
    ) throws(PacketSet.TooLarge) -> (from: Int, to: Int, packet: Packet)? {
        let new = ConnectionState.new.rawValue
        guard deviation.isOpened, deviation.family == .v4,
            let box = deviation.box.narrowed(.state, to: new...new)
        else { return nil }
        var tried = 0
        for from in senders(deviation) {
            for to in receivers(deviation) where to != from {
                tried += 1
                guard tried <= Self.pairsMax else { return nil }
                if let packet = try passage(box, from, to) { return (from, to, packet) }
            }
        }
        return nil
    }

    private func senders(_ deviation: Deviation) -> [Int] {
        switch (sites[deviation.site].kind, deviation.way) {
        case (.compartment(let index), .leaving): [index]
        case (.compartment, .entering):
            links.filter { deviation.box[.source].contains(address($0)) }
        case (.fabric, .crossing):
            links.indices.filter { deviation.box[.arrival].contains(UInt32($0 + 1)) }
                .map { links[$0] }
        default: []
        }
    }

    private func receivers(_ deviation: Deviation) -> [Int] {
        switch (sites[deviation.site].kind, deviation.way) {
        case (.compartment(let index), .entering): [index]
        case (.compartment, .leaving), (.fabric, .crossing):
            links.filter { deviation.box[.destination].contains(address($0)) }
        default: []
        }
    }

    private func address(_ compartment: Int) -> UInt32 {
        deployment.compartments[compartment].address.value
    }

    private func passage(
        _ box: Box, _ from: Int, _ to: Int
    ) throws(PacketSet.TooLarge) -> Packet? {
        guard let out = sites.first(where: { $0.kind == .compartment(from) }),
            let into = sites.first(where: { $0.kind == .compartment(to) }),
            let fabric = sites.first(where: { $0.kind == .fabric }),
            let first = links.firstIndex(of: from), let last = links.firstIndex(of: to),
            let target = box.narrowed(.destination, to: address(to)...address(to))
        else { return nil }
        func stretch(
            _ site: Site, _ way: Way, _ boxes: [Box], _ arrival: Int, _ departure: Int
        ) throws(PacketSet.TooLarge) -> [Box] {
            var passed: [Box] = []
            for box in boxes {
                let asked = box.with(.arrival, UInt32(arrival)...UInt32(arrival))
                    .with(.departure, UInt32(departure)...UInt32(departure))
                passed += try site.live.passed(way, .v4, asked, \.may)
            }
            return passed
        }
        var boxes = try stretch(out, .leaving, [target], 0, 1)
        boxes = try stretch(fabric, .crossing, boxes, first + 1, last + 1)
        boxes = try stretch(into, .entering, boxes, 1, 0)
        return boxes.first?.first
    }
}

// MARK: Tracked connections

/// A connection that the fabric's kernel tracks.
package struct Tracked: Sendable, Hashable {
    package let source: Address
    package let target: Address
    package let transport: UInt8
    package let sourcePort: UInt16
    package let targetPort: UInt16

    package init(
        source: Address, target: Address, transport: UInt8, sourcePort: UInt16, targetPort: UInt16
    ) {
        self.source = source
        self.target = target
        self.transport = transport
        self.sourcePort = sourcePort
        self.targetPort = targetPort
    }
}

extension LivePlatform {
    /// Those that no open flow allows.
    package func strays(_ connections: [Tracked]) -> [Tracked] {
        struct Key: Hashable {
            let source: UInt32
            let target: UInt32
            let transport: UInt8
            let port: UInt16
        }
        var allowed: Set<Key> = []
        for (index, flow) in deployment.flows.enumerated() where !closed.contains(index) {
            guard case .compartment(let from) = flow.from else { continue }
            allowed.insert(
                Key(
                    source: address(from), target: address(flow.to),
                    transport: flow.port.transport.rawValue, port: flow.port.number))
        }
        return connections.filter {
            !allowed.contains(
                Key(
                    source: $0.source.value, target: $0.target.value, transport: $0.transport,
                    port: $0.targetPort))
        }
    }
}
