/// What a rule does with a packet that it holds.
package enum Decision: UInt8, Sendable {
    case refuse = 0
    case allow = 1
    /// Goes on at a later rule: how `return` and `goto` of chains look in one list.
    case skip = 2
}

/// Rules in order, of which the first that holds a packet decides or says where to go on.
///
/// A rule that was written once may stand here as several boxes with the same `owner`.
package struct RuleList: Sendable {
    package private(set) var boxes: [Box] = []
    package private(set) var decisions: [Decision] = []
    /// For a skip the index of the rule that looks at the packet next, greater than its own and at
    /// most `count`; 0 for any other.
    package private(set) var targets: [UInt32] = []
    /// For each box the number of the written rule, as the list's maker counts them.
    package private(set) var owners: [UInt32] = []
    /// What happens to a packet that no rule decides.
    package var otherwise: Bool
    /// Whether some rule is a skip.
    package private(set) var hasSkips = false

    /// `otherwise`: whether a packet that no rule decides is allowed.
    package init(otherwise: Bool) { self.otherwise = otherwise }

    package var count: Int { boxes.count }

    /// Appends a rule that allows or refuses.
    package mutating func append(_ box: Box, allow: Bool, owner: UInt32) {
        add(box, allow ? .allow : .refuse, 0, owner)
    }

    /// Appends a skip to what `land(_:)` will say; its index is returned.
    package mutating func appendSkip(_ box: Box, owner: UInt32) -> Int {
        hasSkips = true
        add(box, .skip, UInt32(truncatingIfNeeded: count + 1), owner)
        return count - 1
    }

    /// Makes the next rule to be appended the target of a skip; other indices change nothing.
    package mutating func land(_ skip: Int) {
        guard decisions.indices.contains(skip), decisions[skip] == .skip else { return }
        targets[skip] = UInt32(truncatingIfNeeded: count)
    }

    private mutating func add(
        _ box: Box, _ decision: Decision, _ target: UInt32, _ owner: UInt32
    ) {
        boxes.append(box)
        decisions.append(decision)
        targets.append(target)
        owners.append(owner)
    }

    /// The index of the rule that decides on the packet; nil when none does.
    package func deciding(_ packet: Packet) -> Int? {
        var index = 0
        while index < count {
            guard boxes[index].contains(packet) else {
                index += 1
                continue
            }
            guard decisions[index] == .skip else { return index }
            index = Int(targets[index])
        }
        return nil
    }

    package func allows(_ packet: Packet) -> Bool {
        deciding(packet).map { decisions[$0] == .allow } ?? otherwise
    }

    /// Every packet that the list allows among those of a box.
    package func allowed(in question: Box) throws(PacketSet.TooLarge) -> PacketSet {
        var allowed: [Box] = []
        guard !hasSkips else {
            for cell in try cells(in: question) where cell.isAllowed {
                allowed += cell.packets.boxes
            }
            return try PacketSet(disjoint: allowed)
        }
        var open = [question]
        for index in boxes.indices where boxes[index].overlaps(question) {
            let rule = boxes[index]
            var rest: [Box] = []
            for box in open {
                guard let held = box.intersection(rule) else {
                    rest.append(box)
                    continue
                }
                if decisions[index] == .allow { allowed.append(held) }
                if held != box { rest += box.subtracting(rule) }
            }
            guard max(rest.count, allowed.count) <= PacketSet.limit else {
                throw PacketSet.TooLarge()
            }
            open = rest
            if open.isEmpty { break }
        }
        return try PacketSet(disjoint: otherwise ? allowed + open : allowed)
    }

    /// Boxes that together are what the list allows among the packets of a box; two of them may
    /// share packets.
    ///
    /// Many rules that allow and few that refuse cost no more boxes than there are rules.
    package func allowedParts(in question: Box) throws(PacketSet.TooLarge) -> [Box] {
        if let isAllowed = allowsAll(of: question) { return isAllowed ? [question] : [] }
        guard !hasSkips, !otherwise else { return try allowed(in: question).boxes }
        var refusing: [Box] = []
        var allowed: [Box] = []
        for index in boxes.indices {
            guard let held = boxes[index].intersection(question) else { continue }
            guard decisions[index] == .allow else {
                if held == question { break }
                refusing.append(held)
                continue
            }
            var parts = [held]
            for refused in refusing where refused.overlaps(held) {
                parts = parts.flatMap { $0.subtracting(refused) }
            }
            allowed += parts
            guard max(parts.count, allowed.count) <= Self.partsMax else {
                throw PacketSet.TooLarge()
            }
            if held == question { break }
        }
        return allowed
    }

    private static let partsMax = 1 << 20

    /// What becomes of all packets of a box, where no rule takes a part of them alone; nil where
    /// one does.
    private func allowsAll(of question: Box) -> Bool? {
        var index = 0
        while index < count {
            guard boxes[index].overlaps(question) else {
                index += 1
                continue
            }
            guard boxes[index].contains(question) else { return nil }
            guard decisions[index] == .skip else { return decisions[index] == .allow }
            index = Int(targets[index])
        }
        return otherwise
    }

    /// The list as it is for packets that have one value in a field; it no longer looks there.
    package func at(_ field: Field, _ value: UInt32) -> RuleList {
        var kept: [Int] = []
        var places: [UInt32] = []
        for index in boxes.indices {
            places.append(UInt32(truncatingIfNeeded: kept.count))
            if boxes[index][field].contains(value) { kept.append(index) }
        }
        places.append(UInt32(truncatingIfNeeded: kept.count))
        var list = RuleList(otherwise: otherwise)
        for index in kept {
            let target = decisions[index] == .skip ? places[Int(targets[index])] : 0
            list.hasSkips = list.hasSkips || decisions[index] == .skip
            list.add(
                boxes[index].with(field, 0...field.last), decisions[index], target, owners[index])
        }
        return list
    }

    /// Packets that one rule decides.
    package struct Cell: Sendable {
        package let isAllowed: Bool
        /// Nil for packets that no rule decides.
        package let owner: UInt32?
        package let packets: PacketSet
    }

    /// A box in parts, by the rule that decides; together they are the whole box.
    package func cells(in question: Box) throws(PacketSet.TooLarge) -> [Cell] {
        var open = PacketSet(question)
        var cells: [Cell] = []
        var waiting: [Int: [Box]] = [:]
        for index in 0...count {
            if waiting.isEmpty {
                guard index < count, boxes[index].overlaps(question) else { continue }
            } else if let landed = waiting.removeValue(forKey: index) {
                open = try PacketSet(disjoint: open.boxes + landed)
            }
            guard index < count, !open.isEmpty || !waiting.isEmpty else { break }
            guard !open.isEmpty, boxes[index].overlaps(question) else { continue }
            let held = open.intersection(boxes[index])
            guard !held.isEmpty else { continue }
            if decisions[index] == .skip {
                waiting[Int(targets[index]), default: []] += held.boxes
            } else {
                let isAllowed = decisions[index] == .allow
                cells.append(Cell(isAllowed: isAllowed, owner: owners[index], packets: held))
            }
            try open.remove(boxes[index])
        }
        if !open.isEmpty { cells.append(Cell(isAllowed: otherwise, owner: nil, packets: open)) }
        return cells
    }

    /// The rules that touch a box, in their order: for its packets the list says the same.
    package func touching(_ question: Box) -> RuleList {
        var list = RuleList(otherwise: otherwise)
        let touching = boxes.indices.filter { boxes[$0].overlaps(question) }
        list.boxes = touching.map { boxes[$0] }
        list.decisions = touching.map { decisions[$0] }
        list.targets = Array(repeating: 0, count: touching.count)
        list.owners = touching.map { owners[$0] }
        guard hasSkips else { return list }
        // What a skip leads over may be gone; it lands on the next rule that is left.
        for (place, index) in touching.enumerated() where decisions[index] == .skip {
            list.hasSkips = true
            list.targets[place] = UInt32(
                truncatingIfNeeded: Self.first(in: touching, from: Int(targets[index])))
        }
        return list
    }

    /// The place of the first of ascending numbers that is not below another.
    private static func first(in numbers: [Int], from number: Int) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Two lists between which the truth lies, where something in the rules cannot be modelled.
///
/// Whatever really passes is allowed by `may`; whatever `must` allows really passes.
package struct BoundedRules: Sendable {
    package var may: RuleList
    package var must: RuleList
    /// What was not modelled, in words that name it; empty when both lists are the same.
    package var unmodelled: [String]
    /// The rules as they were written, where they are in an order and something is not modelled.
    package var open: OpenRules?

    package init(
        may: RuleList, must: RuleList, unmodelled: [String], open: OpenRules? = nil
    ) {
        self.may = may
        self.must = must
        self.unmodelled = unmodelled
        self.open = open
    }

    /// Rules of which everything is modelled.
    package init(_ exact: RuleList) { self.init(may: exact, must: exact, unmodelled: []) }
}
