/// All packets whose every field lies in an interval, both ends included; never empty.
package struct Box: Sendable, Hashable {
    /// Lowest and highest values, indexed by `Field.rawValue`; no lane of `low` exceeds `high`.
    package internal(set) var low: SIMD8<UInt32>
    package internal(set) var high: SIMD8<UInt32>

    /// Every packet there is.
    package static let everything = Box(
        unchecked: .zero, SIMD8(Field.allCases.map(\.last)))

    /// Nil when some interval is empty.
    package init?(low: SIMD8<UInt32>, high: SIMD8<UInt32>) {
        guard all(low .<= high) else { return nil }
        self.init(unchecked: low, high)
    }

    private init(unchecked low: SIMD8<UInt32>, _ high: SIMD8<UInt32>) {
        self.low = low
        self.high = high
    }

    /// The box of one packet.
    package init(_ packet: Packet) { self.init(unchecked: packet.values, packet.values) }

    /// The interval of one field.
    @inlinable @inline(__always)
    package subscript(_ field: Field) -> ClosedRange<UInt32> {
        low[field.rawValue]...high[field.rawValue]
    }

    /// This box with one field's interval replaced.
    @inlinable @inline(__always)
    package func with(_ field: Field, _ interval: ClosedRange<UInt32>) -> Box {
        var box = self
        box.low[field.rawValue] = interval.lowerBound
        box.high[field.rawValue] = interval.upperBound
        return box
    }

    /// This box where one field is narrowed to what both intervals hold; nil when that is nothing.
    package func narrowed(_ field: Field, to interval: ClosedRange<UInt32>) -> Box? {
        let own = self[field]
        guard own.overlaps(interval) else { return nil }
        return with(field, own.clamped(to: interval))
    }

    @inlinable @inline(__always)
    package func contains(_ packet: Packet) -> Bool {
        all(low .<= packet.values) && all(packet.values .<= high)
    }

    @inlinable @inline(__always)
    package func contains(_ other: Box) -> Bool {
        all(low .<= other.low) && all(other.high .<= high)
    }

    @inlinable @inline(__always)
    package func overlaps(_ other: Box) -> Bool {
        all(low .<= other.high) && all(other.low .<= high)
    }

    /// The smallest box that holds both.
    package func hull(_ other: Box) -> Box {
        Box(unchecked: pointwiseMin(low, other.low), pointwiseMax(high, other.high))
    }

    /// What both hold; nil when they share nothing.
    @inlinable @inline(__always)
    package func intersection(_ other: Box) -> Box? {
        Box(low: pointwiseMax(low, other.low), high: pointwiseMin(high, other.high))
    }

    /// What this box holds and the other does not: at most sixteen disjoint boxes.
    package func subtracting(_ other: Box) -> [Box] {
        guard overlaps(other) else { return [self] }
        var rest = self
        var parts: [Box] = []
        for field in Field.allCases {
            let own = rest[field]
            let taken = other[field]
            if own.lowerBound < taken.lowerBound {
                parts.append(rest.with(field, own.lowerBound...taken.lowerBound - 1))
            }
            if taken.upperBound < own.upperBound {
                parts.append(rest.with(field, taken.upperBound + 1...own.upperBound))
            }
            rest = rest.with(field, own.clamped(to: taken))
        }
        return parts
    }

    /// The packets with the lowest and with the highest values.
    package var first: Packet { Packet(low) }
    package var last: Packet { Packet(high) }

    /// Number of packets as a power of two, for choosing between boxes.
    package var size: Double {
        var product = 1.0
        for lane in 0..<8 { product *= Double(high[lane] - low[lane]) + 1 }
        return product
    }

    /// An order in which boxes that differ in one field only stand side by side.
    func precedes(_ other: Box, last field: Field) -> Bool {
        for lane in 0..<8 where lane != field.rawValue {
            if low[lane] != other.low[lane] { return low[lane] < other.low[lane] }
            if high[lane] != other.high[lane] { return high[lane] < other.high[lane] }
        }
        return low[field.rawValue] < other.low[field.rawValue]
    }

    /// The box that both make together where they differ in one field only and touch there.
    package func joined(_ other: Box) -> Box? {
        let differing = (low .!= other.low) .| (high .!= other.high)
        var lane = -1
        for index in 0..<8 where differing[index] {
            guard lane < 0 else { return nil }
            lane = index
        }
        guard lane >= 0 else { return self }
        let starts = max(low[lane], other.low[lane])
        let ends = min(high[lane], other.high[lane])
        guard starts <= ends || starts - ends == 1 else { return nil }
        var box = self
        box.low[lane] = min(low[lane], other.low[lane])
        box.high[lane] = max(high[lane], other.high[lane])
        return box
    }
}
