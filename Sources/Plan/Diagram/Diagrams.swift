package import Packets

/// What a whole list of rules decides, as one node of `Diagrams`; equal meanings are equal values.
package struct Meaning: Sendable, Hashable {
    let node: Node
}

/// A workshop in which lists of rules become diagrams that can be compared and counted.
package struct Diagrams: Sendable {
    private var table: NodeTable
    /// Pairs already composed, and nothing where a key is 0; a later pair takes the place.
    private var keys: [UInt64]
    private var results: [Node]

    /// `limit` is the greatest number of nodes, of about 20 bytes each.
    package init(limit: Int = 1 << 26) {
        table = NodeTable(limit: limit)
        keys = Array(repeating: 0, count: 1 << 16)
        results = Array(repeating: 0, count: 1 << 16)
    }

    package var nodes: Int { table.count }

    /// What the list decides on every packet.
    package mutating func meaning(of list: RuleList) throws(TooManyNodes) -> Meaning {
        let end = list.otherwise ? NodeTable.allowed : NodeTable.refused
        if list.hasSkips { return Meaning(node: try backwards(list, end)) }
        let decided = try compose(list, 0, list.count)
        return Meaning(node: try override(decided, end))
    }

    /// What the meaning is inside a box, and nothing outside: two lists are the same for a
    /// question when these are equal.
    package mutating func meaning(
        _ meaning: Meaning, in question: Box
    ) throws(TooManyNodes) -> Meaning {
        let inside = try diagram(of: question, NodeTable.allowed)
        return Meaning(node: try restrict(meaning.node, to: inside))
    }

    /// Whether every packet of the box is allowed, or with `allow` false refused.
    package mutating func decides(
        _ meaning: Meaning, on question: Box, allow: Bool
    ) throws(TooManyNodes) -> Bool {
        let inside = try diagram(of: question, allow ? NodeTable.allowed : NodeTable.refused)
        return try override(inside, meaning.node) == meaning.node
    }

    package func allows(_ meaning: Meaning, _ packet: Packet) -> Bool {
        var node = meaning.node
        while !NodeTable.isTerminal(node) {
            let isSet = Levels.bit(table.levels[Int(node)], of: packet)
            node = isSet ? table.highs[Int(node)] : table.lows[Int(node)]
        }
        return node == NodeTable.allowed
    }

    /// A packet that the two meanings decide differently; nil when they are the same.
    ///
    /// State values beyond the last count as packets here only if a list tells them apart, which
    /// none of boxes inside the fields does.
    package func difference(_ one: Meaning, _ other: Meaning) -> Packet? {
        guard one != other else { return nil }
        var packet = Packet()
        var left = one.node
        var right = other.node
        while !NodeTable.isTerminal(left) || !NodeTable.isTerminal(right) {
            let level = min(table.levels[Int(left)], table.levels[Int(right)])
            let (leftLow, leftHigh) = children(left, level)
            let (rightLow, rightHigh) = children(right, level)
            if leftLow != rightLow {
                left = leftLow
                right = rightLow
            } else {
                set(level, of: &packet)
                left = leftHigh
                right = rightHigh
            }
        }
        return packet
    }

    /// Number of packets that are allowed, as a share of all bit patterns of a packet's fields.
    package func allowedShare(_ meaning: Meaning) -> Double {
        var shares = Array(repeating: -1.0, count: Int(meaning.node) + 1)
        return share(meaning.node, &shares)
    }

    private func share(_ node: Node, _ shares: inout [Double]) -> Double {
        if NodeTable.isTerminal(node) { return node == NodeTable.allowed ? 1 : 0 }
        let known = shares[Int(node)]
        if known >= 0 { return known }
        let low = share(table.lows[Int(node)], &shares)
        let high = share(table.highs[Int(node)], &shares)
        shares[Int(node)] = (low + high) / 2
        return shares[Int(node)]
    }

    private func children(_ node: Node, _ level: UInt8) -> (low: Node, high: Node) {
        table.levels[Int(node)] == level
            ? (table.lows[Int(node)], table.highs[Int(node)]) : (node, node)
    }

    private func set(_ level: UInt8, of packet: inout Packet) {
        guard let place = Levels.places.last(where: { $0.first <= level }) else { return }
        packet[place.field] |= 1 << UInt32(place.bits - 1 - (level - place.first))
    }
}

extension Diagrams {
    /// Rules from one index up to another, halves first: the diagrams stay small for longest.
    private mutating func compose(
        _ list: RuleList, _ first: Int, _ end: Int
    ) throws(TooManyNodes) -> Node {
        switch end - first {
        case 0: return NodeTable.undecided
        case 1:
            let decision = list.decisions[first]
            return try diagram(
                of: list.boxes[first],
                decision == .allow ? NodeTable.allowed : NodeTable.refused)
        default:
            let middle = (first + end) / 2
            let earlier = try compose(list, first, middle)
            return try override(earlier, try compose(list, middle, end))
        }
    }

    /// Rules from the last to the first, so that the target of each skip is known.
    private mutating func backwards(
        _ list: RuleList, _ end: Node
    ) throws(TooManyNodes) -> Node {
        var behind = Array(repeating: end, count: list.count + 1)
        for index in list.boxes.indices.reversed() {
            let inside: Node
            switch list.decisions[index] {
            case .allow: inside = NodeTable.allowed
            case .refuse: inside = NodeTable.refused
            case .skip: inside = behind[Int(list.targets[index])]
            }
            let box = try diagram(of: list.boxes[index], NodeTable.allowed)
            behind[index] = try override(try restrict(inside, to: box), behind[index + 1])
        }
        return behind[0]
    }

    /// The first where it decides, else the second.
    private mutating func override(_ one: Node, _ other: Node) throws(TooManyNodes) -> Node {
        if one == NodeTable.undecided || one == other { return other }
        if NodeTable.isTerminal(one) || other == NodeTable.undecided { return one }
        return try cached(one, other, 0) { diagrams, low, high throws(TooManyNodes) in
            try diagrams.override(low, high)
        }
    }

    /// The first where the second is allowed, else undecided.
    private mutating func restrict(_ one: Node, to other: Node) throws(TooManyNodes) -> Node {
        if one == NodeTable.undecided || other == NodeTable.undecided {
            return NodeTable.undecided
        }
        if other == NodeTable.allowed { return one }
        return try cached(one, other, 1) { diagrams, low, high throws(TooManyNodes) in
            try diagrams.restrict(low, to: high)
        }
    }

    private mutating func cached(
        _ one: Node, _ other: Node, _ operation: UInt64,
        _ combine: (inout Diagrams, Node, Node) throws(TooManyNodes) -> Node
    ) throws(TooManyNodes) -> Node {
        // Nodes have fewer than 31 bits by the arrays' bound, so the key holds all three.
        let key = UInt64(one) << 33 | UInt64(other) << 1 | operation
        let slot = slot(of: key)
        if keys[slot] == key { return results[slot] }
        let level = min(table.levels[Int(one)], table.levels[Int(other)])
        let (oneLow, oneHigh) = children(one, level)
        let (otherLow, otherHigh) = children(other, level)
        let low = try combine(&self, oneLow, otherLow)
        let high = try combine(&self, oneHigh, otherHigh)
        let node = try table.make(level, low, high)
        widen()
        let place = self.slot(of: key)
        keys[place] = key
        results[place] = node
        return node
    }

    private func slot(of key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 40) & (keys.count - 1)
    }

    /// The cache follows the nodes up to 2^22 entries.
    private mutating func widen() {
        guard table.count > keys.count, keys.count < 1 << 22 else { return }
        keys = Array(repeating: 0, count: keys.count * 4)
        results = Array(repeating: 0, count: keys.count)
    }

    /// The terminal inside a box, undecided outside.
    private mutating func diagram(of box: Box, _ inside: Node) throws(TooManyNodes) -> Node {
        var node = inside
        for place in Levels.places.reversed() where box[place.field] != 0...place.field.last {
            node = try interval(box[place.field], place, node)
        }
        return node
    }

    /// A node where a field lies in an interval, undecided elsewhere, from the last bit up.
    private mutating func interval(
        _ interval: ClosedRange<UInt32>, _ place: Levels.Place, _ inside: Node
    ) throws(TooManyNodes) -> Node {
        // Of the bits seen so far: any value; at least the interval's start; at most its end;
        // and both, for a value that equals both in every bit above.
        var least = inside
        var most = inside
        var both = inside
        for shift in 0..<UInt32(place.bits) {
            let level = place.first + place.bits - 1 - UInt8(truncatingIfNeeded: shift)
            let lowBit = interval.lowerBound >> shift & 1
            let highBit = interval.upperBound >> shift & 1
            switch (lowBit, highBit) {
            case (0, 0): both = try table.make(level, both, NodeTable.undecided)
            case (1, 1): both = try table.make(level, NodeTable.undecided, both)
            case (0, 1): both = try table.make(level, least, most)
            default: both = NodeTable.undecided
            }
            least =
                lowBit == 1
                ? try table.make(level, NodeTable.undecided, least)
                : try table.make(level, least, inside)
            most =
                highBit == 0
                ? try table.make(level, most, NodeTable.undecided)
                : try table.make(level, inside, most)
        }
        return both
    }
}
