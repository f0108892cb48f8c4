import Breach
import Seccomp
import Testing

@Suite("The table of techniques")
struct TechniqueTableTests {
    @Test("at least 60 techniques, each with an id of its own")
    func ids() {
        let ids = (Technique.all + Technique.envoys).map(\.id)
        #expect(ids.count >= 60)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count <= 256)
    }

    @Test("every technique names a family, what it does and an ATT&CK id")
    func fields() {
        let malformed = (Technique.all + Technique.envoys).filter { technique in
            let parts = technique.id.split(separator: ".", omittingEmptySubsequences: false)
            let named = parts.count == 2 && !parts.contains("")
            let plain = technique.id.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46
            }
            return !named || !plain || technique.title.isEmpty || !Self.isAttack(technique.attack)
        }
        #expect(malformed.map(\.id) == [])
    }

    @Test("something stands before every technique")
    func walls() {
        let open = Technique.all.filter { $0.walls.isEmpty && $0.standing.isEmpty }
        #expect(open.map(\.id) == [])
        let bare = Technique.envoys.filter { $0.checks.isEmpty || $0.records.isEmpty }
        #expect(bare.map(\.id) == [])
    }

    @Test(
        "what opens a wall is a word of a role or a trait, and the wall is one of the technique's")
    func yields() {
        let known = Set(Word.allCases.map(\.rawValue)).union([
            Technique.published, Technique.listens,
        ])
        let wrong = Technique.all.filter { technique in
            technique.yields.contains { trait, walls in
                !known.contains(trait) || !walls.isSubset(of: technique.walls)
            }
        }
        #expect(wrong.map(\.id) == [])
        #expect(Technique.ofOwnRoot.allSatisfy { Technique.byID[$0] != nil })
    }

    @Test("what may end the probe is tried last")
    func order() {
        let rest = Technique.all.drop { !$0.fatal }
        #expect(rest.filter { !$0.fatal }.map(\.id) == [])
    }

    /// `T1234` or `T1234.001`.
    private static func isAttack(_ id: String) -> Bool {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        guard let main = parts.first, main.hasPrefix("T"), parts.count <= 2 else { return false }
        let digits = { (text: Substring, count: Int) -> Bool in
            text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) }
        }
        return digits(main.dropFirst(), 4) && (parts.count == 1 || digits(parts[1], 3))
    }
}
