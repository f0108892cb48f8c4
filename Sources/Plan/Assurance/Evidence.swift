internal import Addresses
internal import Confinement
internal import Cover
internal import CoverCheck
internal import Crew
internal import Packets
internal import Platform
internal import Reach
internal import Segmentation
internal import Topology

/// Certificates that one layer refuses packets, each checked before it counts.
struct Evidence {
    /// Packets that must not pass: those of the boxes between some addresses.
    struct Questions {
        /// Parts of the address space that the packets say they come from.
        var sources: [ClosedRange<UInt32>] = []
        var targets: [ClosedRange<UInt32>] = []
        /// Endpoints at which the targets' own filters stand; nil when there are none.
        var receivers: [Int]?
        var senders: [Int]?
        /// Protocol and port of every question.
        var port: Port?
    }

    enum Outcome {
        case proved(Int)
        /// A packet that no filter refuses, in words.
        case open(String)
    }

    /// An object, so that who asks one of many copies none.
    private final class Filter: Sendable {
        let prover: Prover
        let check: CoverCheck

        init(_ rules: RuleList) {
            prover = Prover(rules)
            check = CoverCheck(rules)
        }
    }

    private let layer: Segmentation.Layer
    private let platform: Platform
    private let zones: [String: ClosedRange<UInt32>]
    private let outside: [ClosedRange<UInt32>]
    private let members: [String: [Int]]
    private let zoneMembers: [String: [Int]]
    private let topology: Topology
    /// By gate: those of the layer, nil for any other.
    private let filters: [Filter?]

    init(
        _ layer: Segmentation.Layer, _ platform: Platform, _ deployment: Deployment,
        _ segmentation: Segmentation
    ) {
        self.layer = layer
        self.platform = platform
        let own = segmentation.topology(layer)
        topology = own
        var zones: [String: ClosedRange<UInt32>] = [:]
        for zone in deployment.zones {
            zones[zone.name] = zone.network.base.value...zone.network.last.value
        }
        self.zones = zones
        outside = topology.endpoints.last?.v4 ?? []
        var members: [String: [Int]] = [:]
        var zoneMembers: [String: [Int]] = [:]
        for (index, endpoint) in topology.endpoints.enumerated()
        where endpoint.kind == .workload {
            members[String(endpoint.name.prefix { $0 != "." }), default: []].append(index)
            zoneMembers[endpoint.group, default: []].append(index)
        }
        self.members = members
        self.zoneMembers = zoneMembers
        var isUsed = Array(repeating: false, count: own.gates.count)
        for gate in own.transit { isUsed[gate] = true }
        for endpoint in own.endpoints {
            for step in endpoint.egress + endpoint.ingress { isUsed[step.gate] = true }
        }
        let used = isUsed
        filters = Crew.map(used.count) { used[$0] ? Filter(own.gates[$0].v4.may) : nil }
    }

    /// What must be refused for the guarantee to hold; nil where packets alone do not say.
    func questions(_ guarantee: Guarantee) -> Questions? {
        // Services that fall on the way decide, not packets alone.
        guard guarantee.steps == 0 else { return nil }
        switch guarantee.kind {
        case .never(let from, let to, let name):
            return questions(to, name).map { asked in
                var asked = asked
                asked.sources = addresses(from)
                asked.senders = endpoints(from)
                return asked
            }
        case .only(let from, let to, let name):
            return questions(to, name).map { asked in
                var asked = asked
                asked.sources = Self.complement(from.flatMap(addresses))
                return asked
            }
        case .contain(let service, let within, 0):
            let own = Party.service(service)
            return Questions(
                sources: addresses(own),
                targets: Self.complement((within + [own]).flatMap(addresses)),
                senders: endpoints(own))
        case .expect(let from, let to, let name, let port, false):
            return questions(to, name).map { asked in
                var asked = asked
                asked.sources = addresses(from)
                asked.senders = endpoints(from)
                asked.port = port ?? asked.port
                return asked
            }
        case .contain, .must, .expect, .beyond: return nil
        }
    }

    /// Nil for a message or a channel, of which packets say nothing.
    private func questions(_ to: Party, _ name: String?) -> Questions? {
        var asked = Questions(targets: addresses(to), receivers: endpoints(to))
        guard let name else { return asked }
        guard case .service(let service) = to, let port = platform.service(service)?.port(name)
        else { return nil }
        asked.port = port
        return asked
    }

    private func endpoints(_ party: Party) -> [Int] {
        switch party {
        case .internet, .office: []
        case .service(let name): members[name] ?? []
        case .zone(let name):
            zoneMembers[name] ?? []
        }
    }

    private func addresses(_ party: Party) -> [ClosedRange<UInt32>] {
        switch party {
        case .internet, .office: outside
        case .zone(let name): zones[name].map { [$0] } ?? []
        case .service: endpoints(party).flatMap { topology.endpoints[$0].v4 }
        }
    }

    private static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { rest.append(next...range.lowerBound - 1) }
            guard range.upperBound < .max else { return rest }
            next = max(next, range.upperBound + 1)
        }
        rest.append(next...UInt32.max)
        return rest
    }

    /// Proves each question by the first filter on the way that refuses all of it.
    func refused(_ asked: Questions) -> Outcome {
        var count = 0
        for source in asked.sources {
            for (target, ways) in targets(asked) {
                let question = Self.box(source, target, asked.port)
                switch refused(question, ways.isEmpty ? topology.transit.reversed() : ways) {
                case .proved(let more): count += more
                case .open(let packet):
                    // Where the receiver takes it, it still holds when no sender lets it out.
                    guard layer == .hosts, let senders = asked.senders, !senders.isEmpty,
                        let more = heldBack(question, senders)
                    else { return .open(packet) }
                    count += more
                }
            }
        }
        return .proved(count)
    }

    /// Addresses that are asked for, each with the filters of its receiver.
    private func targets(_ asked: Questions) -> [(ClosedRange<UInt32>, [Int])] {
        guard layer == .hosts, let receivers = asked.receivers else {
            return asked.targets.map { ($0, []) }
        }
        return receivers.flatMap { index in
            let endpoint = topology.endpoints[index]
            return endpoint.v4.map { ($0, endpoint.ingress.map(\.gate)) }
        }
    }

    /// Certificates that no sender lets the packets out; nil when one does.
    private func heldBack(_ question: Box, _ senders: [Int]) -> Int? {
        var count = 0
        for sender in senders {
            let ways = topology.endpoints[sender].egress.map(\.gate)
            guard case .proved(let more) = refused(question, ways) else { return nil }
            count += more
        }
        return count
    }

    private func refused(_ question: Box, _ gates: [Int]) -> Outcome {
        var open = question.first
        for gate in gates {
            guard let filter = filters[gate] else { continue }
            switch filter.prover.prove(question, allow: false) {
            case .holds(let certificate):
                if filter.check.accepts(certificate, question: question, allow: false) {
                    return .proved(1)
                }
            case .refuted(let packet): open = packet
            case .undecided: continue
            }
        }
        return .open(Self.words(open))
    }

    private static func box(
        _ source: ClosedRange<UInt32>, _ target: ClosedRange<UInt32>, _ port: Port?
    ) -> Box {
        let new = ConnectionState.new.rawValue
        var box = Box.everything.with(.state, new...new).with(.source, source)
            .with(.destination, target)
        if let port {
            let number = UInt32(port.number)
            let transport = UInt32(port.transport.rawValue)
            box = box.with(.protocolNumber, transport...transport)
                .with(.destinationPort, number...number)
        }
        return box
    }

    private static func words(_ packet: Packet) -> String {
        let transport = packet[.protocolNumber]
        let name = Transport(rawValue: UInt8(truncatingIfNeeded: transport))?.name
        return "\(Address(packet[.source])) to \(Address(packet[.destination])) "
            + (name.map { "\($0)/\(packet[.destinationPort])" } ?? "protocol \(transport)")
    }
}
