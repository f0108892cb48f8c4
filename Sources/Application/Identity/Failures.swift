/// Failures of one key or one address, and the lock that follows them.
///
/// Times are milliseconds of a clock that never goes back. Each lock is twice as long as the one before; a quiet quarter of an hour forgets everything.
struct Failures: Sendable {
    /// The first lock.
    static let lockMilliseconds: UInt64 = 10_000
    /// After so many locks they grow no more: 640 seconds.
    static let levelMax: UInt64 = 6
    /// Longer than the longest lock.
    static let forgetMilliseconds: UInt64 = 900_000

    private var count: UInt32 = 0
    private var level: UInt64 = 0
    private var last: UInt64 = 0
    private var lockedUntil: UInt64 = 0

    func isLocked(_ now: UInt64) -> Bool { now < lockedUntil }

    /// Milliseconds until the lock ends.
    func remaining(_ now: UInt64) -> UInt64 { isLocked(now) ? lockedUntil - now : 0 }

    func isForgotten(_ now: UInt64) -> Bool {
        now >= lockedUntil && now > last && now - last >= Self.forgetMilliseconds
    }

    /// Counts a failure; true when it locks.
    mutating func fail(_ now: UInt64, limit: UInt32) -> Bool {
        if isForgotten(now) { self = Failures() }
        last = max(last, now)
        count += 1
        guard count >= limit else { return false }
        count = 0
        lockedUntil = now + Self.lockMilliseconds << level
        level = min(level + 1, Self.levelMax)
        return true
    }

    /// Ends a row of failures; the next lock is no shorter for it.
    mutating func succeed() { count = 0 }
}
