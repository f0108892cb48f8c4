import Bytes
import LedgerBook
import LedgerTreaty
import Numerals
import OrderTreaty
import Testing

@Suite("Holds in parts")
struct PartsTests {
    private static func changes(_ count: UInt32) -> [Change] {
        (0..<count).map {
            Change(account: AccountID($0 + 1), currency: CurrencyID(0), amount: Amount(7))
        }
    }

    @Test(
        "any number of pairs fits into frames, in their order, and comes out whole",
        arguments: [0, 1, 65_536, 65_537, 74_000, 150_000] as [UInt32])
    func frames(count: UInt32) throws {
        let holds = Holds(block: 1, held: Self.changes(count), released: Self.changes(count))
        let parts = holds.parts()
        #expect(parts.count == max(1, (Int(count) * 2 + Holds.partMax - 1) / Holds.partMax))
        var intake = Intake(last: 0)
        for stream in Intake.Stream.allCases { intake.attach(stream) }
        #expect(intake.take(External(block: 1, time: 1), bytes: 16) == .kept)
        #expect(intake.take(Settlements(block: 1, isPart: false, trades: []), bytes: 13) == .kept)
        for part in parts {
            #expect(intake.ready == 0)
            var writer = ByteWriter(capacity: 1 << 20)
            part.encode(into: &writer)
            #expect(writer.bytes.count < (1 << 20) - 64)
            var reader = ByteReader(writer.bytes)
            let read = try Holds.decode(&reader)
            try reader.finish()
            #expect(intake.take(read, bytes: writer.bytes.count) == .kept)
        }
        #expect(intake.next()?.holds == holds)
    }

    @Test("parts of a stream that ended are forgotten, and a part of another block is none")
    func broken() {
        var intake = Intake(last: 0)
        intake.attach(.risk)
        let part = Holds(block: 1, isPart: true, held: Self.changes(3), released: [])
        #expect(intake.take(part, bytes: 50) == .kept)
        #expect(intake.take(Holds(block: 2, held: [], released: []), bytes: 9) == .outOfOrder)
        intake.attach(.risk)
        intake.attach(.orders)
        intake.attach(.matching)
        #expect(intake.take(External(block: 1, time: 1), bytes: 16) == .kept)
        #expect(intake.take(Settlements(block: 1, isPart: false, trades: []), bytes: 13) == .kept)
        let whole = Holds(block: 1, held: Self.changes(1), released: [])
        #expect(intake.take(whole, bytes: 23) == .kept)
        #expect(intake.next()?.holds == whole)
    }

    @Test("no stream of parts grows without a bound")
    func bound() {
        var intake = Intake(last: 0)
        intake.attach(.risk)
        let part = Holds(block: 1, isPart: true, held: Self.changes(65_536), released: [])
        var taken = 0
        while taken < 100, intake.take(part, bytes: 917_525) == .kept { taken += 1 }
        #expect(taken * 65_536 == Intake.changesMax)
    }

    @Test("a block that releases a hundred thousand pairs is booked, and every sum fits")
    func booked() throws {
        let count: UInt32 = 100_000
        let changes = Self.changes(count)
        var book = LedgerBook(currencies: 1)
        let opened = External(
            block: 1, time: 1, opened: changes.map(\.account), credits: changes)
        try book.apply(opened, Holds(block: 1, held: changes, released: []), [])
        #expect(book.balances(AccountID(count)).list.first?.held == Amount(7))
        try book.apply(
            External(block: 2, time: 2), Holds(block: 2, held: [], released: changes), [])
        #expect(book.balances(AccountID(count)).list.first?.available == Amount(7))
        #expect(book.trialBalance() == [0])
    }
}
