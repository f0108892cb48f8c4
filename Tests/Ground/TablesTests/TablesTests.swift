internal import Chance
internal import Tables
internal import Testing

@Suite("Tables")
struct TablesTests {
    @Test("an index finds exactly what is in it, whatever came and went", arguments: 0..<8)
    func index(seed: UInt64) {
        var random = Seeded(state: seed)
        var table = IndexTable()
        var model: [UInt64: UInt32] = [:]
        for step in 0..<20_000 {
            let key = UInt64.random(in: 1...(seed % 2 == 0 ? 300 : 100_000), using: &random)
            if let slot = model[key] {
                #expect(table.find(key) == slot)
                table.remove(key)
                model[key] = nil
            } else {
                #expect(table.find(key) == IndexTable.none)
                table.insert(key, slot: UInt32(step))
                model[key] = UInt32(step)
            }
        }
        #expect(table.count == model.count)
        let allFound = model.allSatisfy { table.find($0.key) == $0.value }
        #expect(allFound && table.find(0) == IndexTable.none)
    }

    @Test(
        "ladders give the lowest, the highest and the next key as a sorted list does",
        arguments: [3, 63, 64, 5_000, 1 << 40, UInt64.max])
    func ladders(highest: UInt64) {
        var random = Seeded(state: highest)
        var ladders = Ladders(nodesMax: 1 << 16)
        var roots = [Ladders.Root(), Ladders.Root()]
        var model: [[UInt64]] = [[], []]
        var leaves: [[UInt64: UInt32]] = [[:], [:]]
        for _ in 0..<3_000 {
            let side = Int.random(in: 0...1, using: &random)
            let key = UInt64.random(in: 0...highest, using: &random)
            let place = model[side].firstIndex { $0 >= key } ?? model[side].count
            let known = model[side].randomElement(using: &random)
            if let known, model[side].count > 60 || model[side].contains(key) {
                ladders.remove(known, from: leaves[side][known] ?? 0, in: &roots[side])
                model[side].removeAll { $0 == known }
            } else if !model[side].contains(key) {
                let leaf = ladders.leaf(of: key, in: &roots[side])
                #expect(ladders.slot(at: leaf, key) == Ladders.none)
                ladders.put(UInt32(truncatingIfNeeded: key), at: leaf, key)
                leaves[side][key] = leaf
                model[side].insert(key, at: place)
            }
            for side in 0...1 { check(ladders, roots[side], model[side], leaves[side]) }
        }
    }

    private func check(
        _ ladders: Ladders, _ root: Ladders.Root, _ model: [UInt64], _ leaves: [UInt64: UInt32]
    ) {
        func slot(_ key: UInt64?) -> UInt32 {
            key.map { UInt32(truncatingIfNeeded: $0) } ?? Ladders.none
        }
        var wrong = root.isEmpty != model.isEmpty ? 1 : 0
        if ladders.lowest(in: root) != slot(model.first) { wrong += 1 }
        if ladders.highest(in: root) != slot(model.last) { wrong += 1 }
        for (place, key) in model.enumerated() {
            let leaf = leaves[key] ?? 0
            let next = place + 1 < model.count ? model[place + 1] : nil
            let before = place > 0 ? model[place - 1] : nil
            if ladders.find(key, in: root) != slot(key) { wrong += 1 }
            if ladders.above(key, from: leaf) != slot(next) { wrong += 1 }
            if ladders.below(key, from: leaf) != slot(before) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test("a full pool says so before a key finds no node")
    func full() {
        var ladders = Ladders(nodesMax: 64)
        var root = Ladders.Root()
        var keys = 0
        while ladders.hasRoom {
            let key = UInt64(keys) << 40
            let leaf = ladders.leaf(of: key, in: &root)
            ladders.put(1, at: leaf, key)
            keys += 1
        }
        #expect(keys > 1)
    }
}
