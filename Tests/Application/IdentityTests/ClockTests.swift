import Identity
import IdentityTreaty
import OrderTreaty
import Testing

/// What setting the wall's clock back and forth does to who is in and who is out: nothing.
@Suite("Clock steps")
struct ClockTests {
    private static let second: Int64 = 1_000
    private static let hour: Int64 = 3_600_000
    private static let year: Int64 = 365 * 24 * hour

    @Test(
        "whatever the clock is set to, a new request is taken at once and an old one never again",
        arguments: [
            [1], [-1], [-30 * second], [30 * second], [-hour], [hour], [-year], [year],
            [year, -year], [-year, year], [hour, -hour, hour, -hour],
            [2 * second, -second, -second],
            [-hour, -hour, -hour], [year, hour, -year, -hour], [90 * second, -30 * second],
        ])
    func steps(_ steps: [Int64]) {
        let bench = Bench()
        bench.step(2 * Self.year)
        var taken: [SignedRequest] = []
        for step in [0] + steps {
            bench.step(step)
            // Within two seconds: a step onto a time that was there before asks for no more.
            for _ in 0..<3 {
                let request = bench.request(window: "60000", target: "/\(taken.count)")
                #expect(bench.reason(request) == nil, "\(steps) at \(step)")
                taken.append(request)
                bench.now += 700
            }
            for old in taken { #expect(bench.reason(old) != nil) }
        }
        // Back to each moment at which one was signed, long after its time was over.
        bench.now += 600_000
        for old in taken {
            let payload = String(decoding: old.payload, as: UTF8.self)
            let time = payload.prefix { $0 != "\n" }
            bench.step(Int64(time).map { $0 - Int64(bench.now) } ?? 0)
            #expect(bench.reason(old) == .replayed, "\(steps)")
        }
    }

    @Test("what is forgotten is closed: nobody is taken there again, and elsewhere everybody")
    func forgotten() {
        let bench = Bench()
        let first = bench.request()
        #expect(bench.reason(first) == nil)
        // More seconds than are remembered, one request in each.
        for index in 0..<4_200 {
            bench.now += 1_000
            #expect(bench.reason(bench.request(target: "/\(index)")) == nil)
        }
        bench.step(-4_200_000)
        #expect(bench.reason(first) == .starting)
        #expect(bench.reason(bench.request(target: "/new")) == .starting)
        let patience = bench.patience(bench.request(target: "/new")) ?? 0
        #expect((60...120).contains(patience), "\(patience)")
        bench.now += UInt64(patience) * 1_000
        // What was still young has grown old meanwhile, and is closed behind the others.
        bench.now += UInt64(bench.patience(bench.request(target: "/new")) ?? 0) * 1_000
        #expect(bench.reason(bench.request(target: "/new")) == nil)
        bench.step(Self.hour)
        #expect(bench.reason(bench.request(target: "/new")) == nil)
    }

    @Test("a lock lasts as long as it lasts, and a clock that is set ends or lengthens none")
    func locks() {
        for step in [-Self.year / 2, -Self.hour, Self.hour, Self.year] {
            let bench = Bench()
            bench.step(Self.year)
            for _ in 0..<10 { _ = bench.reason(bench.forged(from: Bench.elsewhere)) }
            #expect(bench.reason(bench.request()) == .lockedOut)
            bench.step(step)
            #expect(bench.patience(bench.request()) == 10)
            bench.now += 9_999
            #expect(bench.reason(bench.request()) == .lockedOut)
            bench.now += 1
            #expect(bench.reason(bench.request()) == nil)
        }
    }

    @Test("a clock that is set back behind the start refuses for a while and says for how long")
    func behindStart() {
        let bench = Bench()
        bench.step(-90_000)
        #expect(bench.reason(bench.request()) == .starting)
        #expect(bench.patience(bench.request()) == 31)
        _ = bench.add(
            APIKey(
                name: "young", account: AccountID(8), scopes: .read, kind: .symmetric,
                material: Bench.secret, allowed: [], created: 0), isYoung: true)
        #expect(bench.reason(bench.request("young")) == nil)
        bench.now += 31_001
        #expect(bench.reason(bench.request()) == nil)
    }
}
