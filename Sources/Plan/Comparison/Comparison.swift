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
    package internal(set) var unlisted: [Direction: Int] = [:]
    package internal(set) var undecided: [Undecided] = []
    package internal(set) var undecidedCount = 0
    /// Parties that only one side has.
    package internal(set) var onlyOld: [(name: String, place: Place?)] = []
    package internal(set) var onlyNew: [(name: String, place: Place?)] = []
    /// Parties on both sides, and pairs of parties that were looked at.
    package internal(set) var shared = 0
    package internal(set) var pairs = 0

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
    /// Compares two sides; `progress` hears of the parties done and of all, now and then.
    package init(
        _ old: Side, _ new: Side, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(PacketSet.TooLarge) {
        self.init(old: old.name, new: new.name)
        var work = Work(old, new)
        let parties = work.parties
        shared = parties.all.count { $0.old != nil && $0.new != nil && !$0.isOutside }
        onlyOld = parties.all.compactMap { party in
            guard party.new == nil, let index = party.old?.first,
                !old.unnamed.contains(party.name)
            else { return nil }
            return (party.name, old.topology.endpoints[index].place)
        }
        onlyNew = parties.all.compactMap { party in
            guard party.old == nil, let index = party.new?.first,
                !new.unnamed.contains(party.name)
            else { return nil }
            return (party.name, new.topology.endpoints[index].place)
        }
        for source in parties.kinds.indices {
            for target in work.candidates(source) {
                try work.compare(source, target, into: &self)
            }
            progress(source + 1, parties.kinds.count)
        }
        pairs = parties.all.count * max(parties.all.count - 1, 0)
        try Ungated(old, new).compare(into: &self)
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
        guard changes.count < Self.pairsMax else {
            unlisted[change.direction, default: 0] += 1
            return
        }
        changes.append(change)
    }
}
