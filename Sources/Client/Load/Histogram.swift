// Load: traffic for the venue's front door, and the check afterwards that everything adds up.
//
// It is a client like any other: it believes what the front door answers and what its own orders
// must then have changed, and compares the two. Flows are seeded or read from an ITCH file. Bounds:
// 5,000,000 orders, 1,024 accounts and connections, histograms of a fixed size.

/// Latencies in nanoseconds, kept in buckets that are at most 1.6 % wide.
package struct Histogram: Sendable {
    private static let bits = 6
    /// Values from here on count as this: about 18 minutes.
    package static let valueMax: UInt64 = 1 << 40
    private var counts = [UInt64](repeating: 0, count: (40 - bits + 2) << bits)
    /// How many values there are.
    package private(set) var count: UInt64 = 0
    /// The largest.
    package private(set) var largest: UInt64 = 0

    package init() {}

    /// Adds a value.
    package mutating func add(_ value: UInt64) {
        let value = min(value, Self.valueMax)
        counts[Self.place(value)] += 1
        count += 1
        largest = max(largest, value)
    }

    /// The least value that at least `share` thousandths of all values do not exceed, to a bucket's
    /// width; 0 of nothing.
    package func value(perThousand share: UInt64) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = max((count * min(share, 1_000) + 999) / 1_000, 1)
        var seen: UInt64 = 0
        for place in counts.indices {
            seen += counts[place]
            if seen >= wanted { return min(Self.upper(place), largest) }
        }
        return largest
    }

    private static func place(_ value: UInt64) -> Int {
        let width = 64 - value.leadingZeroBitCount
        guard width > bits + 1 else { return Int(value) }
        let shift = width - bits - 1
        return (shift << bits) + Int(value >> UInt64(shift))
    }

    private static func upper(_ place: Int) -> UInt64 {
        guard place >= 2 << bits else { return UInt64(place) }
        let shift = UInt64(place >> bits) - 1
        let base = UInt64(place & ((1 << bits) - 1)) + (1 << UInt64(bits))
        return ((base + 1) << shift) - 1
    }
}
