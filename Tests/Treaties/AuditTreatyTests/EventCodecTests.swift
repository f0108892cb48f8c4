import Addresses
import AuditTreaty
import Bytes
import Chance
import Testing

@Suite("Event codec")
struct EventCodecTests {
    @Test("every kind of event survives writing and reading", arguments: Samples.events)
    func roundTrip(event: Event) throws {
        var writer = ByteWriter()
        EventCodec.encode(event, into: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try EventCodec.decode(&reader) == event)
        try reader.finish()
    }

    @Test("an attempt takes 35 bytes, so that a message holds 1,872 of them")
    func attemptSize() throws {
        var batch = EventBatch()
        while batch.append(.attempt(Samples.attempt())) {}
        #expect(batch.count == 1872)
        let message = try #require(taken(&batch))
        #expect(message.count <= EventMessage.bytesMax)
        #expect(try EventMessage.decode(message).events.count == 1872)
    }

    @Test("texts beyond their bound are cut at a character and stay valid")
    func clipped() throws {
        var writer = ByteWriter()
        EventCodec.encode(
            .note(
                kind: String(repeating: "k", count: 70), text: String(repeating: "é", count: 9000)),
            into: &writer)
        var reader = ByteReader(writer.bytes)
        guard case .note(let kind, let text) = try EventCodec.decode(&reader) else {
            Issue.record("another kind")
            return
        }
        #expect(kind.utf8.count == 64 && text.utf8.count == 16_384 && text.allSatisfy { $0 == "é" })
    }

    private func taken(_ batch: inout EventBatch, wantsReceipt: Bool = false) -> [UInt8]? {
        batch.take(wantsReceipt: wantsReceipt)
    }

    @Test("numbers run on over messages, and what is left out leaves a gap")
    func numbering() throws {
        var batch = EventBatch()
        #expect(taken(&batch) == nil)
        for count in 1...2 { _ = batch.append(.shed(count: UInt64(count))) }
        let first = try EventMessage.decode(try #require(taken(&batch)))
        batch.skip(5)
        _ = batch.append(.shed(count: 3))
        let second = try EventMessage.decode(try #require(taken(&batch, wantsReceipt: true)))
        #expect(first.sequence == 0 && first.events.count == 2 && !first.wantsReceipt)
        #expect(second.sequence == 7 && second.wantsReceipt)
    }

    @Test("a message or receipt that is not exactly one is malformed")
    func malformed() throws {
        let good = EventMessage(sequence: 5, wantsReceipt: true, events: [.shed(count: 1)]).encode()
        #expect(try EventMessage.decode(good).sequence == 5)
        for count in 0..<good.count {
            #expect(throws: Malformed.self) { try EventMessage.decode(Array(good.prefix(count))) }
        }
        var changes: [[UInt8]] = [good + [0], []]
        for (index, value) in [(8, UInt8(2)), (9, 2), (10, 0), (10, 2), (12, 0xFF), (14, 9)] {
            var changed = good
            changed[index] = value
            changes.append(changed)
        }
        changes.append([UInt8](repeating: 0xFF, count: 8) + good[8...])
        for change in changes {
            #expect(throws: Malformed.self) { try EventMessage.decode(change) }
        }
        let receipt = EventReceipt(sequence: 7, stored: true)
        #expect(try EventReceipt.decode(receipt.encode()) == receipt)
        #expect(throws: Malformed.self) { try EventReceipt.decode(receipt.encode() + [0]) }
        #expect(throws: Malformed.self) { try EventReceipt.decode(Array(repeating: 0, count: 9)) }
    }

    @Test("a large roster travels in parts that fit and join to the same")
    func rosterParts() throws {
        var roster = Samples.roster
        let name = String(repeating: "n", count: 60)
        roster.compartments = (0..<1000).map {
            RosterEntry(name: "\(name)\($0)", zone: name, address: Address(UInt32($0)))
        }
        roster.flows = try (0..<10_000).map {
            RosterFlow(
                from: "\(name)\($0 % 1000)", to: "\(name)\($0 / 1000)",
                port: try #require(Port(.tcp, UInt16($0 + 1))), line: UInt32($0))
        }
        var joined = Samples.roster
        for part in roster.parts() {
            var writer = ByteWriter()
            EventCodec.encode(.roster(part), into: &writer)
            try #require(writer.bytes.count <= EventCodec.bytesMax)
            var reader = ByteReader(writer.bytes)
            guard case .roster(let read) = try EventCodec.decode(&reader) else { continue }
            joined.join(read)
        }
        #expect(joined == roster)
        joined.join(roster.parts()[2])
        #expect(joined == roster, "a part that does not continue is ignored")
    }

    @Test("no changed message traps, and what is read is written back the same")
    func fuzz() throws {
        var random = Seeded(state: 2)
        let whole = EventMessage(sequence: 1, wantsReceipt: false, events: Samples.events).encode()
        var corpus = [whole]
        for event in Samples.events {
            corpus.append(EventMessage(sequence: 9, wantsReceipt: true, events: [event]).encode())
        }
        var accepted = 0
        for round in 0..<40_000 {
            var bytes = corpus[round % corpus.count]
            for _ in 0...Int(random.next() % 4) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[index] ^= 1 << UInt8(random.next() % 8)
                case 1: bytes[index] = [0, 0xFF, 0x7F, 0x80][Int(random.next() % 4)]
                case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                default: bytes.remove(at: index)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let message = try? EventMessage.decode(bytes) else { continue }
            accepted += 1
            for event in message.events { _ = EventText.line(event, Samples.roster) }
            try #require(try EventMessage.decode(message.encode()) == message)
        }
        #expect(accepted > 0)
    }
}
