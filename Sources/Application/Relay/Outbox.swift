/// Frames that wait to leave on one link, in their order.
package struct Outbox: Sendable {
    private var frames: [[UInt8]] = []
    private var first = 0
    /// Bytes that wait.
    package private(set) var bytes = 0

    /// Nothing waits.
    package init() {}

    /// Nothing waits.
    package var isEmpty: Bool { first == frames.count }

    /// Puts frames behind the others.
    package mutating func append(_ more: [[UInt8]]) {
        for frame in more { bytes += frame.count }
        frames += more
    }

    /// Takes the oldest.
    package mutating func next() -> [UInt8]? {
        guard first < frames.count else { return nil }
        let frame = frames[first]
        frames[first] = []
        bytes -= frame.count
        first += 1
        if first == frames.count || first >= 1_024 {
            frames.removeFirst(first)
            first = 0
        }
        return frame
    }

    /// Forgets everything.
    package mutating func removeAll() { self = Outbox() }
}
