internal import CLinux
package import Descriptors
internal import Glibc

/// Reading a netlink socket that somebody else opened, without waiting and without allocating.
package enum NetlinkDatagram {
    /// Bytes of the next datagram, written to the start of `buffer`; nil when none waits.
    ///
    /// ENOBUFS means that the kernel had to drop some; EPERM that another process sent this one.
    package static func receive(
        on number: Int32, into buffer: inout [UInt8]
    ) throws(SystemFailure) -> Int? {
        let got = unsafe buffer.withUnsafeMutableBytes {
            unsafe bh_netlink_receive(number, $0.baseAddress, $0.count, 1)
        }
        if got >= 0 { return got }
        if got == -Int(EAGAIN) { return nil }
        throw SystemFailure("recvmsg", "netlink descriptor \(number)", errno: Int32(-got))
    }
}
