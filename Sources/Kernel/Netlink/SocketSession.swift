package import Addresses
package import Bytes
package import Descriptors
internal import Glibc

/// A TCP or UDP socket as the kernel's socket table shows it (`linux/inet_diag.h`).
package struct SocketRecord: Sendable, Equatable {
    /// Kernel state number: 1 established, 7 closed (an unconnected UDP socket), 10 listening.
    package var state: UInt8
    /// IPv4, also when the socket is an IPv6 one with a mapped address; nil for real IPv6.
    package var local: Address?
    package var remote: Address?
    package var localPort: UInt16
    package var remotePort: UInt16
    package var uid: UInt32
    package var inode: UInt32
    var family: UInt8
    var id: [UInt8]

    static let established: UInt8 = 1
    static let listening: UInt8 = 10

    /// Reads one answer of a dump.
    package static func parse(
        _ bytes: Span<UInt8>, _ payload: Range<Int>
    ) throws(Malformed) -> SocketRecord {
        guard payload.count >= 72 else {
            throw Malformed(at: payload.lowerBound, expected: "a socket record")
        }
        let at = payload.lowerBound
        let family = bytes.u8(at)
        return SocketRecord(
            state: bytes.u8(at + 1), local: address(bytes, at + 8, family),
            remote: address(bytes, at + 24, family), localPort: bytes.be16(at + 4),
            remotePort: bytes.be16(at + 6), uid: bytes.u32(at + 64), inode: bytes.u32(at + 68),
            family: family, id: bytes.copy(at + 4..<at + 52))
    }

    private static func address(_ bytes: Span<UInt8>, _ at: Int, _ family: UInt8) -> Address? {
        if family == 2 { return Address(bytes.be32(at)) }
        let high = bytes.be32(at) | bytes.be32(at + 4)
        let middle = bytes.be32(at + 8)
        // ::ffff:a.b.c.d, and :: which also listens for IPv4.
        guard high == 0, middle == 0xFFFF || middle == 0 && bytes.be32(at + 12) == 0 else {
            return nil
        }
        return Address(bytes.be32(at + 12))
    }
}

/// The TCP and UDP sockets of one network namespace: list them, end them.
package struct SocketSession: ~Copyable, Sendable {
    private var socket: NetlinkSocket

    /// Sockets that one call looks at, at most; more is E2BIG.
    package static let socketsMax = 262_144

    private static let byFamily: UInt16 = 20
    private static let destroy: UInt16 = 21

    package init(in namespace: borrowing Descriptor) throws(SystemFailure) {
        socket = try NetlinkSocket(.sockDiag, in: namespace)
    }

    /// TCP sockets that are neither listening, closed nor in TIME_WAIT.
    package mutating func connected() throws(SystemFailure) -> [SocketRecord] {
        try list(.tcp, states: ~(1 << 10 | 1 << 7 | 1 << 6))
    }

    /// Ports that a program waits on: listening TCP, and bound, unconnected UDP; sorted, each once.
    ///
    /// With an address, only those that take what arrives there.
    package mutating func listeners(
        at address: Address? = nil
    ) throws(SystemFailure) -> [Port] {
        func takes(_ socket: SocketRecord) -> Bool {
            guard let address else { return true }
            return socket.local == address || socket.local?.value == 0
        }
        let tcp = try list(.tcp, states: 1 << 10).filter(takes)
            .compactMap { Port(.tcp, $0.localPort) }
        let udp = try list(.udp, states: 1 << 7).filter(takes)
            .compactMap { Port(.udp, $0.localPort) }
        return [tcp, udp].flatMap { Set($0).sorted { $0.number < $1.number } }
    }

    /// Ends the TCP connections that `condition` names at once, with a reset; returns how many.
    package mutating func end(
        where condition: (SocketRecord) -> Bool
    ) throws(SystemFailure) -> Int {
        let doomed = try connected().filter(condition)
        // ENOENT: it ended by itself meanwhile.
        try socket.perform(
            doomed.map { record in
                Request(Self.destroy) { writer in
                    writer.raw([record.family, Transport.tcp.rawValue, 0, 0])
                    writer.word(1 << UInt32(record.state & 31))
                    writer.raw(record.id)
                }
            }, tolerated: [ENOENT], subject: { "socket on port \(doomed[$0].localPort)" })
        return doomed.count
    }

    private mutating func list(
        _ transport: Transport, states: UInt32
    ) throws(SystemFailure) -> [SocketRecord] {
        var found: [SocketRecord] = []
        var overflow = false
        // A socket made for IPv6 carries IPv4 too, by mapped addresses.
        for family: UInt8 in [2, 10] {
            let request = Request(Self.byFamily) { writer in
                writer.raw([family, transport.rawValue, 0, 0])
                writer.word(states)
                writer.zeroes(48)
            }
            try socket.dump(request, subject: "sockets") { (bytes, header) throws(Malformed) in
                guard header.type == Self.byFamily else { return }
                guard found.count < Self.socketsMax else {
                    overflow = true
                    return
                }
                found.append(try SocketRecord.parse(bytes, header.payload))
            }
        }
        if overflow { throw SystemFailure("netlink dump", "sockets", errno: E2BIG) }
        return found
    }
}
