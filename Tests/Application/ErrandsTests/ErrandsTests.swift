import Chance
import ClientAPI
import Errands
import IdentityTreaty
import LedgerTreaty
import MarketTreaty
import Numerals
import OrderTreaty
import RequestTreaty
import Testing

@Suite("Errands")
struct ErrandsTests {
    /// A signed request up to identity's word.
    private func vouched(
        _ errands: inout Errands, _ request: ClientRequest, _ voucher: Voucher = Window.voucher(),
        now: UInt64 = 0
    ) throws -> Step? {
        let asked: Step? = errands.take(request, now: now, wall: 0)
        let id = try #require(asked.question?.id)
        return errands.take(.verdict(.vouched(voucher)), for: id)
    }

    @Test("public routes are answered or asked of market data, without a signature")
    func publicRoutes() throws {
        var errands = Window.errands()
        let time: Step? = errands.take(
            Window.request(.get, "/v1/time", without: ["bulkhead-key"]), now: 0, wall: 77)
        #expect(time.response?.text == #"{"time":77}"#)
        let list: Step? = errands.take(Window.request(.get, "/v1/instruments"), now: 0, wall: 0)
        #expect(list.response?.text.contains("BTC-USD") == true)
        let book: Step? = errands.take(
            Window.request(.get, "/v1/book/BTC-USD?depth=5", without: ["bulkhead-key"]), now: 0,
            wall: 0)
        guard let (id, question) = book.question, case .book(let query) = question else {
            Issue.record("nobody is asked")
            return
        }
        #expect(query == MarketQuery(instrument: InstrumentID(0), count: 5))
        let depth = Depth(instrument: InstrumentID(0), block: 1, bids: [], asks: [])
        #expect(errands.take(.depth(depth), for: id).response?.status == 200)
        let tape: Step? = errands.take(
            Window.request(.get, "/v1/trades/BTC-USD"), now: 0, wall: 0)
        guard let (second, other) = tape.question, case .trades(let trades) = other else {
            Issue.record("nobody is asked")
            return
        }
        #expect(trades.count == Route.countDefault)
        let answer = errands.take(.tape(Tape(instrument: InstrumentID(0), prints: [])), for: second)
        #expect(answer.response?.status == 200)
        #expect(errands.count == 0)
    }

    @Test("a signed request is carried as it was signed, by the message of what it asks")
    func signedRoutes() throws {
        let cases: [(RequestTreaty.Method, String, String, OrderMessage)] = [
            (.post, "/v1/orders", Window.order, .place), (.delete, "/v1/orders", "", .cancel),
            (.delete, "/v1/orders/a", "", .cancel), (.get, "/v1/orders/a", "", .query),
            (.put, "/v1/orders/a", #"{"price":"2","quantity":"1"}"#, .replace),
        ]
        for (method, target, body, message) in cases {
            var errands = Window.errands()
            let first: Step? = errands.take(
                Window.request(method, target, body), now: 0, wall: 0)
            guard let (id, asked) = first.question, case .verify(let signed) = asked else {
                Issue.record("identity is not asked")
                return
            }
            let payload = Array("1700000000000\n5000\n\(method.name)\n\(target)\n\(body)".utf8)
            #expect(signed.payload == payload)
            #expect(signed.key == "k")
            #expect(signed.signature == [UInt8](repeating: 0xAA, count: 32))
            let second = errands.take(.verdict(.vouched(Window.voucher())), for: id)
            guard let (same, next) = second.question,
                case .submit(let kind, let submission) = next
            else {
                Issue.record("orders is not asked")
                return
            }
            #expect(same == id)
            #expect(kind == message)
            #expect(submission == Submission(payload: payload, voucher: Window.voucher()))
            let last = errands.take(.outcome(.order(Window.view())), for: id)
            #expect(last.response?.status == (message == .place ? 201 : 200))
            #expect(errands.take(.outcome(.cancelled(1)), for: id) == nil)
        }
    }

    @Test("an account is asked of the ledger, for the voucher's account only")
    func account() throws {
        var errands = Window.errands()
        for (account, status) in [(5, 200), (6, 502)] as [(UInt32, UInt16)] {
            let step = try vouched(&errands, Window.request(.get, "/v1/account"))
            guard let (id, question) = step.question, case .balances(let asked) = question else {
                Issue.record("the ledger is not asked")
                return
            }
            #expect(asked.voucher == Window.voucher())
            #expect(asked.payload == Array("1700000000000\n5000\nGET\n/v1/account\n".utf8))
            let balances = Balances(account: AccountID(account), block: 1, list: [])
            #expect(errands.take(.balances(balances), for: id).response?.status == status)
        }
    }

    @Test("a scope that is missing is told before anybody is asked")
    func scopes() throws {
        var errands = Window.errands()
        let place = try vouched(
            &errands, Window.request(.post, "/v1/orders", Window.order), Window.voucher(.read))
        #expect(place.response?.isProblem(403, "scope-missing") == true)
        let account = try vouched(
            &errands, Window.request(.get, "/v1/account"), Window.voucher(.trade))
        #expect(account.response?.isProblem(403, "scope-missing") == true)
        #expect(errands.count == 0)
    }

    @Test("every refusal of identity ends the errand with its word")
    func refusals() throws {
        for reason in IdentityVerdict.Reason.allCases {
            var errands = Window.errands()
            let asked: Step? = errands.take(
                Window.request(.get, "/v1/account"), now: 0, wall: 0)
            let id = try #require(asked.question?.id)
            let answer = errands.take(.verdict(.refused(reason, retryAfter: 17)), for: id)
            let status: UInt16
            let patience: String?
            switch reason {
            case .lockedOut: (status, patience) = (429, "17")
            case .crowded: (status, patience) = (503, "1")
            case .starting: (status, patience) = (503, "17")
            default: (status, patience) = (401, nil)
            }
            #expect(answer.response?.isProblem(status, reason.word) == true)
            #expect(Window.told(&errands) == ["0.0.0.1:2 \(status) \(reason.word)"])
            let field = answer.response?.fields.first { $0.name == "retry-after" }
            #expect(field?.value == patience)
        }
    }

    @Test("what is wrong with a request is told at once")
    func faults() {
        let cases: [(ClientRequest, UInt16, String)] = [
            (Window.request(.get, "/nothing"), 404, "unknown-route"),
            (Window.request(.get, "/v1/book/X-Y"), 404, "unknown-instrument"),
            (Window.request(.post, "/v1/time"), 405, "method-not-allowed"),
            (Window.request(.put, "/v1/orders"), 405, "method-not-allowed"),
            (Window.request(.get, "/v1/time", "x"), 400, "malformed-body"),
            (
                Window.request(.get, "/v1/account", without: ["bulkhead-key"]), 401,
                "not-authenticated"
            ),
            (
                Window.request(.get, "/v1/account", without: ["bulkhead-signature"]), 401,
                "not-authenticated"
            ),
            (
                Window.request(.get, "/v1/account", without: ["bulkhead-timestamp"]), 401,
                "not-authenticated"
            ),
            (
                Window.request(.get, "/v1/account", changed: ["bulkhead-signature": "aa"]), 401,
                "not-authenticated"
            ),
            (
                Window.request(.get, "/v1/account", changed: ["bulkhead-key": ""]), 401,
                "not-authenticated"
            ),
            (
                Window.request(.get, "/v1/account", changed: ["bulkhead-window": "x"]), 400,
                "malformed"
            ), (Window.request(.post, "/v1/orders", "{}"), 400, "missing-member"),
            (
                Window.request(.post, "/v1/orders", .init(repeating: " ", count: 9_000)), 413,
                "too-large"
            ),
        ]
        for (request, status, word) in cases {
            var errands = Window.errands()
            let step: Step? = errands.take(request, now: 0, wall: 0)
            #expect(step.response?.isProblem(status, word) == true, "\(request.target) \(word)")
            #expect(errands.count == 0)
            #expect(Window.told(&errands) == ["0.0.0.1:2 \(status) \(word)"])
        }
    }

    @Test("a peer that is away is told; a command that was asked has an unknown outcome")
    func lost() throws {
        var errands = Window.errands()
        let place = Window.request(.post, "/v1/orders", Window.order)
        let cases: [(ClientRequest, Bool, Bool, UInt16, String)] = [
            (place, false, false, 503, "identity-unavailable"),
            (place, false, true, 503, "identity-unavailable"),
            (place, true, false, 503, "venue-unavailable"),
            (place, true, true, 504, "outcome-unknown"),
            (Window.request(.get, "/v1/orders/a"), true, true, 503, "venue-unavailable"),
            (Window.request(.get, "/v1/account"), true, true, 503, "balances-unavailable"),
            (Window.request(.get, "/v1/book/BTC-USD"), false, true, 503, "market-unavailable"),
        ]
        for (request, isVouched, wasAsked, status, word) in cases {
            let asked: Step? = errands.take(request, now: 0, wall: 0)
            let id = try #require(asked.question?.id)
            if isVouched { _ = errands.take(.verdict(.vouched(Window.voucher())), for: id) }
            #expect(errands.fail(id, wasAsked: wasAsked)?.isProblem(status, word) == true)
            #expect(Window.told(&errands) == ["0.0.0.1:2 \(status) \(word)"])
            #expect(errands.fail(id, wasAsked: wasAsked) == nil)
        }
        #expect(errands.count == 0)
    }

    @Test("each request has eight seconds, the oldest ends first")
    func time() throws {
        var errands = Window.errands()
        _ = errands.take(Window.request(.get, "/v1/account"), now: 100, wall: 0)
        _ = try vouched(
            &errands, Window.request(.post, "/v1/orders", Window.order), now: 200)
        let third: Step? = errands.take(
            Window.request(.get, "/v1/book/BTC-USD"), now: 300, wall: 0)
        #expect(errands.due == 8_100)
        #expect(errands.expire(8_099) == nil)
        #expect(errands.expire(8_200)?.1.isProblem(503, "identity-unavailable") == true)
        #expect(errands.expire(8_200)?.1.isProblem(504, "outcome-unknown") == true)
        #expect(errands.expire(8_200) == nil)
        let depth = Depth(instrument: InstrumentID(0), block: 1, bids: [], asks: [])
        let id = try #require(third.question?.id)
        #expect(errands.take(.depth(depth), for: id).response?.status == 200)
        #expect(errands.due == nil)
    }

    @Test("an answer to another question is nobody's answer")
    func nonsense() throws {
        let answers: [Evidence] = [
            .nonsense, .outcome(.cancelled(1)), .verdict(.refused(.replayed, retryAfter: 0)),
            .balances(Balances(account: AccountID(5), block: 1, list: [])),
            .depth(Depth(instrument: InstrumentID(1), block: 1, bids: [], asks: [])),
        ]
        for answer in answers {
            var errands = Window.errands()
            let asked: Step? = errands.take(
                Window.request(.get, "/v1/book/BTC-USD"), now: 0, wall: 0)
            let id = try #require(asked.question?.id)
            #expect(errands.take(answer, for: id).response?.isProblem(502, "peer-answer") == true)
        }
    }

    @Test("no more requests than the bound are under way, and an ended one makes room")
    func bound() throws {
        var errands = Window.errands()
        let book = Window.request(.get, "/v1/book/BTC-USD")
        var first: ErrandID?
        for _ in 0..<16_384 {
            let step: Step? = errands.take(book, now: 0, wall: 0)
            if first == nil { first = step.question?.id }
        }
        let more: Step? = errands.take(book, now: 0, wall: 0)
        #expect(more.response?.isProblem(503, "venue-busy") == true)
        let id = try #require(first)
        _ = errands.fail(id, wasAsked: false)
        let next: Step? = errands.take(book, now: 0, wall: 0)
        #expect(next.question != nil)
        // The place is used again, under another number.
        #expect(errands.fail(id, wasAsked: false) == nil)
    }

    @Test("payloads that wait for identity have a bound of their own")
    func payloads() {
        var errands = Window.errands()
        let body = Window.order + String(repeating: " ", count: 7_900)
        let request = Window.request(.post, "/v1/orders", body)
        var taken = 0
        while taken < 16_384 {
            let step: Step? = errands.take(request, now: 0, wall: 0)
            guard step.question != nil else { break }
            taken += 1
        }
        #expect((2_000...2_100).contains(taken))
    }

    @Test("whatever comes in whatever order, each request has one answer")
    func shuffled() {
        var random = Seeded(state: 11)
        var errands = Window.errands()
        var waiting: [ErrandID] = []
        var begun = 0
        var answered = 0
        var now: UInt64 = 0
        let requests = [
            Window.request(.post, "/v1/orders", Window.order), Window.request(.get, "/v1/account"),
            Window.request(.get, "/v1/book/BTC-USD"), Window.request(.get, "/v1/orders/a"),
        ]
        let answers: [Evidence] = [
            .verdict(.vouched(Window.voucher())), .verdict(.refused(.unknownKey, retryAfter: 0)),
            .outcome(.order(Window.view())), .nonsense,
            .balances(Balances(account: AccountID(5), block: 1, list: [])),
        ]
        for _ in 0..<20_000 {
            now += random.next() % 50
            switch random.next() % 4 {
            case 0:
                let step: Step? = errands.take(
                    requests[Int(random.next() % 4)], now: now, wall: 0)
                begun += 1
                if let id = step.question?.id { waiting.append(id) } else { answered += 1 }
            case 1 where !waiting.isEmpty:
                let id = waiting[Int(random.next() % UInt64(waiting.count))]
                if errands.take(answers[Int(random.next() % 5)], for: id).response != nil {
                    answered += 1
                }
            case 2 where !waiting.isEmpty:
                let id = waiting[Int(random.next() % UInt64(waiting.count))]
                if errands.fail(id, wasAsked: true) != nil { answered += 1 }
            default: while errands.expire(now) != nil { answered += 1 }
            }
            #expect(begun - answered == errands.count)
        }
        while errands.expire(.max) != nil { answered += 1 }
        #expect(begun == answered)
    }
}
