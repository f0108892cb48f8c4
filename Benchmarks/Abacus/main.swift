// Durable transfers of the ledger: `abacus FILE BATCH SECONDS` makes a new ledger at FILE, books
// blocks of BATCH transfers, each one transaction, and prints transfers a second.

internal import Glibc
internal import LedgerBook
internal import LedgerStore
internal import LedgerTreaty
internal import Numerals
internal import OrderTreaty

let accounts: UInt32 = 1_000

func seconds() -> Double {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

func change(_ account: UInt32, _ amount: Int64) -> Change {
    Change(account: AccountID(account), currency: CurrencyID(0), amount: Amount(amount))
}

/// One transfer for each posting: holds over accounts in turn.
func block(_ number: UInt64, _ batch: Int) -> (External, Holds) {
    let start = number &* UInt64(batch)
    let held = (0..<batch).map { change(UInt32((start + UInt64($0)) % UInt64(accounts)) + 1, 1) }
    return (External(block: number, time: number), Holds(block: number, held: held, released: []))
}

do {
    let words = CommandLine.arguments
    guard words.count == 4, let batch = Int(words[2]), batch > 0, let span = Double(words[3]) else {
        print("abacus FILE BATCH SECONDS")
        exit(2)
    }
    var store = try LedgerStore(words[1])
    var book = try store.load(currencies: 1)
    let opening = External(
        block: 1, time: 1, opened: (1...accounts).map { AccountID($0) },
        credits: (1...accounts).map { change($0, 1 << 40) })
    try book.apply(opening, Holds(block: 1, held: [], released: []), [])
    try store.commit(&book)
    var done = 0
    let start = seconds()
    var end = start
    while end - start < span {
        let (external, holds) = block(book.position.block + 1, batch)
        try book.apply(external, holds, [])
        try store.commit(&book)
        done += batch
        end = seconds()
    }
    print(Int(Double(done) / (end - start)))
    let proof = try store.verify(currencies: 1)
    if let problem = proof.problem {
        print(problem)
        exit(1)
    }
} catch {
    print("\(error)")
    exit(3)
}
