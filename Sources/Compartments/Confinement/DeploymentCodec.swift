internal import Addresses
package import Bytes

/// Bytes of a deployment, as the front hands them to the supervisor.
///
/// "BHDP", u16 version, then zones, compartments, flows and listeners in that order, so that
/// whatever an index points to is known when it is read. Decoding checks every bound and everything
/// that root relies on; what it returns needs no second look.
package enum DeploymentCodec {
    package static let bytesMax = 64 << 20
    package static let zonesMax = 256
    package static let compartmentsMax = 1024
    package static let flowsMax = 100_000
    package static let listenersMax = 1024
    package static let channelsMax = 8192
    static let version: UInt16 = 4
    static let magic = Array("BHDP".utf8)

    /// The bytes; what is over a bound, `decode` refuses.
    package static func encode(_ deployment: Deployment) -> [UInt8] {
        var out = ByteWriter(capacity: 65_536)
        out.append(magic)
        out.integer(version)
        out.text(deployment.platform)
        out.text(deployment.file)
        out.integer(deployment.isolation.rawValue)
        out.integer(deployment.without.rawValue)
        out.list(deployment.zones) { zone, out in
            out.text(zone.name)
            out.integer(zone.network.base.value)
            out.integer(UInt8(zone.network.length))
        }
        out.list(deployment.compartments, CompartmentCodec.encode)
        out.list(deployment.flows) { flow, out in
            switch flow.from {
            case .compartment(let index): out.tagged(0, index)
            case .internet: out.tagged(1, 0)
            case .office: out.tagged(2, 0)
            }
            out.index(flow.to)
            out.port(flow.port)
            out.integer(flow.line)
            out.integer(flow.expires)
            out.integer(UInt8(flow.isObserved ? 1 : 0))
        }
        out.list(deployment.listeners) { listener, out in
            out.index(listener.compartment)
            out.text(listener.name)
            out.integer(listener.address.value)
            out.integer(listener.port)
            out.list(listener.flows) { $1.index($0) }
        }
        out.list(deployment.channels, ChannelCodec.encode)
        return out.bytes
    }

    /// The deployment, or where the bytes say something that no front of ours would.
    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> Deployment {
        guard bytes.count <= bytesMax else { throw Malformed(at: bytesMax, expected: "the end") }
        var reader = ByteReader(bytes)
        guard try reader.take(4) == magic, try reader.integer(UInt16.self) == version else {
            throw Malformed(at: 0, expected: "a deployment of this version")
        }
        let platform = try reader.text(limit: 32)
        let file = try reader.text(limit: Names.pathMax)
        let at = reader.position
        guard Names.isSimple(platform) else {
            throw Malformed(at: at, expected: "a platform's name")
        }
        guard let isolation = IsolationLevel(rawValue: try reader.integer()) else {
            throw Malformed(at: at, expected: "an isolation level")
        }
        var deployment = Deployment(platform: platform, file: file, isolation: isolation)
        let walls = try reader.integer(UInt32.self)
        let known = Walls.names.reduce(into: Walls()) { $0.formUnion($1.wall) }
        guard walls & ~known.rawValue == 0 else { throw Malformed(at: at, expected: "known walls") }
        deployment.without = Walls(rawValue: walls)
        try readZones(&reader, into: &deployment)
        try readCompartments(&reader, into: &deployment)
        try readFlows(&reader, into: &deployment)
        try readListeners(&reader, into: &deployment)
        try ChannelCodec.read(&reader, into: &deployment)
        try reader.finish()
        return deployment
    }

    private static func readZones(
        _ reader: inout ByteReader, into deployment: inout Deployment
    ) throws(Malformed) {
        for _ in 0..<(try reader.count(limit: zonesMax)) {
            let at = reader.position
            let name = try reader.text(limit: 32)
            let base = Address(try reader.integer(UInt32.self))
            guard let network = Prefix(base: base, length: Int(try reader.integer(UInt8.self))),
                Names.isSimple(name)
            else { throw Malformed(at: at, expected: "a zone") }
            for other in deployment.zones
            where other.name == name || other.network.overlaps(network) {
                throw Malformed(at: at, expected: "a zone that shares nothing with another")
            }
            deployment.zones.append(ZonePlan(name: name, network: network))
        }
    }

    private static func readCompartments(
        _ reader: inout ByteReader, into deployment: inout Deployment
    ) throws(Malformed) {
        let count = try reader.count(limit: compartmentsMax)
        var starts: [Int] = []
        for _ in 0..<count {
            starts.append(reader.position)
            deployment.compartments.append(
                try CompartmentCodec.decode(&reader, zones: deployment.zones.count, of: count))
        }
        try DeploymentCheck.compartments(of: deployment, starts: starts)
    }

    private static func readFlows(
        _ reader: inout ByteReader, into deployment: inout Deployment
    ) throws(Malformed) {
        let services = deployment.compartments.map { $0.kind == .service }
        for _ in 0..<(try reader.count(limit: flowsMax)) {
            let at = reader.position
            let from: Origin
            let tag = try reader.integer(UInt8.self)
            let source = Int(try reader.integer(UInt32.self))
            switch tag {
            case 0 where services.indices.contains(source) && services[source]:
                from = .compartment(source)
            case 1 where source == 0: from = .internet
            case 2 where source == 0: from = .office
            default: throw Malformed(at: at, expected: "where a flow begins")
            }
            let to = try reader.index(below: services.count)
            let port = try reader.port()
            guard services[to], deployment.compartments[to].ports.contains(port) else {
                throw Malformed(at: at, expected: "a flow to a port that its service declares")
            }
            let line = try reader.integer(UInt32.self)
            let expires = try reader.integer(UInt64.self)
            let observed = try reader.integer(UInt8.self)
            guard observed <= 1 else { throw Malformed(at: at, expected: "a yes or no") }
            deployment.flows.append(
                FlowPlan(
                    from: from, to: to, port: port, line: line, expires: expires,
                    isObserved: observed == 1))
        }
    }

    private static func readListeners(
        _ reader: inout ByteReader, into deployment: inout Deployment
    ) throws(Malformed) {
        var places: Set<UInt64> = []
        for _ in 0..<(try reader.count(limit: listenersMax)) {
            let at = reader.position
            let compartment = try reader.index(below: deployment.compartments.count)
            let name = try reader.text(limit: 64)
            let address = Address(try reader.integer(UInt32.self))
            let port = try reader.integer(UInt16.self)
            var flows: [Int] = []
            for _ in 0..<(try reader.count(limit: 1024)) {
                flows.append(try reader.index(below: deployment.flows.count))
            }
            guard deployment.compartments[compartment].kind == .service, Names.isPort(name),
                port > 0, places.insert(UInt64(address.value) << 16 | UInt64(port)).inserted
            else { throw Malformed(at: at, expected: "a published port of a service") }
            let outside = flows.allSatisfy { index in
                let flow = deployment.flows[index]
                return flow.to == compartment && (flow.from == .internet || flow.from == .office)
            }
            guard outside, !flows.isEmpty else {
                throw Malformed(at: at, expected: "flows from outside that justify the port")
            }
            guard deployment.isolation == .full || address.value >> 24 == 127 else {
                throw Malformed(at: at, expected: "below `full`, an address of this host alone")
            }
            deployment.listeners.append(
                ListenerPlan(
                    compartment: compartment, name: name, address: address, port: port,
                    flows: flows))
        }
    }
}
