import Chance
import PacketChance
import Packets
import Testing

@Suite("Packets")
struct PacketsTests {
    @Test("a field's interval is never empty and never leaves the field")
    func intervals() {
        for field in Field.allCases {
            #expect(Box.everything[field] == 0...field.last)
            let narrow = Box.everything.with(field, 1...2)
            #expect(narrow.narrowed(field, to: 3...4) == nil)
            #expect(narrow.narrowed(field, to: 2...4)?[field] == 2...2)
        }
        #expect(Box(low: SIMD8(repeating: 1), high: .zero) == nil)
    }

    @Test("a box and what is taken from it make the whole again", arguments: 0..<400)
    func difference(seed: Int) throws {
        var sampling = Seeded(state: UInt64(seed))
        let one = sampling.box()
        let other = sampling.box()
        let parts = one.subtracting(other)
        let common = one.intersection(other)
        for (index, part) in parts.enumerated() {
            #expect(one.contains(part) && !part.overlaps(other))
            #expect(!parts[(index + 1)...].contains { part.overlaps($0) })
        }
        let size = parts.reduce(common?.size ?? 0) { $0 + $1.size }
        #expect(abs(size - one.size) <= one.size * 1e-12)
        var wrong: [Packet] = []
        for _ in 0..<50 {
            let packet = sampling.packet()
            let inside = parts.contains { $0.contains(packet) }
            let inOther = other.contains(packet)
            let isCommon = common?.contains(packet) ?? false
            if inside != (one.contains(packet) && !inOther)
                || isCommon != (one.contains(packet) && inOther)
            {
                wrong.append(packet)
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("sets behave as sets do, packet by packet", arguments: 0..<40)
    func algebra(seed: Int) throws {
        var sampling = Seeded(state: UInt64(seed))
        let one = try sampling.set(3)
        let other = try sampling.set(3)
        let union = try one.union(other)
        let common = try one.intersection(other)
        let rest = try one.subtracting(other)
        let joined = union.joined()
        var wrong: [Packet] = []
        for _ in 0..<200 {
            let packet = sampling.packet()
            let inOne = one.contains(packet)
            let inOther = other.contains(packet)
            let inUnion = union.contains(packet)
            if inUnion != (inOne || inOther) || common.contains(packet) != (inOne && inOther)
                || rest.contains(packet) != (inOne && !inOther)
                || joined.contains(packet) != inUnion
            {
                wrong.append(packet)
            }
        }
        #expect(wrong.isEmpty)
        #expect(try common.isSubset(of: one) && one.isSubset(of: union))
        #expect(try rest.intersection(other).isEmpty)
        #expect(try joined.isSubset(of: union) && union.isSubset(of: joined))
        #expect(joined.boxes.count <= union.boxes.count)
        for (index, box) in union.boxes.enumerated() {
            #expect(!union.boxes[(index + 1)...].contains { box.overlaps($0) })
        }
    }

    @Test("what a list allows is what it decides packet by packet", arguments: 0..<40)
    func lists(seed: Int) throws {
        var sampling = Seeded(state: UInt64(seed))
        let list = sampling.list(8, skips: true)
        let question = sampling.box()
        let allowed = try list.allowed(in: question)
        var wrong: [Packet] = []
        for _ in 0..<200 {
            let packet = sampling.packet()
            let expected = question.contains(packet) && list.allows(packet)
            if allowed.contains(packet) != expected { wrong.append(packet) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("parts that a list allows are what it decides, small boxes too", arguments: 0..<200)
    func parts(seed: Int) throws {
        var sampling = Seeded(state: UInt64(seed))
        let list = sampling.list(8, skips: seed % 2 == 0)
        for _ in 0..<20 {
            let packet = sampling.packet()
            let near = Box(packet).hull(Box(sampling.packet()))
            for question in [Box(packet), near.with(.source, packet[.source]...packet[.source])] {
                let parts = try list.allowedParts(in: question)
                #expect(parts.allSatisfy(question.contains))
                #expect(parts.contains { $0.contains(packet) } == list.allows(packet))
            }
        }
    }

    @Test("the rules that touch a box say of its packets what all rules say", arguments: 0..<200)
    func touching(seed: Int) {
        var sampling = Seeded(state: UInt64(seed))
        let list = sampling.list(12, skips: true)
        let question = sampling.box()
        let near = list.touching(question)
        #expect(near.count == list.boxes.count { $0.overlaps(question) })
        for _ in 0..<200 {
            var packet = sampling.packet()
            for field in Field.allCases {
                packet[field] = min(
                    max(packet[field], question[field].lowerBound), question[field].upperBound)
            }
            let decides = list.deciding(packet).map { list.owners[$0] }
            #expect(near.deciding(packet).map { near.owners[$0] } == decides)
            #expect(near.allows(packet) == list.allows(packet))
        }
    }

    @Test("boxes that touch in one field join, others do not")
    func joining() {
        let web = Box.everything.with(.destinationPort, 80...80)
        let next = Box.everything.with(.destinationPort, 81...90)
        let far = Box.everything.with(.destinationPort, 92...92)
        #expect(web.joined(next)?[.destinationPort] == 80...90)
        #expect(next.joined(web)?[.destinationPort] == 80...90)
        #expect(web.joined(far) == nil)
        #expect(web.joined(next.with(.source, 1...1)) == nil)
        #expect(web.joined(web) == web)
    }
}

@Suite("AddressAtoms")
struct AddressAtomsTests {
    @Test("atoms cut at every boundary, in order, and give their addresses back")
    func atoms() {
        let intervals: [ClosedRange<UInt128>] = [
            0...UInt128.max, 16...31, 20...40, UInt128.max...UInt128.max, 16...31,
        ]
        let atoms = AddressAtoms(intervals)
        #expect(atoms.starts == [0, 16, 20, 32, 41, .max])
        for interval in intervals {
            let numbers = atoms.atoms(interval)
            #expect(numbers.map(atoms.addresses) == interval)
        }
        #expect(atoms.atoms(17...31) == nil)
        #expect(atoms.atoms(16...30) == nil)
        #expect(atoms.atom(19) == 1 && atoms.atom(20) == 2)
        #expect(atoms.addresses(0...UInt32.max) == 0...UInt128.max)
    }

    @Test("without any boundary there is one atom: everything")
    func empty() {
        let atoms = AddressAtoms([])
        #expect(atoms.lastAtom == 0)
        #expect(atoms.addresses(0...0) == 0...UInt128.max)
    }
}
