internal import AuditTreaty
internal import Descriptors
internal import Glibc
internal import Loop
internal import Netlink

// Somebody else changed the rules: root can, and nothing stops root; but it does not go unseen.
extension Supervisor {
    /// A change is looked at at once, those that follow once a second: reading rules back costs time
    /// that the platform needs.
    private static let driftPauseNanoseconds: UInt64 = 1_000_000_000

    mutating func watchRules() throws(SystemFailure) {
        for (place, socket) in network?.watches ?? [:] {
            try loop.add(socket.number, token: Token.rules(place).raw, .readable)
        }
    }

    mutating func takeRules(_ place: Int) {
        guard let number = network?.watches[place]?.number, RuleWatch.hasNews(number) else {
            return
        }
        drift.due.insert(place)
    }

    /// Compares the places where something changed with the plan.
    mutating func checkDrift() {
        guard !drift.due.isEmpty, Clock.monotonic >= drift.next, stage != .over else { return }
        for place in drift.due.sorted() {
            let name = network?.name(ofPlace: place) ?? ""
            let found = network?.drift(at: place).map { "\(name): \($0.prefix(400))" }
            guard found != drift.found[place] else { continue }
            drift.found[place] = found
            if let found {
                record(nil, .drift(where: found))
            } else {
                record(nil, .note(kind: "drift", text: "\(name): as planned again"))
            }
        }
        drift.due = []
        drift.next = Clock.monotonic + Self.driftPauseNanoseconds
    }
}

/// Where the live rules differ from the plan, by the places of `Network.watches`.
struct Drift {
    /// Places where something changed since they were compared.
    var due: Set<Int> = []
    /// When to compare again, at the earliest.
    var next: UInt64 = 0
    var found: [Int: String] = [:]

    /// The differences in the order of their places.
    var lines: [String] { found.sorted { $0.key < $1.key }.map(\.value) }
}
