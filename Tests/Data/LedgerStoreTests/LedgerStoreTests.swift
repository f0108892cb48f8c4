import Descriptors
import Glibc
import LedgerBook
import LedgerStore
import OrderTreaty
import SQLiteStore
import Testing

@Suite("Ledger store")
struct LedgerStoreTests {
    @Test("a ledger opened again is the one that was committed", arguments: [1, 7, 50])
    func reopen(group: Int) throws {
        let room = Room()
        var expected = LedgerBook(currencies: Story.currencies)
        do {
            var store = try LedgerStore(room.file)
            var book = try store.load(currencies: Story.currencies)
            for block in 1...50 as ClosedRange<UInt64> {
                try Story.apply(block, to: &book)
                try Story.apply(block, to: &expected)
                if Int(block).isMultiple(of: group) { try store.commit(&book) }
            }
            try store.commit(&book)
            // Applied and not committed: forgotten with the process.
            try Story.apply(51, to: &book)
        }
        var store = try LedgerStore(room.file)
        let book = try store.load(currencies: Story.currencies)
        #expect(book.position == expected.position)
        #expect(Set(book.entries.map(\.key)) == Set(expected.entries.map(\.key)))
        for account in 0...2 as ClosedRange<UInt32> {
            #expect(book.balances(AccountID(account)) == expected.balances(AccountID(account)))
        }
        #expect(book.reserves == expected.reserves)
        let proof = try store.verify(currencies: Story.currencies)
        #expect(proof.blocks == 50)
        #expect(proof.problem == nil)
        #expect(try store.transferCount() == proof.transfers)
    }

    @Test("why it takes nothing more is kept until people clear it")
    func halt() throws {
        let room = Room()
        do {
            var store = try LedgerStore(room.file)
            #expect(store.halted == nil)
            try store.halt("block 7: nothing is there")
        }
        var store = try LedgerStore(room.file)
        #expect(store.halted == "block 7: nothing is there")
        try store.halt(nil)
        #expect(store.halted == nil)
    }

    @Test("the journal cannot be changed by a statement")
    func appendOnly() throws {
        let room = Room()
        try fill(room, blocks: 3)
        let database = try Database(room.file)
        for text in [
            "UPDATE transfers SET amount = amount + 1", "DELETE FROM transfers",
            "UPDATE blocks SET time = 0", "DELETE FROM blocks",
        ] {
            let failure = #expect(throws: StoreFailure.self) { try database.run(text) }
            #expect(failure?.code == .constraint)
        }
    }

    static let forgeries = [
        "UPDATE balances SET available = available + 1 WHERE id = 65537",
        "UPDATE balances SET held = held + 1, available = available - 1 WHERE id = 65537",
        "DELETE FROM reserves",
        "DROP TRIGGER transfers_stay; UPDATE transfers SET amount = amount + 1 WHERE id = 2 << 24",
        "DROP TRIGGER transfers_remain; DELETE FROM transfers WHERE id = 2 << 24",
        "DROP TRIGGER blocks_stay; UPDATE blocks SET time = 1 WHERE number = 2",
        "DROP TRIGGER blocks_remain; DELETE FROM blocks WHERE number = 9",
        "INSERT INTO transfers VALUES (1000 << 24, 1, 0, 0, 4, 0, 1)",
        "UPDATE meta SET block = 8",
    ]

    @Test("whoever changes the file is found by adding up", arguments: forgeries)
    func forged(_ forgery: String) throws {
        let room = Room()
        try fill(room, blocks: 9)
        do {
            let database = try Database(room.file)
            try database.run(forgery)
        }
        var store = try LedgerStore(room.file)
        let proof = try store.verify(currencies: Story.currencies)
        #expect(proof.problem != nil)
    }

    @Test("a torn write-ahead log loses whole transactions from its end, never a part of one")
    func torn() throws {
        let room = Room()
        let wal = room.file + "-wal"
        // The log is copied while the ledger is open, as a power cut would leave it.
        var store = try LedgerStore(room.file)
        var book = try store.load(currencies: Story.currencies)
        for block in 1...12 as ClosedRange<UInt64> {
            try Story.apply(block, to: &book)
            try store.commit(&book)
        }
        let file = try Files.read(room.file, limit: 1 << 24)
        let log = try Files.read(wal, limit: 1 << 24)
        #expect(log.count > 100_000)
        var random = SystemRandomNumberGenerator()
        var seen: Set<UInt64> = []
        for round in 0..<24 {
            let torn = Room()
            try Files.replace(torn.file, with: file)
            var bytes = log
            if round.isMultiple(of: 2) {
                bytes.removeLast(Int.random(in: 0..<log.count, using: &random))
            } else {
                bytes[Int.random(in: 4_096..<log.count, using: &random)] ^= 0x55
            }
            try Files.replace(torn.file + "-wal", with: bytes)
            // A log cut before its first transaction leaves a new, empty ledger.
            var again = try LedgerStore(torn.file)
            let proof = try again.verify(currencies: Story.currencies)
            #expect(proof.problem == nil, "round \(round)")
            seen.insert(UInt64(proof.blocks))
            let book = try again.load(currencies: Story.currencies)
            #expect(book.position.block == UInt64(proof.blocks))
        }
        #expect(seen.count > 2)
    }

    private func fill(_ room: Room, blocks: UInt64) throws {
        var store = try LedgerStore(room.file)
        var book = try store.load(currencies: Story.currencies)
        for block in 1...blocks { try Story.apply(block, to: &book) }
        try store.commit(&book)
    }
}
