/// How many refused requests go on record one by one; the rest of a minute is one number.
///
/// Any user of the host may ask, and be refused, as often as it likes: the trail has an end.
package struct RefusalMeter: Sendable, Equatable {
    /// Listed in one window.
    package static let listedMax = 10
    /// A minute.
    package static let windowNanoseconds: UInt64 = 60_000_000_000

    private var end: UInt64 = 0
    private var listed = 0
    private var counted: UInt64 = 0

    package init() {}

    /// Whether a refusal at `now` (monotonic nanoseconds) is listed; otherwise it is counted.
    ///
    /// Take what is `due` first, or a count that is over goes on.
    package mutating func admits(now: UInt64) -> Bool {
        if now >= end {
            end = now + Self.windowNanoseconds
            listed = 0
        }
        guard listed < Self.listedMax else {
            counted += 1
            return false
        }
        listed += 1
        return true
    }

    /// When the count is due; nil while there is none.
    package var dueAt: UInt64? { counted > 0 ? end : nil }

    /// Takes what was counted once its window is over, or at the end of all.
    package mutating func due(now: UInt64, isLast: Bool = false) -> UInt64? {
        guard counted > 0, isLast || now >= end else { return nil }
        defer { counted = 0 }
        return counted
    }
}
