internal import Addresses
internal import Confinement
internal import Descriptors
internal import Netlink

// Connections that no open flow allows: rules accept what is established before they look at flows,
// so what lost its flow, or never had one, lives on until it is ended here.
extension Network {
    /// The ends of a connection, seen from the side that opened it.
    private struct Ends: Hashable {
        let source: UInt32
        let target: UInt32
        let transport: UInt8
        let sourcePort: UInt16
        let targetPort: UInt16
    }

    private struct Allowance: Hashable {
        let source: UInt32
        let target: UInt32
        let transport: UInt8
        let port: UInt16
    }

    /// Ends them at both ends and in the fabric; returns how many the fabric tracked.
    ///
    /// In the order of `FlowCut`: sockets first, so that neither program waits on a dead connection.
    func endStrays() throws(SystemFailure) -> Int {
        let allowed = allowances()
        var between = try ConntrackSession(in: try Descriptor(copying: fabric.number))
        let strays = Set(
            try between.connections().filter { !allowed.contains(Self.allowance($0)) }
                .map(Self.ends))
        guard !strays.isEmpty else { return 0 }
        let places = deployment.compartments.indices.filter { index in
            let address = deployment.compartments[index].address.value
            return deployment.compartments[index].kind == .service
                && strays.contains { $0.source == address || $0.target == address }
        }
        try endSockets(strays, places)
        let count = try between.cut { strays.contains(Self.ends($0)) }
        for place in places {
            var end = try ConntrackSession(in: try Descriptor(copying: namespaces[place].number))
            _ = try end.cut { strays.contains(Self.ends($0)) }
        }
        try endSockets(strays, places)
        return count
    }

    private func endSockets(_ strays: Set<Ends>, _ places: [Int]) throws(SystemFailure) {
        let tcp = Transport.tcp.rawValue
        for place in places {
            var sockets = try SocketSession(in: try Descriptor(copying: namespaces[place].number))
            _ = try sockets.end { socket in
                guard let local = socket.local?.value, let remote = socket.remote?.value else {
                    return false
                }
                let dialled = Ends(
                    source: local, target: remote, transport: tcp, sourcePort: socket.localPort,
                    targetPort: socket.remotePort)
                let taken = Ends(
                    source: remote, target: local, transport: tcp, sourcePort: socket.remotePort,
                    targetPort: socket.localPort)
                return strays.contains(dialled) || strays.contains(taken)
            }
        }
    }

    private func allowances() -> Set<Allowance> {
        var allowed: Set<Allowance> = []
        let addresses = deployment.compartments.map(\.address.value)
        for (index, flow) in deployment.flows.enumerated() where !closed.contains(index) {
            guard case .compartment(let from) = flow.from else { continue }
            allowed.insert(
                Allowance(
                    source: addresses[from], target: addresses[flow.to],
                    transport: flow.port.transport.rawValue, port: flow.port.number))
        }
        return allowed
    }

    private static func allowance(_ connection: Connection) -> Allowance {
        Allowance(
            source: connection.source.value, target: connection.target.value,
            transport: connection.transport, port: connection.targetPort)
    }

    private static func ends(_ connection: Connection) -> Ends {
        Ends(
            source: connection.source.value, target: connection.target.value,
            transport: connection.transport, sourcePort: connection.sourcePort,
            targetPort: connection.targetPort)
    }
}
