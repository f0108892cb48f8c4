internal import OrderTreaty

/// Client order ids of orders whose views are gone: eight bytes each, never forgotten.
///
/// It keeps keyed 64-bit digests: with 67 million of them a fresh id is taken for a used one once in
/// 270 billion, and then it is refused. Open addressing in 256 parts, so that growing never copies
/// more than one of them.
struct PlacedSet: Sendable {
    /// Most ids.
    static let countMax = 1 << 26
    private static let parts = 256

    private struct Part: Sendable {
        var slots: [UInt64] = []
        var count = 0
    }

    private var parts = [Part](repeating: Part(), count: Self.parts)
    private(set) var count = 0

    /// There is room for one more.
    var hasRoom: Bool { count < Self.countMax }

    private static func digest(_ key: ClientKey) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(key)
        let value = UInt64(bitPattern: Int64(hasher.finalize()))
        // Zero marks an empty slot.
        return value == 0 ? 1 : value
    }

    mutating func insert(_ key: ClientKey) {
        let value = Self.digest(key)
        let index = Int(value >> 56)
        if parts[index].count * 4 >= parts[index].slots.count * 3 {
            let old = parts[index].slots
            parts[index].slots = [UInt64](repeating: 0, count: max(16, old.count * 2))
            for one in old where one != 0 { Self.put(one, into: &parts[index].slots) }
        }
        if Self.put(value, into: &parts[index].slots) {
            parts[index].count += 1
            count += 1
        }
    }

    func contains(_ key: ClientKey) -> Bool {
        let value = Self.digest(key)
        let part = parts[Int(value >> 56)]
        guard !part.slots.isEmpty else { return false }
        var place = Int(truncatingIfNeeded: value) & (part.slots.count - 1)
        while part.slots[place] != 0 {
            if part.slots[place] == value { return true }
            place = (place + 1) & (part.slots.count - 1)
        }
        return false
    }

    @discardableResult
    private static func put(_ value: UInt64, into slots: inout [UInt64]) -> Bool {
        var place = Int(truncatingIfNeeded: value) & (slots.count - 1)
        while slots[place] != 0 {
            if slots[place] == value { return false }
            place = (place + 1) & (slots.count - 1)
        }
        slots[place] = value
        return true
    }
}
