import Findings
import Testing

@Suite("Nearest name")
struct NearestTests {
    @Test(
        "a slip finds its name, another word finds none",
        arguments: [
            ("limts", "limits"), ("limit", "limits"), ("ports", "ports"), ("prots", "ports"),
            ("zoen", "zone"), ("environement", "environment"), ("xyz", nil), ("", nil),
            ("databaseandmore", nil),
        ])
    func nearest(word: String, name: String?) {
        let known = ["zone", "ports", "limits", "environment", "database"]
        #expect(Nearest.name(to: word, among: known) == name)
    }

    @Test("an excerpt is short and has nothing that a terminal acts on")
    func excerpt() {
        #expect(Excerpt.of("a\u{1b}[1m\nb\u{202e}") == "a\\u{1b}[1m\\u{a}b\\u{202e}")
        #expect(Excerpt.of("abcdef", limit: 3) == "abc…")
    }
}
