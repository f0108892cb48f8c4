import Chance
import Packets
import Ruleset
import Testing

@Suite("FieldValues")
struct FieldValuesTests {
    @Test("intervals by field are what a dictionary would hold", arguments: 0..<100)
    func dictionary(seed: Int) {
        var chance = Seeded(state: UInt64(seed))
        var values = FieldValues()
        var known: [Field: [ClosedRange<UInt128>]] = [:]
        for _ in 0..<40 {
            let field = Field.allCases[chance.below(Field.allCases.count)]
            let low = UInt128(chance.below(9))
            let intervals = chance.below(3) == 0 ? nil : [low...low + 1]
            values[field] = intervals
            known[field] = intervals
            #expect(Field.allCases.allSatisfy { values[$0] == known[$0] })
            #expect(values.isEmpty == known.isEmpty)
            #expect(values.map(\.field) == known.keys.sorted { $0.rawValue < $1.rawValue })
        }
    }

    @Test("equal values are equal whatever was said first")
    func order() {
        let one: FieldValues = [.source: [1...2], .state: [0...0]]
        let other: FieldValues = [.state: [0...0], .source: [1...2]]
        #expect(one == other && one.hashValue == other.hashValue)
        #expect(one != [.source: [1...2]])
    }
}
