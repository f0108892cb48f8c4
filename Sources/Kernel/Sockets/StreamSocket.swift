package import Addresses
internal import CLinux
package import Descriptors
internal import Glibc

/// A connection that a listener took.
package struct TakenStream: ~Copyable {
    /// Where it comes from.
    package let address: Address
    package let port: UInt16
    private let descriptor: Descriptor

    fileprivate init(_ number: Int32, _ address: UInt32, _ port: UInt16) {
        descriptor = Descriptor(owning: number)
        self.address = Address(address)
        self.port = port
    }

    /// Gives the socket away.
    package consuming func take() -> Descriptor { descriptor }
}

/// TCP over IPv4 that never waits: every socket is non-blocking and close-on-exec.
package enum StreamSocket {
    /// Listens; port 0 lets the kernel choose.
    package static func listen(
        _ address: Address, port: UInt16, backlog: Int32
    ) throws(SystemFailure) -> Descriptor {
        let number = bh_stream_listen(address.value, port, backlog)
        guard number >= 0 else {
            throw SystemFailure("listen", "\(address):\(port)", errno: -number)
        }
        return Descriptor(owning: number)
    }

    /// Begins a connection, from `source` where one is given; watch it until it is writable, then
    /// ask `failure`.
    package static func connect(
        to address: Address, port: UInt16, from source: Address? = nil
    ) throws(SystemFailure) -> Descriptor {
        let number = bh_stream_connect(source?.value ?? 0, address.value, port)
        guard number >= 0 else {
            throw SystemFailure("connect", "\(address):\(port)", errno: -number)
        }
        return Descriptor(owning: number)
    }

    /// What became of a connection that was begun: nil when it is there.
    package static func failure(of socket: Int32) -> SystemFailure? {
        let result = bh_stream_error(socket)
        return result == 0
            ? nil : SystemFailure("connect", "descriptor \(socket)", errno: -result)
    }

    /// The next waiting connection; nil when none waits, or the one that waited has gone.
    package static func accept(
        on listener: Int32
    ) throws(SystemFailure) -> TakenStream? {
        var address: UInt32 = 0
        var port: UInt16 = 0
        let number = unsafe bh_stream_accept(listener, &address, &port)
        if number >= 0 { return TakenStream(number, address, port) }
        switch -number {
        case EAGAIN, ECONNABORTED, EINTR, EPROTO: return nil
        default: throw SystemFailure("accept", "descriptor \(listener)", errno: -number)
        }
    }

    /// Sends bytes of the range, as many as fit; `end` when the other side is gone.
    package static func send(
        _ bytes: [UInt8], in range: Range<Int>, on socket: Int32
    ) throws(SystemFailure) -> Transfer {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw SystemFailure("send", "descriptor \(socket)", errno: EINVAL)
        }
        let moved = unsafe bytes.withUnsafeBytes { room in
            unsafe bh_stream_send(
                socket, room.baseAddress?.advanced(by: range.lowerBound), range.count)
        }
        return try transfer(moved, "send", socket, endsAtZero: false)
    }

    /// Overwrites the start of `room` with what has arrived; its count stays.
    package static func receive(
        into room: inout [UInt8], on socket: Int32
    ) throws(SystemFailure) -> Transfer {
        let moved = unsafe room.withUnsafeMutableBytes { bytes in
            unsafe bh_stream_receive(socket, bytes.baseAddress, bytes.count)
        }
        return try transfer(moved, "recv", socket, endsAtZero: true)
    }

    /// The port that a socket is bound to.
    package static func port(of socket: Int32) throws(SystemFailure) -> UInt16 {
        let port = bh_stream_port(socket)
        guard port >= 0 else {
            throw SystemFailure("getsockname", "descriptor \(socket)", errno: -port)
        }
        return UInt16(truncatingIfNeeded: port)
    }

    private static func transfer(
        _ moved: Int, _ call: StaticString, _ socket: Int32, endsAtZero: Bool
    ) throws(SystemFailure) -> Transfer {
        if moved > 0 || (moved == 0 && !endsAtZero) { return .bytes(moved) }
        if moved == 0 { return .end }
        switch Int32(-moved) {
        case EAGAIN: return .wouldBlock
        case ECONNRESET, EPIPE, ETIMEDOUT: return .end
        default: throw SystemFailure(call, "descriptor \(socket)", errno: Int32(-moved))
        }
    }
}
