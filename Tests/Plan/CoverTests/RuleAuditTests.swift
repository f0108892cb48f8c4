import Chance
import Cover
import Diagram
import PacketChance
import Packets
import Testing

/// The list with one rule turned around, or with the rules of an owner made to do nothing.
private func changed(_ list: RuleList, flip: Int? = nil, without owner: UInt32? = nil) -> RuleList {
    var made = RuleList(otherwise: list.otherwise)
    var landing: [Int: [Int]] = [:]
    for index in 0..<list.count {
        for skip in landing.removeValue(forKey: index) ?? [] { made.land(skip) }
        let box = list.boxes[index]
        if list.decisions[index] == .skip {
            let skip = made.appendSkip(box, owner: list.owners[index])
            landing[Int(list.targets[index]), default: []].append(skip)
        } else if list.owners[index] == owner {
            _ = made.appendSkip(box, owner: list.owners[index])
        } else {
            let isAllowed = (list.decisions[index] == .allow) != (index == flip)
            made.append(box, allow: isAllowed, owner: list.owners[index])
        }
    }
    for skip in landing.values.joined() { made.land(skip) }
    return made
}

@Suite("Rules that do nothing")
struct RuleAuditTests {
    @Test("a rule is dead when turning it around changes nothing", arguments: [false, true])
    func dead(skips: Bool) throws {
        var chance = Seeded(state: skips ? 41 : 42)
        var found = 0
        for _ in 0..<20 {
            let list = chance.list(14, skips: skips)
            let (dead, undecided) = RuleAudit(list).deadRules()
            #expect(undecided.isEmpty)
            let rules = Set(dead.map(\.rule))
            found += rules.count
            var diagrams = Diagrams()
            let meaning = try diagrams.meaning(of: list)
            for rule in 0..<list.count where list.decisions[rule] != .skip {
                let other = try diagrams.meaning(of: changed(list, flip: rule))
                #expect(rules.contains(rule) == (meaning == other))
            }
            for rule in dead { #expect(rule.by.allSatisfy { $0 < rule.rule }) }
        }
        #expect(found > 10)
    }

    @Test("a rule is redundant when leaving it out changes nothing", arguments: [false, true])
    func redundant(skips: Bool) throws {
        var chance = Seeded(state: skips ? 43 : 44)
        var found = 0
        for _ in 0..<20 {
            let list = chance.list(14, skips: skips)
            var diagrams = Diagrams()
            let meaning = try diagrams.meaning(of: list)
            let audit = RuleAudit(list)
            for rule in 0..<list.count where list.decisions[rule] != .skip {
                let others = try diagrams.meaning(
                    of: changed(list, without: list.owners[rule]))
                let standIns = audit.standIns(for: [rule])
                #expect((standIns != nil) == (meaning == others))
                if let standIns {
                    found += 1
                    #expect(standIns.allSatisfy { $0 > rule })
                }
            }
        }
        #expect(found > 10)
    }

    @Test("what only might decide covers nothing, and may undo what stands in")
    func unsure() {
        let whole = Box.everything
        let web = whole.with(.destinationPort, 80...80)
        var list = RuleList(otherwise: false)
        _ = list.appendSkip(whole, owner: 0)
        list.append(web, allow: true, owner: 1)
        list.append(web, allow: true, owner: 2)
        _ = list.appendSkip(whole, owner: 3)
        list.append(web, allow: false, owner: 4)
        let audit = RuleAudit(list, unsure: [0, 3])
        #expect(audit.deadRules().dead.map(\.rule) == [2, 4])
        #expect(audit.standIns(for: [1]) == [2])
        #expect(audit.standIns(for: [2]) == [])
        var other = RuleList(otherwise: false)
        other.append(web, allow: false, owner: 0)
        _ = other.appendSkip(whole, owner: 1)
        #expect(RuleAudit(other).standIns(for: [0]) == [])
        #expect(RuleAudit(other, unsure: [1]).standIns(for: [0]) == nil)
    }

    @Test("several rules together and one behind a jump are named")
    func covering() {
        let whole = Box.everything
        var list = RuleList(otherwise: true)
        list.append(whole.with(.destinationPort, 0...99), allow: true, owner: 0)
        let call = list.appendSkip(whole.with(.protocolNumber, 6...6), owner: 1)
        let past = list.appendSkip(whole, owner: .max)
        list.land(call)
        list.append(whole.with(.destinationPort, 100...65_535), allow: false, owner: 2)
        list.land(past)
        list.append(
            whole.with(.protocolNumber, 6...6).with(.destinationPort, 90...110), allow: true,
            owner: 3)
        let (dead, _) = RuleAudit(list).deadRules()
        #expect(dead.map(\.rule) == [4])
        #expect(dead.map(\.by) == [[0, 3]])
    }
}
