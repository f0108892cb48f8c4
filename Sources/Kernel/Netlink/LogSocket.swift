internal import CLinux
package import Descriptors
internal import Glibc
internal import Namespaces

/// Opening the log of a network namespace's rules (NFLOG), for a reader without capabilities.
///
/// The log belongs to the namespace, and so does the socket; once configured it can be handed to
/// a process elsewhere, which reads datagrams and gives them to `LogDatagram.read`.
package enum LogSocket {
    /// Records in the kernel's buffer before a datagram is sent, and how long they wait at most.
    private static let recordsMax: UInt32 = 64
    private static let hundredthsMax: UInt32 = 1
    private static let copiedBytes: UInt32 = 128
    private static let receiveBytes: Int32 = 64 << 20

    private static let configure: UInt16 = 0x0401

    /// A non-blocking socket that receives what rules log to `groups`, numbered from 0 for each
    /// group; lost records show as holes in the numbers, and ENOBUFS on a read is not reported.
    package static func open(
        in namespace: borrowing Descriptor, groups: [UInt16]
    ) throws(SystemFailure) -> Descriptor {
        var socket = try NetlinkSocket(.netfilter, in: namespace)
        var requests: [Request] = []
        for group in groups {
            requests.append(bind(group))
            requests.append(settings(group))
        }
        try socket.perform(requests, subject: { "log group \(groups[$0 / 2])" })
        let forced = bh_force_receive_buffer(socket.descriptor.number, receiveBytes)
        if forced < 0 { throw SystemFailure("setsockopt", "log receive buffer", errno: -forced) }
        let silenced = bh_netlink_silence_overruns(socket.descriptor.number)
        if silenced < 0 { throw SystemFailure("setsockopt", "log overruns", errno: -silenced) }
        try socket.descriptor.setNonBlocking()
        return socket.release()
    }

    /// Binds the socket to a group (NFULNL_CFG_CMD_BIND); one socket holds a group at a time.
    private static func bind(_ group: UInt16) -> Request {
        Request(configure) { writer in
            writer.raw([0, 0])
            writer.half(group.byteSwapped)
            writer.attribute(1, [1])
        }
    }

    private static func settings(_ group: UInt16) -> Request {
        Request(configure) { writer in
            writer.raw([0, 0])
            writer.half(group.byteSwapped)
            writer.nest(2) { mode in
                mode.word(copiedBytes.byteSwapped)
                // NFULNL_COPY_PACKET
                mode.raw([2, 0])
            }
            writer.attribute(3, word: UInt32(64 << 10).byteSwapped)
            writer.attribute(4, word: hundredthsMax.byteSwapped)
            writer.attribute(5, word: recordsMax.byteSwapped)
            // NFULNL_CFG_F_SEQ
            writer.nest(6) { $0.half(UInt16(1).byteSwapped) }
        }
    }
}
