import Cover
import Descriptors
import FilterSets
import Glibc
import Packets
import Testing

/// Dead rules of the twelve sets of 1,000 rules, held by one rule and by several: counted by two
/// engines that are not ours.
private let answers: [(name: String, rules: Int, single: Int, together: Int)] = [
    ("acl1", 942, 22, 0), ("acl2", 961, 5, 6), ("acl3", 990, 0, 1), ("acl4", 990, 0, 0),
    ("acl5", 933, 1, 0), ("fw1", 857, 9, 4), ("fw2", 971, 0, 5), ("fw3", 799, 26, 4),
    ("fw4", 847, 3, 7), ("fw5", 864, 25, 7), ("ipc1", 974, 0, 0), ("ipc2", 696, 122, 2),
]

@Suite("Filter sets")
struct FilterSetTests {
    private static var folder: String {
        let other = unsafe getenv("BULKHEAD_DATA").map { unsafe String(cString: $0) }
        return (other ?? "../shared/data") + "/classbench"
    }
    private static var isThere: Bool { Files.facts(of: folder + "/acl1_1k") != nil }

    @Test(
        "every dead rule of the ClassBench sets is found, whether one or several hold it",
        .enabled(if: isThere, "the filter sets are not there"), arguments: answers.indices)
    func dead(index: Int) throws {
        let answer = answers[index]
        let text = try Files.read("\(Self.folder)/\(answer.name)_1k", limit: 1 << 20)
        let boxes = try #require(FilterSet.boxes(String(decoding: text, as: UTF8.self)))
        #expect(boxes.count == answer.rules)
        var list = RuleList(otherwise: false)
        for (number, box) in boxes.enumerated() {
            list.append(box, allow: true, owner: UInt32(number))
        }
        let (dead, undecided) = Prover(list).deadRules()
        #expect(dead.filter { $0.by.count == 1 }.count == answer.single)
        #expect(dead.filter { $0.by.count > 1 }.count == answer.together)
        #expect(undecided.isEmpty)
    }
}
