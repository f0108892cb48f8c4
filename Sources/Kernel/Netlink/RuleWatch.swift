package import Descriptors
internal import Glibc

/// Hears that somebody changes the packet filter of a network namespace; not who, and not what.
package enum RuleWatch {
    /// NFNLGRP_NFTABLES as a bit.
    private static let group: UInt32 = 1 << 6
    /// Datagrams read in one go: a writer that is faster does not hold the reader.
    private static let turnMax = 1_024

    /// A non-blocking socket that becomes readable with each transaction in `namespace`.
    package static func open(
        in namespace: borrowing Descriptor
    ) throws(SystemFailure) -> Descriptor {
        let socket = try NetlinkSocket(.netfilter, in: namespace, groups: group)
        try socket.descriptor.setNonBlocking()
        return socket.release()
    }

    /// Whether anything was changed since the last call; a message that was lost is a change.
    package static func hasNews(_ number: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var news = false
        for _ in 0..<turnMax {
            do throws(SystemFailure) {
                guard try NetlinkDatagram.receive(on: number, into: &buffer) != nil else { break }
                news = true
            } catch {
                // Another process may send here: that alone is no change.
                guard error.errno == EPERM else { return true }
            }
        }
        return news
    }
}
