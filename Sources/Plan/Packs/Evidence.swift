internal import Addresses
internal import Confinement
internal import Findings
internal import Packets
internal import Platform
internal import Segmentation
internal import Topology

/// Who may connect to what, by the file's own flows.
private struct Allowed {
    private struct Edge: Hashable {
        let sender: String
        let target: String
        let protocolNumber: UInt32
        let port: UInt32
    }

    private var edges: Set<Edge> = []

    init(_ platform: Platform) {
        let zones = Dictionary(grouping: platform.services, by: \.zone).mapValues {
            $0.map(\.name)
        }
        let services = Dictionary(
            platform.services.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for flow in platform.flows {
            guard let port = services[flow.to]?.port(flow.port) else { continue }
            let senders: [String]
            switch flow.from {
            case .internet, .office: continue
            case .service(let name): senders = [name]
            case .zone(let name): senders = zones[name] ?? []
            }
            for sender in senders {
                edges.insert(
                    Edge(
                        sender: sender, target: flow.to,
                        protocolNumber: UInt32(port.transport.rawValue), port: UInt32(port.number)))
            }
        }
    }

    func holds(_ sender: String, _ target: String, _ number: UInt32, _ port: UInt32) -> Bool {
        edges.contains(Edge(sender: sender, target: target, protocolNumber: number, port: port))
    }
}

/// What the rules of the kernel let pass, read back from their text.
struct Evidence {
    private struct Pair: Hashable {
        let from: Int
        let to: Int
        let protocolNumber: UInt32
        let port: UInt32
    }

    private let deployment: Deployment?
    /// Openings of each layer; one packet of each.
    private var passing: [[Pair: Packet]] = []
    /// What passes and is no flow of the file, in words.
    private(set) var excess: [String] = []
    private let office: [Prefix]
    private let flowsOfLine: [UInt32: [FlowPlan]]

    init(_ platform: Platform, _ outline: Deployment?) {
        deployment = outline
        office = platform.office
        flowsOfLine = Dictionary(grouping: outline?.flows ?? [], by: \.line)
        guard let outline else {
            excess = ["the platform cannot be compiled, so nothing is proved of its rules"]
            return
        }
        do throws(Segmentation.Unreadable) {
            try read(outline, Allowed(platform), try Segmentation(outline))
        } catch {
            excess = ["the rules of \(error.filter) cannot be read back: \(error.problem)"]
        }
    }

    private mutating func read(
        _ outline: Deployment, _ allowed: Allowed, _ segmentation: Segmentation
    ) throws(Segmentation.Unreadable) {
        // An instance is called by its service and a number.
        let names = outline.compartments.map { String($0.name.prefix { $0 != "." }) }
        for layer in Segmentation.Layer.allCases {
            do throws(PacketSet.TooLarge) {
                var open: [Pair: Packet] = [:]
                for opening in try segmentation.openings(layer) {
                    let pair = Pair(
                        from: opening.from ?? -1, to: opening.to,
                        protocolNumber: opening.protocols.lowerBound,
                        port: opening.ports.lowerBound)
                    open[pair] = opening.packet
                    let isNamed = opening.from.map { from in
                        opening.protocols.count == 1 && opening.ports.count == 1
                            && allowed.holds(
                                names[from], names[opening.to], pair.protocolNumber, pair.port)
                    }
                    if isNamed != true {
                        excess.append(
                            "\(layer.name) let \(words(opening.packet)) pass, which no flow allows")
                    }
                }
                passing.append(open)
                for packet in try leaving(segmentation, layer) {
                    excess.append("\(layer.name) let \(words(packet)) out of the platform")
                }
            } catch {
                excess.append("\(layer.name) let too much pass to be told apart")
            }
        }
    }

    /// A packet to an address that no zone has, where a layer lets one pass.
    private func leaving(
        _ segmentation: Segmentation, _ layer: Segmentation.Layer
    ) throws(PacketSet.TooLarge) -> [Packet] {
        let topology = segmentation.topology(layer)
        let new = ConnectionState.new.rawValue
        let outside = topology.endpoints.filter { $0.kind == .outside }.flatMap(\.v4)
        let ways: [[Int]] =
            layer == .fabric
            ? [topology.transit]
            : topology.endpoints.filter { $0.kind == .workload }.map { $0.egress.map(\.gate) }
        var found: [Packet] = []
        for way in ways {
            var parts = outside.map {
                Box.everything.with(.state, new...new).with(.destination, $0)
            }
            for gate in way {
                var next: [Box] = []
                for part in parts {
                    next += try topology.gates[gate].v4[.may].allowedParts(in: part)
                }
                parts = next
            }
            if let first = parts.first { found.append(first.first) }
        }
        return found
    }

    /// What was proved, in words.
    var summary: String {
        let count = passing.first?.count ?? 0
        return "fabric and compartments let pass \(count) kinds of first packets, each a flow of "
            + "the file, and nothing out"
    }

    /// One packet by which a flow is used, and what lets it pass.
    func packet(_ flow: Flow, _ publication: Publication?) -> String {
        switch flow.from {
        case .internet, .office:
            guard let publication else { return "no packet passes yet, for it is not published" }
            let from =
                flow.from == .office ? office.first.map { $0.base.value + 1 } : Self.stranger
            let host = publication.address.value == 0 ? "the host" : "\(publication.address)"
            let source = from.map { "\(Address($0))" } ?? "the office"
            return "packet tcp \(source) > \(host):\(publication.number) passes where it is "
                + "published"
        case .service, .zone:
            for plan in flowsOfLine[UInt32(clamping: flow.place.line)] ?? [] {
                guard case .compartment(let from) = plan.from else { continue }
                let pair = Pair(
                    from: from, to: plan.to,
                    protocolNumber: UInt32(plan.port.transport.rawValue),
                    port: UInt32(plan.port.number))
                let packets = passing.compactMap { $0[pair] }
                guard packets.count == Segmentation.Layer.allCases.count, let packet = packets.last
                else { continue }
                return "packet \(words(packet)) passes fabric and compartments"
            }
            return "nobody sends by it"
        }
    }

    /// An address of a network that is reserved for documents: nobody's.
    private static let stranger: UInt32 = 198 << 24 | 51 << 16 | 100 << 8 | 1

    private func words(_ packet: Packet) -> String {
        let number = packet[.protocolNumber]
        let transport = number == 6 ? "tcp" : number == 17 ? "udp" : "protocol \(number)"
        let port = number == 6 || number == 17 ? ":\(packet[.destinationPort])" : ""
        return "\(transport) \(Address(packet[.source])) > \(Address(packet[.destination]))\(port)"
    }
}
