// LedgerStore: the ledger's book on disk, one SQLite file.
//
// What a commit writes, transfers, balances and the last applied block, is there whole or not at
// all. It decides nothing: the book does. It knows no peer and no clock.
// Bounds: those of the book.

package import LedgerBook
internal import LedgerTreaty
internal import Numerals
internal import OrderTreaty
package import SQLiteStore

/// An open ledger file of this process alone.
package struct LedgerStore: ~Copyable {
    /// Why the ledger takes nothing more.
    ///
    /// People clear it. Nil while it works.
    package private(set) var halted: String?
    var database: Database
    /// Where the file stands.
    package private(set) var position: Position
    let prepared: Prepared

    /// Opens the file, or makes an empty ledger.
    package init(_ path: String) throws(StoreFailure) {
        var database = try Database(path)
        if try database.scalar("SELECT count(*) FROM sqlite_schema") == 0 {
            try database.run("BEGIN IMMEDIATE")
            try database.run(Schema.tables)
            try database.run("COMMIT")
        }
        let (position, halted) = try Self.position(&database)
        let prepared = try Prepared(&database)
        self.position = position
        self.halted = halted
        self.prepared = prepared
        self.database = database
    }

    /// What it runs again and again.
    struct Prepared {
        let block: Statement
        let transfer: Statement
        let account: Statement
        let balance: Statement
        let reserve: Statement
        let end: Statement
        let meta: Statement
        let halt: Statement
        let balances: Statement
        let reserves: Statement
        let blocks: Statement
        let transfers: Statement

        init(_ database: inout Database) throws(StoreFailure) {
            block = try database.prepare(Schema.addBlock)
            transfer = try database.prepare(Schema.addTransfer)
            account = try database.prepare(Schema.addAccount)
            balance = try database.prepare(Schema.putBalance)
            reserve = try database.prepare(Schema.addReserve)
            end = try database.prepare(Schema.endReserve)
            meta = try database.prepare(Schema.putPosition)
            halt = try database.prepare(Schema.putHalt)
            balances = try database.prepare(Schema.balances)
            reserves = try database.prepare(Schema.reserves)
            blocks = try database.prepare(Schema.blocks)
            transfers = try database.prepare(Schema.transfers)
        }
    }

    private static func position(
        _ database: inout Database
    ) throws(StoreFailure) -> (Position, String?) {
        let statement = try database.prepare(Schema.position)
        guard try database.step(statement), database.integer(statement, 0) == Schema.format else {
            throw StoreFailure(broken: database.path, "it is no ledger of format \(Schema.format)")
        }
        var position = Position()
        position.block = UInt64(bitPattern: database.integer(statement, 1))
        position.accounts = UInt32(truncatingIfNeeded: database.integer(statement, 2))
        position.trade = UInt64(bitPattern: database.integer(statement, 3))
        position.reserve = UInt64(bitPattern: database.integer(statement, 4))
        position.chain = database.bytes(statement, 5)
        let halted = database.text(statement, 6)
        database.reset(statement)
        return (position, halted)
    }

    /// The book as of the last commit, for a listing of that many currencies.
    package mutating func load(currencies: Int) throws(StoreFailure) -> LedgerBook {
        let rows = prepared.balances
        var entries: [Entry] = []
        while try database.step(rows) {
            guard
                let entry = Entry(
                    key: database.integer(rows, 0), available: database.integer(rows, 1),
                    held: database.integer(rows, 2), reserved: database.integer(rows, 3))
            else { throw StoreFailure(broken: database.path, "a balance of no account") }
            entries.append(entry)
        }
        let pending = prepared.reserves
        var reserves: [UInt64: Change] = [:]
        while try database.step(pending) {
            reserves[UInt64(bitPattern: database.integer(pending, 0))] = Change(
                account: AccountID(UInt32(truncatingIfNeeded: database.integer(pending, 1))),
                currency: CurrencyID(UInt16(truncatingIfNeeded: database.integer(pending, 2))),
                amount: Amount(database.integer(pending, 3)))
        }
        guard
            let book = LedgerBook(
                currencies: currencies, position: position, entries: entries, reserves: reserves)
        else {
            throw StoreFailure(
                broken: database.path, "its balances do not sum to zero or are not of the listing")
        }
        return book
    }

    /// Writes what the book applied since the last time, in one transaction.
    ///
    /// It is on disk when this returns. After a failure nothing is known: end the process.
    package mutating func commit(_ book: inout LedgerBook) throws(StoreFailure) {
        let changes = book.takeChanges()
        guard !changes.blocks.isEmpty else { return }
        try database.run("BEGIN IMMEDIATE")
        try write(changes)
        for place in changes.touched {
            let entry = book.entries[place]
            try database.bind(prepared.balance, 1, entry.key)
            try database.bind(prepared.balance, 2, entry.available)
            try database.bind(prepared.balance, 3, entry.held)
            try database.bind(prepared.balance, 4, entry.reserved)
            try database.execute(prepared.balance)
        }
        for id in changes.reserved {
            // Made and resolved between two commits: it never was pending on disk.
            guard let change = book.reserves[id] else { continue }
            try database.bind(prepared.reserve, 1, Int64(bitPattern: id))
            try database.bind(prepared.reserve, 2, Int64(change.account.raw))
            try database.bind(prepared.reserve, 3, Int64(change.currency.raw))
            try database.bind(prepared.reserve, 4, change.amount.raw)
            try database.execute(prepared.reserve)
        }
        for id in changes.resolved {
            try database.bind(prepared.end, 1, Int64(bitPattern: id))
            try database.execute(prepared.end)
        }
        try put(book.position)
        try database.run("COMMIT")
        position = book.position
    }

    private func write(_ changes: Changes) throws(StoreFailure) {
        var next = 0
        var accounts = position.accounts
        for one in changes.blocks {
            try database.bind(prepared.block, 1, Int64(bitPattern: one.number))
            try database.bind(prepared.block, 2, Int64(bitPattern: one.time))
            try database.bind(prepared.block, 3, Int64(one.opened))
            try database.bind(prepared.block, 4, Int64(one.transfers))
            try database.bind(prepared.block, 5, one.chain)
            try database.execute(prepared.block)
            for _ in 0..<one.opened {
                accounts += 1
                try database.bind(prepared.account, 1, Int64(accounts))
                try database.bind(prepared.account, 2, Int64(bitPattern: one.number))
                try database.execute(prepared.account)
            }
            var id = Int64(bitPattern: one.number) << Schema.blockShift
            for place in next..<next + one.transfers {
                try write(changes.transfers[place], id)
                id += 1
            }
            next += one.transfers
        }
    }

    private func write(_ one: Transfer, _ id: Int64) throws(StoreFailure) {
        try database.bind(prepared.transfer, 1, id)
        try database.bind(prepared.transfer, 2, Int64(one.kind.rawValue))
        try database.bind(prepared.transfer, 3, Int64(bitPattern: one.reference))
        try database.bind(prepared.transfer, 4, one.debit.raw)
        try database.bind(prepared.transfer, 5, one.credit.raw)
        try database.bind(prepared.transfer, 6, Int64(one.currency.raw))
        try database.bind(prepared.transfer, 7, one.amount)
        try database.execute(prepared.transfer)
    }

    private func put(_ position: Position) throws(StoreFailure) {
        try database.bind(prepared.meta, 1, Int64(bitPattern: position.block))
        try database.bind(prepared.meta, 2, Int64(position.accounts))
        try database.bind(prepared.meta, 3, Int64(bitPattern: position.trade))
        try database.bind(prepared.meta, 4, Int64(bitPattern: position.reserve))
        try database.bind(prepared.meta, 5, position.chain)
        try database.execute(prepared.meta)
    }

    /// Keeps that nothing more is taken, and why; nil when people have put it right.
    package mutating func halt(_ reason: String?) throws(StoreFailure) {
        if let reason {
            try database.bind(prepared.halt, 1, reason)
        } else {
            try database.bindNull(prepared.halt, 1)
        }
        try database.execute(prepared.halt)
        halted = reason
    }
}
