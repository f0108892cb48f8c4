import Crew
import Testing

@Suite("Crew")
struct CrewTests {
    @Test("results come in the order of the indices, each once", arguments: [0, 1, 2, 7, 10_000])
    func ordered(count: Int) {
        #expect(Crew.map(count) { $0 * $0 } == (0..<count).map { $0 * $0 })
    }

    @Test("a crew may call for another one")
    func nested() {
        let sums = Crew.map(20) { outer in Crew.map(50) { $0 + outer }.reduce(0, +) }
        #expect(sums == (0..<20).map { 1_225 + 50 * $0 })
    }

    @Test("two works of different kinds are both done, also from within others")
    func both() {
        let (sum, words) = Crew.both {
            Crew.map(100) { $0 }.reduce(0, +)
        } _: {
            Crew.both {
                "one"
            } _: {
                ["two"]
            }
        }
        #expect(sum == 4_950)
        #expect(words.0 == "one" && words.1 == ["two"])
    }

    @Test("a negative count is no work")
    func negative() { #expect(Crew.map(-3) { $0 }.isEmpty) }
}
