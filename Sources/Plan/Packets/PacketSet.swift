/// Any set of packets, exactly: a union of disjoint boxes.
///
/// Two equal sets may be cut into boxes differently: compare with `isSubset(of:)`.
package struct PacketSet: Sendable {
    /// More boxes than this in one set is an error, not a wait without end.
    package static let limit = 1 << 16

    /// The set would need more than `limit` boxes.
    package struct TooLarge: Error {
        package init() {}
    }

    package private(set) var boxes: [Box] = []

    package init() {}

    package init(_ box: Box) { boxes = [box] }

    /// From boxes of which no two share a packet.
    package init(disjoint boxes: [Box]) throws(TooLarge) {
        guard boxes.count <= Self.limit else { throw TooLarge() }
        self.boxes = boxes
    }

    package var isEmpty: Bool { boxes.isEmpty }

    package func contains(_ packet: Packet) -> Bool { boxes.contains { $0.contains(packet) } }

    /// Adds what of the box is not yet there.
    package mutating func insert(_ box: Box) throws(TooLarge) {
        var rest = [box]
        for own in boxes where !rest.isEmpty {
            rest = try Self.subtract(own, from: rest)
        }
        guard boxes.count + rest.count <= Self.limit else { throw TooLarge() }
        boxes.append(contentsOf: rest)
    }

    package mutating func remove(_ box: Box) throws(TooLarge) {
        boxes = try Self.subtract(box, from: boxes)
    }

    package func union(_ other: PacketSet) throws(TooLarge) -> PacketSet {
        var sum = self
        for box in other.boxes { try sum.insert(box) }
        return sum
    }

    package func subtracting(_ other: PacketSet) throws(TooLarge) -> PacketSet {
        var rest = self
        for box in other.boxes where !rest.isEmpty { try rest.remove(box) }
        return rest
    }

    package func intersection(_ box: Box) -> PacketSet {
        var common = PacketSet()
        common.boxes = boxes.compactMap { $0.intersection(box) }
        return common
    }

    package func intersection(_ other: PacketSet) throws(TooLarge) -> PacketSet {
        var common: [Box] = []
        for box in other.boxes {
            common.append(contentsOf: intersection(box).boxes)
            guard common.count <= Self.limit else { throw TooLarge() }
        }
        return try PacketSet(disjoint: common)
    }

    package func isSubset(of other: PacketSet) throws(TooLarge) -> Bool {
        try subtracting(other).isEmpty
    }

    /// The same set in fewer boxes where neighbours join: for people who read it.
    package func joined() -> PacketSet {
        guard boxes.count > 1 else { return self }
        var set = self
        var before = Int.max
        while set.boxes.count < before {
            before = set.boxes.count
            for field in Field.allCases { set.join(along: field) }
        }
        return set
    }

    /// Joins boxes that differ in one field only and touch there: sorted, they are neighbours.
    private mutating func join(along field: Field) {
        boxes.sort { $0.precedes($1, last: field) }
        var kept: [Box] = []
        for box in boxes {
            if let last = kept.last, let sum = last.joined(box) {
                kept[kept.count - 1] = sum
            } else {
                kept.append(box)
            }
        }
        boxes = kept
    }

    private static func subtract(_ box: Box, from boxes: [Box]) throws(TooLarge) -> [Box] {
        var rest: [Box] = []
        rest.reserveCapacity(boxes.count)
        for own in boxes {
            if own.overlaps(box) {
                rest.append(contentsOf: own.subtracting(box))
            } else {
                rest.append(own)
            }
            guard rest.count <= limit else { throw TooLarge() }
        }
        return rest
    }
}
