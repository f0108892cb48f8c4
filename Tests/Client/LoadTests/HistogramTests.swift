import Load
import Testing

@Suite("Latencies")
struct HistogramTests {
    @Test("a share is within a bucket's width of the sorted list's value", arguments: 1...5)
    func shares(seed: UInt64) {
        var random = Seeded(seed: seed)
        var histogram = Histogram()
        var values: [UInt64] = []
        for _ in 0..<5_000 {
            let value = UInt64.random(
                in: 0..<(1 << UInt64.random(in: 1...40, using: &random)), using: &random)
            histogram.add(value)
            values.append(value)
        }
        values.sort()
        for share in [1, 500, 990, 999, 1_000] as [UInt64] {
            let exact = values[Int((5_000 * share + 999) / 1_000) - 1]
            let found = histogram.value(perThousand: share)
            #expect(found >= exact)
            #expect(found <= exact + exact / 64 + 1)
        }
    }

    @Test("nothing, zero and the endless are values too")
    func edges() {
        var histogram = Histogram()
        #expect(histogram.value(perThousand: 500) == 0)
        histogram.add(0)
        #expect(histogram.value(perThousand: 1_000) == 0)
        histogram.add(.max)
        #expect(histogram.value(perThousand: 1_000) == Histogram.valueMax)
    }
}
