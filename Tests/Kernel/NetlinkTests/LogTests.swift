import Bytes
import Chance
import Netlink
import Testing

@Suite("Log records")
struct LogTests {
    /// A datagram with one record for each packet, as the kernel writes them.
    static func datagram(_ packets: [[UInt8]], group: UInt16 = 2) -> [UInt8] {
        var writer = MessageWriter()
        for (number, packet) in packets.enumerated() {
            writer.message(type: 0x0400, flags: 0, sequence: 0) { body in
                body.raw([2, 0])
                body.half(group.byteSwapped)
                body.attribute(1, [0x08, 0x00, 2, 0])
                body.attribute(2, word: UInt32(7).byteSwapped)
                body.attribute(3, [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9])
                body.attribute(4, word: UInt32(16).byteSwapped)
                body.attribute(5, word: UInt32(17).byteSwapped)
                body.attribute(10, text: "why")
                body.attribute(12, word: UInt32(number).byteSwapped)
                body.attribute(9, packet)
            }
        }
        return writer.bytes
    }

    static func packet(
        transport: UInt8, fragment: UInt16 = 0, options: Int = 0, payload: [UInt8]
    ) -> [UInt8] {
        let header: [UInt8] = [
            0x45 + UInt8(options), 0, 0, 60, 0, 0, UInt8(fragment >> 8),
            UInt8(truncatingIfNeeded: fragment), 64, transport, 0, 0, 10, 77, 1, 2, 10, 77, 3, 3,
        ]
        return header + [UInt8](repeating: 1, count: options * 4) + payload
    }

    static let tcp: [UInt8] = [0x9C, 0x40, 0x15, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 0, 0]

    struct Case: Sendable {
        let packet: [UInt8]
        let transport: UInt8
        let ports: [UInt16]
        let flags: UInt8
    }

    @Test(
        "addresses, ports and flags are read as far as they are there",
        arguments: [
            Case(
                packet: packet(transport: 6, payload: tcp), transport: 6, ports: [40000, 5432],
                flags: 2),
            Case(
                packet: packet(transport: 6, options: 2, payload: tcp), transport: 6,
                ports: [40000, 5432], flags: 2),
            Case(
                packet: packet(transport: 6, payload: Array(tcp.prefix(8))), transport: 6,
                ports: [40000, 5432], flags: 0),
            Case(
                packet: packet(transport: 17, payload: [0, 53, 1, 0]), transport: 17,
                ports: [53, 256],
                flags: 0),
            Case(
                packet: packet(transport: 1, payload: [8, 0, 9, 9]), transport: 1,
                ports: [0x0800, 0], flags: 0),
            // A later fragment's bytes are not ports, whatever they look like.
            Case(
                packet: packet(transport: 6, fragment: 5, payload: tcp), transport: 6,
                ports: [0, 0], flags: 0),
            Case(
                packet: packet(transport: 47, payload: tcp), transport: 47, ports: [0, 0], flags: 0),
            Case(packet: packet(transport: 6, payload: []), transport: 6, ports: [0, 0], flags: 0),
            Case(
                packet: [0x60, 0, 0, 0] + [UInt8](repeating: 1, count: 40), transport: 0,
                ports: [0, 0], flags: 0),
            Case(packet: [], transport: 0, ports: [0, 0], flags: 0),
        ])
    func fields(_ one: Case) throws {
        let bytes = Self.datagram([one.packet])
        var records: [LogRecord] = []
        let count = try LogDatagram.read(bytes.span, count: bytes.count, into: &records)
        #expect(count == 1)
        let record = try #require(records.first)
        #expect(record.group == 2)
        #expect(record.mark == 7)
        #expect(record.time == 5_000_009_000)
        #expect(record.inputInterface == 16 && record.outputInterface == 17)
        #expect(String(decoding: bytes[record.prefix], as: UTF8.self) == "why")
        #expect(record.transport == one.transport)
        #expect([record.sourcePort, record.targetPort] == one.ports)
        #expect(record.flags == one.flags)
        #expect(record.source == (one.transport == 0 ? 0 : 0x0A4D_0102))
    }

    @Test("records keep their order and numbers; what stands before a broken one is kept")
    func many() throws {
        let packet = Self.packet(transport: 6, payload: Self.tcp)
        let bytes = Self.datagram([packet, packet, packet])
        var records: [LogRecord] = []
        try LogDatagram.read(bytes.span, count: bytes.count, into: &records)
        #expect(records.map(\.sequence) == [0, 1, 2])
        records = []
        #expect(throws: Malformed.self) {
            try LogDatagram.read(bytes.span, count: bytes.count - 20, into: &records)
        }
        #expect(records.map(\.sequence) == [0, 1])
    }

    @Test("no mutation of a datagram makes the reader trap")
    func fuzz() {
        var dice = Seeded(state: 5)
        let packet = Self.packet(transport: 6, options: 1, payload: Self.tcp)
        let seed = Self.datagram([packet, packet])
        var records: [LogRecord] = []
        for _ in 0..<50_000 {
            let bytes = dice.mutate(seed)
            records.removeAll(keepingCapacity: true)
            _ = try? LogDatagram.read(bytes.span, count: bytes.count, into: &records)
            #expect(records.count <= bytes.count / 16)
            for record in records { #expect(record.prefix.upperBound <= bytes.count) }
        }
    }
}
