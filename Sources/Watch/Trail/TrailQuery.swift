package import AuditTreaty

/// Which records of a trail somebody wants to see.
package struct TrailQuery: Sendable {
    /// Nanoseconds since 1970; the first is included, the second is not.
    package var since: UInt64 = 0
    package var until: UInt64 = .max
    /// Kinds by `EventText.kind`; empty means all.
    package var kinds: Set<String> = []
    /// Only what some wall or check did not allow, or allowed under observation alone.
    package var refusedOnly = false
    /// Names of an attempt's ends, as the roster has them; nil means any.
    package var from: String?
    package var to: String?

    package init() {}

    /// Whether the event is wanted.
    package func wants(_ row: TrailRow) -> Bool {
        guard row.time >= since, row.time < until else { return false }
        guard kinds.isEmpty || kinds.contains(EventText.kind(row.event)) else { return false }
        guard
            !refusedOnly || Self.isRefusal(row.event)
                || EventText.isObserved(row.event, row.roster)
        else { return false }
        guard from != nil || to != nil else { return true }
        guard let (source, target) = Self.ends(row.event) else { return false }
        return (from.map { $0 == EventText.name(source, row.roster) } ?? true)
            && (to.map { $0 == EventText.name(target, row.roster) } ?? true)
    }

    private static func isRefusal(_ event: Event) -> Bool {
        switch event {
        case .attempt(let attempt): attempt.verdict != .allowed
        case .attemptCount(let count): count.verdict != .allowed
        case .command(_, _, let granted): !granted
        case .denied, .stepFailed, .mismatch: true
        default: false
        }
    }

    private static func ends(_ event: Event) -> (UInt16, UInt16)? {
        switch event {
        case .attempt(let attempt): (attempt.source, attempt.target)
        case .attemptCount(let count): (count.source, count.target)
        default: nil
        }
    }
}

/// One event of one record, with the names in force when it was written.
package struct TrailRow: Sendable {
    package let index: UInt64
    package let origin: TrailOrigin
    /// When it happened, as the observer saw it; else when the writer received it.
    package let time: UInt64
    package let event: Event
    package let roster: Roster?
    /// The compartment speaks about more than itself: nobody checked it.
    package let isClaim: Bool

    /// The event in words, marked where it is only somebody's claim.
    package var text: String {
        (isClaim ? "CLAIMED by the service: " : "") + EventText.line(event, roster)
    }
}

/// Reads a trail's records as rows and remembers the names that it met on the way.
package struct TrailCursor: Sendable {
    package let directory: TrailDirectory
    /// The sensor's trail: its own events are observations, not claims about itself.
    private let isObserver: Bool
    private var roster: Roster?
    /// Index of the first record not delivered yet.
    private(set) package var next: UInt64 = 0

    /// A cursor at the beginning of a trail.
    package init(_ directory: TrailDirectory, isObserver: Bool) {
        self.directory = directory
        self.isObserver = isObserver
    }

    /// Delivers what was written since the last call; what stopped it, when that was not the end.
    package mutating func read(_ each: (TrailRow) -> Void) -> TrailReader.Reading {
        var roster = roster
        let reading = TrailReader.read(directory, from: next) { frame, message in
            for event in message.events {
                let isOwn = frame.origin == .service && !isObserver
                if case .roster(let part) = event, !isOwn {
                    if roster == nil { roster = part } else { roster?.join(part) }
                }
                each(
                    TrailRow(
                        index: frame.index, origin: frame.origin,
                        time: Self.time(event) ?? frame.time, event: event, roster: roster,
                        isClaim: isOwn && !Self.isNote(event)))
            }
            return true
        }
        self.roster = roster
        next = reading.next
        return reading
    }

    private static func time(_ event: Event) -> UInt64? {
        switch event {
        case .attempt(let attempt): attempt.time == 0 ? nil : attempt.time
        case .attemptCount(let count): count.time == 0 ? nil : count.time
        default: nil
        }
    }

    private static func isNote(_ event: Event) -> Bool {
        if case .note = event { return true }
        return false
    }
}
