/// Nonces of vouchers that are still good, by a clock that never goes back: each is taken once, and none is forgotten before its
/// voucher has expired.
struct Nonces: Sendable {
    /// Farthest that a voucher may expire in the future, milliseconds.
    static let lifeMax: UInt64 = 120_000

    enum Verdict: Sendable { case fresh, seen, full }

    private let countMax: Int
    private var count = 0
    /// By the second in which they expire: the code binds a nonce to its expiry.
    private var seconds: [UInt64: Set<UInt128>] = [:]
    private var cleared: UInt64 = 0

    init(countMax: Int) { self.countMax = countMax }

    /// `expires` lies between now and `lifeMax` later, milliseconds.
    mutating func take(_ nonce: [UInt8], expires: UInt64, now: UInt64) -> Verdict {
        forget(before: now / 1_000)
        let value = nonce.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        if seconds[expires / 1_000]?.contains(value) == true { return .seen }
        guard count < countMax else { return .full }
        seconds[expires / 1_000, default: []].insert(value)
        count += 1
        return .fresh
    }

    private mutating func forget(before second: UInt64) {
        guard second > cleared else { return }
        cleared = second
        for old in seconds.keys where old < second {
            count -= seconds.removeValue(forKey: old)?.count ?? 0
        }
    }
}
