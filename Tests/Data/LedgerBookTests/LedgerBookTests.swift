import Digests
import LedgerBook
import LedgerTreaty
import Numerals
import OrderTreaty
import Testing

/// A book with two funded accounts in two currencies, ready for block 2.
func funded() throws -> LedgerBook {
    var book = LedgerBook(currencies: 2)
    try book.apply(
        External(
            block: 1, time: 1, opened: [AccountID(1), AccountID(2)],
            credits: [change(1, 1, 1_000), change(2, 0, 100)]),
        Holds(block: 1, held: [change(1, 1, 500), change(2, 0, 50)], released: []), [])
    return book
}

func change(_ account: UInt32, _ currency: UInt16, _ amount: Int64) -> Change {
    Change(
        account: AccountID(account), currency: CurrencyID(currency), amount: Amount(amount))
}

func trade(
    _ id: UInt64 = 1, delivered: Int64 = 10, paid: Int64 = 200, buyerFee: Int64 = 4,
    sellerFee: Int64 = 2
) -> Settlement {
    Settlement(
        trade: TradeID(id), buyer: AccountID(1), seller: AccountID(2), base: CurrencyID(0),
        quote: CurrencyID(1), delivered: Amount(delivered), paid: Amount(paid),
        buyerFee: Amount(buyerFee), sellerFee: Amount(sellerFee))
}

extension Holds {
    /// The same with the witness of these trades.
    func over(_ trades: [Settlement]) -> Holds {
        var holds = self
        holds.witness = SHA256.hash(of: Settlements.covered(trades))
        return holds
    }
}

@Suite("Trades and risk's witness")
struct WitnessTests {
    @Test("a trade that risk's books do not have is refused, however much lies behind orders")
    func unwitnessed() throws {
        var book = LedgerBook(currencies: 2)
        let accounts = [AccountID(1), AccountID(2)]
        let goods = Change(account: accounts[0], currency: CurrencyID(1), amount: Amount(10))
        let money = Change(account: accounts[1], currency: CurrencyID(0), amount: Amount(1_000))
        let none = Holds.untraded
        try book.apply(
            External(block: 1, time: 1, opened: accounts, credits: [goods, money]),
            Holds(block: 1, held: [goods, money], released: [], witness: none), [])
        let stolen = Settlement(
            trade: TradeID(1), buyer: accounts[1], seller: accounts[0], base: CurrencyID(1),
            quote: CurrencyID(0), delivered: Amount(10), paid: Amount(1), buyerFee: Amount(0),
            sellerFee: Amount(0))
        let before = book.balances(accounts[0])
        #expect(throws: Objection(2, .unwitnessed)) {
            try book.apply(
                External(block: 2, time: 2), Holds(block: 2, held: [], released: [], witness: none),
                [stolen])
        }
        #expect(book.balances(accounts[0]) == before)
        let seen = SHA256.hash(of: Settlements.covered([stolen]))
        try book.apply(
            External(block: 2, time: 2), Holds(block: 2, held: [], released: [], witness: seen),
            [stolen])
    }

    @Test("the witness of a block without trades is the digest of nothing")
    func untraded() {
        #expect(Holds.untraded == SHA256.hash(of: Settlements.covered([])))
    }

    @Test(
        "no block is booked without risk's digest of its trades, traded or not",
        arguments: [[], [trade()]])
    func silent(_ trades: [Settlement]) throws {
        for witness in [[], Array(Holds.untraded.dropLast()), [UInt8](repeating: 0, count: 32)] {
            var book = try funded()
            let before = book.entries
            #expect(throws: Objection(2, .unwitnessed)) {
                try book.apply(
                    External(block: 2, time: 2),
                    Holds(block: 2, held: [], released: [], witness: witness), trades)
            }
            #expect(book.entries == before)
        }
        var book = try funded()
        try book.apply(
            External(block: 2, time: 2), Holds(block: 2, held: [], released: []).over(trades),
            trades)
    }
}

@Suite("Ledger book")
struct LedgerBookTests {
    @Test("a trade moves both legs and both fees")
    func trades() throws {
        var book = try funded()
        try book.apply(
            External(block: 2, time: 2),
            Holds(block: 2, held: [], released: [change(1, 1, 296)]).over([trade()]), [trade()])
        #expect(
            book.balances(AccountID(1)).list == [
                Balance(
                    currency: CurrencyID(0), available: Amount(10), held: .zero, reserved: .zero),
                Balance(
                    currency: CurrencyID(1), available: Amount(796), held: .zero, reserved: .zero),
            ])
        #expect(
            book.balances(AccountID(2)).list == [
                Balance(
                    currency: CurrencyID(0), available: Amount(50), held: Amount(40),
                    reserved: .zero),
                Balance(
                    currency: CurrencyID(1), available: Amount(198), held: .zero, reserved: .zero),
            ])
        #expect(book.amount(.fees, CurrencyID(1)) == 6)
        #expect(book.amount(.custody, CurrencyID(1)) == -1_000)
        #expect(book.trialBalance() == [0, 0])
    }

    @Test("a reserve is pending until it is posted or void, once", arguments: [true, false])
    func reserves(isPosted: Bool) throws {
        var book = try funded()
        try book.apply(
            External(block: 2, time: 2, reserves: [.init(id: 9, change: change(1, 1, 300))]),
            Holds(block: 2, held: [], released: []), [])
        #expect(book.amount(Place(AccountID(1), .reserved), CurrencyID(1)) == 300)
        let end = External(block: 3, time: 3, resolved: [.init(id: 9, isPosted: isPosted)])
        try book.apply(end, Holds(block: 3, held: [], released: []), [])
        #expect(
            book.amount(Place(AccountID(1), .available), CurrencyID(1)) == (isPosted ? 200 : 500))
        #expect(book.amount(.custody, CurrencyID(1)) == (isPosted ? -700 : -1_000))
        let again = External(block: 4, time: 4, resolved: end.resolved)
        #expect(throws: Objection(4, .unknownReserve(9))) {
            try book.apply(again, Holds(block: 4, held: [], released: []), [])
        }
    }

    @Test("a reserve may be made and resolved in one block")
    func reserveOfOneBlock() throws {
        var book = try funded()
        try book.apply(
            External(
                block: 2, time: 2, reserves: [.init(id: 9, change: change(1, 1, 300))],
                resolved: [.init(id: 9, isPosted: true)]),
            Holds(block: 2, held: [], released: []), [])
        #expect(book.reserves.isEmpty)
        #expect(book.amount(.custody, CurrencyID(1)) == -700)
    }

    struct Wrong: CustomTestStringConvertible {
        let testDescription: String
        var external = External(block: 2, time: 2)
        var holds = Holds(block: 2, held: [], released: [])
        var trades: [Settlement] = []
        let reason: Objection.Reason
    }

    static let wrong: [Wrong] = [
        Wrong(
            testDescription: "a block is left out", external: External(block: 3, time: 3),
            holds: Holds(block: 3, held: [], released: []), reason: .blockOutOfOrder(last: 1)),
        Wrong(
            testDescription: "a block comes again", external: External(block: 1, time: 3),
            holds: Holds(block: 1, held: [], released: []), reason: .blockOutOfOrder(last: 1)),
        Wrong(
            testDescription: "parts of two blocks", holds: Holds(block: 3, held: [], released: []),
            reason: .partsDisagree),
        Wrong(
            testDescription: "an account is left out",
            external: External(block: 2, time: 2, opened: [AccountID(4)]),
            reason: .accountOutOfOrder(AccountID(4))),
        Wrong(
            testDescription: "a deposit to nobody",
            external: External(block: 2, time: 2, credits: [change(3, 0, 1)]),
            reason: .unknownAccount(AccountID(3))),
        Wrong(
            testDescription: "a deposit of no currency",
            external: External(block: 2, time: 2, credits: [change(1, 2, 1)]),
            reason: .unknownCurrency(CurrencyID(2))),
        Wrong(
            testDescription: "a deposit of nothing",
            external: External(block: 2, time: 2, credits: [change(1, 1, 0)]), reason: .amount),
        Wrong(
            testDescription: "a deposit beyond 64 bits",
            external: External(block: 2, time: 2, credits: [change(1, 1, .max)]),
            reason: .overflow),
        Wrong(
            testDescription: "more held than available",
            holds: Holds(block: 2, held: [change(1, 1, 501)], released: []),
            reason: .belowZero(there: 500)),
        Wrong(
            testDescription: "more released than held",
            holds: Holds(block: 2, held: [], released: [change(2, 0, 51)]),
            reason: .belowZero(there: 50)),
        Wrong(
            testDescription: "a hold of custody",
            holds: Holds(block: 2, held: [change(0, 1, 1)], released: []),
            reason: .unknownAccount(AccountID(0))),
        Wrong(
            testDescription: "a deposit to the fees",
            external: External(block: 2, time: 2, credits: [change(.max, 1, 1)]),
            reason: .unknownAccount(AccountID(.max))),
        Wrong(
            testDescription: "a reserve of custody",
            external: External(
                block: 2, time: 2, reserves: [.init(id: 1, change: change(0, 1, 1))]),
            reason: .unknownAccount(AccountID(0))),
        Wrong(
            testDescription: "a reserve beyond what is free",
            external: External(
                block: 2, time: 2, reserves: [.init(id: 1, change: change(1, 1, 501))]),
            reason: .belowZero(there: 500)),
        Wrong(
            testDescription: "a reserve's name twice",
            external: External(
                block: 2, time: 2,
                reserves: [
                    .init(id: 1, change: change(1, 1, 1)), .init(id: 1, change: change(1, 1, 1)),
                ]), reason: .reserveOutOfOrder(last: 1)),
        Wrong(
            testDescription: "an end of no reserve",
            external: External(block: 2, time: 2, resolved: [.init(id: 7, isPosted: true)]),
            reason: .unknownReserve(7)),
        Wrong(
            testDescription: "a trade is left out", trades: [trade(2)],
            reason: .tradeOutOfOrder(last: 0)),
        Wrong(
            testDescription: "a trade twice", trades: [trade(1), trade(1)],
            reason: .tradeOutOfOrder(last: 1)),
        Wrong(
            testDescription: "more delivered than held", trades: [trade(delivered: 51)],
            reason: .belowZero(there: 50)),
        Wrong(
            testDescription: "more paid than held", trades: [trade(paid: 501)],
            reason: .belowZero(there: 500)),
        Wrong(
            testDescription: "a fee that nobody holds", trades: [trade(paid: 498, buyerFee: 3)],
            reason: .belowZero(there: 2)),
        Wrong(
            testDescription: "a fee beyond the payment", trades: [trade(paid: 1, sellerFee: 2)],
            reason: .amount),
    ]

    @Test("what does not fit is refused by name and leaves the book as it was", arguments: wrong)
    func refusals(_ wrong: Wrong) throws {
        var book = try funded()
        _ = book.takeChanges()
        let before = book
        var found: Objection?
        // Good postings before the bad one are taken back with it.
        var external = wrong.external
        if external.block == 2, external.credits.isEmpty {
            external.credits = [change(1, 0, 77)]
        }
        do throws(Objection) {
            try book.apply(external, wrong.holds.over(wrong.trades), wrong.trades)
        } catch {
            found = error
        }
        #expect(found?.reason == wrong.reason)
        #expect(found?.description.isEmpty == false)
        #expect(book.position == before.position)
        #expect(book.entries == before.entries)
        #expect(book.reserves == before.reserves)
        #expect(book.pendingCount == 0)
        try book.apply(
            External(block: 2, time: 2), Holds(block: 2, held: [], released: []).over([trade()]),
            [trade()])
        #expect(book.trialBalance() == [0, 0])
    }

    @Test(
        "random blocks keep every sum at zero and nothing below it",
        arguments: 1...40 as ClosedRange<UInt64>)
    func property(seed: UInt64) throws {
        var maker = BlockMaker(seed)
        var book = LedgerBook(currencies: BlockMaker.currencies)
        var again = book
        for _ in 1...60 {
            let parts = maker.next(book)
            try book.apply(parts.external, parts.holds, parts.trades)
            try again.apply(parts.external, parts.holds, parts.trades)
            _ = again.takeChanges()
            guard book.trialBalance().allSatisfy({ $0 == 0 }) else {
                Issue.record("block \(book.position.block) does not sum to zero")
                return
            }
            let below = book.entries.contains {
                ($0.available < 0 && $0.account != Place.custody.account) || $0.held < 0
                    || $0.reserved < 0
            }
            #expect(!below)
        }
        #expect(again.position == book.position)
        let kept = LedgerBook(
            currencies: BlockMaker.currencies, position: book.position, entries: again.entries,
            reserves: book.reserves)
        #expect(kept != nil)
    }

    @Test("a book that does not balance is not loaded")
    func broken() throws {
        let book = try funded()
        let made = LedgerBook(
            currencies: 2, position: book.position, entries: book.entries.dropLast(), reserves: [:])
        #expect(made == nil)
        let reserves = [UInt64(1): change(1, 1, 1)]
        let unreserved = LedgerBook(
            currencies: 2, position: book.position, entries: book.entries, reserves: reserves)
        #expect(unreserved == nil)
    }
}
