import Identity
import IdentityTreaty
import OrderTreaty
import Testing

@Suite("Requests remembered")
struct ReplayTests {
    @Test("one key can fill its share only, nothing is forgotten early, and room comes back")
    func full() {
        let bench = Bench()
        var first: SignedRequest?
        var taken = 0
        var last: IdentityVerdict.Reason?
        while taken <= 262_144 {
            let request = bench.request(window: "60000", target: "/\(taken)")
            if first == nil { first = request }
            last = bench.reason(request)
            guard last == nil else { break }
            taken += 1
        }
        #expect(taken == 262_144)
        #expect(last == .crowded)
        if let first { #expect(bench.reason(first) == .replayed) }
        #expect(bench.reason(bench.request("n")) == nil)
        bench.now += 61_000
        #expect(bench.reason(bench.request()) == nil)
        if let first { #expect(bench.reason(first) == .outsideWindow) }
    }
}
