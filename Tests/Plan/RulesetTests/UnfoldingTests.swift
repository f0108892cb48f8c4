import Chance
import Findings
import Packets
import Ruleset
import Testing
import Walker

private let nowhere = Place(line: 0, column: 0)

/// Random chains whose addresses, ports and conditions overlap much.
private struct Chains {
    var chance: Seeded
    static let words = ["string", "recent", "limit"]
    static let ends: [UInt128] = [0, 1, 9, 10, 11, 99, 100, 255]

    init(_ seed: UInt64) { chance = Seeded(state: seed) }

    mutating func interval() -> ClosedRange<UInt128> {
        let one = Self.ends.randomElement(using: &chance) ?? 0
        let other = Self.ends.randomElement(using: &chance) ?? 0
        return min(one, other)...max(one, other)
    }

    mutating func clause() -> Clause {
        var clause = Clause([.v4, .both, .both].randomElement(using: &chance) ?? .both)
        for field in [Field.source, .destination, .protocolNumber, .destinationPort] {
            guard UInt8.random(in: 0..<3, using: &chance) == 0 else { continue }
            clause.values[field] = [interval(), interval()]
        }
        return clause
    }

    mutating func rule(_ chain: Int, of count: Int) -> Rule {
        var match = Match([clause()])
        if Bool.random(using: &chance) { match.clauses.append(clause()) }
        if UInt8.random(in: 0..<5, using: &chance) == 0 {
            match.unmodelled = [Self.words.randomElement(using: &chance) ?? ""]
        }
        let deeper = chain + 1 < count ? Int.random(in: chain + 1..<count, using: &chance) : nil
        let action: Action =
            switch UInt8.random(in: 0..<9, using: &chance) {
            case 0, 1: .accept
            case 2: .drop
            case 3: .reject
            case 4: .leave
            case 5: deeper.map(Action.jump) ?? .accept
            case 6: deeper.map(Action.goto) ?? .drop
            case 7: .pass
            default: UInt8.random(in: 0..<4, using: &chance) == 0 ? .unknown("QUEUE") : .drop
            }
        return Rule(match, action, place: nowhere)
    }

    mutating func ruleset() -> Ruleset {
        var ruleset = Ruleset()
        for index in 0..<4 {
            var chain = Chain(
                table: "t", name: "c\(index)", families: index == 3 ? .v4 : .both,
                base: index == 0
                    ? Base(.filter, .input, priority: 0, accepts: Bool.random(using: &chance))
                    : nil,
                place: nowhere)
            for _ in 0..<6 { chain.rules.append(rule(index, of: 4)) }
            ruleset.chains.append(chain)
        }
        return ruleset
    }

    mutating func packet(_ family: Families) -> WalkedPacket {
        var packet = WalkedPacket(family, [])
        for field in Field.allCases {
            packet[field] = min(
                Self.ends.randomElement(using: &chance) ?? 0, UInt128(field.last))
        }
        return packet
    }
}

@Suite("Unfolding")
struct UnfoldingTests {
    private static func packet(_ walked: WalkedPacket, _ atoms: AddressAtoms?) -> Packet {
        var packet = Packet()
        for field in Field.allCases {
            let value = walked[field]
            let isAddress = field == .source || field == .destination
            packet[field] =
                isAddress ? atoms?.atom(value) ?? UInt32(value) : UInt32(value)
        }
        return packet
    }

    /// What the open rules of a base chain say to one packet.
    private static func reading(_ rules: BoundedRules, _ packet: Packet) throws -> [String] {
        var box = Box.everything
        for field in Field.allCases { box = box.with(field, packet[field]...packet[field]) }
        let readings = try rules.readings(in: box) { "\($0)" }
        #expect(readings.count == 1)
        return try #require(readings.keys.first)
    }

    @Test(
        "rules that say the same to a packet decide the same, whatever is true of what is open",
        arguments: 0..<300)
    func readings(seed: Int) throws {
        var chains = Chains(UInt64(seed))
        let before = chains.ruleset()
        var after = before
        let chain = chains.chance.below(4)
        let last = after.chains[chain].rules.count - 1
        switch chains.chance.below(3) {
        case 0:
            after.chains[chain].rules.swapAt(chains.chance.below(last), last)
        case 1:
            after.chains[chain].rules[chains.chance.below(last + 1)] = chains.rule(chain, of: 4)
        default: after.chains[chain].rules.remove(at: chains.chance.below(last + 1))
        }
        let old = try Unfolding(before, .v4).rules(of: 0)
        let new = try Unfolding(after, .v4).rules(of: 0)
        let words = Chains.words + ["QUEUE"]
        for _ in 0..<60 {
            let walked = chains.packet(.v4)
            let packet = Self.packet(walked, nil)
            let left = try Self.reading(old, packet)
            let right = try Self.reading(new, packet)
            // A side that says nothing is judged by its bounds, which are then the truth.
            guard left == right, !left.isEmpty else { continue }
            for valuation in 0..<(1 << words.count) {
                let holds = { (word: String) in
                    valuation >> (words.firstIndex(of: word) ?? 0) & 1 == 1
                }
                let one = Walker(before).walk(walked, base: 0, holds: holds).accepts
                let other = Walker(after).walk(walked, base: 0, holds: holds).accepts
                #expect(one == other, "\(walked) \(left) \(valuation)")
            }
        }
    }

    @Test(
        "a condition that is not modelled is not the same one in front of another rule",
        arguments: [
            ([0, 1], [1, 0]), ([0, 2, 1], [0, 1, 2]), ([0], [1]), ([0, 1, 2], [0, 1]),
        ])
    func order(_ before: [Int], _ after: [Int]) throws {
        let rules = [
            Rule(Match([Clause()], unmodelled: ["recent"]), .accept, place: nowhere),
            Rule(Match([Clause()], unmodelled: ["limit"]), .drop, place: nowhere),
            Rule(Match([Clause()]), .drop, place: nowhere),
        ]
        let readings = try [before, after].map { order in
            var ruleset = Ruleset()
            var chain = Chain(
                table: "t", name: "c", families: .both,
                base: Base(.filter, .input, priority: 0, accepts: true), place: nowhere)
            chain.rules = order.map { rules[$0] }
            ruleset.chains = [chain]
            return try Self.reading(Unfolding(ruleset, .v4).rules(of: 0), Packet())
        }
        #expect(readings[0] != readings[1])
    }

    @Test(
        "what rules do lies between may and must, and is both where all is modelled",
        arguments: 0..<200)
    func bounds(seed: Int) throws {
        var chains = Chains(UInt64(seed))
        let ruleset = chains.ruleset()
        let atoms = AddressAtoms(
            Chains.ends.flatMap { low in Chains.ends.filter { $0 >= low }.map { low...$0 } })
        var wrong: [String] = []
        for (family, space) in [(Families.v4, AddressSpace.v4), (.v6, .v6(atoms))] {
            let rules = try Unfolding(ruleset, space).rules(of: 0)
            for _ in 0..<100 {
                let walked = chains.packet(family)
                let packet = Self.packet(walked, family == .v6 ? atoms : nil)
                let truth = Set(Chains.words + ["QUEUE"]).filter { _ in
                    Bool.random(using: &chains.chance)
                }
                let walk = Walker(ruleset).walk(walked, base: 0) { truth.contains($0) }
                let may = rules.may.allows(packet)
                let must = rules.must.allows(packet)
                let isExact = !rules.unmodelled.isEmpty || (may == walk.accepts && must == may)
                if must, !walk.accepts { wrong.append("\(walked) must pass, and does not") }
                if !may, walk.accepts { wrong.append("\(walked) may not pass, and does") }
                if !isExact { wrong.append("\(walked) is decided twice") }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test(
        "whatever decides on a packet between the bounds is among its conditions",
        arguments: 0..<120)
    func conditions(seed: Int) throws {
        var chains = Chains(UInt64(seed) + 2_000)
        let ruleset = chains.ruleset()
        let rules = try Unfolding(ruleset, .v4).rules(of: 0)
        let words = Chains.words + ["QUEUE"]
        for _ in 0..<60 {
            let walked = chains.packet(.v4)
            let packet = Self.packet(walked, nil)
            guard rules.may.allows(packet), !rules.must.allows(packet) else { continue }
            var box = Box.everything
            for field in Field.allCases { box = box.with(field, packet[field]...packet[field]) }
            let parts = try rules.conditions(of: box)
            #expect(parts.count == 1)
            let named = try #require(parts.keys.first)
            #expect(!named.isEmpty && Set(named).isSubset(of: rules.unmodelled))
            for (number, word) in words.enumerated() where !named.contains(word) {
                for valuation in 0..<(1 << words.count) {
                    let verdicts = [valuation, valuation ^ 1 << number].map { valuation in
                        Walker(ruleset).walk(walked, base: 0) {
                            valuation >> (words.firstIndex(of: $0) ?? 0) & 1 == 1
                        }.accepts
                    }
                    #expect(verdicts[0] == verdicts[1], "\(walked) \(named) \(word)")
                }
            }
        }
    }

    @Test("the rule that decides is named", arguments: 0..<50)
    func owners(seed: Int) throws {
        var chains = Chains(UInt64(seed) + 1_000)
        var ruleset = chains.ruleset()
        for chain in ruleset.chains.indices {
            for rule in ruleset.chains[chain].rules.indices {
                ruleset.chains[chain].rules[rule].match.unmodelled = []
                if case .unknown = ruleset.chains[chain].rules[rule].action {
                    ruleset.chains[chain].rules[rule].action = .accept
                }
            }
        }
        let unfolding = Unfolding(ruleset, .v4)
        let list = try unfolding.rules(of: 0).may
        var wrong: [String] = []
        for _ in 0..<100 {
            let walked = chains.packet(.v4)
            let walk = Walker(ruleset).walk(walked, base: 0)
            let index = list.deciding(Self.packet(walked, nil))
            let place = index.flatMap { unfolding.rule(of: list.owners[$0]) }
            if place?.chain != walk.by?.chain || place?.rule != walk.by?.rule {
                wrong.append("\(walked)")
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("chains in a circle are refused with their name")
    func circle() {
        var ruleset = Ruleset()
        for index in 0..<2 {
            var chain = Chain(
                table: "t", name: "c\(index)", families: .both,
                base: index == 0 ? Base(.filter, .input, priority: 0, accepts: true) : nil,
                place: Place(line: index + 1, column: 1))
            chain.rules = [Rule(Match(), .jump(1 - index), place: nowhere)]
            ruleset.chains.append(chain)
        }
        #expect(throws: UnfoldingError.tooDeep(chain: "c1", place: Place(line: 2, column: 1))) {
            try Unfolding(ruleset, .v4).rules(of: 0)
        }
    }

    @Test("base chains of a hook come in the order of their priority, then of the file")
    func order() {
        var ruleset = Ruleset()
        for (name, priority) in [("late", 10), ("first", -5), ("then", -5), ("middle", 0)] {
            ruleset.chains.append(
                Chain(
                    table: "t", name: name, families: .both,
                    base: Base(.filter, .forward, priority: Int32(priority), accepts: true),
                    place: nowhere))
        }
        let names = ruleset.bases(at: .forward).map { ruleset.chains[$0].name }
        #expect(names == ["first", "then", "middle", "late"])
        #expect(ruleset.bases(at: .input).isEmpty)
    }
}

@Suite("Calls of chains")
struct CallTests {
    private func ruleset(_ calls: [[Action]]) -> Ruleset {
        let nowhere = Place(line: 0, column: 0)
        var ruleset = Ruleset()
        ruleset.chains = calls.enumerated().map { index, actions in
            var chain = Chain(
                table: "t", name: "c\(index)", families: .both, place: nowhere)
            chain.rules = actions.map { Rule(Match(), $0, place: nowhere) }
            return chain
        }
        return ruleset
    }

    @Test("a chain's size counts every call; circles and deep calls have none")
    func size() {
        #expect(ruleset([[.jump(1), .jump(1)], [.accept, .drop, .pass]]).size(of: 0) == 8)
        #expect(ruleset([[.jump(1)], [.goto(0)]]).size(of: 0) == nil)
        let line = (1...17).map { [Action.jump($0)] } + [[.accept]]
        #expect(ruleset(line).size(of: 0) == nil)
        #expect(ruleset(line).size(of: 1) == 17)
        let many = (1...15).map { Array(repeating: Action.jump($0), count: 9) } + [[.accept]]
        #expect(ruleset(many).size(of: 0) == Ruleset.rulesMax)
    }

    @Test("chains that decide nothing and call one another without measure are too large")
    func endless() {
        for last in [[Action](), [.leave]] {
            let many = (1...15).map { Array(repeating: Action.jump($0), count: 9) } + [last]
            #expect(throws: UnfoldingError.self) {
                try Unfolding(ruleset(many), .v4).rules(of: 0)
            }
        }
    }
}
