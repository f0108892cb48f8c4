/// Now, by two clocks.
package struct Moment: Sendable, Hashable {
    /// Milliseconds since 1970, by which clients sign; people and other machines set it, also back.
    package var wall: UInt64
    /// Milliseconds of a clock that never goes back, by which locks and memories last.
    package var steady: UInt64

    /// Puts a moment together.
    package init(wall: UInt64, steady: UInt64) {
        self.wall = wall
        self.steady = steady
    }
}
