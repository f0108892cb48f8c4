import Chance
import Diagram
import Difference
import PacketChance
import Packets
import Testing

private func port(_ ports: ClosedRange<UInt32>) -> Box {
    Box.everything.with(.destinationPort, ports)
}

@Suite("Difference")
struct DifferenceTests {
    @Test("what opens and closes is what the two lists decide differently", arguments: 0..<40)
    func packets(seed: Int) throws {
        var chance = Seeded(state: UInt64(seed))
        let old = chance.list(5, skips: seed % 4 == 0)
        let new = seed % 2 == 0 ? chance.list(5, skips: false) : Self.edited(old, &chance)
        let difference = try Difference(from: old, to: new)
        var wrong: [Packet] = []
        for _ in 0..<100 {
            let packet = chance.packet()
            let opened = difference.opened.filter { $0.contains(packet) }
            let closed = difference.closed.filter { $0.contains(packet) }
            let isOpened = new.allows(packet) && !old.allows(packet)
            let isClosed = old.allows(packet) && !new.allows(packet)
            let owner = new.deciding(packet).map { new.owners[$0] }
            if opened.count != (isOpened ? 1 : 0) || closed.count != (isClosed ? 1 : 0)
                || (opened + closed).contains(where: { $0.newOwner != owner })
            {
                wrong.append(packet)
            }
        }
        #expect(wrong.isEmpty)
        var diagrams = Diagrams()
        let isSame = try diagrams.meaning(of: old) == diagrams.meaning(of: new)
        #expect(difference.isEmpty == isSame)
    }

    /// A list with one rule gone, one changed in place or two exchanged.
    private static func edited(_ list: RuleList, _ chance: inout Seeded) -> RuleList {
        var order = Array(0..<list.count)
        var flipped = -1
        switch chance.below(3) {
        case 0: order.remove(at: chance.below(order.count))
        case 1: flipped = chance.below(order.count)
        default: order.swapAt(chance.below(order.count), chance.below(order.count))
        }
        var edited = RuleList(otherwise: list.otherwise)
        for index in order {
            edited.append(
                list.boxes[index], allow: (list.decisions[index] == .allow) != (index == flipped),
                owner: list.owners[index])
        }
        return edited
    }

    @Test("a rule that changes nothing is an empty difference, and names of rules do not matter")
    func nothing() throws {
        var old = RuleList(otherwise: false)
        old.append(port(0...100), allow: true, owner: 1)
        var new = RuleList(otherwise: false)
        new.append(port(0...100), allow: true, owner: 7)
        new.append(port(50...60), allow: false, owner: 8)
        new.append(port(200...300), allow: false, owner: 9)
        #expect(try Difference(from: old, to: new).isEmpty)
    }

    @Test("each change names the rules that decided before and decide now")
    func owners() throws {
        var old = RuleList(otherwise: false)
        old.append(port(0...9), allow: false, owner: 1)
        old.append(port(0...99), allow: true, owner: 2)
        var new = RuleList(otherwise: false)
        new.append(port(0...99), allow: true, owner: 2)
        new.append(port(0...9), allow: false, owner: 1)
        new.append(port(400...443), allow: true, owner: 3)
        let difference = try Difference(from: old, to: new)
        #expect(difference.closed.isEmpty)
        #expect(difference.opened.map(\.newOwner) == [2, 3])
        #expect(difference.opened.map(\.oldOwner) == [1, nil])
        #expect(
            difference.opened.map { $0.packets.boxes.map { $0[.destinationPort] } }
                == [[0...9], [400...443]])
    }

    /// Narrow rules of two sides that cut a wide one into very many pieces.
    private static func cut(_ count: UInt32, _ chance: inout Seeded) -> RuleList {
        var list = RuleList(otherwise: false)
        for number in 0..<count {
            let one = UInt32.random(in: 0...(.max), using: &chance)
            let other = UInt32.random(in: 0...(.max), using: &chance)
            let port = UInt32.random(in: 0...65_535, using: &chance)
            list.append(
                Box.everything.with(.source, one...one | 0xFFFF)
                    .with(.destination, other...other | 0xFFFFF).with(
                        .destinationPort, port...port),
                allow: number % 3 == 0, owner: number)
        }
        return list
    }

    @Test("a wide rule behind many narrow ones is told as a box without others, exactly")
    func wide() throws {
        var chance = Seeded(state: 5)
        let narrow = Self.cut(1_500, &chance)
        let wide = Box.everything.with(.protocolNumber, 6...6)
        var old = narrow
        old.append(wide, allow: false, owner: 20_000)
        var new = narrow
        new.append(wide, allow: true, owner: 20_001)
        let difference = try Difference(from: old, to: new)
        #expect(difference.closed.isEmpty)
        let change = try #require(difference.opened.first)
        #expect(difference.opened.count == 1)
        #expect(change.oldOwner == 20_000 && change.newOwner == 20_001)
        #expect(change.regions.count == 1)
        let witness = try #require(change.witness)
        #expect(new.allows(witness) && !old.allows(witness))
        var inside = 0
        for number in 0..<400 {
            var packet = chance.packet()
            packet[.protocolNumber] = number % 4 == 0 ? 17 : 6
            if number % 2 == 0 {
                // Inside one of the rules.
                let box = narrow.boxes[chance.below(narrow.count)]
                for field in [Field.source, .destination, .destinationPort] {
                    packet[field] = box[field].upperBound
                }
            }
            let isOpened = new.allows(packet) && !old.allows(packet)
            #expect(change.contains(packet) == isOpened)
            if isOpened { inside += 1 }
        }
        #expect((100...300).contains(inside))
    }

    @Test(
        "of too many pairs of rules bounds are told, and whether anything opens or closes exactly")
    func bounds() throws {
        var chance = Seeded(state: 7)
        let narrow = Self.cut(1_500, &chance)
        let wide = Box.everything.with(.protocolNumber, 6...6)
        let later = Self.cut(40, &chance)
        for (allow, isInsertion) in [(true, true), (false, true), (true, false), (false, false)] {
            var plain = narrow
            for index in 0..<later.count {
                plain.append(later.boxes[index], allow: index % 2 == 0, owner: 30_000)
            }
            var front = narrow
            front.append(wide, allow: allow, owner: 20_000)
            for index in 0..<later.count {
                front.append(later.boxes[index], allow: index % 2 == 0, owner: 30_000)
            }
            let (old, new) = isInsertion ? (plain, front) : (front, plain)
            let difference = try Difference(from: old, to: new, pairsMax: 0)
            #expect(difference.opened.isEmpty == (allow != isInsertion))
            #expect(difference.closed.isEmpty == (allow == isInsertion))
            let changes = difference.opened + difference.closed
            #expect(changes.flatMap(\.regions).contains { !$0.isExact })
            for change in changes {
                let witness = try #require(change.witness)
                #expect(new.allows(witness) != old.allows(witness))
                #expect(change.newOwner == new.deciding(witness).map { new.owners[$0] })
                #expect(change.oldOwner == old.deciding(witness).map { old.owners[$0] })
            }
            for number in 0..<200 {
                var packet = chance.packet()
                packet[.protocolNumber] = number % 4 == 0 ? 17 : 6
                guard new.allows(packet) != old.allows(packet) else { continue }
                let told = new.allows(packet) ? difference.opened : difference.closed
                #expect(told.contains { $0.contains(packet) })
            }
        }
        // What changes nothing is still proved to change nothing.
        var same = narrow
        same.append(.everything, allow: false, owner: 1)
        var shadowed = same
        shadowed.append(wide, allow: true, owner: 2)
        #expect(try Difference(from: same, to: shadowed, pairsMax: 0).isEmpty)
    }

    @Test("a wide rule that others hold together changes nothing, however many they are")
    func covered() throws {
        var chance = Seeded(state: 6)
        var narrow = Self.cut(1_500, &chance)
        for half in [0...31_999, 32_000...65_535] as [ClosedRange<UInt32>] {
            narrow.append(.everything.with(.sourcePort, half), allow: true, owner: 50_000)
        }
        let wide = Box.everything.with(.protocolNumber, 6...6)
        var old = narrow
        old.append(wide, allow: false, owner: 1)
        var new = narrow
        new.append(wide, allow: true, owner: 1)
        #expect(try Difference(from: old, to: new).isEmpty)
    }
}
