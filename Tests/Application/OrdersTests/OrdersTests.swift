import AdminTreaty
import Journal
import LedgerTreaty
import Numerals
import OrderTreaty
import Orders
import RiskTreaty
import Testing

@Suite("Orders")
struct OrdersTests {
    private func rig(_ place: Place, limits: OrdersLimits = OrdersLimits()) throws -> Rig {
        var rig = try Rig(place.path, limits: limits)
        try rig.attach()
        try rig.fund()
        return rig
    }

    @Test("nothing is taken before risk and matching are there")
    func away() {
        var orders = Orders(Rig.listing, journaled: 0)
        orders.submit(.open, ticket: 1)
        #expect(orders.takeAnswers() == [.operators(ticket: 1, .rejected(.unavailable))])
        #expect(orders.close(time: 1) == nil)
    }

    @Test("an order is answered when its block is on disk and its results are back, not before")
    func answered() throws {
        let place = try Place()
        var rig = try rig(place)
        let first = rig.submit(rig.client.place("a", "buy", "1", at: "1000"), .place)
        try rig.close()
        try rig.send()
        try rig.receive()
        #expect(rig.outcome(first) == nil, "results are back, but nothing is known to be on disk")
        let look = rig.submit(rig.client.sign("GET", "/v1/orders/a"), .query)
        #expect(rig.outcome(look) == nil, "not even that it is there")
        try rig.sync()
        #expect(rig.view(first)?.state == .open)
        #expect(rig.view(look)?.state == .open)
        let second = rig.submit(rig.client.place("b", "sell", "2", at: "995", account: 2), .place)
        try rig.close()
        try rig.sync()
        #expect(rig.outcome(second) == nil, "on disk, but not decided")
        try rig.send()
        try rig.receive()
        #expect(rig.view(second)?.filled == Quantity(10_000))
        #expect(rig.view(second)?.filledValue == Amount(100_000))
        let after = rig.submit(rig.client.sign("GET", "/v1/orders/a"), .query)
        #expect(rig.view(after)?.state == .filled)
    }

    @Test("the same client order id gives the same order, another order under it is a conflict")
    func idempotent() throws {
        let place = try Place()
        var rig = try rig(place)
        let first = rig.submit(rig.client.place("a", "buy", "1", at: "1000"), .place)
        let again = rig.submit(rig.client.place("a", "buy", "1.0", at: "1000"), .place)
        let other = rig.submit(rig.client.place("a", "buy", "1", at: "1005"), .place)
        let theirs = rig.submit(rig.client.place("a", "buy", "1", at: "900", account: 2), .place)
        #expect(rig.outcome(other) == .rejected(.conflict))
        let before = rig.orders.commands
        try rig.run()
        #expect(rig.orders.commands == before)
        let view = try #require(rig.view(first) ?? nil)
        #expect(rig.view(again) == view)
        #expect(rig.view(theirs)?.id != view.id)
        let later = rig.submit(rig.client.place("a", "buy", "1", at: "1000"), .place)
        #expect(rig.view(later) == view)
        let replaced = rig.submit(
            rig.client.sign("PUT", "/v1/orders/a", "{\"price\":\"950\",\"quantity\":\"2\"}"),
            .replace)
        try rig.run()
        #expect(rig.view(replaced)?.order.price == Price(950))
        #expect(rig.view(replaced)?.order.quantity == Quantity(20_000))
        let last = rig.submit(rig.client.place("a", "buy", "1", at: "1000"), .place)
        #expect(rig.view(last)?.id == view.id, "what was placed counts, not what became of it")
    }

    @Test("a market order without a price is protected by the collar, and asked again is the same")
    func market() throws {
        let place = try Place()
        var rig = try rig(place)
        _ = rig.submit(rig.client.place("s", "sell", "1", at: "1010"), .place)
        let buy = rig.submit(
            rig.client.place("m", "buy", "1", at: nil, "market", account: 2), .place)
        try rig.run()
        #expect(rig.view(buy)?.order.price == Price(1_200))
        #expect(rig.view(buy)?.state == .filled)
        let again = rig.submit(
            rig.client.place("m", "buy", "1", at: nil, "market", account: 2), .place)
        #expect(rig.view(again) == rig.view(buy))
    }

    @Test("a refused order stays refused under its id")
    func refused() throws {
        let place = try Place()
        var rig = try rig(place)
        let first = rig.submit(rig.client.place("a", "buy", "1", at: "2000"), .place)
        try rig.run()
        #expect(rig.view(first)?.state == .refused)
        #expect(rig.view(first)?.refusal == .priceOutsideCollar)
        let again = rig.submit(rig.client.place("a", "buy", "1", at: "2000"), .place)
        #expect(rig.view(again) == rig.view(first))
    }

    @Test("cancels: one order, all orders, one that is unknown, one that is gone")
    func cancels() throws {
        let place = try Place()
        var rig = try rig(place)
        for id in ["a", "b", "c"] {
            _ = rig.submit(rig.client.place(id, "buy", "1", at: "900"), .place)
        }
        try rig.run()
        #expect(rig.orders.state.open == 3)
        let one = rig.submit(rig.client.sign("DELETE", "/v1/orders/a"), .cancel)
        let none = rig.submit(rig.client.sign("DELETE", "/v1/orders/x"), .cancel)
        try rig.run()
        let gone = rig.submit(rig.client.sign("DELETE", "/v1/orders/a"), .cancel)
        let all = rig.submit(rig.client.sign("DELETE", "/v1/orders"), .cancel)
        try rig.run()
        #expect(rig.view(one)?.state == .cancelled)
        #expect(rig.outcome(none) == .rejected(.unknownOrder))
        #expect(rig.outcome(gone) == .refused(.tooLate))
        #expect(rig.outcome(all) == .cancelled(2))
        #expect(rig.orders.state.open == 0)
    }

    @Test("what is wrong with a request or its voucher is told apart, and nothing is sequenced")
    func refusals() throws {
        let place = try Place()
        var rig = try rig(place)
        let before = rig.orders.commands
        var forged = rig.client.place("a", "buy", "1", at: "1000")
        forged.payload[forged.payload.count - 5] ^= 1
        let old = rig.client.sign("DELETE", "/v1/orders", expires: Client.now)
        let far = rig.client.sign("DELETE", "/v1/orders", expires: Client.now + 600_000)
        let weak = rig.client.sign("DELETE", "/v1/orders", scopes: .read)
        let odd = rig.client.sign("GET", "/v1/elsewhere")
        let kind = rig.client.sign("DELETE", "/v1/orders")
        let cases: [(Submission, OrderMessage, OrderOutcome.Rejection)] = [
            (forged, .place, .voucherInvalid), (old, .cancel, .voucherInvalid),
            (far, .cancel, .voucherInvalid), (weak, .cancel, .scopeMissing),
            (odd, .query, .malformed), (kind, .place, .malformed),
        ]
        for (submission, message, rejection) in cases {
            let ticket = rig.submit(submission, message)
            #expect(rig.outcome(ticket) == .rejected(rejection))
        }
        let good = rig.client.sign("DELETE", "/v1/orders")
        _ = rig.submit(good, .cancel)
        #expect(rig.outcome(rig.submit(good, .cancel)) == .rejected(.replayed))
        rig.orders.submit(
            rig.client.sign("DELETE", "/v1/orders"), as: .cancel, ticket: 9_999, now: Client.now
        ) { _ in false }
        rig.collect()
        #expect(rig.outcome(9_999) == .rejected(.voucherInvalid))
        #expect(rig.orders.commands == before + 1)
    }

    @Test("a full window of blocks without results is busy, and takes again when they are back")
    func busy() throws {
        let place = try Place()
        var limits = OrdersLimits()
        limits.window = 4
        var rig = try rig(place, limits: limits)
        for number in 0..<4 {
            _ = rig.submit(rig.client.place("a\(number)", "buy", "1", at: "900"), .place)
            try rig.close()
            try rig.sync()
            try rig.send()
        }
        let more = rig.submit(rig.client.place("b", "buy", "1", at: "900"), .place)
        #expect(rig.outcome(more) == .rejected(.busy))
        try rig.receive(1)
        let taken = rig.submit(rig.client.place("b", "buy", "1", at: "900"), .place)
        try rig.run()
        #expect(rig.view(taken)?.state == .open)
    }

    @Test("at most a block's commands wait for the next block")
    func fullBlock() throws {
        let place = try Place()
        var rig = try rig(place)
        for _ in 0..<Block.commandsMax { _ = rig.submit(.resume(AccountID(1))) }
        let more = rig.submit(.resume(AccountID(1)))
        #expect(rig.answers[more] == .operators(ticket: more, .rejected(.busy)))
        let block = try #require(rig.orders.close(time: 1) ?? nil)
        #expect(block.commands.count == Block.commandsMax)
    }

    @Test("finished orders beyond the bound are forgotten, but not that their ids were used")
    func forgotten() throws {
        let place = try Place()
        var limits = OrdersLimits()
        limits.finished = 10
        var rig = try rig(place, limits: limits)
        for number in 0..<25 {
            _ = rig.submit(rig.client.place("a\(number)", "buy", "1", at: "2000"), .place)
        }
        try rig.run()
        let old = rig.submit(rig.client.place("a3", "buy", "1", at: "2000"), .place)
        #expect(rig.outcome(old) == .refused(.duplicate))
        let query = rig.submit(rig.client.sign("GET", "/v1/orders/a3"), .query)
        #expect(rig.outcome(query) == .rejected(.unknownOrder))
        let new = rig.submit(rig.client.sign("GET", "/v1/orders/a20"), .query)
        #expect(rig.view(new)?.state == .refused)
    }

    @Test("the ledger hears of each block what came from outside and was not refused")
    func externals() throws {
        let place = try Place()
        var rig = try rig(place)
        let reserve = rig.submit(.reserve(AccountID(1), CurrencyID(1), Amount(500)))
        _ = rig.submit(.reserve(AccountID(1), CurrencyID(1), Amount(1 << 60)))
        _ = rig.submit(.credit(AccountID(9), CurrencyID(1), Amount(5)))
        try rig.run()
        guard case .operators(_, .done(let id))? = rig.answers[reserve] else {
            Issue.record("the reserve was not done")
            return
        }
        _ = rig.submit(.settle(reserve: id))
        try rig.run()
        #expect(rig.orders.postable == nil, "nothing before the ledger is there")
        #expect(rig.orders.attachLedger(Resume(block: 0)) == .fine)
        var seen: [External] = []
        while let external = rig.orders.postable {
            seen.append(external)
            rig.orders.notePosted()
        }
        #expect(seen.map(\.block) == [1, 2, 3])
        #expect(seen[0].opened == [AccountID(1), AccountID(2)])
        #expect(seen[0].credits.count == 4)
        let change = Change(account: AccountID(1), currency: CurrencyID(1), amount: Amount(500))
        #expect(seen[1].reserves == [External.Reserve(id: id, change: change)])
        #expect(seen[1].credits.isEmpty)
        #expect(seen[2].resolved == [External.Resolution(id: id, isPosted: true)])
        #expect(rig.orders.book(2) == .fine)
        #expect(rig.orders.book(4) == .outOfOrder)
        rig.orders.detachLedger()
        #expect(rig.orders.attachLedger(Resume(block: 2)) == .fine)
        #expect(rig.orders.postable?.block == 3)
        #expect(rig.orders.attachLedger(Resume(block: 1)) != .fine)
        #expect(rig.orders.haltReason != nil)
    }

    @Test("halted, nothing more is sequenced; what is journaled is answered")
    func halted() throws {
        let place = try Place()
        var rig = try rig(place)
        let first = rig.submit(rig.client.place("a", "buy", "1", at: "900"), .place)
        try rig.close()
        let second = rig.submit(rig.client.place("b", "buy", "1", at: "900"), .place)
        let before = rig.orders.commands
        rig.orders.halt("the ledger refused a posting")
        rig.collect()
        #expect(rig.outcome(second) == .rejected(.halted))
        #expect(rig.orders.commands == before - 1)
        try rig.run()
        #expect(rig.view(first)?.state == .open)
        let third = rig.submit(rig.client.place("c", "buy", "1", at: "900"), .place)
        #expect(rig.outcome(third) == .rejected(.halted))
        #expect(rig.orders.state.isHalted)
        #expect(rig.orders.state.halted == "the ledger refused a posting")
        #expect(!rig.orders.state.isAvailable)
    }

    @Test("halted before its journal is read, it says so, and not that it will be there soon")
    func haltedEarly() throws {
        let place = try Place()
        do {
            var rig = try rig(place)
            _ = rig.submit(rig.client.place("a", "buy", "1", at: "900"), .place)
            try rig.run()
        }
        var again = try Rig(place.path)
        again.orders.halt("risk takes nothing more")
        let ticket = again.submit(again.client.place("b", "buy", "1", at: "900"), .place)
        #expect(again.outcome(ticket) == .rejected(.halted))
        let query = again.submit(again.client.sign("GET", "/v1/orders/a"), .query)
        #expect(again.outcome(query) == .rejected(.halted))
    }

    @Test("the time of blocks never goes back and never stands still, whatever the clock is set to")
    func clockSteps() throws {
        let place = try Place()
        var rig = try rig(place)
        let second: UInt64 = 1_000_000_000
        let steps: [(wall: UInt64, steady: UInt64, time: UInt64)] = [
            (5_000, 100, 5_000), (5_001, 101, 5_001), (4_000, 102, 5_001), (4_002, 104, 5_002),
            (90_000, 106, 90_000), (4_010, 112, 90_003), (90_010, 116, 90_010),
        ]
        for (index, step) in steps.enumerated() {
            rig.time = (step.wall - 1) * second
            rig.steady = step.steady * second
            _ = rig.submit(rig.client.place("t\(index)", "buy", "1", at: "900"), .place)
            try rig.run()
            var reader = try rig.journal.reader(from: rig.journal.last)
            let bytes = try #require(try reader.next(through: rig.journal.last))
            let time = try Rig.decode(bytes).time
            let want = step.time * second
            #expect(want <= time && time < want + second, "\(step) \(time)")
        }
    }

    @Test("results that do not follow, do not fit or differ from those recorded are not taken")
    func wrongResults() throws {
        let place = try Place()
        var rig = try rig(place)
        _ = rig.submit(rig.client.place("a", "buy", "1", at: "900"), .place)
        try rig.close()
        try rig.sync()
        try rig.send()
        var results = rig.decider.results[0]
        results.block += 1
        #expect(rig.orders.take(results) == .outOfOrder)
        results.block -= 1
        results.reports = [.done(sequence: 99)]
        guard case .halted = rig.orders.take(results) else {
            Issue.record("results of another command were taken")
            return
        }
    }

    @Test(
        "results in parts take effect whole; a passage that ends between them begins the block anew"
    )
    func parts() throws {
        let place = try Place()
        var rig = try rig(place)
        let tickets = ["a", "b", "c"].map {
            rig.submit(rig.client.place($0, "buy", "1", at: "900"), .place)
        }
        try rig.close()
        try rig.sync()
        try rig.send()
        let whole = rig.decider.results.removeFirst()
        var part = whole
        part.isPart = true
        part.reports = Array(whole.reports.prefix(2))
        #expect(rig.orders.take(part) == .fine)
        rig.orders.detachMatching()
        #expect(rig.orders.attachMatching().block == whole.block - 1)
        #expect(rig.orders.take(part) == .fine)
        var rest = whole
        rest.reports = Array(whole.reports.dropFirst(2))
        #expect(rig.orders.take(rest) == .fine)
        rig.collect()
        #expect(tickets.allSatisfy { rig.view($0)?.state == .open })
    }

    @Test("a replay whose results differ from those that blocks recorded halts")
    func differs() throws {
        let place = try Place()
        do {
            var rig = try rig(place)
            for number in 0..<3 {
                _ = rig.submit(rig.client.place("a\(number)", "buy", "1", at: "900"), .place)
                try rig.run()
            }
        }
        var again = try Rig(place.path)
        try again.register()
        _ = again.orders.attachMatching()
        #expect(again.orders.attachRisk(Resume(block: 0)) == .fine)
        try again.send()
        again.decider.results[1].digest[0] ^= 1
        #expect(again.orders.take(again.decider.results[0]) == .fine)
        guard case .halted = again.orders.take(again.decider.results[1]) else {
            Issue.record("another digest was taken")
            return
        }
    }
}
