import ClientAPI
import Numerals
import OrderTreaty
import RequestTreaty
import Testing

@Suite("What a payload asks")
struct ActionTests {
    @Test("each signed route reads as its action")
    func actions() {
        let order = OrderRequest(
            client: Shop.client("a-1"), instrument: InstrumentID(0), side: .buy, kind: .limit,
            price: Price(10_050), quantity: Quantity(25_000_000))
        let cases: [(String, String, String, ClientAction)] = [
            ("POST", "/v1/orders", Shop.body(Shop.good), .place(order)),
            ("DELETE", "/v1/orders", "", .cancelAll),
            ("GET", "/v1/orders/a-1", "", .query(Shop.client("a-1"))),
            ("DELETE", "/v1/orders/a.b_C", "", .cancel(Shop.client("a.b_C"))),
            ("GET", "/v1/account", "", .account),
        ]
        for (method, target, body, action) in cases {
            #expect(Shop.ask(method, target, body) == .success(action))
        }
    }

    @Test("white space between parts is free, the order of members too")
    func spelling() {
        let text = """
             { "quantity" : "0.25","price":"100.50" ,
            "type":"limit",\t"side":"buy", "symbol":"BTC-USD","clientOrderId":"a-1"\r} \n
            """
        #expect(
            Shop.ask("POST", "/v1/orders", text)
                == Shop.ask("POST", "/v1/orders", Shop.body(Shop.good)))
    }

    @Test(
        "each word of side and kind is read",
        arguments: [
            ("buy", "limit", Side.buy, OrderKind.limit), ("sell", "market", .sell, .market),
            ("sell", "immediate-or-cancel", .sell, .immediateOrCancel),
            ("buy", "post-only", .buy, .postOnly),
        ])
    func words(side: String, kind: String, expected: Side, as expectedKind: OrderKind) throws {
        var members = Shop.good
        members["side"] = side
        members["type"] = kind
        guard case .place(let order) = try Shop.ask("POST", "/v1/orders", Shop.body(members)).get()
        else {
            Issue.record("it is no order")
            return
        }
        #expect(order.side == expected)
        #expect(order.kind == expectedKind)
        #expect(expected.word == side)
        #expect(expectedKind.word == kind)
    }

    @Test(
        "a value that cannot be is refused with the member's name",
        arguments: [
            ("price", "0"), ("price", "0.00"), ("price", "100.505"), ("price", "-1"),
            ("price", "1e3"), ("price", ""), ("price", "."), ("price", "1."), ("price", ".5"),
            ("price", "+1"), ("price", " 1"), ("price", "92233720368547758.08"),
            ("price", "99999999999999999999"), ("quantity", "0"), ("quantity", "0.123456789"),
            ("quantity", "92233720368.54775808"), ("side", "Buy"), ("side", ""), ("type", "stop"),
            ("type", "limi"), ("symbol", "btc-usd"), ("symbol", ""), ("symbol", "BTC-EUR"),
            ("symbol", "BTC-USD-BTC-USD-BTC-USD-BTC-USD"), ("clientOrderId", ""),
            ("clientOrderId", "."), ("clientOrderId", ".."), ("clientOrderId", "a b"),
            ("clientOrderId", "a/b"), ("clientOrderId", "0123456789012345678901234567890123456"),
        ])
    func values(member: String, value: String) {
        var members = Shop.good
        members[member] = value
        guard case .failure(let problem) = Shop.ask("POST", "/v1/orders", Shop.body(members))
        else {
            Issue.record("it was taken")
            return
        }
        #expect(problem.facts.word == "malformed-value")
        #expect(problem.member == member)
    }

    @Test("the largest values of 64 bits are read exactly")
    func largest() throws {
        var members = Shop.good
        members["price"] = "92233720368547758.07"
        members["quantity"] = "92233720368.54775807"
        guard case .place(let order) = try Shop.ask("POST", "/v1/orders", Shop.body(members)).get()
        else {
            Issue.record("it is no order")
            return
        }
        #expect(order.price?.raw == .max)
        #expect(order.quantity.raw == .max)
    }

    @Test(
        "a body that is not exactly the object is refused",
        arguments: [
            ("", "malformed-body", ""), ("{}", "missing-member", "clientOrderId"),
            ("{", "malformed-body", ""), ("[]", "malformed-body", ""),
            ("{\"price\":1}", "malformed-value", "price"),
            ("{\"price\":null}", "malformed-value", "price"),
            ("{\"price\":{}}", "malformed-value", "price"),
            ("{\"price\":\"1\",\"price\":\"1\"}", "duplicate-member", "price"),
            ("{\"venue\":\"x\"}", "unknown-member", "venue"),
            ("{\"<b>\":\"x\"}", "unknown-member", ""),
            ("{\"Price\":\"1\"}", "unknown-member", "Price"),
            ("{\"price\":\"1\",}", "malformed-body", ""), ("{,}", "malformed-body", ""),
            ("{\"price\" \"1\"}", "malformed-body", ""),
            ("{\"price\":\"\\u0031\"}", "malformed-body", ""),
            ("{\"pr\\u0069ce\":\"1\"}", "malformed-body", ""),
            ("{\"price\":\"1\u{e9}\"}", "malformed-body", ""),
            ("{\"price\":\"1\n\"}", "malformed-body", ""), ("{\"price\":\"1", "malformed-body", ""),
            ("{\"price\":\"1\"} x", "malformed-body", ""), ("\u{feff}{}", "malformed-body", ""),
        ])
    func bodies(body: String, word: String, member: String) {
        guard case .failure(let problem) = Shop.ask("POST", "/v1/orders", body) else {
            Issue.record("it was taken")
            return
        }
        #expect(problem.facts.word == word)
        #expect(problem.member == member)
    }

    @Test("a change has the digits of the order's instrument, or fewer")
    func change() throws {
        let cases: [(String, String, Int, Int64?, Int64?)] = [
            ("100.5", "0.25", 0, 10_050, 25_000_000), ("7", "2", 1, 7, 200_000_000),
            ("100.505", "0.25", 0, nil, nil), ("7.0", "2", 1, nil, nil),
            ("1", "0.123456789", 0, nil, nil), ("92233720368547758.07", "1", 0, .max, 100_000_000),
            ("92233720368547758.1", "1", 0, nil, nil),
        ]
        for (price, quantity, place, expected, expectedQuantity) in cases {
            let body = Shop.body(["price": price, "quantity": quantity])
            guard
                case .replace(let client, let change) =
                    try Shop.ask("PUT", "/v1/orders/x", body).get()
            else {
                Issue.record("it is no change")
                return
            }
            let resolved = change.resolve(Shop.listing.instruments[place])
            #expect(client.text == "x")
            #expect(resolved?.price.raw == expected)
            #expect(resolved?.quantity.raw == expectedQuantity)
        }
    }

    @Test("only a market order may leave its price to the venue")
    func marketPrice() throws {
        var members = Shop.good
        members["type"] = "market"
        members["price"] = nil
        guard case .place(let order) = try Shop.ask("POST", "/v1/orders", Shop.body(members)).get()
        else {
            Issue.record("it is no order")
            return
        }
        #expect(order.price == nil)
        members["price"] = "100.50"
        guard case .place(let own) = try Shop.ask("POST", "/v1/orders", Shop.body(members)).get()
        else {
            Issue.record("it is no order")
            return
        }
        #expect(own.price == Price(10_050))
    }

    @Test("each member of an order must be there", arguments: Shop.good.keys.sorted())
    func missing(member: String) {
        var members = Shop.good
        members[member] = nil
        guard case .failure(let problem) = Shop.ask("POST", "/v1/orders", Shop.body(members))
        else {
            Issue.record("it was taken")
            return
        }
        #expect(problem == ClientProblem(.missingMember, member))
    }

    @Test(
        "what a route does not take is refused",
        arguments: [
            ("PUT", "/v1/orders", "", "method-not-allowed"),
            ("GET", "/v1/orders", "", "method-not-allowed"),
            ("POST", "/v1/orders/a", "", "method-not-allowed"),
            ("POST", "/v1/account", "", "method-not-allowed"),
            ("GET", "/v1/account", "{}", "malformed-body"),
            ("DELETE", "/v1/orders", " ", "malformed-body"),
            ("DELETE", "/v1/orders/a", "x", "malformed-body"),
            ("PUT", "/v1/orders/a", #"{"price":"1"}"#, "missing-member"),
            ("PUT", "/v1/orders/a", #"{"price":"0","quantity":"1"}"#, "malformed-value"),
            (
                "PUT", "/v1/orders/a", #"{"price":"1","quantity":"0.0000000000000000001"}"#,
                "malformed-value"
            ),
            (
                "PUT", "/v1/orders/a",
                #"{"price":"1","quantity":"1","side":"buy"}"#, "unknown-member"
            ), ("GET", "/v1/time", "", "malformed"), ("GET", "/v1/orders/a?b=c", "", "malformed"),
            ("GET", "/v1/orders/a?", "", "malformed"),
            ("GET", "/v1/orders/", "", "malformed-value"),
            ("GET", "/v1/orders/..", "", "malformed-value"),
            ("GET", "/v1/orders/a/b", "", "malformed-value"),
            ("GET", "/v1/ordersa", "", "unknown-route"), ("GET", "/", "", "unknown-route"),
            ("GET", "/v2/account", "", "unknown-route"),
            ("GET", "/v1/accounts", "", "unknown-route"),
            ("GET", "/V1/account", "", "unknown-route"),
            ("GET", "/v1/account/", "", "unknown-route"),
            ("GET", "v1/account", "", "unknown-route"),
            ("GET", "http://h/v1/account", "", "unknown-route"),
        ])
    func routes(method: String, target: String, body: String, word: String) {
        guard case .failure(let problem) = Shop.ask(method, target, body) else {
            Issue.record("it was taken")
            return
        }
        #expect(problem.facts.word == word)
    }

    @Test("public routes read their instrument and their number")
    func publicRoutes() throws {
        let cases: [(String, Route)] = [
            ("/v1/time", .time), ("/v1/instruments", .instruments),
            ("/v1/book/BTC-USD", .book(InstrumentID(0), 100)),
            ("/v1/book/BTC-JPY?depth=1000", .book(InstrumentID(1), 1_000)),
            ("/v1/trades/BTC-USD?limit=1", .trades(InstrumentID(0), 1)),
        ]
        for (target, route) in cases {
            #expect(try Route.parse(target, Shop.catalogue) == route)
            #expect(!route.isSigned)
            #expect(route.methods == [.get])
        }
    }

    @Test(
        "a public target that is not exact is refused",
        arguments: [
            ("/v1/book/BTC-EUR", "unknown-instrument"), ("/v1/book/", "unknown-instrument"),
            ("/v1/book/BTC-USD/", "unknown-instrument"), ("/v1/book", "unknown-route"),
            ("/v1/time?x=1", "malformed"), ("/v1/book/BTC-USD?depth=0", "malformed-value"),
            ("/v1/book/BTC-USD?depth=1001", "malformed-value"),
            ("/v1/book/BTC-USD?depth=01", "malformed-value"),
            ("/v1/book/BTC-USD?depth=", "malformed-value"),
            ("/v1/book/BTC-USD?depth", "malformed"), ("/v1/book/BTC-USD?", "malformed"),
            ("/v1/book/BTC-USD?limit=1", "malformed"),
            ("/v1/book/BTC-USD?depth=1&depth=2", "malformed-value"),
            ("/v1/trades/BTC-USD?depth=1", "malformed"), ("", "unknown-route"),
        ])
    func targets(target: String, word: String) {
        let problem = #expect(throws: ClientProblem.self) {
            try Route.parse(target, Shop.catalogue)
        }
        #expect(problem?.facts.word == word)
    }
}
