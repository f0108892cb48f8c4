import Addresses
import AdminTreaty
import AuditTreaty
import AuthorityTreaty
import Bytes
import LedgerTreaty
import MarketTreaty
import Numerals
import OrderTreaty
import RiskTreaty

// Messages between services that the engines' doors do not read, and the parts of them that are
// read alone: in an answer, or behind one another.
extension Door {
    /// A message that is a whole array: what is read must be written as it came.
    private static func whole<Value>(
        _ input: [UInt8], _ read: ([UInt8]) throws(Malformed) -> Value,
        _ write: (Value) -> [UInt8]
    ) {
        guard let value = try? read(input) else { return }
        require(write(value) == input, "a message is written as another")
    }

    private static let trade = Trade(
        id: TradeID(1), instrument: InstrumentID(0), price: Price(100), quantity: Quantity(5),
        notional: Amount(500), takerSide: .buy, maker: OrderID(3), makerAccount: AccountID(1),
        taker: OrderID(4), takerAccount: AccountID(2), makerFee: .zero, takerFee: Amount(1))

    private static let placed: [NewOrder] = [ClientOrderID("a-1")].compactMap { $0 }.map {
        NewOrder(
            account: AccountID(1), instrument: InstrumentID(0), side: .sell, kind: .limit,
            price: Price(100), quantity: Quantity(5), client: $0)
    }

    static let stream = Door(name: "stream") {
        let instructions = Instructions(
            block: 1, time: 2,
            list: [
                .pass(sequence: 1), .refuse(sequence: 2, .stopped),
                .cancel(sequence: 3, AccountID(1), OrderID(3)),
                .replace(sequence: 4, AccountID(1), OrderID(3), Price(90), Quantity(2)),
                .cancelAll(sequence: 5, AccountID(1)),
            ] + placed.map { .place(sequence: 6, $0) })
        let reports: [Report] = [
            .done(sequence: 1), .refused(sequence: 2, .stopped), .trade(trade),
            .left(OrderID(3), AccountID(1), .filled, remaining: Quantity(0)),
        ]
        return [
            bytes { Resume(block: 7).encode(into: &$0) },
            bytes { instructions.encode(into: &$0) }, bytes { trade.encode(into: &$0) },
        ] + instructions.list.map { one in bytes { one.encode(into: &$0) } }
            + reports.map { one in bytes { one.encode(into: &$0) } }
            + placed.map { one in
                bytes {
                    OrderView(
                        id: OrderID(9), order: one, state: .open, refusal: nil, filled: Quantity(1),
                        filledValue: Amount(100)
                    ).encode(into: &$0)
                }
            }
    } take: { input in
        _ = same(input, Resume.decode) { $0.encode(into: &$1) }
        _ = same(input, Instructions.decode) { $0.encode(into: &$1) }
        _ = same(input, Instruction.decode) { $0.encode(into: &$1) }
        _ = same(input, Report.decode) { $0.encode(into: &$1) }
        _ = same(input, Trade.decode) { $0.encode(into: &$1) }
        _ = same(input, Command.decode) { $0.encode(into: &$1) }
        _ = same(input, NewOrder.decode) { $0.encode(into: &$1) }
        _ = same(input, OrderView.decode) { $0.encode(into: &$1) }
        _ = same(input, ClientOrderID.decode) { $0.encode(into: &$1) }
        _ = same(input, Voucher.decode) { $0.encode(into: &$1) }
    }

    static let market = Door(name: "market") {
        let level = Level(price: Price(100), quantity: Quantity(5), orders: 2)
        let print = Print(
            id: TradeID(1), price: Price(100), quantity: Quantity(5), takerSide: .sell, time: 9)
        let balance = Balance(
            currency: CurrencyID(1), available: Amount(5), held: Amount(6), reserved: .zero)
        return [
            bytes { MarketQuery(instrument: InstrumentID(0), count: 5).encode(into: &$0) },
            bytes {
                Depth(instrument: InstrumentID(0), block: 3, bids: [level], asks: [level])
                    .encode(into: &$0)
            }, bytes { Tape(instrument: InstrumentID(0), prints: [print]).encode(into: &$0) },
            bytes {
                Balances(account: AccountID(1), block: 3, list: [balance]).encode(into: &$0)
            },
        ]
    } take: { input in
        _ = same(input, MarketQuery.decode) { $0.encode(into: &$1) }
        _ = same(input, Depth.decode) { $0.encode(into: &$1) }
        _ = same(input, Tape.decode) { $0.encode(into: &$1) }
        _ = same(input, Balances.decode) { $0.encode(into: &$1) }
    }

    /// Certificates: between a service and the authority, and people and the authority, and its own file.
    static let enrol = Door(name: "enrol") {
        [
            EnrolRequest(purpose: .passage, publicKey: [1, 2, 3]).encode(),
            EnrolRequest(purpose: .open, publicKey: [9], names: ["a.b"], addresses: [Address(1)])
                .encode(),
            EnrolAnswer.issued(.passage, certificate: [1], root: [2], notAfter: -1).encode(),
            EnrolAnswer.refused(.open, .rate).encode(), TrustRequest.publicRoot.encode(),
            TrustAnswer.certificate(pem: "x\ny").encode(), TrustAnswer.refused.encode(),
            RootFile(secret: [1], certificate: [2, 3]).encode(),
        ]
    } take: { input in
        whole(input, EnrolRequest.decode) { $0.encode() }
        whole(input, EnrolAnswer.decode) { $0.encode() }
        whole(input, TrustRequest.decode) { $0.encode() }
        whole(input, TrustAnswer.decode) { $0.encode() }
        whole(input, RootFile.decode) { $0.encode() }
        guard let request = try? EnrolRequest.decode(input) else { return }
        let isBounded =
            request.names.count <= EnrolRequest.namesMax
            && request.addresses.count <= EnrolRequest.addressesMax
            && request.publicKey.count <= EnrolRequest.publicKeyMax
        require(isBounded, "a request for a certificate is over its bounds")
    }

    /// Events where they stand behind one another, outside a message.
    static let bareEvent = Door(name: "bare-event") {
        [bytes { EventCodec.encode(.shed(count: 9), into: &$0) }]
    } take: { input in
        var reader = ByteReader(input)
        guard let event = try? EventCodec.decode(&reader) else { return }
        var again = ByteReader(bytes { EventCodec.encode(event, into: &$0) })
        require((try? EventCodec.decode(&again)) == event, "an event reads back as another")
    }
}
