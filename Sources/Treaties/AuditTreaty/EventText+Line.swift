internal import Addresses

extension EventText {
    /// One line about the event, without its time; names come from the roster in force.
    public static func line(_ event: Event, _ roster: Roster?) -> String {
        let names = Names(roster)
        switch event {
        case .attempt(let attempt): return line(attempt, names)
        case .attemptCount(let count):
            return
                "\(word(count.verdict)) \(names.full(count.source)) -> "
                + "\(names.full(count.target)) port \(count.targetPort)  \(word(count.wall))  "
                + "\(count.count) attempts counted, not listed"
        case .attemptGap(let wall, let compartment, let lost):
            let lost = lost == 0 ? "an unknown number of" : "\(lost)"
            return "GAP \(word(wall)) at \(names.full(compartment)): \(lost) records were lost"
        case .roster(let roster):
            return
                "platform \(escaped(roster.platform)) from \(escaped(roster.file)), isolation "
                + "\(escaped(roster.isolation)): \(counts(roster))"
        case .denied(let compartment, let wall, let pid, let what, let detail):
            let number = wall == .seccomp ? "system call \(detail)" : "detail \(detail)"
            return
                "DENIED \(names.full(compartment)) pid \(pid)  \(word(wall))  \(escaped(what)) "
                + "(\(number))"
        case .flowClosed(let flow, let connections, let by):
            return
                "flow \(names.flow(flow)) closed by \(escaped(by)), \(connections) connections cut"
        case .recovered, .shed, .full, .resumed, .malformed, .note: return trailLine(event)
        default: return lifeLine(event, names)
        }
    }

    private static func line(_ attempt: Attempt, _ names: Names) -> String {
        let port = attempt.transport == 6 || attempt.transport == 17
        // A connection that was denied before it began has no port yet.
        let source = port && attempt.sourcePort > 0 ? ":\(attempt.sourcePort)" : ""
        let target = port ? ":\(attempt.targetPort)" : ""
        let transport = transport(attempt.transport)
        let why: String
        switch attempt.verdict {
        case .allowed where names.isObserved(attempt.flow):
            why = "would be refused without \(names.flow(attempt.flow)), which is observed"
        case .allowed: why = "allowed by \(names.flow(attempt.flow))"
        case .refused:
            let on = port ? "\(transport)/\(attempt.targetPort)" : transport
            why =
                "no flow from \(names.short(attempt.source)) to \(names.short(attempt.target)) "
                + "on \(on)"
        case .invalid: why = "belongs to no connection"
        case .spoofed: why = "source address is not \(names.short(attempt.source))'s"
        }
        return
            "\(word(attempt, names)) \(names.full(attempt.source)) \(attempt.sourceAddress)"
            + "\(source) -> \(names.full(attempt.target)) \(attempt.targetAddress)\(target)/"
            + "\(transport)  \(word(attempt.wall))  \(why)"
    }

    private static func lifeLine(_ event: Event, _ names: Names) -> String {
        switch event {
        case .started(let compartment, let digest, let pid, let landlock):
            let digest = digest.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            return
                "started \(names.full(compartment)) pid \(pid) program \(digest.joined())… "
                + "landlock ABI \(landlock)"
        case .ready(let compartment, let milliseconds):
            return "ready \(names.full(compartment)) after \(milliseconds) ms"
        case .ended(let compartment, let ending):
            return "ended \(names.full(compartment)): \(word(ending))"
        case .restarting(let compartment, let attempt, let delay):
            return "restarting \(names.full(compartment)), attempt \(attempt), in \(delay) ms"
        case .abandoned(let compartment, let attempts):
            return "ABANDONED \(names.full(compartment)) after \(attempts) attempts"
        case .stepFailed(let compartment, let step, let errno):
            return "FAILED \(names.full(compartment)): step \(escaped(step)), errno \(errno)"
        case .mismatch(let compartment, let what):
            return "MISMATCH \(names.full(compartment)): \(escaped(what)); it was killed"
        case .drift(let place): return "DRIFT \(escaped(place))"
        case .command(let uid, let verb, let granted):
            return "command \(escaped(verb)) by uid \(uid): \(granted ? "granted" : "REFUSED")"
        case .platformUp(let compartments, let milliseconds):
            return "platform up: \(compartments) compartments in \(milliseconds) ms"
        case .platformDown(let reason): return "platform down: \(escaped(reason))"
        case .swept(let what): return "swept \(escaped(what))"
        default: return kind(event)
        }
    }

    private static func trailLine(_ event: Event) -> String {
        switch event {
        case .recovered(let bytes): return "recovered: \(bytes) bytes of unfinished records cut"
        case .shed(let count): return "SHED \(count) events never arrived"
        case .full(let bytes): return "FULL at \(bytes) bytes: later events are only counted"
        case .resumed(let lost): return "resumed: \(lost) events were counted, not kept"
        case .malformed(let bytes): return "MALFORMED \(bytes) bytes that are no event"
        case .note(let kind, let text): return "note \(escaped(kind)): \(escaped(text))"
        default: return kind(event)
        }
    }

    static func transport(_ number: UInt8) -> String {
        switch number {
        case 1: "icmp"
        case 6: "tcp"
        case 17: "udp"
        default: "protocol-\(number)"
        }
    }

    /// The verdict, or that it is one for now only.
    static func word(_ attempt: Attempt, _ names: Names) -> String {
        names.isObserved(attempt) ? "OBSERVED" : word(attempt.verdict)
    }

    static func word(_ verdict: Verdict) -> String {
        switch verdict {
        case .allowed: "allowed"
        case .refused: "REFUSED"
        case .invalid: "INVALID"
        case .spoofed: "SPOOFED"
        }
    }

    static func word(_ wall: Wall) -> String {
        switch wall {
        case .fabric: "fabric"
        case .host: "host"
        case .publishing: "publishing"
        case .seccomp: "seccomp"
        case .landlock: "landlock"
        }
    }

    static func word(_ ending: Ending) -> String {
        switch ending {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal)"
        case .outOfMemory: "killed at its memory limit"
        }
    }
}

/// Names of indices and flows by a roster, or numbers where it has none.
struct Names {
    let roster: Roster?

    init(_ roster: Roster?) { self.roster = roster }

    private func entry(_ index: UInt16) -> RosterEntry? {
        guard let roster, Int(index) < roster.compartments.count else { return nil }
        return roster.compartments[Int(index)]
    }

    func short(_ index: UInt16) -> String {
        switch index {
        case Attempt.outside: "internet"
        case Attempt.office: "office"
        default: entry(index).map { EventText.escaped($0.name) } ?? "#\(index)"
        }
    }

    func zone(_ index: UInt16) -> String? { entry(index).map { EventText.escaped($0.zone) } }

    func full(_ index: UInt16) -> String {
        zone(index).map { "\(short(index)) (\($0))" } ?? short(index)
    }

    /// Whether an attempt was allowed by a flow under observation alone.
    func isObserved(_ attempt: Attempt) -> Bool {
        attempt.verdict == .allowed && isObserved(attempt.flow)
    }

    func isObserved(_ id: UInt32) -> Bool {
        guard let roster, id > 0, Int(id) <= roster.flows.count else { return false }
        return roster.flows[Int(id) - 1].isObserved
    }

    /// `file:line` of a flow.
    func flow(_ id: UInt32) -> String {
        guard let roster, id > 0, Int(id) <= roster.flows.count else { return "flow \(id)" }
        return "\(EventText.escaped(roster.file)):\(roster.flows[Int(id) - 1].line)"
    }
}

/// What a roster holds; a large one comes in parts, of compartments or of flows.
private func counts(_ roster: Roster) -> String {
    let parts = [(roster.compartments.count, "compartment"), (roster.flows.count, "flow")]
    let named = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
    return named.isEmpty ? "no compartments" : "names of " + named.joined(separator: ", ")
}
