internal import Confinement

extension Technique {
    private static let route: Walls = [.landlock, .fabric, .host]
    private static let datagram: Walls = [.seccomp, .fabric, .host]
    private static let ownNet = "own network namespace"

    /// Connections and datagrams that no flow allows, and protocols that slip past port rules.
    package static let network: [Technique] = [
        Technique(
            "net.connect-others", "connect to ports of other services without a flow", "T1210",
            route),
        Technique(
            "net.scan-others", "scan undeclared ports of other services", "T1046", route),
        Technique(
            "net.connect-outside", "connect to addresses outside the platform", "T1041", route,
            standing: ownNet),
        Technique(
            "net.metadata", "ask the cloud's metadata address for credentials", "T1552.005", route,
            standing: ownNet),
        Technique(
            "net.host-loopback", "connect to a service on the host's loopback", "T1210", [],
            standing: ownNet),
        Technique(
            "net.fastopen-connect", "open by TCP_FASTOPEN_CONNECT and write", "T1095",
            [.landlock, .seccomp, .fabric, .host], standing: "fast open is off in every compartment"
        ),
        Technique(
            "net.fastopen-sendto", "open by sendto with MSG_FASTOPEN", "T1095", datagram,
            standing: "fast open is off in every compartment"),
        Technique(
            "net.fastopen-sendmsg", "open by sendmsg with MSG_FASTOPEN", "T1095", datagram,
            standing: "fast open is off in every compartment"),
        Technique(
            "net.fastopen-sendmmsg", "open by sendmmsg with MSG_FASTOPEN", "T1095", datagram,
            standing: "fast open is off in every compartment"),
        Technique(
            "net.mptcp", "open by multipath TCP, which Landlock does not see", "T1095", datagram,
            standing: "MPTCP is off in every compartment",
            control: .needs("MPTCP")),
        Technique(
            "net.udp-others", "send datagrams to other services", "T1095", datagram,
            yields: ["datagram": .seccomp]),
        Technique(
            "net.udp-outside", "carry data out in UDP datagrams", "T1048.003", datagram,
            standing: ownNet, yields: ["datagram": .seccomp]),
        Technique(
            "net.dns-tunnel", "carry data out in DNS questions", "T1071.004", datagram,
            standing: ownNet, yields: ["datagram": .seccomp]),
        Technique(
            "net.icmp-tunnel", "carry data out in ICMP echo requests", "T1095",
            [.seccomp, .fabric, .host]),
        Technique(
            "net.udplite", "send by UDP-Lite, which port rules may forget", "T1095", datagram,
            control: .needs("UDP-Lite")),
        Technique(
            "net.sctp", "open an SCTP association", "T1095", datagram, control: .needs("SCTP")),
        Technique(
            "net.broadcast", "shout to all neighbours by broadcast and multicast", "T1018",
            datagram, standing: "point-to-point links with /32 addresses",
            yields: ["datagram": .seccomp]),
        Technique(
            "net.ipv6", "reach neighbours by IPv6 link-local addresses", "T1018",
            [.seccomp, .fabric, .host], standing: "IPv6 is off",
            control: .needs("IPv6")),
        Technique(
            "net.listen", "open a listener without binding a port", "T1571",
            [.seccomp, .host, .fabric], yields: [listens: .seccomp]),
        Technique(
            "net.vsock", "reach the hypervisor's side by vsock", "T1095", [.seccomp],
            control: .needs("a vsock transport")),
        Technique(
            "net.af-alg", "reach kernel code by AF_ALG sockets", "T1068", [.seccomp],
            control: .needs("AF_ALG")),
        Technique(
            "net.tun", "make a tunnel device", "T1572",
            [.seccomp, .capabilities, .root, .landlock], control: .needs("TUN")),
    ]

    /// Packets and identities that lie about where they come from, and other people's traffic.
    package static let forgery: [Technique] = [
        Technique(
            "net.raw-spoof", "send a raw datagram with a neighbour's address", "T1557",
            [.seccomp, .capabilities, .fabric, .host]),
        Technique(
            "net.freebind-spoof", "bind a neighbour's address by IP_FREEBIND and connect", "T1557",
            [.seccomp, .landlock, .fabric, .host]),
        Technique(
            "net.transparent-spoof", "bind a neighbour's address by IP_TRANSPARENT", "T1557",
            [.seccomp, .capabilities, .landlock, .fabric, .host]),
        Technique(
            "net.bare-ack", "send a bare ACK that opens nothing", "T1046",
            [.seccomp, .capabilities, .fabric, .host]),
        Technique(
            "net.forged-reset", "cut a connection of others by a forged RST", "T1499",
            [.seccomp, .capabilities, .fabric, .host]),
        Technique(
            "net.sniff", "listen to the link by a packet socket", "T1040",
            [.seccomp, .capabilities], standing: "a link of its own: nobody else's frames come by"),
        Technique(
            "net.arp-spoof", "claim a neighbour's address in ARP", "T1557.002",
            [.seccomp, .capabilities], standing: "ARP is off, neighbours are permanent"),
        Technique(
            "net.netlink-address", "give the interface a neighbour's address", "T1557",
            [.seccomp, .capabilities]),
        Technique(
            "net.netlink-firewall", "change the compartment's own firewall", "T1562.004",
            [.seccomp, .capabilities]),
    ]

    /// Sockets made on the host's side that a compartment holds.
    package static let inherited: [Technique] = [
        Technique(
            "out.accepted-dial", "turn an accepted socket round and dial the host's loopback",
            "T1090", [.landlock, .publishing], disturbs: true),
        Technique(
            "out.accepted-rebind", "bind an accepted socket to a new port of the host", "T1571",
            [.seccomp, .landlock], disturbs: true),
        Technique(
            "out.accepted-listen", "listen on a port of the host that the kernel picks", "T1571",
            [.seccomp], disturbs: true),
        Technique(
            "out.listener-dial", "turn the listener round and dial the host's loopback", "T1090",
            [.landlock, .publishing], disturbs: true),
    ]
}
