import Chance
import ClientAPI
import Notation
import Numerals
import OrderTreaty
import Testing

@Suite("Client API, seeded")
struct FuzzTests {
    @Test("changed bytes of good payloads never trap, and what is taken has one meaning")
    func mutated() {
        var random = Seeded(state: 1)
        let seeds = [
            Shop.payload("POST", "/v1/orders", Shop.body(Shop.good)),
            Shop.payload(
                "PUT", "/v1/orders/a", #"{"price":"1.5","quantity":"2"}"#),
            Shop.payload("GET", "/v1/orders/a-b"), Shop.payload("DELETE", "/v1/orders"),
            Shop.payload("GET", "/v1/account"),
        ]
        let alphabet = Array("\n\"{}:,\\ .0159abdeorsuBTCUSD/-?=".utf8) + [0, 0x7F, 0x80, 0xFF]
        var taken = 0
        for round in 0..<60_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                case 2: if bytes.count > 1 { bytes.remove(at: at) }
                default: bytes.removeLast(min(bytes.count - 1, at))
                }
            }
            guard case .success(let action) = Shop.ask(bytes) else { continue }
            taken += 1
            #expect(agrees(action, bytes), "seed 1, round \(round)")
        }
        #expect(taken > 1_000)
    }

    /// Whether a reader of full JSON finds the same in the body.
    private func agrees(_ action: ClientAction, _ bytes: [UInt8]) -> Bool {
        guard let payload = try? SignedPayload.parse(bytes) else { return false }
        let body = Array(payload.bytes[payload.body])
        switch action {
        case .place(let order):
            guard let json = try? JSON.parse(body), case .object(let members) = json,
                let instrument = Shop.listing.instrument(order.instrument)
            else { return false }
            return members.count == (order.price == nil ? 5 : 6)
                && json["clientOrderId"]?.asText == order.client.text
                && json["symbol"]?.asText == instrument.symbol
                && json["side"]?.asText == order.side.word
                && json["type"]?.asText == order.kind.word
                && number(json["price"], instrument.priceDigits) == order.price?.raw
                && number(json["quantity"], instrument.quantityDigits) == order.quantity.raw
                && (order.price != nil || order.kind == .market)
        case .replace(_, let change):
            guard let json = try? JSON.parse(body), case .object(let members) = json else {
                return false
            }
            let instrument = Shop.listing.instruments[0]
            let price = number(json["price"], instrument.priceDigits)
            let quantity = number(json["quantity"], instrument.quantityDigits)
            let resolved = change.resolve(instrument)
            guard members.count == 2 else { return false }
            guard let price, let quantity else { return resolved == nil }
            return resolved?.price.raw == price && resolved?.quantity.raw == quantity
        default: return body.isEmpty
        }
    }

    private func number(_ value: JSON?, _ digits: Int) -> Int64? {
        value?.asText.flatMap { FixedPoint.parse($0.utf8, digits: digits) }
    }

    @Test("random bytes never trap")
    func noise() {
        var random = Seeded(state: 2)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = Shop.ask(bytes)
            _ = Shop.ask(Shop.payload("POST", "/v1/orders") + bytes)
            _ = try? Route.parse(String(decoding: bytes, as: UTF8.self), Shop.catalogue)
        }
    }

    /// Above zero, of any length.
    private func number(_ random: inout Seeded) -> Int64 {
        Int64(random.next() >> UInt64.random(in: 1...63, using: &random)) | 1
    }

    @Test("an order written by its fields reads as the same order")
    func roundTrip() throws {
        var random = Seeded(state: 3)
        for _ in 0..<5_000 {
            let id = UInt16.random(in: 0...1, using: &random)
            let instrument = Shop.listing.instruments[Int(id)]
            let order = NewOrder(
                account: AccountID(0), instrument: InstrumentID(id),
                side: Bool.random(using: &random) ? .buy : .sell,
                kind: [.limit, .market, .immediateOrCancel, .postOnly].randomElement(
                    using: &random) ?? .limit,
                price: Price(number(&random)),
                quantity: Quantity(number(&random)),
                client: Shop.client("c-\(random.next())"))
            let body = Shop.body([
                "clientOrderId": order.client.text, "symbol": instrument.symbol,
                "side": order.side.word, "type": order.kind.word,
                "price": FixedPoint.render(order.price.raw, digits: instrument.priceDigits),
                "quantity": FixedPoint.render(
                    order.quantity.raw, digits: instrument.quantityDigits),
            ])
            let request = OrderRequest(
                client: order.client, instrument: order.instrument, side: order.side,
                kind: order.kind, price: order.price, quantity: order.quantity)
            #expect(Shop.ask("POST", "/v1/orders", body) == .success(.place(request)))
            // And what the venue answers about it carries the same values.
            let view = OrderView(
                id: OrderID(random.next()), order: order, state: .open, refusal: nil,
                filled: Quantity(0), filledValue: Amount(0))
            let json = try Shop.json(try Answer.order(view, 200, Shop.catalogue))
            for name in ["clientOrderId", "symbol", "side", "type", "price", "quantity"] {
                #expect(json[name] == (try JSON.parse(body))[name])
            }
        }
    }
}
