import Addresses
import Bytes
import Chance
import Netlink
import Testing

extension Seeded {
    /// The bytes with a few of them changed, cut or repeated.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...6, using: &self) where !changed.isEmpty {
            let at = Int.random(in: 0..<changed.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: changed[at] = UInt8.random(in: 0...255, using: &self)
            case 1: changed[at] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: changed.removeSubrange(at...)
            case 3: changed.insert(contentsOf: changed[at...].prefix(16), at: at)
            default: changed[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
            }
        }
        return changed
    }
}

@Suite("Netlink messages")
struct MessageTests {
    @Test("what is written reads back, message by message and attribute by attribute")
    func roundTrip() throws {
        var writer = MessageWriter()
        for number: UInt32 in 1...3 {
            writer.message(type: 77, flags: MessageFlag.acknowledge, sequence: number) { body in
                body.word(number)
                body.attribute(5, text: "eth0")
                body.nest(6, nested: true) { $0.attribute(7, [1, 2, 3]) }
            }
        }
        let bytes = writer.bytes
        #expect(writer.count == 3)
        #expect(bytes.count.isMultiple(of: 4))
        var offset = 0
        for number: UInt32 in 1...3 {
            let found = try MessageReader.next(in: bytes.span, at: &offset)
            let header = try #require(found)
            #expect(header.type == 77)
            #expect(header.flags == MessageFlag.acknowledge | MessageFlag.request)
            #expect(header.sequence == number)
            var at = header.payload.lowerBound + 4
            let end = header.payload.upperBound
            let text = try MessageReader.attribute(in: bytes.span, at: &at, end: end)
            #expect(text.map { Array(bytes[$0.value]) } == Array("eth0".utf8) + [0])
            let nest = try MessageReader.attribute(in: bytes.span, at: &at, end: end)
            #expect(nest?.type == 6)
            var inner = nest?.value.lowerBound ?? 0
            let last = try MessageReader.attribute(
                in: bytes.span, at: &inner, end: nest?.value.upperBound ?? 0)
            #expect(last.map { Array(bytes[$0.value]) } == [1, 2, 3])
            #expect(try MessageReader.attribute(in: bytes.span, at: &at, end: end) == nil)
        }
        #expect(try MessageReader.next(in: bytes.span, at: &offset) == nil)
    }

    @Test(
        "lengths that lie are refused",
        arguments: [
            [1], [UInt8](repeating: 0, count: 15),
            [15, 0, 0, 0] + [UInt8](repeating: 0, count: 12),
            [17, 0, 0, 0] + [UInt8](repeating: 0, count: 12),
            [255, 255, 255, 255] + [UInt8](repeating: 0, count: 12),
        ] as [[UInt8]])
    func liars(_ bytes: [UInt8]) {
        #expect(throws: Malformed.self) {
            var offset = 0
            _ = try MessageReader.next(in: bytes.span, at: &offset)
        }
    }

    @Test(
        "attributes that leave their parent are refused",
        arguments: [
            [3, 0, 1, 0], [4, 0], [9, 0, 1, 0, 1, 2, 3, 4],
        ] as [[UInt8]])
    func escapes(_ bytes: [UInt8]) {
        #expect(throws: Malformed.self) {
            var offset = 0
            _ = try MessageReader.attribute(in: bytes.span, at: &offset, end: bytes.count)
        }
    }

    @Test("no mutation of an answer makes a parser trap or read on for ever")
    func fuzz() throws {
        var dice = Seeded(state: 11)
        let seeds = [Self.connection(), Self.elements(), Self.socket()]
        for round in 0..<30_000 {
            let bytes = dice.mutate(seeds[round % seeds.count])
            var offset = 0
            var messages = 0
            do {
                while let header = try MessageReader.next(in: bytes.span, at: &offset) {
                    messages += 1
                    try #require(messages <= bytes.count)
                    _ = try? ConnectionMessages.parse(bytes.span, header.payload)
                    _ = try? SocketRecord.parse(bytes.span, header.payload)
                    var found: [RuleElementRecord] = []
                    try? RuleElements.parse(bytes.span, header.payload, into: &found)
                    #expect(found.count <= bytes.count)
                }
            } catch is Malformed { continue }
        }
    }

    @Test("a tracked connection, a set's elements and a socket are read")
    func parsers() throws {
        let connection = Self.connection()
        var offset = 0
        let first = try MessageReader.next(in: connection.span, at: &offset)
        let found = try ConnectionMessages.parse(connection.span, try #require(first).payload)
        #expect(found?.source == Address(0x0A4D_0102))
        #expect(found?.target == Address(0x0A4D_0303))
        #expect(found?.transport == 6)
        #expect(found?.sourcePort == 40000)
        #expect(found?.targetPort == 5432)

        let elements = Self.elements()
        offset = 0
        let second = try MessageReader.next(in: elements.span, at: &offset)
        var records: [RuleElementRecord] = []
        try RuleElements.parse(elements.span, try #require(second).payload, into: &records)
        #expect(records.map(\.bytes) == [[8, 8, 8, 8, 5, 0, 0, 0]])
        #expect(records.map(\.packets) == [3] && records.map(\.byteCount) == [180])

        let socket = Self.socket()
        offset = 0
        let third = try MessageReader.next(in: socket.span, at: &offset)
        let record = try SocketRecord.parse(socket.span, try #require(third).payload)
        #expect(record.local == Address(0x0A4D_0102))
        #expect(record.remote == Address(0x0A4D_0303))
        #expect(record.localPort == 40000 && record.remotePort == 5432)
        #expect(record.uid == 700_001)
    }

    private static func connection() -> [UInt8] {
        var writer = MessageWriter()
        writer.message(type: 0x0100, flags: 0, sequence: 1) { body in
            body.raw([2, 0, 0, 0])
            body.nest(1, nested: true) { tuple in
                tuple.nest(1, nested: true) { ip in
                    ip.attribute(1, [10, 77, 1, 2])
                    ip.attribute(2, [10, 77, 3, 3])
                }
                tuple.nest(2, nested: true) { proto in
                    proto.attribute(1, [6])
                    proto.attribute(2, [0x9C, 0x40])
                    proto.attribute(3, [0x15, 0x38])
                }
            }
            body.attribute(12, [1, 2, 3, 4])
        }
        return writer.bytes
    }

    private static func elements() -> [UInt8] {
        var writer = MessageWriter()
        writer.message(type: 0x0A0C, flags: 0, sequence: 1) { body in
            body.raw([1, 0, 0, 0])
            body.attribute(1, text: "bulkhead")
            body.nest(3, nested: true) { list in
                list.nest(1, nested: true) { element in
                    element.nest(1, nested: true) { $0.attribute(1, [8, 8, 8, 8]) }
                    element.nest(2, nested: true) { $0.attribute(1, [5, 0, 0, 0]) }
                    element.nest(7, nested: true) { expression in
                        expression.attribute(1, text: "counter")
                        expression.nest(2, nested: true) { counter in
                            counter.attribute(1, [0, 0, 0, 0, 0, 0, 0, 180])
                            counter.attribute(2, [0, 0, 0, 0, 0, 0, 0, 3])
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func socket() -> [UInt8] {
        var writer = MessageWriter()
        writer.message(type: 20, flags: 0, sequence: 1) { body in
            // A mapped address: an IPv6 socket that carries IPv4.
            body.raw([10, 1, 0, 0, 0x9C, 0x40, 0x15, 0x38])
            body.raw([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 77, 1, 2])
            body.raw([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 77, 3, 3])
            body.zeroes(24)
            body.word(700_001)
            body.word(99)
        }
        return writer.bytes
    }
}
