import Addresses
import Descriptors
import Glibc
import Namespaces
import Netlink
import PacketFilter
import Rulebook
import Testing

/// A packet from `web` that no flow allows, and the log group that it ends in at each wall.
struct Attack: Sendable, CustomStringConvertible {
    let name: String
    let transport: UInt8
    let packet: [UInt8]
    let target: Address
    let groups: [Neighbourhood.Place: UInt16]
    var description: String { name }

    init(_ name: String, _ transport: UInt8, _ packet: [UInt8], groups: [UInt16]) {
        self.name = name
        self.transport = transport
        self.packet = packet
        let word = packet[16..<20].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        target = Address(word)
        self.groups = Dictionary(
            uniqueKeysWithValues: zip(Neighbourhood.Place.allCases, groups).map { ($0, $1) })
    }

    static let all: [Attack] = {
        let (web, data, other) = (Neighbourhood.web, Neighbourhood.data, Neighbourhood.other)
        let outside = Address(0x0808_0808)
        func tcp(_ to: Address, _ port: UInt16, _ flags: UInt8, from: Address = web) -> [UInt8] {
            Packets.tcp(from: from, 40000, to: to, port, flags: flags)
        }
        return [
            //                                                               source, fabric, target
            Attack("SYN to another port", 6, tcp(data, 5433, Packets.syn), groups: [2, 2, 2]),
            Attack("SYN to the outside", 6, tcp(outside, 443, Packets.syn), groups: [2, 2]),
            Attack(
                "UDP to another port", 17, Packets.udp(from: web, to: data, 5354),
                groups: [2, 2, 2]),
            Attack(
                "UDP where TCP is allowed", 17, Packets.udp(from: web, to: data, 5432),
                groups: [2, 2, 2]),
            Attack("echo request", 1, Packets.icmpEcho(from: web, to: data), groups: [2, 2, 2]),
            Attack("bare ACK", 6, tcp(data, 5432, Packets.ack), groups: [3, 3, 3]),
            Attack("forged RST", 6, tcp(data, 5432, Packets.rst), groups: [3, 3, 3]),
            Attack(
                "SYN with FIN", 6, tcp(data, 5432, Packets.syn | Packets.fin), groups: [3, 3, 3]),
            Attack("no flags at all", 6, tcp(data, 5432, 0), groups: [3, 3, 3]),
            Attack(
                "spoofed neighbour", 6, tcp(data, 5432, Packets.syn, from: other),
                groups: [4, 4, 2]),
            Attack(
                "spoofed outsider", 6, tcp(data, 5432, Packets.syn, from: outside),
                groups: [4, 4, 2]),
        ]
    }()

    /// Every attack at every single wall that can see it.
    static let alone: [(Attack, Neighbourhood.Place)] = all.flatMap { attack in
        Neighbourhood.Place.allCases.filter { attack.groups[$0] != nil }.map { (attack, $0) }
    }
}

@Suite("Walls", .enabled(if: geteuid() == 0, "needs root"))
struct WallTests {
    /// Lets spoofed packets as far as the walls: strict reverse-path filtering would stop them too.
    private func loosen(_ town: Neighbourhood) throws {
        for space in [town.fabric] + town.spaces {
            for scope in ["all", "default"] {
                try NetworkNamespace.set(
                    "net/ipv4/conf/\(scope)/rp_filter", to: "0", in: space.descriptor)
            }
        }
        for index in town.spaces.indices {
            let name = Fabric.interfaceName(index)
            try NetworkNamespace.set(
                "net/ipv4/conf/\(name)/rp_filter", to: "0", in: town.fabric.descriptor)
            try NetworkNamespace.set(
                "net/ipv4/conf/eth0/rp_filter", to: "0", in: town.spaces[index].descriptor)
        }
    }

    @Test(
        "one wall alone stops each attack, counts it and logs it in its group",
        arguments: Attack.alone)
    func alone(_ attack: Attack, _ place: Neighbourhood.Place) throws {
        let town = try Neighbourhood(walls: [place])
        try loosen(town)
        let witness = try TestSocket(.rawReceiver(attack.transport), in: town.spaces[1])
        let sender = try TestSocket(.rawSender, in: town.spaces[0])
        let refused = sender.send(attack.packet, to: attack.target, 0)
        #expect(refused == (place == .source ? EPERM : 0))
        let records = try town.records(place, atLeast: 1)
        let counters = try town.counters(place)
        let group = try #require(attack.groups[place])
        let counter = ["", "allowed", "refused", "invalid", "spoofed"][Int(group)]
        #expect(records.map(\.group) == [group])
        #expect(records.first?.mark == 0)
        #expect(records.first?.target == attack.target.value)
        #expect(records.first?.transport == attack.transport)
        #expect(counters.mapValues(\.packets).filter { $0.value > 0 } == [counter: 1])
        #expect(witness.receive(milliseconds: 0) == nil)
    }

    @Test("without any wall each attack on a neighbour arrives", arguments: Attack.all)
    func open(_ attack: Attack) throws {
        guard attack.groups[.target] != nil else { return }
        let town = try Neighbourhood(walls: [])
        try loosen(town)
        let witness = try TestSocket(.rawReceiver(attack.transport), in: town.spaces[1])
        let sender = try TestSocket(.rawSender, in: town.spaces[0])
        #expect(sender.send(attack.packet, to: attack.target, 0) == 0)
        #expect(witness.receive() != nil)
    }

    @Test("the routing namespace drops spoofed sources even without rules")
    func reversePath() throws {
        let town = try Neighbourhood(walls: [])
        let witness = try TestSocket(.rawReceiver(6), in: town.spaces[1])
        let sender = try TestSocket(.rawSender, in: town.spaces[0])
        for source in [Neighbourhood.other, Neighbourhood.web] {
            let packet = Packets.tcp(
                from: source, 40000, to: Neighbourhood.data, 5432, flags: Packets.syn)
            #expect(sender.send(packet, to: Neighbourhood.data, 0) == 0)
        }
        // The honest packet comes second, so the spoofed one is not still on its way.
        let first = try #require(witness.receive())
        #expect(first[12..<16].elementsEqual([10, 77, 1, 2]))
    }

    @Test("an allowed connection carries bytes both ways and is logged with its flow's mark")
    func allowed() throws {
        let town = try Neighbourhood()
        let listener = try TestSocket(.stream, in: town.spaces[1])
        #expect(listener.listen(Neighbourhood.data, 5432) == 0)
        let client = try TestSocket(.stream, in: town.spaces[0])
        #expect(client.connect(Neighbourhood.data, 5432) == EINPROGRESS)
        let server = try #require(listener.accept())
        try client.descriptor.writeAll([1, 2, 3])
        #expect(server.receive() == [1, 2, 3])
        try server.descriptor.writeAll([4, 5])
        #expect(client.receive() == [4, 5])
        let records = try town.records(.fabric, atLeast: 1)
        let first = try #require(records.first)
        #expect(records.count == 1)
        #expect(first.group == 1)
        #expect(first.mark == 1)
        #expect(Fabric.compartment(ofInterface: first.inputInterface) == 0)
        #expect(Fabric.compartment(ofInterface: first.outputInterface) == 1)
        #expect(first.source == Neighbourhood.web.value)
        #expect(first.targetPort == 5432)
        #expect(first.flags == Packets.syn)
        #expect(first.etherType == 0x0800)
        for place in Neighbourhood.Place.allCases {
            let counted = try town.counters(place).mapValues(\.packets)
            #expect(counted == ["allowed": 1, "refused": 0, "invalid": 0, "spoofed": 0])
        }
    }

    @Test("the answer to an allowed datagram comes back; its sender cannot begin by itself")
    func datagrams() throws {
        let town = try Neighbourhood()
        let server = try TestSocket(.datagram, in: town.spaces[1])
        #expect(server.bind(Neighbourhood.data, 5353) == 0)
        let client = try TestSocket(.datagram, in: town.spaces[0])
        #expect(client.bind(Neighbourhood.web, 4000) == 0)
        #expect(server.send([9], to: Neighbourhood.web, 4000) == EPERM)
        #expect(client.send([7], to: Neighbourhood.data, 5353) == 0)
        #expect(server.receive() == [7])
        #expect(server.send([8], to: Neighbourhood.web, 4000) == 0)
        #expect(client.receive() == [8])
        #expect(try town.records(.target, atLeast: 1).map(\.group) == [2])
    }

    @Test(
        "IPv6 is off, and where it is switched on the rules drop it",
        arguments: [
            Neighbourhood.Place.source, .fabric,
        ])
    func version6(_ place: Neighbourhood.Place) throws {
        let town = try Neighbourhood(walls: [place])
        let before = try NetworkNamespace.socket(
            in: town.spaces[0].descriptor, domain: AF_INET6, type: Int32(SOCK_DGRAM.rawValue))
        #expect(sendToNeighbours(before.number) != 0)
        for (space, name) in [(town.spaces[0], "eth0"), (town.fabric, "bh0")] {
            // No duplicate address detection: the address is usable at once.
            try NetworkNamespace.set(
                "net/ipv6/conf/\(name)/accept_dad", to: "0", in: space.descriptor)
            try NetworkNamespace.set(
                "net/ipv6/conf/\(name)/disable_ipv6", to: "0", in: space.descriptor)
        }
        _ = sendToNeighbours(before.number)
        let records = try town.records(place, atLeast: 1)
        #expect(!records.isEmpty)
        #expect(records.allSatisfy { $0.group == 2 && $0.etherType == 0x86DD && $0.transport == 0 })
    }

    /// A datagram to every IPv6 node of the link; the error number or 0.
    private func sendToNeighbours(_ number: Int32) -> Int32 {
        var place = sockaddr_in6()
        place.sin6_family = sa_family_t(AF_INET6)
        place.sin6_port = UInt16(9).bigEndian
        place.sin6_scope_id = UInt32(Fabric.compartmentInterface)
        unsafe inet_pton(AF_INET6, "ff02::1", &place.sin6_addr)
        return unsafe withUnsafePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                let length = socklen_t(MemoryLayout<sockaddr_in6>.size)
                return unsafe sendto(number, [1], 1, 0, target, length) < 0 ? errno : 0
            }
        }
    }

    @Test(
        "a thousand refused attempts are a thousand records without a hole, and so says the counter"
    )
    func flood() throws {
        let town = try Neighbourhood(walls: [.fabric])
        for index in 0..<1000 {
            let client = try TestSocket(.stream, in: town.spaces[0])
            #expect(client.connect(Neighbourhood.data, UInt16(20000 + index)) == EINPROGRESS)
        }
        let records = try town.records(.fabric, atLeast: 1000)
        #expect(records.count == 1000)
        #expect(records.map(\.sequence) == (0..<1000).map { UInt32($0) })
        #expect(records.map(\.targetPort) == (0..<1000).map { UInt16(20000 + $0) })
        #expect(try town.counters(.fabric)["refused"]?.packets == 1000)
    }
}
