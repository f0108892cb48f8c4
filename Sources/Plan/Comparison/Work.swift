internal import Connectivity
internal import Packets
internal import Ruleset
internal import Topology

/// A comparison under way: each kind of pair is asked once on each side.
struct Work {
    /// What passes between two parties on one side, in common terms.
    struct Half {
        var may: [Families: PacketSet] = [.v4: PacketSet(), .v6: PacketSet()]
        var must: [Families: PacketSet] = [.v4: PacketSet(), .v6: PacketSet()]
        var unmodelled: Set<String> = []
        /// What the rules say to those that pass perhaps.
        var readings: [Families: [[String]: PacketSet]] = [:]
        /// Sets hold what is so for some address of a party whose addresses are others.
        var isWide = false

        /// Packets to which both say the same.
        func alike(_ other: Half, _ family: Families) throws(PacketSet.TooLarge) -> PacketSet {
            var alike = PacketSet()
            // Of wide sets nobody knows which address a word was said to.
            guard !isWide || readings[family]?.count == 1 && other.readings[family]?.count == 1
            else { return alike }
            for (words, packets) in readings[family] ?? [:] {
                guard let others = other.readings[family]?[words] else { continue }
                alike = try alike.union(packets.intersection(others))
            }
            return alike
        }
    }

    private static let families: [Families] = [.v4, .v6]

    let old: Side
    let new: Side
    let parties: Parties
    let relative: Relative
    private var oldReach: Connectivity
    private var newReach: Connectivity
    private var oldNarrow: Narrow
    private var newNarrow: Narrow
    private let blame: Blame

    init(_ old: Side, _ new: Side) {
        self.old = old
        self.new = new
        oldReach = Connectivity(old.topology)
        newReach = Connectivity(new.topology)
        oldNarrow = Narrow(old.topology)
        newNarrow = Narrow(new.topology)
        relative = Relative(old.topology.atoms, new.topology.atoms)
        parties = Parties(old.topology, new.topology, oldReach.classes, newReach.classes)
        blame = Blame(old, new)
    }

    /// Kinds to which something may pass from a kind on either side.
    mutating func candidates(_ source: Int) -> [Int] {
        let kind = parties.kinds[source]
        var found: Set<Int> = []
        for one in kind.oldClasses {
            for other in oldReach.prospects(from: one) {
                found.formUnion(parties.kindsOfOld[other] ?? [])
            }
        }
        for one in kind.newClasses {
            for other in newReach.prospects(from: one) {
                found.formUnion(parties.kindsOfNew[other] ?? [])
            }
        }
        return found.sorted()
    }

    /// Adds what changed between all pairs of two kinds.
    mutating func compare(
        _ source: Int, _ target: Int, into comparison: inout Comparison
    ) throws(PacketSet.TooLarge) {
        let sources = parties.kinds[source].members
        let targets = parties.kinds[target].members
        let from = parties.all[sources[0]]
        let to = parties.all[source == target ? targets.last ?? targets[0] : targets[0]]
        if from.isOutside, to.isOutside, !isGroupThroughout(from) { return }
        let moved = Relative.Moved(source: isMoved(from), target: isMoved(to))
        let before = try half(from.old, to.old, old.topology, moved, &oldNarrow)
        let after = try half(from.new, to.new, new.topology, moved, &newNarrow)
        if try isSame(before, after) {
            if !before.unmodelled.isEmpty { addUndecided(source, target, before, to: &comparison) }
            return
        }
        let open = try leftOpen(before, after)
        if open.values.contains(where: { !$0.isEmpty }) {
            addUndecided(source, target, before, to: &comparison)
        }
        let opened = try Delta(before, after, Self.families, leftOpen: open)
        let closed = try Delta(after, before, Self.families, leftOpen: open)
        let words = before.unmodelled.union(after.unmodelled).sorted()
        for (direction, delta) in [(Comparison.Direction.opened, opened), (.closed, closed)]
        where !delta.isEmpty {
            try add(direction, delta, (source, target), (from, to), words, into: &comparison)
        }
    }

    private func addUndecided(
        _ source: Int, _ target: Int, _ half: Half, to comparison: inout Comparison
    ) {
        let words = half.unmodelled.sorted()
        each(source, target) { from, to in
            comparison.add(Comparison.Undecided(from: from.name, to: to.name, unless: words))
        }
    }

    /// What both sides leave open and say the same of: no change of either.
    private func leftOpen(
        _ one: Half, _ other: Half
    ) throws(PacketSet.TooLarge) -> [Families: PacketSet] {
        var open: [Families: PacketSet] = [:]
        for family in Self.families { open[family] = try one.alike(other, family) }
        return open
    }

    /// One change for each pair of parties, and for each part of the outside on its own.
    private mutating func add(
        _ direction: Comparison.Direction, _ delta: Delta, _ kinds: (from: Int, to: Int),
        _ pair: (from: Parties.Party, to: Parties.Party), _ words: [String],
        into comparison: inout Comparison
    ) throws(PacketSet.TooLarge) {
        let isOpened = direction == .opened
        let topology = isOpened ? new.topology : old.topology
        let sources = (isOpened ? pair.from.new : pair.from.old) ?? []
        let targets = (isOpened ? pair.to.new : pair.to.old) ?? []
        for source in sources {
            for target in targets {
                let one = topology.endpoints[source]
                let other = topology.endpoints[target]
                let part = try delta.placed(
                    known(one, by: isOpened ? pair.from.old : pair.from.new, isOpened),
                    known(other, by: isOpened ? pair.to.old : pair.to.new, isOpened),
                    relative.atoms)
                guard !part.isEmpty else { continue }
                var change = try blame.change(
                    direction, part, (one, other), relative.atoms, words)
                try blame.explain(
                    &change, part,
                    old: (pair.from.old, pair.to.old), &oldNarrow,
                    new: (pair.from.new, pair.to.new), &newNarrow, relative.atoms)
                each(kinds.from, kinds.to) { from, to in
                    // Among thousands of pods there may be millions of pairs.
                    guard !comparison.isFull else { return comparison.count(unlisted: direction) }
                    var named = change
                    var ends = (from: one, to: other)
                    if let index = (isOpened ? from.new : from.old)?.first, !from.isOutside {
                        ends.from = topology.endpoints[index]
                    }
                    if let index = (isOpened ? to.new : to.old)?.first, !to.isOutside {
                        ends.to = topology.endpoints[index]
                    }
                    named.from = ends.from.name
                    named.to = ends.to.name
                    named.example = Example.of(
                        part, relative.atoms, from: ends.from, to: ends.to)
                    comparison.add(named)
                }
            }
        }
    }

    /// An endpoint with the addresses that are outside on both sides: one that is outside on one
    /// side only belongs to a party of the other, of which more is told.
    private func known(_ endpoint: Endpoint, by others: [Int]?, _ isOpened: Bool) -> Endpoint {
        guard endpoint.kind == .outside, let others else { return endpoint }
        let topology = isOpened ? old.topology : new.topology
        var clipped = endpoint
        clipped.v4 = common(endpoint.v4, others.flatMap { topology.endpoints[$0].v4 })
        clipped.v6 = common(endpoint.v6, others.flatMap { topology.endpoints[$0].v6 })
        return clipped
    }

    private func common<Value: Comparable>(
        _ ranges: [ClosedRange<Value>], _ others: [ClosedRange<Value>]
    ) -> [ClosedRange<Value>] {
        ranges.flatMap { range in
            others.compactMap { $0.overlaps(range) ? $0.clamped(to: range) : nil }
        }
    }

    /// Every pair of parties of two kinds.
    private func each(
        _ source: Int, _ target: Int, _ body: (Parties.Party, Parties.Party) -> Void
    ) {
        for from in parties.kinds[source].members {
            for to in parties.kinds[target].members {
                let party = parties.all[from]
                if from == to, !isGroup(party) { continue }
                body(party, parties.all[to])
            }
        }
    }

    private func isGroup(_ party: Parties.Party) -> Bool {
        (party.old ?? []).contains { old.topology.endpoints[$0].isGroup }
            || (party.new ?? []).contains { new.topology.endpoints[$0].isGroup }
    }

    /// Whether both sides say what those who are outside may do to one another.
    private func isGroupThroughout(_ party: Parties.Party) -> Bool {
        [(party.old, old.topology), (party.new, new.topology)].allSatisfy { endpoints, topology in
            endpoints?.contains { topology.endpoints[$0].isGroup } ?? false
        }
    }

    /// Whether a party that both sides have has other addresses there.
    private func isMoved(_ party: Parties.Party) -> Bool {
        guard !party.isOutside, let before = party.old?.first, let after = party.new?.first else {
            return false
        }
        let one = old.topology.endpoints[before]
        let other = new.topology.endpoints[after]
        return one.v4 != other.v4 || one.v6 != other.v6
    }

    private func isSame(_ one: Half, _ other: Half) throws(PacketSet.TooLarge) -> Bool {
        for family in Self.families {
            let open = try (one.may[family] ?? PacketSet())
                .subtracting(one.must[family] ?? PacketSet())
            guard try open.isSubset(of: one.alike(other, family)) else { return false }
            for side in [\Half.may, \Half.must] {
                let left = one[keyPath: side][family] ?? PacketSet()
                let right = other[keyPath: side][family] ?? PacketSet()
                guard try left.isSubset(of: right), try right.isSubset(of: left) else {
                    return false
                }
            }
        }
        return true
    }

    private func half(
        _ sources: [Int]?, _ targets: [Int]?, _ topology: Topology, _ moved: Relative.Moved,
        _ narrow: inout Narrow
    ) throws(PacketSet.TooLarge) -> Half {
        var half = Half()
        half.isWide = !moved.fields.isEmpty
        for source in sources ?? [] {
            for target in targets ?? [] {
                if source == target, !topology.endpoints[source].isGroup { continue }
                let small = narrow.pair(source, target)
                let last = small.endpoints.count - 1
                for family in Self.families {
                    let passing = try small.passing(from: 0, to: last, family)
                    half.unmodelled.formUnion(passing.unmodelled)
                    var readings: [[String]: PacketSet] = [:]
                    if !passing.unmodelled.isEmpty {
                        readings = try small.readings(
                            of: passing.may.subtracting(passing.must), from: 0, to: last, family)
                    }
                    let own = topology.atoms
                    var may = passing.may
                    var must = passing.must
                    var domain = small.questions(0, last, family)
                    if family == .v6 {
                        may = try relative.common(may, own)
                        must = try relative.common(must, own)
                        domain = try relative.common(PacketSet(disjoint: domain), own).boxes
                        for (words, packets) in readings {
                            readings[words] = try relative.common(packets, own)
                        }
                    }
                    for (words, packets) in readings {
                        try half.readings[family, default: [:]].add(
                            [words: Relative.some(packets, moved)])
                    }
                    half.may[family] = try (half.may[family] ?? PacketSet()).union(
                        Relative.some(may, moved))
                    half.must[family] = try (half.must[family] ?? PacketSet()).union(
                        Relative.every(must, moved, in: domain))
                }
            }
        }
        return half
    }
}

/// What the second of two halves lets through and the first does not.
struct Delta {
    /// What is opened for sure, and what may be besides.
    var certain: [Families: PacketSet] = [:]
    var possible: [Families: PacketSet] = [:]

    var isEmpty: Bool {
        certain.values.allSatisfy(\.isEmpty) && possible.values.allSatisfy(\.isEmpty)
    }

    private init() {}

    init(
        _ before: Work.Half, _ after: Work.Half, _ families: [Families],
        leftOpen: [Families: PacketSet]
    ) throws(PacketSet.TooLarge) {
        let none = PacketSet()
        for family in families {
            let sure = try (after.must[family] ?? none).subtracting(before.may[family] ?? none)
            certain[family] = sure
            possible[family] = try (after.may[family] ?? none)
                .subtracting(before.must[family] ?? none).subtracting(sure)
                .subtracting(leftOpen[family] ?? none)
        }
    }

    /// What lies between the addresses of two endpoints.
    func placed(
        _ source: Endpoint, _ target: Endpoint, _ atoms: AddressAtoms
    ) throws(PacketSet.TooLarge) -> Delta {
        var delta = Delta()
        for family in [Families.v4, .v6] {
            let from = source.addresses(family, atoms)
            let to = target.addresses(family, atoms)
            delta.certain[family] = try Relative.placed(
                certain[family] ?? PacketSet(), from, to)
            delta.possible[family] = try Relative.placed(
                possible[family] ?? PacketSet(), from, to)
        }
        return delta
    }
}

extension Endpoint {
    func addresses(_ family: Families, _ atoms: AddressAtoms) -> [ClosedRange<UInt32>] {
        guard family == .v6 else { return v4 }
        return v6.map { atoms.atom($0.lowerBound)...atoms.atom($0.upperBound) }
    }
}
