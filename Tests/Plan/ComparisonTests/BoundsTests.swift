import Chance
import Comparison
import Connectivity
import Findings
import Packets
import Ruleset
import Testing
import Topology

/// Six endpoints of two addresses each and an outside, behind random gates that may be uncertain.
private func scene(_ chance: inout Seeded, shift: UInt32 = 0, rules: Int = 5) -> Topology {
    var topology = Topology()
    for number in 0..<3 {
        var may = RuleList(otherwise: chance.below(3) == 0)
        if chance.below(3) > 0 {
            may.append(.everything.with(.state, 1...2), allow: true, owner: 0)
        }
        var must = may
        for owner in 0..<rules {
            let first = UInt32(chance.below(6)) * 2 + shift
            let field: Field = chance.below(2) == 0 ? .source : .destination
            let port = UInt32(chance.below(6)) + 80
            let box = Box.everything.with(field, first...first + 2 * UInt32(chance.below(3)) + 1)
                .with(.protocolNumber, 6...6).with(.destinationPort, port...port + 1)
            let allow = chance.below(2) == 0
            may.append(box, allow: allow, owner: UInt32(owner))
            if !allow || chance.below(3) > 0 {
                must.append(box, allow: allow, owner: UInt32(owner))
            }
        }
        let same = may.boxes.count == must.boxes.count
        topology.gates.append(
            Gate(
                name: "gate \(number)",
                v4: BoundedRules(may: may, must: must, unmodelled: same ? [] : ["luck"]),
                v6: BoundedRules(RuleList(otherwise: false)),
                labels: (0..<rules).map {
                    RuleLabel("rule \($0)", place: Place(line: $0 + 1, column: 1))
                }))
    }
    for number in 0..<6 {
        let first = UInt32(number) * 2 + shift
        topology.endpoints.append(
            Endpoint(
                name: "\(number)", group: "\(number / 3)", v4: [first...first + 1],
                isGroup: number > 4, egress: chance.below(2) == 0 ? [Step(0)] : [],
                ingress: [Step(1 + chance.below(2), isEdge: chance.below(3) == 0)]))
    }
    topology.endpoints.append(Endpoint(.outside, name: "internet", v4: [1_000...2_000]))
    return topology
}

/// Whether the listed traffic of a direction holds a packet to a port, for sure or at all.
private func holds(
    _ comparison: Comparison, _ direction: Comparison.Direction, _ pair: (String, String),
    _ port: UInt32, certain: Bool
) -> Bool {
    comparison.changes.contains { change in
        guard change.direction == direction, change.from == pair.0, change.to == pair.1,
            case .packets(let traffic) = change.subject
        else { return false }
        return traffic.contains { item in
            item.kind == .tcp && (!certain || item.isCertain)
                && item.ports.contains { $0.contains(port) }
        }
    }
}

/// The rules that decide about one packet of a set on its way, where something is not modelled.
private func deciding(
    _ packets: PacketSet, _ from: Int, _ to: Int, _ topology: Topology
) -> [UInt32?] {
    var packet = Packet()
    for field in Field.allCases { packet[field] = packets.boxes[0][field].lowerBound }
    let steps = topology.endpoints[from].egress + topology.endpoints[to].ingress
    return steps.map { topology.gates[$0.gate].v4 }.filter { !$0.unmodelled.isEmpty }.flatMap {
        rules in
        [rules.may, rules.must].map { list in list.deciding(packet).map { list.owners[$0] } }
    }
}

@Suite("Comparisons of topologies")
struct BoundsTests {
    @Test("what may be opened is told, and nothing that is not; the same back, as closed")
    func random() throws {
        var chance = Seeded(state: 41)
        for round in 0..<30 {
            let old = scene(&chance, rules: round % 10 == 0 ? 60 : 5)
            let new = scene(&chance, rules: round % 10 == 0 ? 60 : 5)
            let comparison = try Comparison(
                Side(name: "old", topology: old), Side(name: "new", topology: new))
            for from in new.endpoints.indices {
                for to in new.endpoints.indices where from != to {
                    let before = try old.passing(from: from, to: to, .v4)
                    let after = try new.passing(from: from, to: to, .v4)
                    let pair = (new.endpoints[from].name, new.endpoints[to].name)
                    // What both leave open is no change only where it hangs on the same rules.
                    let open = try before.may.subtracting(before.must)
                        .intersection(after.may.subtracting(after.must))
                    for port: UInt32 in 79...88 {
                        let slice = Box.everything.with(.protocolNumber, 6...6)
                            .with(.destinationPort, port...port)
                        let sure = try after.must.subtracting(before.may)
                            .intersection(slice)
                        let maybe = try after.may.subtracting(before.must)
                            .intersection(slice)
                        #expect(
                            holds(comparison, .opened, pair, port, certain: true) == !sure.isEmpty)
                        let closed = try before.may.subtracting(after.must)
                            .intersection(slice)
                        let opens = holds(comparison, .opened, pair, port, certain: false)
                        let closes = holds(comparison, .closed, pair, port, certain: false)
                        if opens { #expect(!maybe.isEmpty) }
                        if closes { #expect(!closed.isEmpty) }
                        for left in [opens ? PacketSet() : maybe, closes ? PacketSet() : closed]
                        where !left.isEmpty {
                            #expect(try left.isSubset(of: open))
                            #expect(deciding(left, from, to, old) == deciding(left, from, to, new))
                        }
                    }
                }
            }
            #expect(
                comparison.changes.allSatisfy {
                    ($0.direction == .opened ? $0.newLines : $0.oldLines).allSatisfy {
                        $0.place != nil
                    }
                })
        }
    }

    @Test("the same with all addresses moved is no change")
    func moved() throws {
        for seed in 0..<30 {
            var chance = Seeded(state: UInt64(seed))
            let old = scene(&chance)
            chance = Seeded(state: UInt64(seed))
            let new = scene(&chance, shift: 100)
            let comparison = try Comparison(
                Side(name: "old", topology: old), Side(name: "new", topology: new))
            let unsure = comparison.changes.filter(\.isCertain)
            #expect(unsure.isEmpty, "\(comparison.lines())")
        }
    }

    @Test("what hangs on the same condition on both sides is told and fails only when strict")
    func undecided() throws {
        var topology = Topology()
        var must = RuleList(otherwise: false)
        must.append(.everything.with(.state, 1...2), allow: true, owner: 0)
        var may = must
        may.append(.everything, allow: true, owner: 1)
        topology.gates = [
            Gate(
                name: "g", v4: BoundedRules(may: may, must: must, unmodelled: ["-m recent"]),
                v6: BoundedRules(RuleList(otherwise: false)), labels: [])
        ]
        topology.endpoints = [
            Endpoint(name: "a", v4: [1...1]), Endpoint(name: "b", v4: [2...2], ingress: [Step(0)]),
        ]
        let side = Side(name: "x", topology: topology)
        let comparison = try Comparison(side, side)
        #expect(comparison.changes.isEmpty)
        #expect(comparison.undecided.map(\.unless) == [["-m recent"]])
        #expect(!comparison.isProof)
        #expect(comparison.passes(strict: false))
        #expect(!comparison.passes(strict: true))
        var shut = topology
        shut.gates[0].v4 = BoundedRules(must)
        let opened = try Comparison(Side(name: "o", topology: shut), side)
        #expect(opened.changes.map(\.direction) == [.opened])
        #expect(!opened.changes[0].isCertain)
        #expect(!opened.passes(strict: false))
        // Another change of the pair is told alone, and the same is still not known.
        var more = topology
        let ssh = Box.everything.with(.protocolNumber, 6...6).with(.destinationPort, 22...22)
        for bound in [\BoundedRules.may, \BoundedRules.must] {
            var list = RuleList(otherwise: false)
            list.append(ssh, allow: true, owner: 2)
            for (index, box) in more.gates[0].v4[keyPath: bound].boxes.enumerated() {
                list.append(box, allow: true, owner: UInt32(index))
            }
            more.gates[0].v4 = BoundedRules(
                may: bound == \.may ? list : more.gates[0].v4.may,
                must: bound == \.must ? list : more.gates[0].v4.must, unmodelled: ["-m recent"])
        }
        let changed = try Comparison(side, Side(name: "m", topology: more))
        #expect(changed.changes.map { $0.subject.text } == ["tcp 22 (may: -m recent)"])
        #expect(changed.changes.map(\.direction) == [.opened])
        #expect(changed.undecided.map(\.unless) == [["-m recent"]])
    }

    @Test("an address that only one side has outside is told of the party that has it, alone")
    func outside() throws {
        func side(_ inside: [UInt32]) -> Side {
            var topology = Topology()
            topology.gates = [
                Gate(
                    name: "g", v4: BoundedRules(RuleList(otherwise: true)),
                    v6: BoundedRules(RuleList(otherwise: true)), labels: [])
            ]
            topology.endpoints = inside.map {
                Endpoint(name: "\($0)", v4: [$0...$0], ingress: [Step(0)])
            }
            let least = inside.max() ?? 0
            topology.endpoints.append(
                Endpoint(.outside, name: "internet", v4: [least + 1...100]))
            return Side(name: "side", topology: topology)
        }
        let comparison = try Comparison(side([1, 2]), side([1]))
        #expect(comparison.onlyOld.map(\.name) == ["2"])
        #expect(comparison.changes.allSatisfy { $0.direction == .closed })
        #expect(comparison.changes.allSatisfy { $0.from == "2" || $0.to == "2" })
    }
}

@Suite("Comparisons of many parties")
struct CrowdTests {
    private func side(_ count: Int, open: Bool) -> Side {
        var rules = RuleList(otherwise: false)
        rules.append(.everything.with(.state, 1...2), allow: true, owner: 0)
        if open { rules.append(.everything, allow: true, owner: 1) }
        var topology = Topology()
        topology.gates = [
            Gate(
                name: "g", v4: BoundedRules(rules),
                v6: BoundedRules(RuleList(otherwise: false)), labels: [])
        ]
        topology.endpoints = (0..<count).map { index in
            let address = UInt32(index) + 1
            return Endpoint(name: "pod \(index)", v4: [address...address], ingress: [Step(0)])
        }
        return Side(name: "side", topology: topology)
    }

    @Test("millions of changed pairs are counted, and as many listed as can be read")
    func crowd() throws {
        let comparison = try Comparison(side(1_500, open: false), side(1_500, open: true))
        #expect(comparison.count(.opened) == 1_500 * 1_499)
        #expect(comparison.changes.count == Comparison.pairsMax)
        #expect(comparison.lines().count < 1_000)
        #expect(!comparison.passes(strict: false))
        let example = try #require(comparison.changes.first { $0.from == "pod 7" }?.example)
        #expect(example.hasPrefix("0.0.0.8:"))
    }
}
