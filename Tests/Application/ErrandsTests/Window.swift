import Addresses
import AuditTreaty
import ClientAPI
import Errands
import IdentityTreaty
import Numerals
import OrderTreaty
import RequestTreaty

/// Requests as a gateway would hand them in, and answers as peers would give them.
enum Window {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 8), Currency(name: "USD", digits: 2)],
        instruments: [
            Instrument(
                symbol: "BTC-USD", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 2,
                quantityDigits: 8, tick: Price(1), lot: Quantity(1), quantityMax: Quantity(.max),
                valueMin: Amount(1), valueMax: Amount(.max), collarBasisPoints: 1_000,
                makerFee: 10, takerFee: 20, reference: Price(10_000), divisor: 100_000_000)
        ])
    static let order =
        #"{"clientOrderId":"a","symbol":"BTC-USD","side":"buy","type":"limit","price":"1","quantity":"1"}"#

    static func errands() -> Errands { Errands(Catalogue(listing)) }

    static func request(
        _ method: Method, _ target: String, _ body: String = "", without: [String] = [],
        changed: [String: String] = [:]
    ) -> ClientRequest {
        let fields = [
            "bulkhead-key": "k", "bulkhead-timestamp": "1700000000000",
            "bulkhead-signature": String(repeating: "a", count: 64),
        ].merging(changed) { $1 }.filter { !without.contains($0.key) }
        return ClientRequest(
            method: method, target: target,
            fields: fields.map { Field(name: $0.key, value: $0.value) }, body: Array(body.utf8),
            client: Address(1), clientPort: 2)
    }

    static func voucher(_ scopes: Scopes = [.read, .trade]) -> Voucher {
        Voucher(
            account: AccountID(5), scopes: scopes.rawValue, digest: .init(repeating: 1, count: 32),
            nonce: .init(repeating: 2, count: 16), expires: 9,
            code: .init(repeating: 3, count: 32))
    }

    static func view(_ state: OrderState = .open) -> OrderView {
        OrderView(
            id: OrderID(1),
            order: NewOrder(
                account: AccountID(5), instrument: InstrumentID(0), side: .buy, kind: .limit,
                price: Price(100), quantity: Quantity(100_000_000),
                client: ClientOrderID("a") ?? never()),
            state: state, refusal: nil, filled: Quantity(0), filledValue: Amount(0))
    }

    /// What the trail would hear of everybody who was refused since the last time.
    static func told(_ errands: inout Errands) -> [String] {
        errands.takeEvents(now: 0).compactMap {
            if case .note("request", let text) = $0 { text } else { nil }
        }
    }

    private static func never() -> ClientOrderID { fatalError("not a client order id") }
}

extension Step? {
    var response: ClientResponse? {
        guard case .answer(let response) = self else { return nil }
        return response
    }

    var question: (id: ErrandID, question: Question)? {
        guard case .ask(let id, let question) = self else { return nil }
        return (id, question)
    }
}

extension ClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
    func isProblem(_ status: UInt16, _ word: String) -> Bool {
        self.status == status && text.contains("\"type\":\"\(word)\"")
    }
}
