import ClientAPI
import IdentityTreaty
import LedgerTreaty
import MarketTreaty
import Notation
import Numerals
import OrderTreaty
import RequestTreaty
import Testing

@Suite("Answers to clients")
struct AnswerTests {
    private func text(_ response: ClientResponse) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    private func view(_ state: OrderState, _ refusal: Refusal? = nil) -> OrderView {
        OrderView(
            id: OrderID(77),
            order: NewOrder(
                account: AccountID(5), instrument: InstrumentID(0), side: .sell, kind: .postOnly,
                price: Price(12_345), quantity: Quantity(150_000_000), client: Shop.client("a-1")),
            state: state, refusal: refusal, filled: Quantity(1), filledValue: Amount(99))
    }

    @Test("an order has all its fields and never an account")
    func order() throws {
        let response = try Answer.outcome(
            .order(view(.open)), of: .query(Shop.client("a-1")), Shop.catalogue)
        #expect(response.status == 200)
        #expect(
            text(response)
                == #"{"orderId":"77","clientOrderId":"a-1","symbol":"BTC-USD","side":"sell","#
                + #""type":"post-only","price":"123.45","quantity":"1.50000000","#
                + #""filled":"0.00000001","filledValue":"0.99","state":"open"}"#)
        #expect(
            response.fields.contains(Field(name: "content-type", value: "application/json")))
    }

    @Test("placing is 201, and 422 with the word when a rule refused; asking for it is 200")
    func statuses() throws {
        let order = view(.open).order
        let place = ClientAction.place(
            OrderRequest(
                client: order.client, instrument: order.instrument, side: order.side,
                kind: order.kind, price: order.price, quantity: order.quantity))
        let query = ClientAction.query(order.client)
        let cases: [(OrderOutcome, ClientAction, UInt16, String?)] = [
            (.order(view(.open)), place, 201, nil), (.order(view(.filled)), place, 201, nil),
            (.order(view(.refused, .wouldTrade)), place, 422, "would-trade"),
            (.order(view(.refused, .wouldTrade)), query, 200, nil),
            (.order(view(.cancelled)), .cancel(order.client), 200, nil),
            (.cancelled(3), .cancelAll, 200, nil),
            (.refused(.insufficientFunds), place, 422, "insufficient-funds"),
            (.rejected(.conflict), place, 409, "conflict"),
            (.rejected(.unknownOrder), query, 404, "unknown-order"),
            (.rejected(.voucherInvalid), place, 503, "identity-unavailable"),
            (.rejected(.replayed), place, 401, "replayed"),
            (.rejected(.malformed), place, 400, "malformed"),
            (.rejected(.scopeMissing), place, 403, "scope-missing"),
            (.rejected(.busy), place, 503, "venue-busy"),
            (.rejected(.unavailable), place, 503, "venue-unavailable"),
            (.rejected(.halted), place, 503, "venue-halted"),
        ]
        for (outcome, action, status, word) in cases {
            let response: ClientResponse
            do throws(ClientProblem) {
                response = try Answer.outcome(outcome, of: action, Shop.catalogue)
            } catch { response = error.response }
            #expect(response.status == status)
            let json = try Shop.json(response)
            #expect((json["status"] == nil ? nil : json["type"]?.asText) == word)
        }
    }

    @Test("every refusal of a rule is 422 with its own word", arguments: Refusal.allCases)
    func refusals(refusal: Refusal) throws {
        let response = ClientProblem(.refused(refusal)).response
        #expect(response.status == 422)
        #expect(try Shop.json(response)["type"]?.asText == refusal.word)
    }

    @Test(
        "every reason of identity has its word and status",
        arguments: IdentityVerdict.Reason.allCases)
    func reasons(reason: IdentityVerdict.Reason) throws {
        let response = ClientProblem(unvouched: reason, retryAfter: 9).response
        let status: UInt16 =
            switch reason {
            case .lockedOut: 429
            case .crowded, .starting: 503
            default: 401
            }
        #expect(response.status == status)
        #expect(try Shop.json(response)["type"]?.asText == reason.word)
        #expect(response.fields.contains { $0.name == "retry-after" } == (status != 401))
    }

    @Test("a problem has the members of RFC 9457 and its fields")
    func problem() throws {
        let response = ClientProblem(.malformedValue, "price", "a \"number\"").response
        let json = try Shop.json(response)
        #expect(response.status == 400)
        #expect(json["type"]?.asText == "malformed-value")
        #expect(json["title"]?.asText == "A value is malformed")
        #expect(json["status"]?.asInteger == 400)
        #expect(json["detail"]?.asText == "price: a \"number\"")
        #expect(json["member"]?.asText == "price")
        #expect(
            response.fields.first == Field(name: "content-type", value: "application/problem+json"))
        for kind in [ClientProblem.Kind.busy, .unavailable, .halted, .identityUnavailable] {
            #expect(ClientProblem(kind).response.fields.contains { $0.name == "retry-after" })
        }
        #expect(ClientProblem(.outcomeUnknown).facts.status == 504)
        #expect(
            ClientProblem.method(for: .orders).response.fields.contains(
                Field(name: "allow", value: "POST, DELETE")))
    }

    @Test("balances, book, trades, instruments and time are JSON with the listing's digits")
    func others() throws {
        let balances = Balances(
            account: AccountID(5), block: 9,
            list: [
                Balance(
                    currency: CurrencyID(1), available: Amount(-1), held: Amount(250),
                    reserved: Amount(0)),
                Balance(
                    currency: CurrencyID(2), available: Amount(7), held: Amount(0),
                    reserved: Amount(1)),
            ])
        #expect(
            text(try Answer.balances(balances, Shop.catalogue))
                == #"{"account":"5","block":9,"balances":[{"currency":"USD","available":"-0.01","#
                + #""held":"2.50","reserved":"0.00"},{"currency":"JPY","available":"7","#
                + #""held":"0","reserved":"1"}]}"#)
        let depth = Depth(
            instrument: InstrumentID(0), block: 3,
            bids: [Level(price: Price(1), quantity: Quantity(2), orders: 3)], asks: [])
        #expect(
            text(try Answer.depth(depth, Shop.catalogue))
                == #"{"symbol":"BTC-USD","block":3,"bids":[{"price":"0.01","#
                + #""quantity":"0.00000002","orders":3}],"asks":[]}"#)
        let tape = Tape(
            instrument: InstrumentID(1),
            prints: [
                Print(
                    id: TradeID(.max), price: Price(5), quantity: Quantity(100_000_000),
                    takerSide: .buy, time: 1_700_000_000_000_000_000)
            ])
        #expect(
            text(try Answer.tape(tape, Shop.catalogue))
                == #"{"symbol":"BTC-JPY","trades":[{"tradeId":"18446744073709551615","price":"5","#
                + #""quantity":"1.00000000","takerSide":"buy","time":"1700000000000000000"}]}"#)
        #expect(text(Answer.time(12)) == #"{"time":12}"#)
        #expect(
            text(Answer.instruments(Shop.catalogue)).contains(
                #"{"symbol":"BTC-USD","base":"BTC","quote":"USD","tick":"0.01","#
                    + #""lot":"0.00001000","quantityMax":"1000.00000000","valueMin":"0.01","#
                    + #""valueMax":"10000000.00","collar":1000,"makerFee":10,"takerFee":20,"#
                    + #""reference":"100.00"}"#))
    }

    @Test("an answer about what is not listed is nobody's number")
    func unlisted() throws {
        let depth = Depth(instrument: InstrumentID(9), block: 1, bids: [], asks: [])
        #expect(throws: ClientProblem(.peerAnswer)) { try Answer.depth(depth, Shop.catalogue) }
        let tape = Tape(instrument: InstrumentID(9), prints: [])
        #expect(throws: ClientProblem(.peerAnswer)) { try Answer.tape(tape, Shop.catalogue) }
    }

    @Test("the largest answers fit into a response")
    func largest() throws {
        let level = Level(price: Price(.max), quantity: Quantity(.max), orders: .max)
        let side = [Level](repeating: level, count: 1_000)
        let depth = Depth(instrument: InstrumentID(0), block: .max, bids: side, asks: side)
        #expect(try Answer.depth(depth, Shop.catalogue).body.count <= ClientResponse.bodyMax)
        let one = Instrument(
            symbol: String(repeating: "\u{e9}", count: 8), base: CurrencyID(0),
            quote: CurrencyID(1), priceDigits: 8, quantityDigits: 8, tick: Price(.max),
            lot: Quantity(.max), quantityMax: Quantity(.max), valueMin: Amount(.max),
            valueMax: Amount(.max), collarBasisPoints: 10_000, makerFee: 10_000, takerFee: 10_000,
            reference: Price(.max), divisor: 1)
        let listing = Listing(
            currencies: .init(repeating: Currency(name: "ABCDEFGH", digits: 8), count: 1_024),
            instruments: .init(repeating: one, count: 1_024))
        let response = Answer.instruments(Catalogue(listing))
        #expect(response.body.count <= ClientResponse.bodyMax)
        _ = try Shop.json(response)
    }
}
