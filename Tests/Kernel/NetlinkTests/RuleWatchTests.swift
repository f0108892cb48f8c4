import Bytes
import Chance
import Glibc
import Netlink
import Testing

private func generation(_ number: UInt32, by process: UInt32, _ name: String) -> [UInt8] {
    var writer = MessageWriter()
    writer.message(type: 10 << 8 | 15, flags: 0, sequence: 0) { body in
        body.raw([0, 0, 0, 0])
        body.attribute(1, (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) })
        body.attribute(2, (0..<4).map { UInt8(truncatingIfNeeded: process >> (24 - 8 * $0)) })
        body.attribute(3, Array(name.utf8) + [0])
    }
    return writer.bytes
}

@Suite("News of changed rules")
struct RuleWatchTests {
    @Test("the end of a transaction says who it was")
    func who() {
        var news = RuleNews()
        #expect(!news.hasChange)
        let bytes = generation(7, by: 4_321, "nft")
        news.take(bytes.span, count: bytes.count)
        #expect(news.hasChange && !news.isLossy)
        #expect(news.transactions.map(\.generation) == [7])
        #expect(news.transactions.map(\.process) == [4_321])
        #expect(news.transactions.map(\.name) == ["nft"])
    }

    @Test("however many there are, a bounded number is listed")
    func bounded() {
        var news = RuleNews()
        for number in 0..<UInt32(40) {
            let bytes = generation(number, by: 1, "flood")
            news.take(bytes.span, count: bytes.count)
        }
        #expect(news.transactions.count == RuleNews.listedMax)
    }

    @Test("damaged messages are a change by nobody, never a trap")
    func damaged() {
        var chance = Seeded(state: 3)
        let good = generation(7, by: 4_321, "nft")
        for _ in 0..<2_000 {
            var bytes = good
            for _ in 0...chance.below(4) {
                bytes[chance.below(bytes.count)] = UInt8(truncatingIfNeeded: chance.below(256))
            }
            var news = RuleNews()
            news.take(bytes.span, count: chance.below(bytes.count + 1))
            #expect(news.hasChange)
        }
    }
}
