/// Requests that were accepted: none is taken twice, whatever the wall's clock does.
///
/// A request is looked up by the second in which its window ends: equal requests end in the same
/// one. While it could be accepted again it is remembered in full; afterwards, by the clock that
/// never goes back, a fingerprint of it is kept for as long as there is room, because the wall's
/// clock may be set back. A second that is forgotten is closed: whatever ends in it is refused, for
/// nobody can tell any more whether it is new.
struct ReplayGuard: Sendable {
    /// Most requests remembered that could be accepted now.
    static let countMax = 1 << 20
    /// Most of them for one key, so that no client takes all the room.
    static let perKeyMax = countMax / 4
    /// Most fingerprints of requests whose time is over, and most seconds of them: an hour and more.
    static let oldMax = 1 << 20
    static let oldSecondsMax = 4_096

    enum Answer: Sendable, Equatable {
        case fresh
        case seen
        /// It ends in a second that is closed; after so many milliseconds of the wall's clock comes
        /// one that is not.
        case closed(UInt64)
        /// There is no room; some comes after so many milliseconds.
        case full(UInt64)
    }

    private struct Request: Hashable, Sendable {
        let key: UInt32
        let high: UInt64
        let low: UInt64

        /// Two requests with one fingerprint: the later one is refused, and signed again.
        var fingerprint: UInt64 { high ^ (UInt64(key) &* 0x9E37_79B9_7F4A_7C15) }
    }

    private struct Second: Sendable {
        var requests: Set<Request> = []
        var perKey: [UInt32: Int] = [:]
        /// Until then, by the clock that never goes back, one of them could be accepted again.
        var until: UInt64 = 0
    }

    /// By the second of the wall's clock in which they end.
    private var seconds: [UInt64: Second] = [:]
    private var old: [UInt64: Set<UInt64>] = [:]
    /// Seconds in `old`, in the order in which their time was over.
    private var order: [UInt64] = []
    private var first = 0
    private var closed = ClosedSeconds()
    private var count = 0
    private var oldCount = 0
    private var perKey: [UInt32: Int] = [:]
    private var swept: UInt64 = 0

    /// Takes a request of which `digest` has at least 16 bytes; `expires` is in milliseconds of the
    /// wall's clock, later than now.
    mutating func take(
        key: UInt32, digest: [UInt8], expires: UInt64, now: Moment
    ) -> Answer {
        sweep(now.steady)
        let second = expires / 1_000
        if let end = closed.end(of: second) {
            let open = (end + 1) * 1_000
            return .closed(open > expires ? open - expires : 0)
        }
        let request = Request(key: key, high: Self.word(digest, 0), low: Self.word(digest, 8))
        if seconds[second]?.requests.contains(request) == true
            || old[second]?.contains(request.fingerprint) == true
        {
            return .seen
        }
        guard count < Self.countMax, perKey[key, default: 0] < Self.perKeyMax else {
            let next = seconds.values.reduce(UInt64.max) { min($0, $1.until) }
            return .full(next > now.steady ? next - now.steady : 0)
        }
        let until = now.steady + (expires - min(now.wall, expires))
        seconds[second, default: Second()].until = max(until, seconds[second]?.until ?? 0)
        seconds[second]?.requests.insert(request)
        seconds[second]?.perKey[key, default: 0] += 1
        perKey[key, default: 0] += 1
        count += 1
        return .fresh
    }

    /// Once a second: what could not be accepted again as long as nobody sets a clock gives room.
    private mutating func sweep(_ steady: UInt64) {
        guard steady / 1_000 > swept else { return }
        swept = steady / 1_000
        for (second, one) in seconds where one.until < steady {
            seconds[second] = nil
            count -= one.requests.count
            for (key, number) in one.perKey {
                let rest = perKey[key, default: 0] - number
                perKey[key] = rest > 0 ? rest : nil
            }
            let before = old[second]?.count ?? 0
            old[second, default: []].formUnion(one.requests.lazy.map(\.fingerprint))
            oldCount += (old[second]?.count ?? 0) - before
            order.append(second)
        }
        while oldCount > Self.oldMax || order.count - first > Self.oldSecondsMax {
            forget(order[first])
            first += 1
            guard first >= 1_024 else { continue }
            order.removeFirst(first)
            first = 0
        }
    }

    private mutating func forget(_ second: UInt64) {
        oldCount -= old.removeValue(forKey: second)?.count ?? 0
        closed.close(second)
    }

    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
        return word
    }
}

/// Seconds of the wall's clock in which requests were accepted that nobody remembers.
struct ClosedSeconds: Sendable {
    /// Most ranges; beyond it the two nearest become one.
    static let rangesMax = 64
    /// Ranges that are nearer to each other are one.
    static let nearness: UInt64 = 64

    /// Ascending, apart from each other.
    private var ranges: [ClosedRange<UInt64>] = []

    /// The last second of the range that holds one; nil when it is not closed.
    func end(of second: UInt64) -> UInt64? {
        ranges.first { $0.contains(second) }?.upperBound
    }

    mutating func close(_ second: UInt64) {
        let place = ranges.firstIndex { $0.upperBound >= second } ?? ranges.count
        if place < ranges.count, ranges[place].contains(second) { return }
        ranges.insert(second...second, at: place)
        merge(place)
        if place > 0 { merge(place - 1) }
        guard ranges.count > Self.rangesMax else { return }
        let nearest = (0..<ranges.count - 1).min { gap($0) < gap($1) } ?? 0
        join(nearest)
    }

    private func gap(_ place: Int) -> UInt64 {
        ranges[place + 1].lowerBound - ranges[place].upperBound
    }

    private mutating func merge(_ place: Int) {
        if place + 1 < ranges.count, gap(place) <= Self.nearness { join(place) }
    }

    private mutating func join(_ place: Int) {
        ranges[place] = ranges[place].lowerBound...ranges[place + 1].upperBound
        ranges.remove(at: place + 1)
    }
}
