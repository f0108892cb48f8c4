internal import CLinux
package import Descriptors
internal import Glibc
internal import Namespaces

/// Netlink protocols (`linux/netlink.h`).
package enum NetlinkProtocol: Int32, Sendable {
    case route = 0
    case sockDiag = 4
    case audit = 9
    case netfilter = 12
}

/// A netlink socket inside one network namespace, for requests and their answers.
///
/// Requests are answered before the next one is sent, so at most one dump or batch is under way.
package struct NetlinkSocket: ~Copyable, Sendable {
    package let descriptor: Descriptor
    private var sequence: UInt32 = 1

    /// Requests in one datagram, at most: their acknowledgements must fit a receive buffer.
    package static let batchMax = 64
    /// Messages that one dump may carry, at most.
    package static let dumpMax = 1_000_000
    private static let bufferBytes = 256 << 10

    /// Opens a socket in `namespace`, subscribed to the multicast `groups` (bit mask).
    package init(
        _ kind: NetlinkProtocol, in namespace: borrowing Descriptor, groups: UInt32 = 0
    ) throws(SystemFailure) {
        let opened = try NetworkNamespace.socket(
            in: namespace, domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue),
            protocol: kind.rawValue)
        let result = bh_netlink_bind(opened.number, groups)
        if result < 0 { throw SystemFailure("bind", "netlink socket", errno: -result) }
        _ = bh_force_receive_buffer(opened.number, 1 << 20)
        descriptor = opened
    }

    /// Gives the socket away.
    package consuming func release() -> Descriptor { descriptor }

    /// A sequence number that no earlier request had.
    package mutating func nextSequence() -> UInt32 {
        sequence &+= 1
        return sequence
    }

    /// Sends requests that each ask for an acknowledgement, and waits for all.
    ///
    /// The kernel performs every request even after one failed; the first failure is thrown with
    /// the name that `subject` gives for its position. Failures in `tolerated` count as success.
    package mutating func perform(
        _ requests: [Request], tolerated: Set<Int32> = [], subject: (Int) -> String
    ) throws(SystemFailure) {
        var first: SystemFailure?
        var begin = 0
        while begin < requests.count {
            let end = min(begin + Self.batchMax, requests.count)
            var writer = MessageWriter()
            let base = sequence &+ 1
            for request in requests[begin..<end] {
                writer.message(
                    type: request.type, flags: request.flags | MessageFlag.acknowledge,
                    sequence: nextSequence()
                ) { $0.raw(request.payload) }
            }
            try send(writer.bytes)
            let failed = try acknowledgements(base: base, count: end - begin)
            for (position, code) in failed where first == nil && !tolerated.contains(code) {
                first = SystemFailure("netlink", subject(begin + position), errno: code)
            }
            begin = end
        }
        if let first { throw first }
    }

    /// Asks for a dump and gives each answer's datagram and header to `each`.
    ///
    /// EINTR at its end means that the table changed meanwhile and the dump may miss something.
    package mutating func dump(
        _ request: Request, subject: String, each: MessageVisitor
    ) throws(SystemFailure) {
        let number = nextSequence()
        var writer = MessageWriter()
        writer.message(
            type: request.type, flags: request.flags | MessageFlag.dump, sequence: number
        ) { $0.raw(request.payload) }
        try send(writer.bytes)
        var seen = 0
        var interrupted = false
        do {
            while true {
                let datagram = try receive()
                var offset = 0
                while let header = try MessageReader.next(in: datagram.span, at: &offset) {
                    guard header.sequence == number else { continue }
                    interrupted = interrupted || header.flags & MessageFlag.interrupted != 0
                    if header.type == MessageHeader.done {
                        if interrupted {
                            throw SystemFailure("netlink dump", subject, errno: EINTR)
                        }
                        return
                    }
                    if header.type == MessageHeader.error {
                        let code = datagram.span.u32(header.payload.lowerBound)
                        throw SystemFailure(
                            "netlink dump", subject, errno: Int32(truncatingIfNeeded: 0 &- code))
                    }
                    seen += 1
                    if seen > Self.dumpMax {
                        throw SystemFailure("netlink dump", subject, errno: E2BIG)
                    }
                    try each(datagram.span, header)
                }
            }
        } catch let failure as SystemFailure {
            throw failure
        } catch {
            throw SystemFailure("netlink dump", subject, errno: EBADMSG)
        }
    }

    /// Sends one datagram to the kernel.
    package func send(_ bytes: [UInt8]) throws(SystemFailure) {
        let sent = unsafe bytes.withUnsafeBytes {
            unsafe bh_netlink_send(descriptor.number, $0.baseAddress, bytes.count)
        }
        if sent < 0 { throw SystemFailure("sendto", "netlink socket", errno: Int32(-sent)) }
    }

    /// The next datagram from the kernel; waits for it.
    package func receive() throws(SystemFailure) -> [UInt8] {
        var got = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.bufferBytes) { room, filled in
            got = unsafe bh_netlink_receive(
                descriptor.number, room.baseAddress, Self.bufferBytes, 0)
            filled = max(got, 0)
        }
        if got < 0 { throw SystemFailure("recvmsg", "netlink socket", errno: Int32(-got)) }
        return bytes
    }

    /// Positions and error numbers of the requests that failed.
    private func acknowledgements(
        base: UInt32, count: Int
    ) throws(SystemFailure) -> [(Int, Int32)] {
        var failed: [(Int, Int32)] = []
        var answered = 0
        while answered < count {
            let datagram = try receive()
            do {
                var offset = 0
                while let header = try MessageReader.next(in: datagram.span, at: &offset) {
                    let position = Int(header.sequence &- base)
                    guard header.type == MessageHeader.error, position < count,
                        header.payload.count >= 4
                    else { continue }
                    answered += 1
                    let code = 0 &- datagram.span.u32(header.payload.lowerBound)
                    if code != 0 { failed.append((position, Int32(truncatingIfNeeded: code))) }
                }
            } catch {
                throw SystemFailure("netlink", "answer", errno: EBADMSG)
            }
        }
        return failed
    }
}

/// A request without header: type, flags beside "request", and payload.
package struct Request: Sendable, Equatable {
    package var type: UInt16
    package var flags: UInt16
    package var payload: [UInt8]

    package init(_ type: UInt16, flags: UInt16 = 0, _ body: (inout MessageWriter) -> Void) {
        self.type = type
        self.flags = flags
        var writer = MessageWriter()
        body(&writer)
        payload = writer.bytes
    }
}
