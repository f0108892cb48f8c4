internal import Addresses
package import Breach
internal import CLinux
internal import Glibc

/// An attempt: throws the refusal that stopped it.
package typealias Attack = @Sendable (inout Seat) throws(Refusal) -> Outcome

/// Connections and datagrams; ids as in `Technique.network`.
enum Network {
    private static let nobody = "no other compartment"

    static let attempts: [(String, Attack)] = [
        ("net.connect-others", { seat throws(Refusal) in try dial(&seat, .declared) }),
        ("net.scan-others", { seat throws(Refusal) in try dial(&seat, .undeclared) }),
        ("net.connect-outside", { seat throws(Refusal) in try dial(&seat, .outside) }),
        ("net.metadata", metadata), ("net.host-loopback", hostLoopback),
        ("net.fastopen-connect", fastopenConnect),
        (
            "net.fastopen-sendto",
            { seat throws(Refusal) in try fastopen(&seat, SYS_sendto) }
        ),
        (
            "net.fastopen-sendmsg",
            { seat throws(Refusal) in try fastopen(&seat, SYS_sendmsg) }
        ),
        (
            "net.fastopen-sendmmsg",
            { seat throws(Refusal) in try fastopen(&seat, SYS_sendmmsg) }
        ),
        ("net.mptcp", { seat throws(Refusal) in try stream(&seat, Constant.protocolMPTCP) }),
        ("net.udp-others", { seat throws(Refusal) in try datagram(&seat, .undeclared) }),
        ("net.udp-outside", { seat throws(Refusal) in try datagram(&seat, .outside) }),
        ("net.dns-tunnel", question), ("net.icmp-tunnel", echo),
        (
            "net.udplite",
            { seat throws(Refusal) in
                try datagram(&seat, .undeclared, Constant.protocolUDPLite)
            }
        ),
        ("net.sctp", { seat throws(Refusal) in try stream(&seat, Constant.protocolSCTP) }),
        ("net.broadcast", broadcast), ("net.ipv6", neighbourDiscovery), ("net.listen", listen),
        ("net.vsock", vsock), ("net.af-alg", kernelCipher), ("net.tun", tunnelDevice),
    ]

    private static func dial(
        _ seat: inout Seat, _ kind: Target.Kind
    ) throws(Refusal) -> Outcome {
        let targets = seat.targets(kind).filter { $0.transport == 6 }
        return try dialAll(targets, &seat, none: nobody) { target throws(Refusal) in
            try started(target)
        }
    }

    /// A socket whose connection is under way.
    private static func started(
        _ target: Target, _ number: Int32 = 0
    ) throws(Refusal) -> Int {
        let descriptor = try makeSocket(AF_INET, Constant.streamType, number)
        do throws(Refusal) {
            try connect(descriptor, target.address, target.port)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func stream(_ seat: inout Seat, _ number: Int32) throws(Refusal) -> Outcome {
        let targets = (seat.targets(.declared) + seat.targets(.undeclared))
            .filter { $0.transport == 6 }
        return try dialAll(Array(targets.prefix(16)), &seat, none: nobody) {
            target throws(Refusal) in try started(target, number)
        }
    }

    private static func metadata(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let address = seat.open ? seat.targets(.outside).map(\.address).first : Address(0xA9FE_A9FE)
        let target = Target(.outside, address ?? Address(0xA9FE_A9FE), port: 80)
        return try dialAll([target], &seat, none: nobody) { target throws(Refusal) in
            try started(target)
        }
    }

    /// A reset comes from the own loopback here: it shows that the host's is not there.
    private static func hostLoopback(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try dialAll(
            seat.targets(.hostLoopback), &seat, none: "no canary on the host",
            resetIsThrough: false
        ) { target throws(Refusal) in try started(target) }
    }

    private static func fastopenConnect(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let targets = seat.targets(.declared).filter { $0.transport == 6 }
        return try dialAll(targets, &seat, none: nobody) { target throws(Refusal) in
            let descriptor = try makeSocket(AF_INET, Constant.streamType)
            do throws(Refusal) {
                try setOption(descriptor, Constant.protocolTCP, Constant.tcpFastopenConnect)
                try connect(descriptor, target.address, target.port)
            } catch {
                close(descriptor)
                throw error
            }
            return descriptor
        }
    }

    private static func fastopen(_ seat: inout Seat, _ number: Int32) throws(Refusal) -> Outcome {
        let mark = Memory(seat.mark)
        let targets = seat.targets(.declared).filter { $0.transport == 6 }
        return try dialAll(targets, &seat, none: nobody) { target throws(Refusal) in
            let descriptor = try makeSocket(AF_INET, Constant.streamType)
            let name = Layout.address(target.address, port: target.port)
            let flags = Argument(Constant.messageFastopen | Constant.quiet)
            do throws(Refusal) {
                switch number {
                case SYS_sendto:
                    try call(
                        number, Argument(descriptor), Argument(mark), Argument(mark.count), flags,
                        Argument(Memory(name)), 16)
                case SYS_sendmsg:
                    try call(
                        number, Argument(descriptor),
                        Argument(Layout.message(to: name, payload: mark)), flags)
                default:
                    let one = Layout.message(to: name, payload: mark)
                    let vector = Memory(
                        one.bytes() + [UInt8](repeating: 0, count: 8), keeping: [one])
                    try call(number, Argument(descriptor), Argument(vector), 1, flags)
                }
            } catch  where error.errno == EINPROGRESS {} catch {
                close(descriptor)
                throw error
            }
            return descriptor
        }
    }

    private static func datagram(
        _ seat: inout Seat, _ kind: Target.Kind, _ number: Int32 = Constant.protocolUDP
    ) throws(Refusal) -> Outcome {
        let targets = seat.targets(kind).map {
            Target(kind, $0.address, transport: UInt8(number), port: $0.port)
        }
        return try sendAll(targets, &seat, none: nobody, payload: seat.mark) {
            target throws(Refusal) in try connected(target, number)
        }
    }

    private static func connected(
        _ target: Target, _ number: Int32
    ) throws(Refusal) -> Int {
        let descriptor = try makeSocket(AF_INET, Constant.datagramType, number)
        do throws(Refusal) {
            try connect(descriptor, target.address, target.port)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// A question whose first label is the data.
    private static func question(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let label = Array("bulkhead-probe".utf8)
        let payload: [UInt8] =
            [0x42, 0x48, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + [UInt8(label.count)] + label
            + [7] + Array("invalid".utf8) + [0, 0, 16, 0, 1]
        let targets = (seat.targets(.outside) + seat.targets(.undeclared)).map(\.address)
        let resolvers = Array(Set(targets)).sorted().prefix(16).map {
            Target(.outside, $0, transport: 17, port: 53)
        }
        return try sendAll(Array(resolvers), &seat, none: nobody, payload: payload) {
            target throws(Refusal) in try connected(target, Constant.protocolUDP)
        }
    }

    /// By the unprivileged kind of socket, then by a raw one.
    private static func echo(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let addresses = seat.orders.neighbours + seat.targets(.outside).map(\.address)
        let targets = Array(Set(addresses)).sorted().prefix(16).map {
            Target(.outside, $0, transport: 1, port: 0)
        }
        var payload: [UInt8] = [8, 0, 0, 0, 0x42, 0x48, 0, 1] + seat.mark
        let sum = Layout.checksum(payload)
        payload.replaceSubrange(2..<4, with: Layout.network(sum))
        return try anyOf([Constant.datagramType, Constant.rawType], none: nobody) {
            type throws(Refusal) in
            try sendAll(Array(targets), &seat, none: nobody, payload: payload) {
                target throws(Refusal) in
                let descriptor = try makeSocket(AF_INET, type, Constant.protocolICMP)
                try connect(descriptor, target.address, 0)
                return descriptor
            }
        }
    }

    private static func broadcast(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let notices = try? noticeSocket(seat)
        defer { if let notices { close(notices) } }
        let targets = [Address(0xFFFF_FFFF), Address(0xE000_00FB)].map {
            Target(.outside, $0, transport: 17, port: 5353)
        }
        let outcome = try sendAll(targets, &seat, none: nobody, payload: seat.mark) {
            target throws(Refusal) in
            let descriptor = try makeSocket(AF_INET, Constant.datagramType)
            try setOption(descriptor, SOL_SOCKET, SO_BROADCAST)
            try connect(descriptor, target.address, target.port)
            return descriptor
        }
        return try noticed(notices) ?? outcome
    }

    /// All nodes of the link; in the open twin its own loopback stands for a neighbour.
    private static func neighbourDiscovery(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try makeSocket(AF_INET6, Constant.datagramType)
        defer { close(descriptor) }
        var node = [UInt8](repeating: 0, count: 16)
        node[15] = 1
        if !seat.open { node.replaceSubrange(0..<2, with: [0xFF, 0x02]) }
        let name = { (scope: UInt32) -> [UInt8] in
            Layout.word(UInt16(AF_INET6)) + Layout.network(UInt16(47472)) + Layout.word(UInt32(0))
                + node + Layout.word(scope)
        }
        return try anyOf([UInt32(2), 1, 3], none: nobody) { scope throws(Refusal) in
            try call(
                SYS_connect, Argument(descriptor), Argument(Memory(name(seat.open ? 0 : scope))),
                28, about: "connect to all IPv6 nodes")
            try write(descriptor, seat.mark)
            do throws(Refusal) {
                let reply = try receive(descriptor)
                return reply.isEmpty
                    ? .sent("a datagram to all IPv6 nodes") : .through("an IPv6 node answered")
            } catch  where error.errno == ECONNREFUSED {
                return .through("an IPv6 node reported the port unreachable")
            }
        }
    }

    private static func listen(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try makeSocket(AF_INET, Constant.streamType)
        defer { close(descriptor) }
        try call(SYS_listen, Argument(descriptor), 1, about: "listen without bind")
        let name = Memory(zeroes: 16)
        try call(
            SYS_getsockname, Argument(descriptor), Argument(name),
            Argument(Memory(Layout.word(UInt32(16)))))
        let port = UInt16(bigEndian: name.integer(UInt16.self, at: 2))
        // Only a connection from elsewhere makes it a way in: the runner dials from the others.
        guard !seat.orders.neighbours.isEmpty else { return .inapplicable(nobody) }
        var caller = -1
        if seat.open {
            caller = try started(Target(.declared, seat.orders.address, port: port))
        } else {
            seat.touch(Target(.declared, seat.orders.address, port: port))
            seat.tell(.listening(port: port))
        }
        defer { if caller >= 0 { close(caller) } }
        for _ in 0..<(patienceMilliseconds / 10) {
            if let peer = try? call(
                SYS_accept4, Argument(descriptor), 0, 0, Argument(Constant.nonBlockingClosed))
            {
                close(peer)
                return .through("port \(port) took a connection from elsewhere")
            }
            pause(milliseconds: 10)
        }
        return .sent("listened on port \(port), others dialled, nobody came in")
    }

    private static func vsock(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf([UInt32(2), 1], none: nobody) { context throws(Refusal) in
            let descriptor = try makeSocket(Constant.familyVsock, Constant.streamType)
            defer { close(descriptor) }
            let name =
                Layout.word(UInt16(Constant.familyVsock)) + [0, 0] + Layout.word(UInt32(1024))
                + Layout.word(context) + [0, 0, 0, 0]
            do throws(Refusal) {
                try call(
                    SYS_connect, Argument(descriptor), Argument(Memory(name)), 16,
                    about: "connect to context \(context)")
            } catch  where error.errno == ECONNRESET || error.errno == EINPROGRESS {}
            return .through("context \(context) is reachable")
        }
    }

    private static func kernelCipher(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try call(
            SYS_socket, Argument(Constant.familyALG), 5, 0, about: "socket of AF_ALG")
        defer { close(descriptor) }
        var name = [UInt8](repeating: 0, count: 88)
        name.replaceSubrange(0..<2, with: Layout.word(UInt16(Constant.familyALG)))
        name.replaceSubrange(2..<6, with: Array("hash".utf8))
        name.replaceSubrange(24..<30, with: Array("sha256".utf8))
        try call(SYS_bind, Argument(descriptor), Argument(Memory(name)), 88)
        return .through("a kernel digest is bound")
    }

    private static func tunnelDevice(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try opened("/dev/net/tun", O_RDWR)
        defer { close(descriptor) }
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<7, with: Array("bhprobe".utf8))
        request.replaceSubrange(16..<18, with: [0x01, 0x10])
        try call(
            SYS_ioctl, Argument(descriptor), 0x4004_54CA, Argument(Memory(request)),
            about: "TUNSETIFF")
        return .through("tunnel device bhprobe made")
    }

    /// Where the open twin's victims report what reached them; elsewhere nothing ever comes.
    static func noticeSocket(_ seat: Seat) throws(Refusal) -> Int {
        let descriptor = try makeSocket(AF_INET, Constant.datagramType)
        try bind(descriptor, seat.orders.address, Constant.noticePort)
        return descriptor
    }

    /// What a victim reported, if anything.
    static func noticed(_ descriptor: Int?) throws(Refusal) -> Outcome? {
        guard let descriptor else { return nil }
        let bytes = try receive(descriptor, milliseconds: 150)
        guard !bytes.isEmpty else { return nil }
        return .through("the victim says: " + String(decoding: bytes.prefix(80), as: UTF8.self))
    }
}
