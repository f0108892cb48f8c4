/// Sockets: which kinds can be made, what can be said over them.
enum NetworkEntries {
    private enum Domain { static let unix: UInt64 = 1, inet: UInt64 = 2 }
    private enum Kind { static let stream: UInt64 = 1, datagram: UInt64 = 2, packets: UInt64 = 5 }
    // SOCK_NONBLOCK and SOCK_CLOEXEC lie above the four bits of the type.
    private static let kindBits: UInt64 = 0xF

    private static func socket(_ reason: String, _ kinds: [(UInt64, UInt64, [UInt64])]) -> Entry {
        Entry(
            "socket", reason,
            kinds.flatMap { domain, kind, protocols in
                protocols.map { number in
                    [
                        Match(0, is: domain), Match(1, is: kind, mask: kindBits),
                        Match(2, is: number),
                    ]
                }
            })
    }

    // MSG_FASTOPEN would connect without connect(), where neither Landlock nor this list sees it.
    private static func slow(_ argument: UInt32) -> [[Match]] {
        [[Match(argument, is: 0, mask: 0x2000_0000)]]
    }

    /// Level and name of each permitted option: SOL_SOCKET 1, IPPROTO_IP 0, IPPROTO_TCP 6.
    ///
    /// TCP's fast open (23, 30, 33), ULP (31) and repair (19) are not here, nor SO_ATTACH_FILTER
    /// (26).
    private static let options: [(level: UInt64, names: [UInt64])] = [
        (1, [2, 7, 8, 9, 13, 15, 20, 21, 66, 67]),
        (6, [1, 3, 4, 5, 6, 9, 12, 18]),
        (0, [1]),
    ]

    /// What can be done over a socket that is already there.
    static let talk: [Entry] = [
        Entry("sendto", "sending", slow(3)),
        Entry("recvfrom", "receiving"),
        Entry("sendmsg", "sending in pieces", slow(2)),
        Entry("recvmsg", "receiving in pieces"),
        Entry("shutdown", "ending one direction of a connection"),
        Entry("getsockname", "asking for one's own address"),
        Entry("getpeername", "asking for the other side's address"),
        Entry("getsockopt", "asking for a socket's error"),
        Entry(
            "setsockopt", "buffers, time limits, keep-alive and delays of a socket",
            options.flatMap { level, names in
                names.map { [Match(1, is: level), Match(2, is: $0)] }
            }),
    ]

    /// Protocol 262 (MPTCP) goes around Landlock's port rules, so the protocol is named.
    static let stream = socket(
        "TCP over IPv4", [(Domain.inet, Kind.stream, [0, 6])])
    static let connect = Entry("connect", "dialling the targets of declared flows")
    static let accept: [Entry] = [
        Entry("accept4", "taking connections"),
        Entry("accept", "taking connections, older interface"),
    ]
    static let listen: [Entry] = [
        Entry("bind", "taking a declared port"),
        Entry("listen", "opening a declared port"),
    ]
    static let datagram: [Entry] =
        talk + [
            socket("UDP over IPv4", [(Domain.inet, Kind.datagram, [0, 17])]),
            Entry("sendmmsg", "sending many datagrams", slow(3)),
            Entry("recvmmsg", "receiving many datagrams"),
            connect,
        ]
    static let unix: [Entry] =
        talk + accept + listen + [
            socket(
                "Unix-domain sockets",
                [
                    (Domain.unix, Kind.stream, [0]), (Domain.unix, Kind.datagram, [0]),
                    (Domain.unix, Kind.packets, [0]),
                ]),
            connect,
        ]
    static let notify: [Entry] = [
        socket("the readiness message", [(Domain.unix, Kind.datagram, [0])]),
        Entry("connect", "systemd's client code connects before it sends"),
        Entry("sendto", "the readiness message", slow(3)),
        Entry("sendmsg", "the readiness message", slow(2)),
    ]
}
