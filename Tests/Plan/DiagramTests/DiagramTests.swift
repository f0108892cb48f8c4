import Chance
import Cover
import Diagram
import PacketChance
import Packets
import Testing

@Suite("Diagrams")
struct DiagramTests {
    @Test("a diagram decides as its list, packet by packet", arguments: 0..<60)
    func packets(seed: Int) throws {
        var chance = Seeded(state: UInt64(seed))
        let list = chance.list(9, skips: seed % 2 == 1)
        var diagrams = Diagrams()
        let meaning = try diagrams.meaning(of: list)
        let wrong = (0..<200).map { _ in chance.packet() }.filter {
            diagrams.allows(meaning, $0) != list.allows($0)
        }
        #expect(wrong.isEmpty)
    }

    @Test("both engines give the same answer to every question", arguments: 0..<100)
    func engines(seed: Int) throws {
        var chance = Seeded(state: UInt64(seed) + 500)
        let list = chance.list(9, skips: seed % 2 == 1)
        let prover = Prover(list)
        var diagrams = Diagrams()
        let meaning = try diagrams.meaning(of: list)
        for _ in 0..<5 {
            let question = chance.box()
            for allow in [true, false] {
                let other = try diagrams.decides(meaning, on: question, allow: allow)
                switch prover.prove(question, allow: allow) {
                case .holds: #expect(other)
                case .refuted: #expect(!other)
                case .undecided: Issue.record("nine rules are not too many")
                }
            }
        }
    }

    @Test("lists that mean the same are the same node, others differ in the packet that is named")
    func equality() throws {
        var chance = Seeded(state: 3)
        for _ in 0..<60 {
            let list = chance.list(8, skips: false)
            var diagrams = Diagrams()
            let one = try diagrams.meaning(of: list)
            // The same rules with one more that an earlier one holds wholly.
            var longer = RuleList(otherwise: list.otherwise)
            for index in 0..<list.count {
                longer.append(
                    list.boxes[index], allow: list.decisions[index] == .allow, owner: 0)
                if index == 4 { longer.append(list.boxes[index], allow: true, owner: 0) }
            }
            #expect(try diagrams.meaning(of: longer) == one)
            let other = chance.list(8, skips: true)
            let meaning = try diagrams.meaning(of: other)
            if let packet = diagrams.difference(one, meaning) {
                #expect(list.allows(packet) != other.allows(packet))
            } else {
                #expect(one == meaning)
            }
            let question = chance.box()
            #expect(
                try diagrams.meaning(one, in: question)
                    == diagrams.meaning(diagrams.meaning(of: longer), in: question))
        }
    }

    @Test("the share of what is allowed is counted exactly")
    func counting() throws {
        var diagrams = Diagrams()
        var list = RuleList(otherwise: false)
        list.append(.everything.with(.destinationPort, 0...16_383), allow: true, owner: 0)
        list.append(
            .everything.with(.destinationPort, 8_192...32_767).with(.protocolNumber, 0...127),
            allow: true, owner: 1)
        let meaning = try diagrams.meaning(of: list)
        #expect(diagrams.allowedShare(meaning) == 0.25 + 0.125)
        #expect(diagrams.allowedShare(try diagrams.meaning(of: RuleList(otherwise: true))) == 1)
    }

    @Test("the bound on nodes is kept")
    func bound() {
        var chance = Seeded(state: 5)
        let list = chance.list(50, skips: false)
        var diagrams = Diagrams(limit: 100)
        #expect(throws: TooManyNodes.self) { try diagrams.meaning(of: list) }
        #expect(diagrams.nodes <= 100)
    }
}
