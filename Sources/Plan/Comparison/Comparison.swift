package import Connectivity
package import Findings
package import Packets
internal import Topology

/// What became possible and impossible between two states of a network.
package struct Comparison: Sendable {
    /// More changed pairs than this are counted and not listed.
    package static let pairsMax = 20_000
    /// The party of everybody who has no name on either side.
    package static let outside = "outside"

    package enum Direction: String, Sendable {
        case opened
        case closed
    }

    /// What a change is about.
    package enum Subject: Sendable, Equatable {
        case packets([Traffic])
        /// Message types that the target takes on a port that is open on both sides; none named
        /// stands for all others.
        case messages([String], on: String)
        case channel(String)

        /// On one line.
        package var text: String {
            switch self {
            case .packets(let traffic): Traffic.text(traffic)
            case .messages(let names, let port):
                "messages \(names.isEmpty ? "of every type" : names.joined(separator: ", ")) "
                    + "on \(port)"
            case .channel(let name): "channel \(name)"
            }
        }
    }

    /// One thing that two parties can do to one another on one side only.
    package struct Change: Sendable {
        package var direction: Direction
        package var from: String
        package var to: String
        package var subject: Subject
        /// False where it hangs on something that is not modelled.
        package var isCertain: Bool
        /// A packet of it, as `10.0.0.1:49152 -> 10.0.0.2:443 tcp`.
        package var example: String?
        /// Who answers for it: owners of its lines, else what the target belongs to.
        package var owners: [String]
        /// Lines of each side that decide on it; none where nothing is written about it.
        package var oldLines: [Line]
        package var newLines: [Line]
    }

    /// A pair of which both sides say the same and leave the same open.
    package struct Undecided: Sendable {
        package var from: String
        package var to: String
        package var unless: [String]
    }

    package let old: String
    package let new: String
    package internal(set) var changes: [Change] = []
    /// Changes beyond `pairsMax`, by direction.
    package internal(set) var unlisted: [Direction: Int] = [.opened: 0, .closed: 0]
    package internal(set) var undecided: [Undecided] = []
    package internal(set) var undecidedCount = 0
    /// Parties that only one side has.
    package internal(set) var onlyOld: [(name: String, place: Place?)] = []
    package internal(set) var onlyNew: [(name: String, place: Place?)] = []
    /// Parties on both sides.
    package internal(set) var shared = 0
    /// Only pairs with different flows were looked at.
    package internal(set) var isFocused = false

    init(old: String, new: String) {
        self.old = old
        self.new = new
    }

    package func count(_ direction: Direction) -> Int {
        changes.count { $0.direction == direction } + unlisted[direction, default: 0]
    }

    /// Nothing at all changed, and that is proved of every pair.
    package var isProof: Bool {
        count(.opened) == 0 && count(.closed) == 0 && undecidedCount == 0
    }

    /// Whether a pipeline may go on: nothing is opened, and with `strict` nothing closed or unknown.
    package func passes(strict: Bool) -> Bool {
        count(.opened) == 0 && (!strict || isProof)
    }
}

extension Comparison {
    /// Compares two sides; `progress` hears of the kinds of parties done and of all, now and then.
    package init(
        _ old: Side, _ new: Side, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(PacketSet.TooLarge) {
        try self.init(outlines: old, new)
        try addPackets(old, new, progress: progress)
        sort()
    }

    /// Who is on which side, and what no gate judges.
    init(outlines old: Side, _ new: Side) throws(PacketSet.TooLarge) {
        self.init(old: old.name, new: new.name)
        let before = Self.named(old)
        let after = Self.named(new)
        let known = (old: Set(before.map(\.name)), new: Set(after.map(\.name)))
        shared = known.old.intersection(known.new).count
        onlyOld = before.filter { !known.new.contains($0.name) }
        onlyNew = after.filter { !known.old.contains($0.name) }
        try Ungated(old, new).compare(into: &self)
    }

    private static func named(_ side: Side) -> [(name: String, place: Place?)] {
        side.topology.endpoints.compactMap { endpoint in
            endpoint.kind == .workload && !side.unnamed.contains(endpoint.name)
                ? (endpoint.name, endpoint.place) : nil
        }
    }

    /// Adds what gates let through on one side only.
    mutating func addPackets(
        _ old: Side, _ new: Side, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(PacketSet.TooLarge) {
        var work = Work(old, new)
        let kinds = work.parties.kinds.indices
        for source in kinds {
            for target in work.candidates(source) {
                try work.compare(source, target, into: &self)
            }
            progress(source + 1, kinds.count)
        }
    }

    mutating func sort() {
        changes.sort { left, right in
            (left.from, left.to, left.direction == .opened ? 0 : 1, left.subject.text)
                < (right.from, right.to, right.direction == .opened ? 0 : 1, right.subject.text)
        }
    }

    mutating func add(_ pair: Undecided) {
        undecidedCount += 1
        if undecided.count < Self.pairsMax { undecided.append(pair) }
    }

    mutating func add(_ change: Change) {
        if isFull { count(unlisted: change.direction) } else { changes.append(change) }
    }

    /// No further change is listed.
    var isFull: Bool { changes.count >= Self.pairsMax }

    mutating func count(unlisted direction: Direction) { unlisted[direction, default: 0] += 1 }
}
