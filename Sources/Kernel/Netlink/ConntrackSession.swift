internal import Bytes
package import Descriptors
internal import Glibc

/// The tracked connections of one network namespace: read them, end them.
package struct ConntrackSession: ~Copyable, Sendable {
    private var socket: NetlinkSocket

    /// Entries that one call looks at, at most; more is E2BIG, and nothing was removed.
    package static let connectionsMax = 262_144

    package init(in namespace: borrowing Descriptor) throws(SystemFailure) {
        socket = try NetlinkSocket(.netfilter, in: namespace)
    }

    /// Every IPv4 connection, in the kernel's order.
    package mutating func connections() throws(SystemFailure) -> [Connection] {
        var found: [Connection] = []
        var overflow = false
        try socket.dump(ConnectionMessages.all, subject: "tracked connections") {
            (bytes, header) throws(Malformed) in
            guard found.count < Self.connectionsMax else {
                overflow = true
                return
            }
            if let one = try ConnectionMessages.parse(bytes, header.payload) { found.append(one) }
        }
        if overflow { throw SystemFailure("netlink dump", "tracked connections", errno: E2BIG) }
        return found
    }

    /// Removes the connections that `condition` names; returns how many.
    ///
    /// Their next packet belongs to no connection: the rules judge it anew.
    package mutating func cut(
        where condition: (Connection) -> Bool
    ) throws(SystemFailure) -> Int {
        let doomed = try connections().filter(condition)
        // An entry may end by itself between the two steps.
        try socket.perform(
            doomed.map(ConnectionMessages.remove), tolerated: [ENOENT],
            subject: { "connection to \(doomed[$0].target):\(doomed[$0].targetPort)" })
        return doomed.count
    }
}
