internal import AuditTreaty
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc
internal import Loop
internal import Netlink

// Somebody else changed the rules: root can, and nothing stops root; but it does not go unseen, and
// with `--reassert` it does not stay.
extension Supervisor {
    /// A change is looked at at once; those that follow wait for four times as long as looking
    /// took, and this long at least: whoever changes rules all the time must not hold up the rest.
    private static let driftPauseNanoseconds: UInt64 = 20_000_000

    mutating func watchRules() throws(SystemFailure) {
        for (place, socket) in network?.watches ?? [:] {
            try loop.add(socket.number, token: Token.rules(place).raw, .readable)
        }
    }

    mutating func takeRules(_ place: Int) {
        guard let number = network?.watches[place]?.number else { return }
        let news = RuleWatch.news(number)
        guard news.hasChange else { return }
        let others = news.transactions.filter { $0.process != network?.ownNumber }
        if news.isLossy {
            drift.culprits[place] = "by somebody: the kernel dropped messages"
        } else if let last = others.last {
            drift.culprits[place] =
                "by \(Excerpt.of(last.name)), pid \(last.process), generation \(last.generation)"
        }
        drift.due.insert(place)
    }

    /// Compares the places where something changed with the plan.
    mutating func checkDrift() {
        guard !drift.due.isEmpty, Clock.monotonic >= drift.next, stage != .over else { return }
        let begun = Clock.monotonic
        for place in drift.due.sorted() { compare(place) }
        drift.due = []
        let now = Clock.monotonic
        drift.next = now + max(Self.driftPauseNanoseconds, 4 * (now - begun))
    }

    private mutating func compare(_ place: Int) {
        let name = network?.name(ofPlace: place) ?? ""
        let culprit = drift.culprits.removeValue(forKey: place)
        let difference = network?.drift(at: place)
        let found = difference.map { "\(name): \($0.prefix(400))" }
        if found != drift.found[place] {
            drift.found[place] = found
            if let found {
                record(nil, .drift(where: found + (culprit.map { "; changed \($0)" } ?? "")))
            } else {
                record(nil, .note(kind: "drift", text: "\(name): as planned again"))
            }
        } else if let culprit, found == nil, isListed() {
            record(
                nil, .note(kind: "drift", text: "\(name): changed \(culprit), and as planned"))
        }
        if culprit != nil { drift.stubborn.remove(place) }
        guard found != nil, reasserts, !drift.stubborn.contains(place) else { return }
        // On its way before anything is mended.
        outbox.flush(&loop)
        restore(place, name)
    }

    /// Puts the plan's rules back, and ends what came in under the others.
    private mutating func restore(_ place: Int, _ name: String) {
        switch stage {
        case .stopping, .over: return
        case .starting, .up: break
        }
        let begun = Clock.monotonic
        do {
            try network?.restore(at: place)
            guard let still = network?.drift(at: place) else {
                let took = (Clock.monotonic - begun) / 1_000
                let count = try network?.endStrays() ?? 0
                drift.found[place] = nil
                record(
                    nil,
                    .note(
                        kind: "reassert",
                        text: "\(name): the plan's rules stand again after \(took) us, "
                            + "\(count) connections cut"))
                return
            }
            throw Failure(
                .machine, "reassert", String(still.prefix(400)),
                remedy: "find who holds the table")
        } catch {
            // Our own attempt is a change as well: only somebody else's begins another.
            drift.stubborn.insert(place)
            guard isListed() else { return }
            record(nil, .drift(where: "\(name): could not be put back: \(error)"))
        }
    }
}

/// Where the live rules differ from the plan, by the places of `Network.watches`.
struct Drift {
    /// Places where something changed since they were compared.
    var due: Set<Int> = []
    /// When to compare again, at the earliest.
    var next: UInt64 = 0
    var found: [Int: String] = [:]
    /// Places that could not be put back, until somebody changes them again.
    var stubborn: Set<Int> = []
    /// Who changed a place last, in words.
    var culprits: [Int: String] = [:]

    /// The differences in the order of their places.
    var lines: [String] { found.sorted { $0.key < $1.key }.map(\.value) }
}
