internal import Bytes

/// Bytes of the channels of a deployment: each ends at services, and no service finds two
/// descriptors under one name.
enum ChannelCodec {
    /// Most bytes of one table.
    static let tableMax = 256 << 10

    static func encode(_ channel: ChannelPlan, into out: inout ByteWriter) {
        switch channel {
        case .pair(let from, let to, let name):
            out.tagged(0, from)
            out.index(to)
            out.text(name)
        case .operators(let to, let name):
            out.tagged(1, to)
            out.text(name)
        case .table(let index, let name, let bytes):
            out.tagged(2, index)
            out.text(name)
            out.block(bytes)
        }
    }

    static func read(
        _ reader: inout ByteReader, into deployment: inout Deployment
    ) throws(Malformed) {
        // What the supervisor itself hands to services.
        var names = deployment.compartments.map { _ in Set(["events"]) }
        for listener in deployment.listeners { names[listener.compartment].insert(listener.name) }
        for _ in 0..<(try reader.count(limit: DeploymentCodec.channelsMax)) {
            let at = reader.position
            let channel = try decode(&reader, of: deployment.compartments.count)
            for (index, name) in channel.names(in: deployment) {
                guard deployment.compartments[index].kind == .service, Names.isChannel(name),
                    names[index].insert(name).inserted
                else { throw Malformed(at: at, expected: "a channel of services, named once") }
            }
            deployment.channels.append(channel)
        }
    }

    private static func decode(
        _ reader: inout ByteReader, of count: Int
    ) throws(Malformed) -> ChannelPlan {
        let at = reader.position
        let tag = try reader.integer(UInt8.self)
        let index = try reader.index(below: count)
        switch tag {
        case 0:
            let to = try reader.index(below: count)
            let name = try reader.text(limit: 64)
            guard to != index else { throw Malformed(at: at, expected: "two ends") }
            return .pair(from: index, to: to, name: name)
        case 1: return .operators(to: index, name: try reader.text(limit: 64))
        case 2:
            return .table(
                of: index, name: try reader.text(limit: 64),
                bytes: try reader.block(limit: tableMax))
        default: throw Malformed(at: at, expected: "a known channel")
        }
    }
}

extension Deployment {
    /// Names of the descriptors that a service inherits, in their order: its listeners, its events,
    /// its ends of channels.
    package func handed(_ index: Int) -> [String] {
        var names = listeners.filter { $0.compartment == index }.map(\.name)
        if compartments.contains(where: { $0.kind == .writer(of: index) }) {
            names.append("events")
        }
        for channel in channels {
            names += channel.names(in: self).filter { $0.compartment == index }.map(\.name)
        }
        return names
    }
}

extension ChannelPlan {
    /// Who finds a descriptor of it, and under which name.
    package func names(in deployment: Deployment) -> [(compartment: Int, name: String)] {
        switch self {
        case .pair(let from, let to, let name):
            [(from, name), (to, "\(name).\(deployment.compartments[from].name)")]
        case .operators(let to, let name): [(to, name)]
        case .table(let index, let name, _): [(index, name)]
        }
    }
}
