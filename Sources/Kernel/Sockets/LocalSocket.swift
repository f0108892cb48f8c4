// Sockets: local (AF_UNIX) message sockets and TCP listeners, as owned descriptors.
//
// One message is one datagram: nothing here frames, retries or buffers. A message is at most
// 64 KiB with at most 16 descriptors; a longer one is refused whole. Everything is close-on-exec.

internal import CLinux
package import Descriptors
internal import Glibc

/// Who is at the other end of a local socket, as the kernel knows it.
package struct PeerCredentials: Sendable, Equatable {
    /// 0 when the peer's pid namespace is not visible from here.
    package var pid: UInt32
    package var uid: UInt32

    package init(pid: UInt32, uid: UInt32) {
        self.pid = pid
        self.uid = uid
    }
}

/// What a local socket gave: a message with the descriptors that came with it.
package struct LocalMessage: Sendable {
    package let bytes: [UInt8]
    package let descriptors: [SharedDescriptor]
}

/// What a receive did.
package enum Receipt: Sendable {
    case message(LocalMessage)
    case end
    case wouldBlock
}

/// Two connected ends.
package struct SocketPair: ~Copyable {
    private let ours: Descriptor
    private let theirs: Descriptor

    fileprivate init(_ ours: Int32, _ theirs: Int32) {
        self.ours = Descriptor(owning: ours)
        self.theirs = Descriptor(owning: theirs)
    }

    /// Gives both ends away.
    package consuming func split<Result: ~Copyable, Problem: Error>(
        _ body: (consuming Descriptor, consuming Descriptor) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try body(ours, theirs)
    }
}

/// AF_UNIX sockets that keep message boundaries (SOCK_SEQPACKET, SOCK_DGRAM).
package enum LocalSocket {
    package static let messageBytesMax = 64 << 10
    package static let descriptorsMax = 16

    /// A SEQPACKET pair whose send buffers hold about `bufferBytes`.
    package static func pair(bufferBytes: Int32 = 4 << 20) throws(SystemFailure) -> SocketPair {
        var ends: [Int32] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer {
            unsafe bh_socket_pair(0, bufferBytes, $0.baseAddress)
        }
        if result < 0 { throw SystemFailure("socketpair", "seqpacket", errno: -result) }
        return SocketPair(ends[0], ends[1])
    }

    /// A listening SEQPACKET socket at `path`; an old socket file there is replaced.
    package static func listen(
        at path: String, mode: UInt32
    ) throws(SystemFailure) -> Descriptor {
        try own(unsafe bh_unix_listener(path, mode), "listen", path)
    }

    /// A bound DGRAM socket at `path` that learns each sender's credentials.
    package static func receiver(
        at path: String, mode: UInt32
    ) throws(SystemFailure) -> Descriptor {
        try own(unsafe bh_unix_receiver(path, mode), "bind", path)
    }

    /// Connects to the SEQPACKET socket at `path`.
    package static func connect(to path: String) throws(SystemFailure) -> Descriptor {
        try own(unsafe bh_unix_connect(path), "connect", path)
    }

    /// The next waiting connection; EAGAIN when none waits on a non-blocking listener.
    package static func accept(
        on listener: borrowing Descriptor
    ) throws(SystemFailure) -> Descriptor {
        try own(bh_accept(listener.number), "accept", "descriptor \(listener.number)")
    }

    /// Who connected; on a pair it names the pair's maker, so it identifies nobody there.
    package static func peer(of socket: Int32) throws(SystemFailure) -> PeerCredentials {
        var found = PeerCredentials(pid: 0, uid: 0)
        let result = unsafe bh_peer(socket, &found.pid, &found.uid)
        if result < 0 { throw SystemFailure("getsockopt", "peer", errno: -result) }
        return found
    }

    /// Sends one message whole, or `wouldBlock` when the queue is full; never raises SIGPIPE.
    package static func send(
        _ bytes: [UInt8], descriptors: [Int32] = [], on socket: Int32
    ) throws(SystemFailure) -> Transfer {
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            unsafe descriptors.withUnsafeBufferPointer { numbers in
                unsafe bh_send_fds(
                    socket, bytes.baseAddress, bytes.count, numbers.baseAddress, numbers.count)
            }
        }
        if sent >= 0 { return .bytes(sent) }
        switch Int32(-sent) {
        case EAGAIN: return .wouldBlock
        case EPIPE, ECONNRESET: return .end
        default: throw SystemFailure("sendmsg", "descriptor \(socket)", errno: Int32(-sent))
        }
    }

    /// Takes one message; EMSGSIZE when it, or its descriptors, are over the bound.
    package static func receive(on socket: Int32) throws(SystemFailure) -> Receipt {
        var got = 0
        // Room for one more than allowed: too many is told apart from just enough.
        var numbers = [Int32](repeating: -1, count: descriptorsMax + 1)
        var held = numbers.count
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: messageBytesMax) { room, filled in
            got = unsafe numbers.withUnsafeMutableBufferPointer { numbers in
                unsafe bh_receive_fds(
                    socket, room.baseAddress, messageBytesMax, numbers.baseAddress, &held)
            }
            filled = max(got, 0)
        }
        if got < 0 {
            switch Int32(-got) {
            case EAGAIN: return .wouldBlock
            case ECONNRESET: return .end
            default: throw SystemFailure("recvmsg", "descriptor \(socket)", errno: Int32(-got))
            }
        }
        let descriptors = numbers.prefix(held).map { SharedDescriptor(Descriptor(owning: $0)) }
        if held > descriptorsMax {
            throw SystemFailure("recvmsg", "descriptor \(socket)", errno: EMSGSIZE)
        }
        // A SEQPACKET message has at least a byte in every treaty, so nothing means the end.
        if got == 0 { return .end }
        return .message(LocalMessage(bytes: bytes, descriptors: descriptors))
    }

    /// One datagram of at most `limit` bytes with its sender; nil when none waits.
    package static func receiveWithCredentials(
        on socket: Int32, limit: Int
    ) throws(SystemFailure) -> (bytes: [UInt8], sender: PeerCredentials)? {
        var sender = PeerCredentials(pid: 0, uid: 0)
        var got = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, filled in
            got = unsafe bh_receive_credentials(
                socket, room.baseAddress, limit, &sender.pid, &sender.uid)
            filled = max(got, 0)
        }
        if got == -Int(EAGAIN) || got == 0 { return nil }
        if got < 0 { throw SystemFailure("recvmsg", "descriptor \(socket)", errno: Int32(-got)) }
        return (bytes, sender)
    }

    private static func own(
        _ number: Int32, _ call: StaticString, _ subject: String
    ) throws(SystemFailure) -> Descriptor {
        guard number >= 0 else { throw SystemFailure(call, subject, errno: -number) }
        return Descriptor(owning: number)
    }
}
