// Difference: which packets one list of rules allows and another does not, and which rules did it.
// Only what changed rules touch is looked at, so one changed rule among many costs what it holds.
// What would be too many boxes is told as a box without others, exact all the same; and what would
// be too many of those as one that holds them all, with a packet that changed for sure. Bounds:
// `PacketSet.limit` boxes, `pairsMax` such regions, `Prover.stepsMax` cells of one proof, above
// which there is no answer.
package import Packets

/// What changes when one list takes the place of another.
package struct Difference: Sendable {
    /// Packets that only the new list allows, by the rules of the new list that allow them.
    package var opened: [Change] = []
    /// Packets that only the old list allows, by the rules of the new list that refuse them.
    package var closed: [Change] = []

    /// Some packets and who now decides on them: those of `packets` and of all `regions`.
    package struct Change: Sendable {
        /// Owner of the deciding rule in the new list and in the old one; nil where no rule is.
        package var newOwner: UInt32?
        package var oldOwner: UInt32?
        package var packets: PacketSet
        /// Packets that would be too many boxes.
        package var regions: [Region] = []

        /// For a region that is not exact: whether it may be among them.
        package func contains(_ packet: Packet) -> Bool {
            packets.contains(packet) || regions.contains { $0.contains(packet) }
        }

        /// One of the packets; nil for none.
        package var witness: Packet? { packets.boxes.first?.first ?? regions.first?.witness }
    }

    /// True when every packet is decided as before: a proof, not a guess.
    package var isEmpty: Bool { opened.isEmpty && closed.isEmpty }

    /// Pairs of rules that are told apart; of more only bounds are told.
    package static let pairsMax = 1 << 16
    private let pairsMax: Int

    /// Compares two lists inside a question.
    package init(
        from old: RuleList, to new: RuleList, in question: Box = .everything,
        pairsMax: Int = pairsMax
    ) throws(PacketSet.TooLarge) {
        self.pairsMax = pairsMax
        var seen: [Box] = []
        for region in Self.regions(old, new) {
            guard let region = region.intersection(question) else { continue }
            try compare(old.touching(region), new.touching(region), region, without: seen)
            seen.append(region)
        }
    }

    /// Compares what two lists say about a box, but for some others.
    private mutating func compare(
        _ old: RuleList, _ new: RuleList, _ box: Box, without seen: [Box]
    ) throws(PacketSet.TooLarge) {
        guard !old.hasSkips, !new.hasSkips else {
            var fresh = PacketSet(box)
            for other in seen { try fresh.remove(other) }
            for box in fresh.boxes { try compare(old, new, box) }
            return
        }
        // Up to the first that differs both lists decide alike.
        var first = 0
        while first < min(old.count, new.count), old.boxes[first] == new.boxes[first],
            old.decisions[first] == new.decisions[first]
        { first += 1 }
        let earlier = seen.filter(box.overlaps) + old.boxes[..<first]
        if let open = Region.boxes(of: box, without: earlier) {
            let (before, after) = (old.rest(from: first), new.rest(from: first))
            var exact = self
            do throws(PacketSet.TooLarge) {
                for box in open { try exact.compare(before, after, box) }
                self = exact
                return
            } catch {}
        }
        let pairs = Pairs(old, new, box, first, earlier)
        var regions = self
        do throws(PacketSet.TooLarge) {
            try pairs.add(to: &regions, atMost: pairsMax)
        } catch {
            regions = self
            try pairs.addBounds(to: &regions)
        }
        self = regions
    }

    private mutating func compare(
        _ old: RuleList, _ new: RuleList, _ box: Box
    ) throws(PacketSet.TooLarge) {
        let before = try old.cells(in: box)
        for cell in try new.cells(in: box) {
            for other in before where other.isAllowed != cell.isAllowed {
                let packets = try cell.packets.intersection(other.packets)
                guard !packets.isEmpty else { continue }
                let change = Change(
                    newOwner: cell.owner, oldOwner: other.owner, packets: packets)
                try add(change, isOpened: cell.isAllowed)
            }
        }
    }

    mutating func add(_ change: Change, isOpened: Bool) throws(PacketSet.TooLarge) {
        if isOpened {
            try Self.add(change, to: &opened)
        } else {
            try Self.add(change, to: &closed)
        }
    }

    private static func add(
        _ change: Change, to changes: inout [Change]
    ) throws(PacketSet.TooLarge) {
        let index = changes.firstIndex {
            $0.newOwner == change.newOwner && $0.oldOwner == change.oldOwner
        }
        guard let index else { return changes.append(change) }
        // No packet is in two changes: the cells of the lists are apart.
        changes[index].packets = try PacketSet(
            disjoint: changes[index].packets.boxes + change.packets.boxes)
        changes[index].regions += change.regions
    }
}

extension RuleList {
    /// The rules from one on.
    fileprivate func rest(from first: Int) -> RuleList {
        var list = RuleList(otherwise: otherwise)
        for index in first..<max(count, first) {
            list.append(boxes[index], allow: decisions[index] == .allow, owner: owners[index])
        }
        return list
    }
}

extension Difference {
    private struct Key: Hashable {
        let box: Box
        let decision: Decision
    }

    /// The boxes of rules that only one list has, or that stand in another order: outside them
    /// both lists ask the same rules in the same order.
    private static func regions(_ old: RuleList, _ new: RuleList) -> [Box] {
        guard old.otherwise == new.otherwise, !old.hasSkips, !new.hasSkips else {
            return [.everything]
        }
        let key = { (list: RuleList, index: Int) in
            Key(box: list.boxes[index], decision: list.decisions[index])
        }
        var first = 0
        while first < min(old.count, new.count), key(old, first) == key(new, first) { first += 1 }
        var last = 0
        while last < min(old.count, new.count) - first,
            key(old, old.count - 1 - last) == key(new, new.count - 1 - last)
        {
            last += 1
        }
        // Of what stands between, the longest run of rules that kept their order.
        var places: [Key: [Int]] = [:]
        for index in (first..<old.count - last).reversed() {
            places[key(old, index), default: []].append(index)
        }
        var pairs: [(old: Int, new: Int)] = []
        for index in first..<new.count - last {
            if let place = places[key(new, index)]?.popLast() { pairs.append((place, index)) }
        }
        let kept = longestRun(pairs.map(\.old)).map { pairs[$0] }
        let keptOld = Set(kept.map(\.old))
        let keptNew = Set(kept.map(\.new))
        let changed =
            (first..<old.count - last).filter { !keptOld.contains($0) }.map { old.boxes[$0] }
            + (first..<new.count - last).filter { !keptNew.contains($0) }.map { new.boxes[$0] }
        // Large ones first, so that those inside them are not looked at again.
        return Set(changed).sorted { $0.size > $1.size }
    }

    /// Positions of a longest ascending run (Fredman 1975).
    private static func longestRun(_ values: [Int]) -> [Int] {
        var ends: [Int] = []
        var before = [Int](repeating: -1, count: values.count)
        for index in values.indices {
            var low = 0
            var high = ends.count
            while low < high {
                let middle = (low + high) / 2
                if values[ends[middle]] < values[index] { low = middle + 1 } else { high = middle }
            }
            if low > 0 { before[index] = ends[low - 1] }
            if low == ends.count { ends.append(index) } else { ends[low] = index }
        }
        var run: [Int] = []
        var index = ends.last ?? -1
        while index >= 0 {
            run.append(index)
            index = before[index]
        }
        return run.reversed()
    }
}
