/// Requests that were accepted and could still be accepted again.
///
/// A request is remembered until the second in which its window ends; equal requests end in the
/// same second, so one look is enough, and a second that has passed is forgotten whole. Nothing is
/// forgotten earlier: without room a request is refused.
struct ReplayGuard: Sendable {
    /// Most requests remembered in all.
    static let countMax = 1 << 20
    /// Most requests remembered for one key, so that no client takes all the room.
    static let perKeyMax = countMax / 4
    /// More seconds than the widest window and the largest lead of a client's clock have.
    private static let seconds = 128

    enum Answer: Sendable, Equatable {
        case fresh
        case seen
        /// The second has been forgotten already, or lies too far ahead.
        case outside
        case full
    }

    private struct Request: Hashable, Sendable {
        let key: UInt32
        let high: UInt64
        let low: UInt64
    }

    private struct Second: Sendable {
        var requests: Set<Request> = []
        var perKey: [UInt32: UInt32] = [:]
    }

    private var ring = [Second](repeating: Second(), count: seconds)
    /// The first second that is remembered.
    private var first: UInt64
    private var count = 0
    private var perKey: [UInt32: Int] = [:]

    /// Nothing is known of seconds before `now`.
    init(now: UInt64) { first = now / 1_000 }

    /// Takes a request of which `digest` has at least 16 bytes; `expires` is in milliseconds.
    mutating func take(
        key: UInt32, digest: [UInt8], expires: UInt64, now: UInt64
    ) -> Answer {
        forget(before: now / 1_000)
        let second = expires / 1_000
        guard second >= first, second - first < UInt64(Self.seconds) else { return .outside }
        let place = Int(second % UInt64(Self.seconds))
        let request = Request(key: key, high: Self.word(digest, 0), low: Self.word(digest, 8))
        if ring[place].requests.contains(request) { return .seen }
        guard count < Self.countMax, perKey[key, default: 0] < Self.perKeyMax else { return .full }
        ring[place].requests.insert(request)
        ring[place].perKey[key, default: 0] += 1
        perKey[key, default: 0] += 1
        count += 1
        return .fresh
    }

    /// A clock that is set back brings nothing back.
    private mutating func forget(before second: UInt64) {
        guard second > first else { return }
        for passed in first..<min(second, first + UInt64(Self.seconds)) {
            let place = Int(passed % UInt64(Self.seconds))
            guard !ring[place].requests.isEmpty else { continue }
            count -= ring[place].requests.count
            for (key, number) in ring[place].perKey {
                let rest = perKey[key, default: 0] - Int(number)
                perKey[key] = rest > 0 ? rest : nil
            }
            ring[place] = Second()
        }
        first = second
    }

    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
        return word
    }
}
