internal import Cover
package import Packets
package import Ruleset

/// Packets that a live filter decides otherwise than the plan's.
package struct Deviation: Sendable, Equatable {
    /// Index of the filter.
    package let site: Int
    package let way: Way
    /// It lets them pass and the plan does not; otherwise it refuses what the plan lets pass.
    package let isOpened: Bool
    package let family: Families
    package let box: Box
    /// States that such packets have; `box` holds those of `packet`.
    package fileprivate(set) var states: [ConnectionState]
    /// Every packet of the box, or those of it that the plan decides the other way.
    package let isWhole: Bool
    /// One of them.
    package let packet: Packet
    /// It holds whatever the unmodelled conditions of the live rules mean.
    package let isCertain: Bool
}

extension Site {
    /// Pieces of one difference that are listed one by one.
    private static let piecesMax = 16

    /// All packets that the filter decides otherwise, those that differ in their state alone as one.
    func deviations(index: Int) throws(PacketSet.TooLarge) -> [Deviation] {
        var found: [Deviation] = []
        for way in Way.allCases {
            for family in [Families.v4, .v6] where !isAlike(way, family) {
                for question in questions(way) {
                    found += try deviations(index, way, family, question)
                }
            }
        }
        return Self.merged(found)
    }

    /// Whether both texts come to the very same lists: then nothing needs to be cut into packets.
    private func isAlike(_ way: Way, _ family: Families) -> Bool {
        func isSame(_ old: RuleList, _ new: RuleList) -> Bool {
            old.otherwise == new.otherwise && old.boxes == new.boxes
                && old.decisions == new.decisions && old.targets == new.targets
        }
        let (old, new) = (planned[way] ?? [], live[way] ?? [])
        return old.count == new.count
            && zip(old, new).allSatisfy {
                isSame($0[family].may, $1[family].may) && isSame($0[family].must, $1[family].must)
            }
    }

    /// A compartment has a wire and a loopback, and each is a question of its own.
    private func questions(_ way: Way) -> [Box] {
        let field: Field
        switch way {
        case .leaving: field = .departure
        case .entering: field = .arrival
        case .crossing: return [.everything]
        }
        let other: Field = way == .leaving ? .arrival : .departure
        let box = Box.everything.with(other, 0...0)
        return kind == .fabric ? [box] : [box.with(field, 1...1), box.with(field, 2...2)]
    }

    private func deviations(
        _ index: Int, _ way: Way, _ family: Families, _ question: Box
    ) throws(PacketSet.TooLarge) -> [Deviation] {
        var found: [Deviation] = []
        let plan = (
            may: try planned.passed(way, family, question, \.may),
            must: try planned.passed(way, family, question, \.must)
        )
        let now = (
            may: try live.passed(way, family, question, \.may),
            must: try live.passed(way, family, question, \.must)
        )
        func add(_ piece: Piece, isOpened: Bool, isCertain: Bool) {
            let states = ConnectionState.allCases.filter {
                piece.box[.state].contains($0.rawValue)
            }
            found.append(
                Deviation(
                    site: index, way: way, isOpened: isOpened, family: family, box: piece.box,
                    states: states, isWhole: piece.isWhole, packet: piece.packet,
                    isCertain: isCertain))
        }
        for piece in try Self.minus(now.may, plan.may) {
            let isCertain = now.must.contains { $0.contains(piece.packet) }
            add(piece, isOpened: true, isCertain: isCertain)
        }
        for piece in try Self.minus(plan.must, now.must) {
            let isCertain = !now.may.contains { $0.contains(piece.packet) }
            add(piece, isOpened: false, isCertain: isCertain)
        }
        return found
    }

    private static func merged(_ all: [Deviation]) -> [Deviation] {
        struct Key: Hashable {
            let way: Way
            let isOpened: Bool
            let family: Families
            let box: Box
            let isWhole: Bool
        }
        var places: [Key: Int] = [:]
        var merged: [Deviation] = []
        for one in all {
            let box = one.box.with(.state, 0...0)
            let key = Key(
                way: one.way, isOpened: one.isOpened, family: one.family, box: box,
                isWhole: one.isWhole)
            guard let place = places[key] else {
                places[key] = merged.count
                merged.append(one)
                continue
            }
            let states = merged[place].states + one.states
            if one.isCertain, !merged[place].isCertain { merged[place] = one }
            merged[place].states = ConnectionState.allCases.filter(states.contains)
        }
        return merged
    }

    private typealias Piece = (box: Box, isWhole: Bool, packet: Packet)

    /// What is in some box of `some` and in none of `others`.
    private static func minus(
        _ some: [Box], _ others: [Box]
    ) throws(PacketSet.TooLarge) -> [Piece] {
        let known = Set(others)
        var pieces: [Piece] = []
        for box in Set(some).subtracting(known).sorted(by: { $0.size > $1.size }) {
            let near = others.filter { $0.overlaps(box) }
            var rest = [box]
            for other in near where rest.count <= piecesMax {
                rest = rest.flatMap { $0.subtracting(other) }
            }
            if rest.isEmpty { continue }
            if rest.count <= piecesMax {
                pieces += rest.map { ($0, true, $0.first) }
                continue
            }
            // Cut into too many to read: the box as it is, with a packet as its proof.
            var list = RuleList(otherwise: false)
            for (number, other) in near.enumerated() {
                list.append(other, allow: true, owner: UInt32(truncatingIfNeeded: number))
            }
            switch Prover(list).prove(box, allow: true) {
            case .holds: continue
            case .refuted(let packet): pieces.append((box, false, packet))
            case .undecided: throw PacketSet.TooLarge()
            }
        }
        return pieces
    }
}
