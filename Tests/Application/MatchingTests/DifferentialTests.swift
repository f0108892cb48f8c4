internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Testing

@Suite("Matching against the slow model")
struct DifferentialTests {
    /// The first difference of reports or books, nil for none; and the trades that were made.
    static func difference(
        _ weather: Weather, seed: UInt64, commands: Int, flaw: Flaw? = nil,
        bounds: Matching.Bounds = Matching.Bounds()
    ) throws -> (found: String?, trades: UInt64) {
        var flow = Flow(weather, seed: seed)
        var fast = Matching(Bench.listing, bounds: bounds)
        var slow = SlowMatching(Bench.listing, bounds: bounds, flaw: flaw)
        var blocks = [flow.opening()]
        while blocks.count * 25 < commands { blocks.append((0..<25).map { _ in flow.next() }) }
        for (place, list) in blocks.enumerated() {
            let number = UInt64(place + 1)
            var reports: [Report] = []
            try fast.apply(
                Instructions(block: number, time: number, list: list), into: &reports)
            slow.reports.removeAll()
            for instruction in list { slow.apply(instruction) }
            if let first = zip(reports, slow.reports).first(where: { $0 != $1 }) {
                return ("block \(number): \(first.0), the model \(first.1)", fast.tradeCount)
            }
            if reports.count != slow.reports.count {
                return ("block \(number): another count of reports", fast.tradeCount)
            }
            guard number % 8 == 1 || number == blocks.count else { continue }
            for instrument in 0...1 {
                for side in [Side.buy, .sell]
                where fast.open(InstrumentID(UInt16(instrument)), side)
                    != slow.book(instrument, side)
                {
                    return ("block \(number): another book", fast.tradeCount)
                }
            }
            if fast.openCount != slow.open.count { return ("another count", fast.tradeCount) }
        }
        return (nil, fast.tradeCount)
    }

    @Test(
        "all reports and the whole book are those of the model, whatever the weather",
        arguments: Weather.allCases, 0..<3 as Range<UInt64>)
    func same(weather: Weather, seed: UInt64) throws {
        let (found, trades) = try Self.difference(weather, seed: seed, commands: 1_500)
        #expect(found == nil)
        #expect(trades > 40)
    }

    @Test("also where orders and levels have little room", arguments: 0..<6 as Range<UInt64>)
    func sameAtBounds(seed: UInt64) throws {
        var bounds = Matching.Bounds()
        bounds.orders = 60
        bounds.levels = 25
        bounds.accounts = 10
        for weather in [Weather.drifting, .violent, .restless] {
            let (found, _) = try Self.difference(
                weather, seed: seed, commands: 3_000, bounds: bounds)
            #expect(found == nil)
        }
    }

    @Test("each rule that the model breaks is found", arguments: Flaw.allCases)
    func planted(flaw: Flaw) throws {
        let weathers: [Weather] = [.drifting, .restless, .violent]
        let found = try weathers.contains { weather in
            try Self.difference(weather, seed: 3, commands: 2_000, flaw: flaw).found != nil
        }
        #expect(found)
    }
}
