import Chance
import Cover
import CoverCheck
import PacketChance
import Packets
import Testing

@Suite("Prover")
struct ProverTests {
    @Test("answers agree with the list, packet by packet and set by set", arguments: 0..<200)
    func answers(seed: Int) throws {
        var chance = Seeded(state: UInt64(seed))
        let list = chance.list(9, skips: seed % 2 == 1)
        let prover = Prover(list)
        let check = CoverCheck(list)
        for _ in 0..<4 {
            let question = chance.box()
            let allowed = try list.allowed(in: question)
            for allow in [true, false] {
                let truth =
                    try allow
                    ? PacketSet(question).isSubset(of: allowed) : allowed.isEmpty
                switch prover.prove(question, allow: allow) {
                case .holds(let certificate):
                    #expect(truth)
                    #expect(
                        check.accepts(certificate, question: question, allow: allow))
                case .refuted(let packet):
                    #expect(!truth)
                    #expect(question.contains(packet))
                    #expect(list.allows(packet) != allow)
                case .undecided: Issue.record("nine rules are not too many")
                }
            }
        }
    }

    @Test("a question that costs more than its bound has no answer")
    func bound() {
        var list = RuleList(otherwise: true)
        for port: UInt32 in 0..<100 where port != 50 {
            list.append(
                .everything.with(.destinationPort, port...port), allow: true, owner: port)
        }
        list.append(.everything.with(.destinationPort, 0...99), allow: false, owner: 99)
        guard case .undecided = Prover(list, stepsMax: 3).prove(.everything, allow: true) else {
            Issue.record("three steps decided it")
            return
        }
    }

    @Test("a rule that several others hold together is dead, and they are named")
    func union() {
        var list = RuleList(otherwise: false)
        let ports: (ClosedRange<UInt32>) -> Box = { .everything.with(.destinationPort, $0) }
        list.append(ports(0...79), allow: true, owner: 0)
        list.append(ports(500...600), allow: true, owner: 1)
        list.append(ports(80...443), allow: false, owner: 2)
        list.append(ports(60...100), allow: true, owner: 3)
        list.append(ports(90...100), allow: true, owner: 4)
        list.append(ports(440...444), allow: true, owner: 5)
        let (dead, undecided) = Prover(list).deadRules()
        #expect(dead.map(\.rule) == [3, 4])
        #expect(dead.map(\.by) == [[0, 2], [2]])
        #expect(undecided.isEmpty)
    }

    @Test("a rule is dead exactly when the list without it decides alike", arguments: 0..<100)
    func dead(seed: Int) throws {
        var chance = Seeded(state: UInt64(seed) + 7_000)
        let list = chance.list(8, skips: false)
        let dead = Set(Prover(list).deadRules().dead.map(\.rule))
        for rule in 0..<list.count {
            var open = PacketSet(list.boxes[rule])
            for earlier in 0..<rule { try open.remove(list.boxes[earlier]) }
            #expect(open.isEmpty == dead.contains(rule))
        }
    }
}
