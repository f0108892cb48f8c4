package import LedgerBook
package import LedgerTreaty
package import SQLiteStore

/// The ledger's work without its peers: takes frames, books whole blocks, commits, halts.
package struct Teller: ~Copyable {
    /// Transfers after which a group of blocks is committed, however many more are ready.
    static let groupTransfers = 1 << 16
    /// Transfers up to which a start adds everything up.
    package static let provenAtStart = 200_000

    /// The balances as of the last commit.
    package private(set) var book: LedgerBook
    private var intake: Intake
    private var store: LedgerStore

    /// Opens the file; a ledger that does not add up is not opened.
    ///
    /// A long journal is left to `verify`, so that a start does not wait for it: the balances alone
    /// are summed.
    package init(_ path: String, currencies: Int) throws(StoreFailure) {
        var store = try LedgerStore(path)
        if try store.transferCount() <= Self.provenAtStart,
            let problem = try store.verify(currencies: currencies).problem
        {
            throw StoreFailure(broken: path, problem)
        }
        let book = try store.load(currencies: currencies)
        intake = Intake(last: book.position.block)
        self.book = book
        self.store = store
    }

    /// Why it takes nothing more; nil while it works.
    package var halted: String? { store.halted }

    /// The last block on disk.
    package var last: UInt64 { store.position.block }

    /// The running digest behind the last block on disk.
    package var chain: [UInt8] { store.position.chain }

    /// Whole blocks that `advance` would book.
    package var ready: Int { halted == nil ? intake.ready : 0 }

    /// The stream begins anew behind the last block on disk.
    package mutating func attach(_ stream: Intake.Stream) { intake.attach(stream) }

    /// The stream has ended.
    package mutating func detach(_ stream: Intake.Stream) { intake.detach(stream) }

    /// What orders says; `bytes` is the frame's length.
    package mutating func take(_ part: External, bytes: Int) -> Intake.Verdict {
        intake.take(part, bytes: bytes)
    }

    /// What risk says.
    package mutating func take(_ part: Holds, bytes: Int) -> Intake.Verdict {
        intake.take(part, bytes: bytes)
    }

    /// What matching says.
    package mutating func take(_ part: Settlements, bytes: Int) -> Intake.Verdict {
        intake.take(part, bytes: bytes)
    }

    /// Books every block that is whole and commits them, many in one transaction.
    ///
    /// On disk when this returns true. A posting that is refused halts it behind the blocks before.
    ///
    /// After a failure end the process: nothing is known of the last transaction.
    package mutating func advance() throws(StoreFailure) -> Bool {
        guard ready > 0 else { return false }
        while let whole = intake.next() {
            do throws(Objection) {
                try book.apply(whole.external, whole.holds, whole.trades)
            } catch {
                try store.commit(&book)
                try store.halt(error.description)
                return true
            }
            if book.pendingCount >= Self.groupTransfers { try store.commit(&book) }
        }
        try store.commit(&book)
        return true
    }
}
