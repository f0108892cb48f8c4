import Addresses
import Descriptors
import Glibc
import Namespaces
import Netlink
import NftRules
import NftText
import PacketFilter

/// A namespace whose rules are judged by sending packets into it over two links, `bh0` and `bh1`.
final class Courtroom {
    static let macs = [0, 1].map { HardwareAddress.fabric($0).bytes }
    private static let chunk = 200

    /// Packets that did not get where they are counted.
    struct Missing: Error {
        let counter: String
        let wanted: UInt64
    }

    private let space: SharedDescriptor
    private let senders: [SharedDescriptor]
    private let sockets: [SharedDescriptor]
    var session: RuleSession

    init() throws {
        let middle = SharedDescriptor(try NetworkNamespace.create())
        space = middle
        var fabric = try Fabric(in: middle.descriptor)
        var ends: [SharedDescriptor] = []
        var sockets: [SharedDescriptor] = []
        for (index, address) in [Address(0x0A4D_0102), Address(0x0A4D_0303)].enumerated() {
            let end = SharedDescriptor(try NetworkNamespace.create())
            try fabric.attach(compartment: end.descriptor, index: index, address: address)
            sockets.append(
                SharedDescriptor(
                    try NetworkNamespace.socket(in: end.descriptor, domain: 17, type: 3)))
            ends.append(end)
        }
        senders = ends
        self.sockets = sockets
        // Nothing but the rules may stop a packet before their last chain.
        for path in [
            "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/bh0/rp_filter",
            "net/ipv4/conf/bh1/rp_filter", "net/ipv4/conf/all/log_martians",
            "net/ipv4/conf/bh0/log_martians", "net/ipv4/conf/bh1/log_martians",
        ] { try NetworkNamespace.set(path, to: "0", in: middle.descriptor) }
        for name in ["all", "bh0", "bh1"] {
            try NetworkNamespace.set(
                "net/ipv6/conf/\(name)/disable_ipv6", to: "0", in: middle.descriptor)
        }
        session = try RuleSession(in: middle.descriptor)
        try prepare()
    }

    private func prepare() throws {
        try session.load(
            """
            table inet tracking {
            counter forwarded {
            }
            chain forth { type filter hook postrouting priority 0; ct state new counter
            counter name forwarded
            }
            }

            """)
        // Packets of these tests carry no sums of TCP and UDP.
        try NetworkNamespace.set(
            "net/netfilter/nf_conntrack_checksum", to: "0", in: space.descriptor)
    }

    /// Opens the connections whose replies are sent later.
    func open(_ packets: [SentPacket]) throws {
        try session.load(
            """
            table inet judge
            delete table inet judge
            table inet recorder
            delete table inet recorder

            """)
        var frames: [[UInt8]] = []
        for packet in packets {
            if let frame = packet.opening { frames.append(frame) }
        }
        let before = try session.counters("inet tracking")["forwarded"]?.packets ?? 0
        for (index, frame) in frames.enumerated() {
            send(frame, over: 1)
            if index % Self.chunk == Self.chunk - 1 {
                try wait("inet tracking", "forwarded", before + UInt64(index + 1))
            }
        }
        try wait("inet tracking", "forwarded", before + UInt64(frames.count))
    }

    /// Loads rules, sends packets, and says which came through.
    func judge(
        _ rules: String, _ packets: [SentPacket]
    ) throws -> (v4: Set<UInt128>, v6: Set<UInt128>) {
        try session.load(Self.recorder + rules)
        for (index, packet) in packets.enumerated() {
            send(packet.frame, over: packet.link)
            if index % Self.chunk == Self.chunk - 1 || index == packets.count - 1 {
                try wait("inet recorder", "total", UInt64(index + 1))
            }
        }
        let listing = try session.ruleset()
        let (tables, _) = NftText.tables(Array(listing.utf8))
        let recorder = tables.tables.first { $0.name == "recorder" }
        func seen(_ name: String) -> Set<UInt128> {
            var numbers: Set<UInt128> = []
            for element in recorder?.sets[name]?.elements ?? [] {
                if case .number(let number) = element.key { numbers.insert(number) }
            }
            return numbers
        }
        return (seen("short"), seen("long"))
    }

    private static let recorder = """
        table inet recorder
        delete table inet recorder
        table inet recorder {
        counter total {
        }
        counter done {
        }
        set short { typeof ip id; size 65535; flags dynamic; }
        set long { typeof ip6 hoplimit; size 65535; flags dynamic; }
        chain first { type filter hook prerouting priority -310; policy accept;
        counter name total
        ip id 30000-65535 notrack
        ip6 hoplimit 200-255 notrack
        }
        chain last { type filter hook prerouting priority 300; policy drop;
        add @short { ip id } drop
        add @long { ip6 hoplimit } drop
        }
        }

        """

    private func send(_ frame: [UInt8], over link: Int) {
        let number = UInt32(Fabric.compartmentInterface)
        var target: [UInt8] = [17, 0, 0, 0]
        target += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        target += [UInt8](repeating: 0, count: 12)
        unsafe target.withUnsafeBytes { place in
            unsafe frame.withUnsafeBytes { bytes in
                let address = unsafe place.baseAddress?.assumingMemoryBound(to: sockaddr.self)
                _ = unsafe sendto(
                    sockets[link].number, bytes.baseAddress, bytes.count, 0, address,
                    socklen_t(place.count))
            }
        }
    }

    /// Asks until a counter is there, for some seconds at most.
    private func wait(_ table: String, _ counter: String, _ count: UInt64) throws {
        for _ in 0..<50_000 {
            let found = try session.counters(table)[counter]?.packets ?? 0
            if found >= count { return }
            sched_yield()
        }
        throw Missing(counter: counter, wanted: count)
    }
}
