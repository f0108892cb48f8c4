package import Addresses
package import Descriptors

/// Ending what still runs over a flow that rules no longer allow.
///
/// Established connections are accepted before any flow is looked up, so a removed flow lives on
/// in them. The order, and why:
/// 1. the caller deletes the flow's elements (fabric, source, target): nothing new can begin;
/// 2. the sockets of both ends are destroyed: their resets still pass as established, so neither
///    program waits on a dead connection and no wall logs a reset that nobody forged;
/// 3. the tracked connections go, in the fabric and at both ends: what 2 could not see (a
///    connection half made, a program's UDP) is judged anew and refused;
/// 4. the sockets once more: those whose handshake finished between 1 and 3.
package struct FlowCut: Sendable, Equatable {
    /// What the flow allowed.
    package let source: Address
    package let target: Address
    package let port: Port

    package init(source: Address, target: Address, port: Port) {
        self.source = source
        self.target = target
        self.port = port
    }

    /// Performs steps 2 to 4; returns the connections that the fabric tracked.
    package func perform(
        fabric: borrowing Descriptor, sourceEnd: borrowing Descriptor,
        targetEnd: borrowing Descriptor
    ) throws(SystemFailure) -> Int {
        try endSockets(sourceEnd, targetEnd)
        var between = try ConntrackSession(in: fabric)
        let count = try between.cut(where: covers)
        var first = try ConntrackSession(in: sourceEnd)
        _ = try first.cut(where: covers)
        var last = try ConntrackSession(in: targetEnd)
        _ = try last.cut(where: covers)
        try endSockets(sourceEnd, targetEnd)
        return count
    }

    private func endSockets(
        _ sourceEnd: borrowing Descriptor, _ targetEnd: borrowing Descriptor
    ) throws(SystemFailure) {
        guard port.transport == .tcp else { return }
        var dialled = try SocketSession(in: sourceEnd)
        _ = try dialled.end { $0.remote == target && $0.remotePort == port.number }
        var taken = try SocketSession(in: targetEnd)
        _ = try taken.end { $0.remote == source && $0.localPort == port.number }
    }

    private func covers(_ connection: Connection) -> Bool {
        connection.source == source && connection.target == target
            && connection.transport == port.transport.rawValue
            && connection.targetPort == port.number
    }
}
