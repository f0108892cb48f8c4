import Descriptors
import Glibc
import Namespaces
import Netlink
import PacketFilter
import Testing

@Suite("Rule watch", .enabled(if: geteuid() == 0, "needs root"))
struct RuleWatchTests {
    @Test("every change of a namespace's rules is heard once, those of another one never")
    func heard() throws {
        let here = try NetworkNamespace.create()
        let there = try NetworkNamespace.create()
        var own = try RuleSession(in: here)
        var other = try RuleSession(in: there)
        try own.load("table inet one {\n\tchain a {\n\t}\n}\n")
        let watch = try RuleWatch.open(in: here)
        #expect(!RuleWatch.news(watch.number).hasChange)
        var processes: Set<UInt32> = []
        for change in [
            "add rule inet one a accept", "flush chain inet one a", "add table ip beside",
            "delete table inet one",
        ] {
            try own.load(change + "\n")
            let news = RuleWatch.news(watch.number)
            #expect(news.hasChange && !news.isLossy, "\(change)")
            #expect(news.transactions.count == 1, "\(change)")
            processes.formUnion(news.transactions.map(\.process))
            #expect(!RuleWatch.news(watch.number).hasChange, "\(change)")
        }
        #expect(processes.count == 1 && !processes.contains(0), "one process made all of them")
        try other.load("table inet two {\n}\n")
        _ = try own.ruleset()
        #expect(!RuleWatch.news(watch.number).hasChange)
    }
}
