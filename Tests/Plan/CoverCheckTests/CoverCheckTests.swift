import Chance
import Cover
import CoverCheck
import PacketChance
import Packets
import Testing

@Suite("CoverCheck")
struct CoverCheckTests {
    @Test("no change of the evidence makes a false claim pass", arguments: 0..<150)
    func falseClaims(seed: Int) {
        var chance = Seeded(state: UInt64(seed))
        let list = chance.list(7, skips: seed % 3 == 0)
        let question = chance.box()
        let check = CoverCheck(list)
        for allow in [true, false] {
            guard case .refuted = Prover(list).prove(question, allow: allow) else { continue }
            for _ in 0..<40 {
                let evidence = Self.evidence(&chance, list, question, allow)
                #expect(!check.accepts(evidence, question: question, allow: allow))
            }
        }
    }

    /// A proof of something else, changed at some places; or noise.
    private static func evidence(
        _ chance: inout Seeded, _ list: RuleList, _ question: Box, _ allow: Bool
    ) -> Certificate {
        var certificate = Certificate(coverings: [])
        let other = chance.box().intersection(question) ?? question
        if case .holds(let found) = Prover(list).prove(other, allow: allow) { certificate = found }
        if list.hasSkips, certificate.cells == nil { certificate.cells = Covering() }
        if chance.below(4) == 0 { certificate.end = chance.below(list.count + 1) }
        for _ in 0..<chance.below(4) {
            var covering = Covering()
            for _ in 0..<chance.below(6) {
                if Bool.random(using: &chance) {
                    covering.appendLeaf(chance.below(list.count))
                } else {
                    let field = Field.allCases[chance.below(8)]
                    covering.appendCut(field, after: chance.value(field))
                }
            }
            if list.hasSkips {
                certificate.cells = covering
            } else {
                certificate.coverings.append(covering)
            }
        }
        return certificate
    }

    @Test("a true claim fails when its evidence is cut short, or names a later or opposite rule")
    func damaged() throws {
        var list = RuleList(otherwise: true)
        list.append(.everything.with(.destinationPort, 0...9), allow: false, owner: 0)
        list.append(.everything.with(.destinationPort, 10...20), allow: false, owner: 1)
        list.append(.everything.with(.destinationPort, 5...15), allow: true, owner: 2)
        let question = Box.everything.with(.destinationPort, 0...18)
        guard case .holds(let proof) = Prover(list).prove(question, allow: false) else {
            Issue.record("ports 0 to 18 are refused")
            return
        }
        func accepts(_ certificate: Certificate) -> Bool {
            CoverCheck(list).accepts(certificate, question: question, allow: false)
        }
        #expect(accepts(proof))
        #expect(proof.coverings.count == 2)
        for (index, covering) in proof.coverings.enumerated() {
            for position in covering.words.indices {
                var short = proof
                short.coverings[index].words.removeSubrange(position...)
                #expect(!accepts(short))
                var later = proof
                if later.coverings[index].words[position] & 1 == 1 {
                    later.coverings[index].words[position] = 2 << 1 | 1
                    #expect(!accepts(later))
                    later.coverings[index].words[position] = .max
                    #expect(!accepts(later))
                }
            }
            var missing = proof
            missing.coverings.remove(at: index)
            #expect(!accepts(missing))
        }
        var more = proof
        more.coverings.append(proof.coverings[0])
        #expect(!accepts(more))
        for end in [-1, 0, 1, 2, 3, Int.max] {
            var early = proof
            early.end = end
            #expect(!accepts(early))
        }
    }
}
