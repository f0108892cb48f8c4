import Bytes
import LedgerTreaty
import Numerals
import OrderTreaty
import RoundTrips
import Testing

@Suite("LedgerTreaty on the wire")
struct RoundTripTests {
    static let change = Change(
        account: AccountID(7), currency: CurrencyID(.max), amount: Amount(.max))
    static let settlement = Settlement(
        trade: TradeID(.max), buyer: AccountID(1), seller: AccountID(2), base: CurrencyID(0),
        quote: CurrencyID(1), delivered: Amount(5), paid: Amount(100), buyerFee: .zero,
        sellerFee: Amount(100))

    static let externals = Wire(
        [
            External(block: 1, time: 2),
            External(
                block: .max, time: .max, opened: [AccountID(1), AccountID(.max)],
                credits: [change, change], reserves: [External.Reserve(id: 9, change: change)],
                resolved: [
                    External.Resolution(id: 9, isPosted: true),
                    External.Resolution(id: .max, isPosted: false),
                ]),
            External(
                block: 5, time: 5, opened: Array(repeating: AccountID(3), count: Block.commandsMax)),
        ], { $0.encode(into: &$1) }, External.decode)

    static let holds = Wire(
        [
            Holds(block: 0, held: [], released: []),
            Holds(block: 8, held: [change], released: Array(repeating: change, count: 3_000)),
        ], { $0.encode(into: &$1) }, Holds.decode)

    static let settlements = Wire(
        [
            Settlements(block: 3, isPart: false, trades: []),
            Settlements(block: 3, isPart: true, trades: [settlement, settlement]),
            Settlements(
                block: 4, isPart: false, trades: Array(repeating: settlement, count: 2_000)),
        ], { $0.encode(into: &$1) }, Settlements.decode)

    static let balances = Wire(
        [
            Balances(account: AccountID(0), block: 0, list: []),
            Balances(
                account: AccountID(.max), block: .max,
                list: (0..<Listing.countMax).map {
                    Balance(
                        currency: CurrencyID(UInt16($0)), available: Amount(Int64($0)),
                        held: Amount(.max), reserved: Amount(.min))
                }),
        ], { $0.encode(into: &$1) }, Balances.decode)

    @Test("every type is read back as it was written, and never from a part of it")
    func roundTrips() {
        #expect(Self.externals.roundTrips() == [])
        #expect(Self.holds.roundTrips() == [])
        #expect(Self.settlements.roundTrips() == [])
        #expect(Self.balances.roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() {
        #expect(Self.externals.endures(5_000, seed: 1) == [])
        #expect(Self.holds.endures(3_000, seed: 2) == [])
        #expect(Self.settlements.endures(3_000, seed: 3) == [])
        #expect(Self.balances.endures(3_000, seed: 4) == [])
    }

    @Test("a settlement that is no trade is malformed")
    func settlementBounds() {
        for change in [
            { $0.delivered = .zero }, { $0.paid = Amount(-1) }, { $0.buyerFee = Amount(-1) },
            { $0.sellerFee = Amount(-1) }, { $0.sellerFee = Amount($0.paid.raw + 1) },
            { $0.base = $0.quote },
        ] as [(inout Settlement) -> Void] {
            var wrong = Self.settlement
            change(&wrong)
            let bytes = Self.settlements.encode(
                Settlements(block: 1, isPart: false, trades: [wrong]))
            #expect(throws: Malformed.self, "\(wrong)") { try Self.settlements.decode(bytes) }
        }
    }

    @Test("changes are above zero, and no count makes room for what did not come")
    func changeBounds() {
        for raw in [0, -1, .min] as [Int64] {
            var wrong = Self.change
            wrong.amount = Amount(raw)
            let bytes = Self.holds.encode(Holds(block: 1, held: [wrong], released: []))
            #expect(throws: Malformed.self) { try Self.holds.decode(bytes) }
        }
        var bytes = Self.holds.encode(Holds(block: 1, held: [], released: []))
        bytes.replaceSubrange(8..<12, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(throws: Malformed.self) { try Self.holds.decode(bytes) }
        for count in [0, 31, 33] {
            let witness = [UInt8](repeating: 1, count: count)
            let short = Self.holds.encode(
                Holds(block: 1, held: [], released: [], witness: witness))
            #expect(throws: Malformed.self) { try Self.holds.decode(short) }
        }
        var parts = Self.settlements.encode(Settlements(block: 1, isPart: false, trades: []))
        parts.replaceSubrange(9..<13, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(throws: Malformed.self) { try Self.settlements.decode(parts) }
        #expect(Set(LedgerMessage.allCases.map(\.name)).count == LedgerMessage.allCases.count)
    }
}
