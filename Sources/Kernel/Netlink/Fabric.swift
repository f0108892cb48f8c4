package import Addresses
package import Descriptors
internal import Namespaces

/// Links between the routing namespace and the compartments' namespaces.
///
/// A link is a veth pair, `bh<index>` in the fabric and `eth0` in the compartment, without ARP:
/// each end knows the other's hardware address for ever, so no broadcast exists and nobody can
/// claim a neighbour's address. Nothing is ever removed here: a link ends with its namespace.
package struct Fabric: ~Copyable, Sendable {
    private var routes: NetlinkSocket

    /// Compartments of a fabric, at most.
    package static let compartmentsMax = 4096
    /// The next hop that every compartment sees; it exists on no interface.
    package static let gateway = Address(0xA9FE_0101)
    /// The interface number of `eth0` in each compartment.
    package static let compartmentInterface: Int32 = 16
    private static let firstInterface: Int32 = 16

    /// The fabric's interface of compartment `index`.
    package static func interfaceName(_ index: Int) -> String { "bh\(index)" }

    /// The compartment whose link has this interface number in the fabric; nil for another one.
    package static func compartment(ofInterface number: UInt32) -> Int? {
        let first = UInt32(firstInterface)
        guard number >= first, number < first + UInt32(compartmentsMax) else { return nil }
        return Int(number - first)
    }

    /// Prepares `namespace`, as `NetworkNamespace.create` made it, for routing.
    package init(in namespace: borrowing Descriptor) throws(SystemFailure) {
        try NetworkNamespace.set(Self.routing + Self.common, in: namespace)
        routes = try NetlinkSocket(.route, in: namespace)
    }

    /// Gives the empty namespace `compartment` its link and its address.
    package mutating func attach(
        compartment: borrowing Descriptor, index: Int, address: Address
    ) throws(SystemFailure) {
        guard (0..<Self.compartmentsMax).contains(index) else {
            throw SystemFailure("netlink", "compartment \(index)", errno: 7)
        }
        try NetworkNamespace.set(Self.ending + Self.common, in: compartment)
        let here = Self.firstInterface + Int32(index)
        let there = Self.compartmentInterface
        let name = Self.interfaceName(index)
        // The settings come first: an interface is born with the namespace's defaults.
        try routes.perform(
            [
                RouteMessages.link(
                    .init(name: name, index: here, hardware: .fabric(index)),
                    peer: .init(name: "eth0", index: there, hardware: .compartment(index)),
                    peerNamespace: compartment.number),
                RouteMessages.route(to: address, interface: here),
                RouteMessages.neighbour(address, at: .compartment(index), interface: here),
            ], subject: { "\(["link", "route", "neighbour"][$0]) of \(name)" })
        var inside = try NetlinkSocket(.route, in: compartment)
        try inside.perform(
            [
                RouteMessages.raise(there),
                RouteMessages.address(address, interface: there),
                RouteMessages.neighbour(Self.gateway, at: .fabric(index), interface: there),
                RouteMessages.defaultRoute(via: Self.gateway, interface: there),
            ],
            subject: {
                "\(["eth0", "address", "neighbour", "route"][$0]) inside the compartment of \(name)"
            })
        // The fabric's end came up before its peer, so it waits for the kernel's link watch and
        // silently drops what it should send until then: a service's first packets would be lost
        // without a record. Reading the link makes that happen now.
        try routes.perform([RouteMessages.settle(here)], subject: { _ in "link of \(name)" })
    }

    /// What both kinds of namespace refuse.
    private static let common: [Sysctl] =
        ["all", "default"].flatMap { scope in
            [
                Sysctl("net/ipv6/conf/\(scope)/disable_ipv6", "1", optional: true),
                Sysctl("net/ipv4/conf/\(scope)/rp_filter", "1"),
                Sysctl("net/ipv4/conf/\(scope)/accept_redirects", "0"),
                Sysctl("net/ipv4/conf/\(scope)/send_redirects", "0"),
                Sysctl("net/ipv4/conf/\(scope)/accept_source_route", "0"),
                Sysctl("net/ipv4/conf/\(scope)/log_martians", "1"),
            ]
        } + [
            Sysctl("net/netfilter/nf_conntrack_tcp_loose", "0"),
            Sysctl("net/netfilter/nf_conntrack_tcp_be_liberal", "0"),
            // A segment of either kind would carry data past the handshake that the walls judge.
            Sysctl("net/ipv4/tcp_fastopen", "0"),
            Sysctl("net/mptcp/enabled", "0", optional: true),
        ]

    // Switching forwarding rewrites the redirect settings, so it comes before them.
    private static let routing = [Sysctl("net/ipv4/ip_forward", "1")]

    private static let ending = [
        Sysctl("net/ipv4/ip_forward", "0"),
        // Its ports are its own: a declared port under 1024 needs no capability.
        Sysctl("net/ipv4/ip_unprivileged_port_start", "0"),
        // These links have no bandwidth to find out: pacing by a host's default only costs time.
        Sysctl("net/ipv4/tcp_congestion_control", "reno", optional: true),
        Sysctl("net/ipv4/tcp_slow_start_after_idle", "0"),
    ]
}
