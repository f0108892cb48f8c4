// Tables: where things are found by number: an index of ids, and ladders of ordered keys.
//
// Flat arrays of integers, deterministic, no allocation but for growing. The room knows no order
// and no price. Bounds: an index grows to its limit, ladders share a bounded pool of nodes.

/// Finds the slot of a number that is not zero: open addressing, at most half full.
public struct IndexTable: Sendable {
    /// No slot.
    public static let none = UInt32.max

    @usableFromInline var keys: [UInt64]
    @usableFromInline var slots: [UInt32]
    /// How far the product is shifted so that its upper bits choose the place.
    @usableFromInline var shift: UInt64
    /// Numbers in it.
    public private(set) var count = 0

    /// Empty, with room for 512 numbers before it grows.
    public init() {
        keys = [UInt64](repeating: 0, count: 1_024)
        slots = [UInt32](repeating: Self.none, count: 1_024)
        shift = 54
    }

    @inlinable
    func home(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) &>> shift) }

    /// The slot of the number, `none` for one that is not there.
    @inlinable
    public func find(_ key: UInt64) -> UInt32 {
        guard key != 0 else { return Self.none }
        let mask = keys.count - 1
        var place = home(key)
        while keys[place] != key {
            if keys[place] == 0 { return Self.none }
            place = (place + 1) & mask
        }
        return slots[place]
    }

    /// Adds a number that is not zero and not there yet.
    public mutating func insert(_ key: UInt64, slot: UInt32) {
        if (count + 1) * 2 > keys.count { grow() }
        put(key, slot)
        count += 1
    }

    /// Takes a number out; nothing happens when it is not there.
    public mutating func remove(_ key: UInt64) {
        guard key != 0 else { return }
        let mask = keys.count - 1
        var place = home(key)
        while keys[place] != key {
            if keys[place] == 0 { return }
            place = (place + 1) & mask
        }
        count -= 1
        // Later numbers of the same run move up, so that no search ends too early.
        var next = (place + 1) & mask
        while keys[next] != 0 {
            let distance = (next - home(keys[next])) & mask
            if distance >= (next - place) & mask {
                keys[place] = keys[next]
                slots[place] = slots[next]
                place = next
            }
            next = (next + 1) & mask
        }
        keys[place] = 0
    }

    private mutating func put(_ key: UInt64, _ slot: UInt32) {
        let mask = keys.count - 1
        var place = home(key)
        while keys[place] != 0 { place = (place + 1) & mask }
        keys[place] = key
        slots[place] = slot
    }

    private mutating func grow() {
        let (oldKeys, oldSlots) = (keys, slots)
        keys = [UInt64](repeating: 0, count: oldKeys.count * 2)
        slots = [UInt32](repeating: Self.none, count: oldKeys.count * 2)
        shift -= 1
        for place in oldKeys.indices where oldKeys[place] != 0 {
            put(oldKeys[place], oldSlots[place])
        }
    }
}
