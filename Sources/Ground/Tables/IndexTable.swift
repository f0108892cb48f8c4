// Tables: where things are found by number: an index of ids, and ladders of ordered keys.
//
// Flat arrays of integers, deterministic, no allocation but for growing. The room knows no order
// and no price. Bounds: an index grows to its limit, ladders share a bounded pool of nodes.

/// Finds the slot of a number that is not zero: open addressing, at most half full.
public struct IndexTable: Sendable {
    /// No slot.
    public static let none = UInt32.max

    /// A number and its slot beside it, so that finding one touches one place of memory.
    @usableFromInline
    struct Pair: Sendable {
        @usableFromInline var key: UInt64 = 0
        @usableFromInline var slot = IndexTable.none

        @inlinable
        init() {}

        @inlinable
        init(_ key: UInt64, _ slot: UInt32) {
            self.key = key
            self.slot = slot
        }
    }

    @usableFromInline var pairs = [Pair](repeating: Pair(), count: 1_024)
    /// How far the product is shifted so that its upper bits choose the place.
    @usableFromInline var shift: UInt64 = 54
    @usableFromInline var taken = 0
    /// Numbers in it.
    @inlinable public var count: Int { taken }

    /// Empty, with room for 512 numbers before it grows.
    public init() {}

    @inlinable
    static func home(_ key: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    /// The slot of the number, `none` for one that is not there.
    @inlinable
    public func find(_ key: UInt64) -> UInt32 {
        guard key != 0 else { return Self.none }
        let mask = pairs.count &- 1
        var place = Self.home(key, shift)
        while pairs[place].key != key {
            if pairs[place].key == 0 { return Self.none }
            place = (place &+ 1) & mask
        }
        return pairs[place].slot
    }

    /// Adds a number that is not zero and not there yet.
    @inlinable
    public mutating func insert(_ key: UInt64, slot: UInt32) {
        if (taken &+ 1) &* 2 > pairs.count { grow() }
        Self.put(Pair(key, slot), into: &pairs, shift)
        taken &+= 1
    }

    /// Takes a number out; nothing happens when it is not there.
    @inlinable
    public mutating func remove(_ key: UInt64) {
        guard key != 0, Self.remove(key, from: &pairs, shift) else { return }
        taken &-= 1
    }

    @inlinable
    static func remove(_ key: UInt64, from list: inout [Pair], _ shift: UInt64) -> Bool {
        var pairs = list.mutableSpan
        let mask = pairs.count &- 1
        var place = home(key, shift)
        while pairs[place].key != key {
            if pairs[place].key == 0 { return false }
            place = (place &+ 1) & mask
        }
        // Later numbers of the same run move up, so that no search ends too early.
        var next = (place &+ 1) & mask
        while pairs[next].key != 0 {
            let distance = (next &- home(pairs[next].key, shift)) & mask
            if distance >= (next &- place) & mask {
                pairs[place] = pairs[next]
                place = next
            }
            next = (next &+ 1) & mask
        }
        pairs[place].key = 0
        return true
    }

    @inlinable
    static func put(_ pair: Pair, into list: inout [Pair], _ shift: UInt64) {
        var pairs = list.mutableSpan
        let mask = pairs.count &- 1
        var place = home(pair.key, shift)
        while pairs[place].key != 0 { place = (place &+ 1) & mask }
        pairs[place] = pair
    }

    @usableFromInline
    mutating func grow() {
        let old = pairs
        pairs = [Pair](repeating: Pair(), count: old.count * 2)
        shift -= 1
        for pair in old where pair.key != 0 { Self.put(pair, into: &pairs, shift) }
    }
}
