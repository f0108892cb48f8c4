internal import Addresses

/// The value of a field of a rendered event.
public enum EventField: Sendable, Equatable {
    case text(String)
    case number(UInt64)
    case flag(Bool)
}

extension EventText {
    /// Stable name of the event's kind, for filters and JSON.
    public static func kind(_ event: Event) -> String {
        switch event {
        case .roster: "roster"
        case .attempt: "attempt"
        case .attemptCount: "attempt-count"
        case .attemptGap: "attempt-gap"
        case .started: "started"
        case .ready: "ready"
        case .ended: "ended"
        case .restarting: "restarting"
        case .abandoned: "abandoned"
        case .stepFailed: "step-failed"
        case .mismatch: "mismatch"
        case .denied: "denied"
        case .flowClosed: "flow-closed"
        case .drift: "drift"
        case .command: "command"
        case .platformUp: "platform-up"
        case .platformDown: "platform-down"
        case .swept: "swept"
        case .recovered: "recovered"
        case .shed: "shed"
        case .full: "full"
        case .resumed: "resumed"
        case .note: "note"
        case .malformed: "malformed"
        }
    }

    /// All that `kind` can answer, in the order of their numbers.
    public static let kinds = [
        "roster", "attempt", "attempt-count", "attempt-gap", "started", "ready", "ended",
        "restarting", "abandoned", "step-failed", "mismatch", "denied", "flow-closed", "drift",
        "command", "platform-up", "platform-down", "swept", "recovered", "shed", "note",
        "malformed", "full", "resumed",
    ]

    /// The compartment's name; `internet`, `office`, or `#index` where the roster has none.
    public static func name(_ index: UInt16, _ roster: Roster?) -> String {
        Names(roster).short(index)
    }

    /// Whether an event is a connection that an observed flow alone allowed.
    public static func isObserved(_ event: Event, _ roster: Roster?) -> Bool {
        guard case .attempt(let attempt) = event else { return false }
        return Names(roster).isObserved(attempt)
    }

    /// Fields for JSON in a fixed order; the kind is not among them.
    public static func fields(_ event: Event, _ roster: Roster?) -> [(String, EventField)] {
        let names = Names(roster)
        switch event {
        case .attempt(let attempt): return fields(attempt, names)
        case .attemptCount(let count):
            return [
                ("wall", .text(word(count.wall))), verdict(count.verdict),
                ("source", .text(names.short(count.source))),
                ("target", .text(names.short(count.target))),
                ("targetPort", .number(UInt64(count.targetPort))), ("count", .number(count.count)),
                ("windowEnd", .text(time(count.time))),
            ]
        case .attemptGap(let wall, let compartment, let lost):
            return [
                ("wall", .text(word(wall))), ("compartment", .text(names.short(compartment))),
                ("lost", .number(lost)),
            ]
        case .denied(let compartment, let wall, let pid, let what, let detail):
            return [
                ("compartment", .text(names.short(compartment))), ("wall", .text(word(wall))),
                ("pid", .number(UInt64(pid))), ("what", .text(what)), ("detail", .number(detail)),
            ]
        case .roster(let roster):
            return [
                ("platform", .text(roster.platform)), ("file", .text(roster.file)),
                ("isolation", .text(roster.isolation)),
                ("compartments", .number(UInt64(roster.compartments.count))),
                ("flows", .number(UInt64(roster.flows.count))),
            ]
        case .started, .ready, .ended, .restarting, .abandoned, .stepFailed, .mismatch:
            return lifeFields(event, names)
        default: return platformFields(event, names)
        }
    }

    private static func verdict(_ verdict: Verdict) -> (String, EventField) {
        ("verdict", .text(word(verdict).lowercased()))
    }

    private static func fields(_ attempt: Attempt, _ names: Names) -> [(String, EventField)] {
        [
            ("observed", .text(time(attempt.time))), ("wall", .text(word(attempt.wall))),
            ("verdict", .text(word(attempt, names).lowercased())),
            ("source", .text(names.short(attempt.source))),
            ("sourceZone", .text(names.zone(attempt.source) ?? "outside")),
            ("sourceAddress", .text(attempt.sourceAddress.description)),
            ("sourcePort", .number(UInt64(attempt.sourcePort))),
            ("target", .text(names.short(attempt.target))),
            ("targetZone", .text(names.zone(attempt.target) ?? "outside")),
            ("targetAddress", .text(attempt.targetAddress.description)),
            ("targetPort", .number(UInt64(attempt.targetPort))),
            ("transport", .text(transport(attempt.transport))),
            ("flow", .number(UInt64(attempt.flow))),
            ("place", .text(attempt.flow == 0 ? "" : names.flow(attempt.flow))),
        ]
    }

    private static func lifeFields(_ event: Event, _ names: Names) -> [(String, EventField)] {
        func about(_ compartment: UInt16) -> (String, EventField) {
            ("compartment", .text(names.short(compartment)))
        }
        switch event {
        case .started(let compartment, let digest, let pid, let landlock):
            let text = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return [
                about(compartment), ("digest", .text(text)), ("pid", .number(UInt64(pid))),
                ("landlock", .number(UInt64(landlock))),
            ]
        case .ready(let compartment, let milliseconds):
            return [about(compartment), ("milliseconds", .number(UInt64(milliseconds)))]
        case .ended(let compartment, let ending):
            return [about(compartment), ("ending", .text(word(ending)))]
        case .restarting(let compartment, let attempt, let delay):
            return [
                about(compartment), ("attempt", .number(UInt64(attempt))),
                ("delayMilliseconds", .number(UInt64(delay))),
            ]
        case .abandoned(let compartment, let attempts):
            return [about(compartment), ("attempts", .number(UInt64(attempts)))]
        case .stepFailed(let compartment, let step, let errno):
            return [
                about(compartment), ("step", .text(step)),
                ("errno", .number(UInt64(errno.magnitude))),
            ]
        case .mismatch(let compartment, let what):
            return [about(compartment), ("what", .text(what))]
        default: return []
        }
    }

    private static func platformFields(_ event: Event, _ names: Names) -> [(String, EventField)] {
        switch event {
        case .flowClosed(let flow, let connections, let by):
            return [
                ("flow", .number(UInt64(flow))), ("place", .text(names.flow(flow))),
                ("connections", .number(UInt64(connections))), ("by", .text(by)),
            ]
        case .drift(let place): return [("where", .text(place))]
        case .command(let uid, let verb, let granted):
            return [
                ("uid", .number(UInt64(uid))), ("verb", .text(verb)), ("granted", .flag(granted)),
            ]
        case .platformUp(let compartments, let milliseconds):
            return [
                ("compartments", .number(UInt64(compartments))),
                ("milliseconds", .number(UInt64(milliseconds))),
            ]
        case .platformDown(let reason): return [("reason", .text(reason))]
        case .swept(let what): return [("what", .text(what))]
        case .recovered(let bytes), .full(let bytes): return [("bytes", .number(bytes))]
        case .shed(let count): return [("count", .number(count))]
        case .resumed(let lost): return [("lost", .number(lost))]
        case .note(let kind, let text): return [("note", .text(kind)), ("text", .text(text))]
        case .malformed(let bytes): return [("bytes", .number(UInt64(bytes)))]
        default: return []
        }
    }
}
