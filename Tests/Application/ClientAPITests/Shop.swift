import Addresses
import ClientAPI
import Notation
import Numerals
import OrderTreaty
import RequestTreaty

/// A small listing and short ways to ask for something.
enum Shop {
    static let listing = Listing(
        currencies: [
            Currency(name: "BTC", digits: 8), Currency(name: "USD", digits: 2),
            Currency(name: "JPY", digits: 0),
        ],
        instruments: [
            instrument("BTC-USD", base: 0, quote: 1, priceDigits: 2, quantityDigits: 8),
            instrument("BTC-JPY", base: 0, quote: 2, priceDigits: 0, quantityDigits: 8),
        ])
    static let catalogue = Catalogue(listing)
    static let good = [
        "clientOrderId": "a-1", "symbol": "BTC-USD", "side": "buy", "type": "limit",
        "price": "100.5", "quantity": "0.25",
    ]

    static func instrument(
        _ symbol: String, base: UInt16, quote: UInt16, priceDigits: Int, quantityDigits: Int
    ) -> Instrument {
        Instrument(
            symbol: symbol, base: CurrencyID(base), quote: CurrencyID(quote),
            priceDigits: priceDigits, quantityDigits: quantityDigits, tick: Price(1),
            lot: Quantity(1_000), quantityMax: Quantity(100_000_000_000), valueMin: Amount(1),
            valueMax: Amount(1_000_000_000), collarBasisPoints: 1_000, makerFee: 10, takerFee: 20,
            reference: Price(10_000), divisor: 100_000_000)
    }

    /// A body of these members, in the order of their names.
    static func body(_ members: [String: String]) -> String {
        "{"
            + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
            .joined(separator: ",") + "}"
    }

    static func payload(_ method: String, _ target: String, _ body: String = "") -> [UInt8] {
        Array("1700000000000\n5000\n\(method)\n\(target)\n\(body)".utf8)
    }

    /// What the payload asks, or why not.
    static func ask(_ bytes: [UInt8]) -> Result<ClientAction, ClientProblem> {
        do throws(ClientProblem) {
            return .success(try ClientAction.parse(try SignedPayload.parse(bytes), catalogue))
        } catch { return .failure(error) }
    }

    static func ask(
        _ method: String, _ target: String, _ body: String = ""
    ) -> Result<ClientAction, ClientProblem> {
        ask(payload(method, target, body))
    }

    static func client(_ text: String) -> ClientOrderID {
        guard let id = ClientOrderID(text) else { fatalError("not a client order id") }
        return id
    }

    static func request(
        _ method: Method, _ target: String, _ fields: [String: String], _ body: String = ""
    ) -> ClientRequest {
        ClientRequest(
            method: method, target: target,
            fields: fields.map { Field(name: $0.key, value: $0.value) }, body: Array(body.utf8),
            client: Address(0x7F00_0001), clientPort: 4_000)
    }

    static func json(_ response: ClientResponse) throws -> JSON { try JSON.parse(response.body) }
}
