import Digests
import LedgerBook
import LedgerStore
import LedgerTreaty
import Numerals
import OrderTreaty
import SQLiteStore
import Testing

@Suite("Ledger teller")
struct TellerTests {
    private func opened(_ room: Room) throws -> LedgerBook? {
        try Teller(room.file, currencies: Story.currencies).book
    }

    @Test("frames in any order of streams, delivered twice, book each block once")
    func redelivery() throws {
        let room = Room()
        var expected = LedgerBook(currencies: Story.currencies)
        for block in 1...40 as ClosedRange<UInt64> { try Story.apply(block, to: &expected) }
        var random = SystemRandomNumberGenerator()
        var next: [UInt64] = [1, 1, 1]
        // Each life ends with what was not on disk; its peers begin behind the last block.
        for _ in 0..<200 {
            var teller = try Teller(room.file, currencies: Story.currencies)
            if teller.last == 40 { break }
            for stream in Intake.Stream.allCases { teller.attach(stream) }
            next = [1, 1, 1].map { _ in max(1, teller.last) }
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let stream = Int.random(in: 0..<3, using: &random)
                guard next[stream] <= 40 else { continue }
                let parts = Story.parts(next[stream])
                let verdict =
                    switch stream {
                    case 0: teller.take(parts.0, bytes: 100)
                    case 1: teller.take(parts.1, bytes: 100)
                    default:
                        teller.take(
                            Settlements(block: next[stream], isPart: false, trades: parts.2),
                            bytes: 100)
                    }
                #expect(verdict == (next[stream] <= teller.last ? .known : .kept))
                next[stream] += 1
                _ = try teller.advance()
            }
            #expect(teller.book.position.block == teller.last)
        }
        let book = try #require(try opened(room))
        #expect(book.position == expected.position)
        #expect(book.balances(AccountID(1)) == expected.balances(AccountID(1)))
        #expect(book.balances(AccountID(2)) == expected.balances(AccountID(2)))
    }

    @Test("a refused posting halts it behind the block before, and a restart changes nothing")
    func halts() throws {
        let room = Room()
        func deliver(_ teller: inout Teller) throws {
            for stream in Intake.Stream.allCases { teller.attach(stream) }
            for block in teller.last + 1...5 {
                var parts = Story.parts(block)
                if block == 4 {
                    parts.2[0].paid = Amount(1 << 40)
                    parts.1.witness = SHA256.hash(of: Settlements.covered(parts.2))
                }
                _ = teller.take(parts.0, bytes: 1)
                _ = teller.take(parts.1, bytes: 1)
                _ = teller.take(
                    Settlements(block: block, isPart: false, trades: parts.2), bytes: 1)
            }
            _ = try teller.advance()
        }
        do {
            var teller = try Teller(room.file, currencies: Story.currencies)
            try deliver(&teller)
            #expect(teller.last == 3)
            #expect(
                teller.halted?.hasPrefix("block 4: payment 3, 1099511627776 of currency 1") == true)
        }
        var teller = try Teller(room.file, currencies: Story.currencies)
        #expect(teller.halted != nil)
        try deliver(&teller)
        #expect(teller.last == 3)
        #expect(teller.book.trialBalance() == [0, 0])
    }

    @Test("a ledger that does not add up is not opened")
    func broken() throws {
        let room = Room()
        do {
            var store = try LedgerStore(room.file)
            var book = try store.load(currencies: Story.currencies)
            for block in 1...5 as ClosedRange<UInt64> { try Story.apply(block, to: &book) }
            try store.commit(&book)
        }
        do throws(StoreFailure) {
            let database = try Database(room.file)
            try database.run("UPDATE balances SET held = held - 1, available = available + 1")
        } catch {
            // The file's own rule stops what would go below zero.
            #expect(error.code == .constraint)
            let database = try Database(room.file)
            try database.run("UPDATE balances SET available = available + 7 WHERE id >= 65536")
        }
        let failure = #expect(throws: StoreFailure.self) {
            _ = try Teller(room.file, currencies: Story.currencies)
        }
        #expect(failure?.code == .corrupt)
    }
}
