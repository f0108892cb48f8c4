import Chance
import LedgerBook
import LedgerTreaty
import Numerals
import OrderTreaty

/// A block of valid postings, made by looking at the book that shall take it.
struct BlockMaker {
    var random: Seeded
    var sequence: UInt64 = 0
    static let currencies = 3

    init(_ seed: UInt64) { random = Seeded(state: seed) }

    typealias Parts = (external: External, holds: Holds, trades: [Settlement])

    /// The next block behind `book`.
    mutating func next(_ book: LedgerBook) -> Parts {
        let block = book.position.block + 1
        var external = External(block: block, time: block * 1_000)
        var holds = Holds(block: block, held: [], released: [])
        var trades: [Settlement] = []
        if book.position.accounts < 5 {
            external.opened = [AccountID(book.position.accounts + 1)]
        }
        guard book.position.accounts > 1 else { return (external, holds, trades) }
        for account in 1...book.position.accounts {
            let account = AccountID(account)
            for currency in 0..<UInt16(Self.currencies) {
                let currency = CurrencyID(currency)
                func change(_ amount: Int64) -> Change {
                    Change(account: account, currency: currency, amount: Amount(amount))
                }
                if Bool.random(using: &random) {
                    external.credits.append(change(.random(in: 1...1_000_000, using: &random)))
                }
                let free = book.amount(Place(account, .available), currency)
                if free > 4 {
                    holds.held.append(change(.random(in: 1...free / 2, using: &random)))
                    sequence += 1
                    external.reserves.append(
                        .init(
                            id: sequence, change: change(.random(in: 1...free / 4, using: &random)))
                    )
                }
                let held = book.amount(Place(account, .held), currency)
                if held > 4 {
                    holds.released.append(change(.random(in: 1...held / 4, using: &random)))
                }
            }
        }
        for id in book.reserves.keys.sorted().prefix(4) {
            external.resolved.append(.init(id: id, isPosted: Bool.random(using: &random)))
        }
        trades = self.trades(book)
        return (external, holds.over(trades), trades)
    }

    private mutating func trades(_ book: LedgerBook) -> [Settlement] {
        let buyer = AccountID(1)
        let seller = AccountID(2)
        let base = book.amount(Place(seller, .held), CurrencyID(0)) / 8
        let quote = book.amount(Place(buyer, .held), CurrencyID(1)) / 8
        guard base > 0, quote > 0 else { return [] }
        return (1...UInt64.random(in: 1...3, using: &random)).map { offset in
            Settlement(
                trade: TradeID(book.position.trade + offset), buyer: buyer, seller: seller,
                base: CurrencyID(0), quote: CurrencyID(1), delivered: Amount(base),
                paid: Amount(quote), buyerFee: Amount(quote / 10), sellerFee: Amount(quote / 20))
        }
    }
}
