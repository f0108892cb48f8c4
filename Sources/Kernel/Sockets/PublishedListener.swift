package import Addresses
internal import CLinux
package import Descriptors

/// Listening TCP sockets of the host that are handed into compartments.
package enum PublishedListener {
    /// Connections that wait for `accept`, at most.
    package static let backlog: Int32 = 512

    /// Listens on the calling thread's namespace for the service of `uid`.
    ///
    /// The socket is made under that filesystem uid: the host's `meta skuid` rule must name the
    /// service, or an inherited listener could be turned into a way out.
    package static func open(
        _ address: Address, port: UInt16, for uid: UInt32
    ) throws(SystemFailure) -> Descriptor {
        let number = bh_listener(address.value, port, uid, backlog)
        guard number >= 0 else {
            throw SystemFailure("listen", "\(address):\(port)", errno: -number)
        }
        return Descriptor(owning: number)
    }
}
