internal import Cover
package import Packets

extension Difference {
    /// The packets of a box that are in none of some others; never empty.
    package struct Region: Sendable {
        package let box: Box
        /// In the order of the rules that hold them; each touches the box.
        package let without: [Box]
        /// One of the packets, which changes for sure.
        package let witness: Packet
        /// Every packet of it changes; if not, none outside of it does.
        package let isExact: Bool

        package func contains(_ packet: Packet) -> Bool {
            box.contains(packet) && !without.contains { $0.contains(packet) }
        }

        /// Nil when the others hold the whole box.
        init?(_ box: Box, without others: [Box]) throws(PacketSet.TooLarge) {
            let touching = others.filter(box.overlaps)
            guard let witness = try Self.witness(box, touching) else { return nil }
            self.box = box
            without = touching
            self.witness = witness
            isExact = true
        }

        /// Among its packets are some that change, the witness first.
        init(around witness: Packet, _ box: Box, without others: [Box]) {
            self.box = box
            without = others.filter(box.overlaps)
            self.witness = witness
            isExact = false
        }

        /// Boxes that people still read, and looks at boxes that they may cost.
        private static let boxesMax = 2_048
        private static let looksMax = 700_000

        /// The packets in disjoint boxes; nil when those are too many.
        static func boxes(of box: Box, without others: some Sequence<Box>) -> [Box]? {
            var open = [box]
            var looks = 0
            for other in others {
                looks += open.count
                var parts: [Box] = []
                var index = 0
                while index < open.count {
                    guard open[index].overlaps(other) else {
                        index += 1
                        continue
                    }
                    parts += open[index].subtracting(other)
                    open.swapAt(index, open.count - 1)
                    open.removeLast()
                }
                open += parts
                guard open.count <= boxesMax, looks <= looksMax else { return nil }
                if open.isEmpty { break }
            }
            return open
        }

        private static let tries = 24

        /// Most wide boxes have packets everywhere; where none is found by trying, one is looked for.
        private static func witness(
            _ box: Box, _ others: [Box]
        ) throws(PacketSet.TooLarge) -> Packet? {
            func isFree(_ packet: Packet) -> Bool { !others.contains { $0.contains(packet) } }
            var state: UInt64 = 1
            for turn in 0..<tries {
                var packet = turn % 2 == 0 ? box.last : box.first
                if turn > 1 {
                    for field in Field.allCases {
                        // The numbers of Knuth's generator (MMIX).
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        let range = box[field]
                        let size = UInt64(range.upperBound - range.lowerBound) + 1
                        packet[field] =
                            range.lowerBound + UInt32(truncatingIfNeeded: (state >> 31) % size)
                    }
                }
                if isFree(packet) { return packet }
            }
            var list = RuleList(otherwise: true)
            for other in others { list.append(other, allow: false, owner: 0) }
            switch Prover(list).prove(box, allow: false) {
            case .holds: return nil
            case .refuted(let packet): return packet
            case .undecided: throw PacketSet.TooLarge()
            }
        }
    }
}

/// The cells of two lists inside a box as regions: which rule decided, and which decides now.
struct Pairs {
    private let old: RuleList
    private let new: RuleList
    private let box: Box
    /// Both lists are the same up to this rule.
    private let first: Int
    private let earlier: [Box]

    init(_ old: RuleList, _ new: RuleList, _ box: Box, _ first: Int, _ earlier: [Box]) {
        self.old = old
        self.new = new
        self.box = box
        self.first = first
        self.earlier = earlier
    }

    /// The rules of a list that may decide in the box; its end is the last.
    private func deciders(_ list: RuleList) -> ClosedRange<Int> {
        let last = list.boxes[first...].firstIndex { $0.contains(box) }
        return first...(last ?? list.count)
    }

    func add(to difference: inout Difference, atMost pairsMax: Int) throws(PacketSet.TooLarge) {
        var pairs = 0
        for after in deciders(new) {
            let isAllowed = after < new.count ? new.decisions[after] == .allow : new.otherwise
            let cell = after < new.count ? new.boxes[after] : box
            for before in deciders(old) {
                let wasAllowed =
                    before < old.count ? old.decisions[before] == .allow : old.otherwise
                pairs += 1
                guard pairs <= pairsMax else { throw PacketSet.TooLarge() }
                guard isAllowed != wasAllowed,
                    let common = box.intersection(cell)?.intersection(
                        before < old.count ? old.boxes[before] : box)
                else { continue }
                let others = earlier + old.boxes[first..<before] + new.boxes[first..<after]
                guard let region = try Difference.Region(common, without: others) else { continue }
                let change = Difference.Change(
                    newOwner: after < new.count ? new.owners[after] : nil,
                    oldOwner: before < old.count ? old.owners[before] : nil,
                    packets: PacketSet(), regions: [region])
                try difference.add(change, isOpened: isAllowed)
            }
        }
    }

    /// Cells of one list, each with what of it may change and one packet that does.
    ///
    /// Where the cells of both lists make too many pairs, those of the list that has fewer are
    /// asked one by one whether the other list decides all of their packets alike: exact in what
    /// is opened and what is closed, and wide in which packets those are.
    func addBounds(to difference: inout Difference) throws(PacketSet.TooLarge) {
        let isNew = deciders(new).count <= deciders(old).count
        let (asked, other) = isNew ? (new, old) : (old, new)
        guard deciders(asked).count <= Self.cellsMax else { throw PacketSet.TooLarge() }
        for index in deciders(asked) {
            let isDecided = index < asked.count
            let allows = isDecided ? asked.decisions[index] == .allow : asked.otherwise
            guard let cell = isDecided ? box.intersection(asked.boxes[index]) : box else {
                continue
            }
            let before = earlier + asked.boxes[first..<index]
            var list = RuleList(otherwise: other.otherwise)
            // What others hold is no question of this cell.
            for held in before where held.overlaps(cell) {
                list.append(held, allow: allows, owner: .max)
            }
            for rule in first..<max(other.count, first) where other.boxes[rule].overlaps(cell) {
                list.append(
                    other.boxes[rule], allow: other.decisions[rule] == .allow,
                    owner: other.owners[rule])
            }
            switch Prover(list).prove(cell, allow: allows) {
            case .holds: continue
            case .undecided: throw PacketSet.TooLarge()
            case .refuted(let packet):
                let owner = isDecided ? asked.owners[index] : nil
                let others = list.deciding(packet).map { list.owners[$0] }
                let change = Difference.Change(
                    newOwner: isNew ? owner : others, oldOwner: isNew ? others : owner,
                    packets: PacketSet(),
                    regions: [Difference.Region(around: packet, cell, without: before)])
                try difference.add(change, isOpened: isNew == allows)
            }
        }
    }

    private static let cellsMax = 4_096
}
