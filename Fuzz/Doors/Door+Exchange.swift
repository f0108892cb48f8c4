import Addresses
import AdminTreaty
import Bytes
import IdentityTreaty
import LedgerTreaty
import MarketData
import MarketTreaty
import Matching
import Numerals
import OrderTreaty
import RequestTreaty
import Risk
import RiskTreaty

// What the services of an exchange say to one another, and what its engines make of it.
extension Door {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 2), Currency(name: "USD", digits: 2)],
        instruments: [
            Instrument(
                symbol: "BTC-USD", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
                quantityDigits: 2, tick: Price(1), lot: Quantity(1), quantityMax: Quantity(.max),
                valueMin: Amount(1), valueMax: Amount(.max), collarBasisPoints: 10_000,
                makerFee: 10_000, takerFee: 10_000, reference: Price(100), divisor: 1)
        ])

    private static func order(_ account: UInt32, _ side: Side, _ kind: OrderKind) -> [Command] {
        [ClientOrderID("a-1")].compactMap { $0 }.map {
            .place(
                NewOrder(
                    account: AccountID(account), instrument: InstrumentID(0), side: side,
                    kind: kind, price: Price(100), quantity: Quantity(5), client: $0))
        }
    }

    private static let commands: [Command] =
        [
            .open(AccountID(1)), .open(AccountID(2)),
            .credit(AccountID(1), CurrencyID(0), Amount(1 << 40)),
            .credit(AccountID(2), CurrencyID(1), Amount(1 << 40)),
            .reserve(AccountID(2), CurrencyID(1), Amount(9)), .release(reserve: 5),
        ] + order(1, .sell, .limit) + order(2, .buy, .limit) + order(1, .sell, .postOnly)
        + order(2, .buy, .market)
        + [
            .replace(AccountID(1), OrderID(9), Price(90), Quantity(7)),
            .cancel(AccountID(1), OrderID(9)), .stop(AccountID(1)), .resume(AccountID(1)),
            .cancelAll(AccountID(0)), .settle(reserve: 5),
        ]

    private static let first = Block(
        number: 1, first: 1, time: 1, outcomeOf: 0, outcome: [UInt8](repeating: 0, count: 32),
        commands: commands)

    static func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        write(&writer)
        return writer.bytes
    }

    /// What is read must be written as it came, up to where the reader stopped.
    static func same<Value>(
        _ input: [UInt8], _ read: (inout ByteReader) throws(Malformed) -> Value,
        _ write: (Value, inout ByteWriter) -> Void
    ) -> Value? {
        var reader = ByteReader(input)
        guard let value = try? read(&reader) else { return nil }
        let again = bytes { write(value, &$0) }
        require(again == Array(input[..<reader.position]), "a message is written as another")
        return value
    }

    /// A block from the sequencer goes through risk, matching, risk and market data.
    static let block = Door(name: "block") {
        [bytes { first.encode(into: &$0) }]
    } take: { input in
        guard var block = same(input, Block.decode, { $0.encode(into: &$1) }) else { return }
        (block.number, block.first) = (1, 1)
        var risk = Risk(listing)
        var matching = Matching(listing)
        var picture = MarketData(listing)
        var reports: [Report] = []
        guard let decided = try? risk.decide(block) else { return }
        _ = same(bytes { decided.encode(into: &$0) }, Instructions.decode) {
            $0.encode(into: &$1)
        }
        let applied: Void? = try? matching.apply(decided, into: &reports)
        let taken: Void? = try? risk.take(reports, of: 1)
        let pictured: Void? = try? picture.take(
            Results(
                block: 1, time: 1, digest: [UInt8](repeating: 0, count: 32), isPart: false,
                reports: reports))
        require(applied != nil && taken != nil && pictured != nil, "the engines disagree")
        let held = try? risk.finish()
        require(held != nil, "risk does not finish the block")
        for account in 1...2 as ClosedRange<UInt32> {
            for one in risk.balances(AccountID(account)) {
                let isWhole = min(one.available.raw, one.held.raw, one.reserved.raw) >= 0
                require(isWhole, "a balance is below zero")
            }
        }
    }

    /// Results of a matching that may lie, to those who follow it.
    static let results = Door(name: "results") {
        var risk = Risk(listing)
        var matching = Matching(listing)
        var reports: [Report] = []
        if let decided = try? risk.decide(first) {
            try? matching.apply(decided, into: &reports)
        }
        return [
            bytes {
                Results(
                    block: 1, time: 1, digest: [UInt8](repeating: 0, count: 32), isPart: false,
                    reports: reports
                ).encode(into: &$0)
            }
        ]
    } take: { input in
        guard var results = same(input, Results.decode, { $0.encode(into: &$1) }) else { return }
        results.block = 1
        var picture = MarketData(listing)
        try? picture.take(results)
        var risk = Risk(listing)
        _ = try? risk.decide(first)
        guard (try? risk.take(results.reports, of: 1)) != nil else { return }
        _ = try? risk.finish()
    }

    static let ledger = Door(name: "ledger") {
        let change = Change(account: AccountID(1), currency: CurrencyID(1), amount: Amount(5))
        let trade = Settlement(
            trade: TradeID(1), buyer: AccountID(1), seller: AccountID(2), base: CurrencyID(0),
            quote: CurrencyID(1), delivered: Amount(5), paid: Amount(9), buyerFee: .zero,
            sellerFee: Amount(1))
        return [
            bytes {
                External(
                    block: 1, time: 1, opened: [AccountID(1)], credits: [change],
                    reserves: [External.Reserve(id: 3, change: change)],
                    resolved: [External.Resolution(id: 3, isPosted: true)]
                ).encode(into: &$0)
            }, bytes { Holds(block: 1, held: [change], released: [change]).encode(into: &$0) },
            bytes { Settlements(block: 1, isPart: true, trades: [trade]).encode(into: &$0) },
        ]
    } take: { input in
        _ = same(input, External.decode) { $0.encode(into: &$1) }
        _ = same(input, Holds.decode) { $0.encode(into: &$1) }
        _ = same(input, Settlements.decode) { $0.encode(into: &$1) }
        _ = same(input, Balances.decode) { $0.encode(into: &$1) }
    }

    /// Clients' requests on their way, and what people of the venue ask.
    static let request = Door(name: "request") {
        let request = ClientRequest(
            method: .post, target: "/v1/orders", fields: [Field(name: "a", value: "b")],
            body: [1], client: Address(5), clientPort: 6)
        let voucher = Voucher(
            account: AccountID(1), scopes: 3, digest: [UInt8](repeating: 0, count: 32),
            nonce: [UInt8](repeating: 0, count: 16), expires: 9,
            code: [UInt8](repeating: 0, count: 32))
        return [
            bytes { request.encode(into: &$0) },
            bytes { Submission(payload: [1, 2], voucher: voucher).encode(into: &$0) },
            bytes { OrderOutcome.refused(.duplicate).encode(into: &$0) },
            bytes { IdentityVerdict.vouched(voucher).encode(into: &$0) },
            bytes {
                SignedRequest(key: "k", signature: [1], payload: [2], client: Address(3))
                    .encode(into: &$0)
            },
            bytes { ClientResponse(status: 200, fields: [], body: [1]).encode(into: &$0) },
            AccountRequest.credit(AccountID(1), CurrencyID(1), Amount(5)).encode(),
            KeyRequest.symmetric(AccountID(1), .known, allowed: []).encode(),
            KeyAnswer.made(key: "k", secret: [1]).encode(), AccountAnswer.done(5).encode(),
        ]
    } take: { input in
        _ = same(input, ClientRequest.decode) { $0.encode(into: &$1) }
        _ = same(input, ClientResponse.decode) { $0.encode(into: &$1) }
        _ = same(input, SignedRequest.decode) { $0.encode(into: &$1) }
        _ = same(input, IdentityVerdict.decode) { $0.encode(into: &$1) }
        _ = same(input, Submission.decode) { $0.encode(into: &$1) }
        _ = same(input, OrderOutcome.decode) { $0.encode(into: &$1) }
        _ = same(input, MarketQuery.decode) { $0.encode(into: &$1) }
        _ = same(input, Depth.decode) { $0.encode(into: &$1) }
        _ = same(input, Tape.decode) { $0.encode(into: &$1) }
        let people = [
            (try? AccountRequest.decode(input))?.encode(),
            (try? AccountAnswer.decode(input))?.encode(), (try? KeyRequest.decode(input))?.encode(),
            (try? KeyAnswer.decode(input))?.encode(),
        ]
        require(people.allSatisfy { $0 == nil || $0 == input }, "a message is written as another")
    }
}
