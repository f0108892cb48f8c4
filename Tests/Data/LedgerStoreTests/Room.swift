import Digests
import Glibc
import LedgerBook
import LedgerStore
import LedgerTreaty
import Numerals
import OrderTreaty

/// A directory for one ledger that goes with the test.
final class Room {
    let path: String

    init() {
        path = "/tmp/bulkhead-ledger-\(UInt64.random(in: 0...UInt64.max))"
        unsafe mkdir(path, 0o700)
    }

    deinit {
        for end in ["", "-wal", "-shm", "-journal"] { unsafe unlink(file + end) }
        unsafe rmdir(path)
    }

    var file: String { path + "/ledger.db" }
}

/// Blocks that are valid in their order: accounts, deposits, holds, trades, releases, reserves.
enum Story {
    static let currencies = 2

    static func parts(_ block: UInt64) -> (External, Holds, [Settlement]) {
        func change(_ account: UInt32, _ currency: UInt16, _ amount: Int64) -> Change {
            Change(
                account: AccountID(account), currency: CurrencyID(currency),
                amount: Amount(amount))
        }
        var external = External(block: block, time: block &* 1_000)
        guard block > 1 else {
            external.opened = [AccountID(1), AccountID(2)]
            external.credits = [change(1, 1, 1_000_000), change(2, 0, 1_000_000)]
            return (external, Holds(block: block, held: [], released: []), [])
        }
        if block.isMultiple(of: 3) {
            external.reserves = [.init(id: block, change: change(1, 1, 5))]
        }
        if block > 3, (block - 1).isMultiple(of: 3) {
            external.resolved = [.init(id: block - 1, isPosted: block.isMultiple(of: 2))]
        }
        let trade = Settlement(
            trade: TradeID(block - 1), buyer: AccountID(1), seller: AccountID(2),
            base: CurrencyID(0), quote: CurrencyID(1), delivered: Amount(2), paid: Amount(20),
            buyerFee: Amount(2), sellerFee: Amount(1))
        let holds = Holds(
            block: block, held: [change(1, 1, 30), change(2, 0, 3)],
            released: [change(1, 1, 8), change(2, 0, 1)],
            witness: SHA256.hash(of: Settlements.covered([trade])))
        return (external, holds, [trade])
    }

    static func apply(_ block: UInt64, to book: inout LedgerBook) throws(Objection) {
        let parts = parts(block)
        try book.apply(parts.0, parts.1, parts.2)
    }
}
