import AuditTreaty
import Testing

@Suite("Notes at a bounded rate")
struct NoteBudgetTests {
    private func texts(_ events: [Event]) -> [String] {
        events.compactMap { if case .note("request", let text) = $0 { text } else { nil } }
    }

    @Test("twenty a second are listed, the others are counted by their words")
    func counted() {
        var notes = NoteBudget(kind: "request", rest: "requests refused")
        #expect(!notes.isBusy)
        for index in 0..<50 { notes.add("n\(index)", as: index % 3 == 0 ? "a" : "b", now: 5) }
        #expect(texts(notes.take(now: 6)) == (0..<20).map { "n\($0)" })
        #expect(notes.isBusy)
        #expect(notes.take(now: 7).isEmpty)
        let counts = "30 further requests refused, not listed: 10 a, 20 b"
        #expect(texts(notes.take(now: 5 + NoteBudget.window)) == [counts])
        #expect(!notes.isBusy)
        notes.add("next", as: "a", now: 6 + NoteBudget.window)
        #expect(texts(notes.take(now: 7 + NoteBudget.window)) == ["next"])
    }

    @Test("the last ones are told at the end, and no flood of words makes it grow")
    func last() {
        var notes = NoteBudget(kind: "request", rest: "requests refused")
        for index in 0..<100_020 { notes.add("n", as: "w\(index)", now: 1) }
        let told = texts(notes.take(now: 2, isLast: true))
        #expect(told.count == 21)
        #expect(told.last?.hasPrefix("100000 further requests refused, not listed: ") == true)
        #expect(told.last?.hasSuffix(", 99968 other") == true)
    }
}
