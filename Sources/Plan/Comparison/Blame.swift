internal import Addresses
internal import Connectivity
internal import Packets
internal import Ruleset
internal import Topology

/// Says of a change what it is in words, which lines decide on it, and who answers for it.
struct Blame {
    /// More lines than this say nothing to anybody.
    private static let linesMax = 16

    private struct Pair: Hashable {
        let from: String
        let to: String
    }

    private let grants: (old: [Pair: [Grant]], new: [Pair: [Grant]])

    init(_ old: Side, _ new: Side) {
        grants = (Self.byPair(old), Self.byPair(new))
    }

    private static func byPair(_ side: Side) -> [Pair: [Grant]] {
        Dictionary(
            grouping: side.grants.filter { $0.kind == .explained },
            by: { Pair(from: $0.from, to: $0.to) })
    }

    /// A change without its lines.
    func change(
        _ direction: Comparison.Direction, _ delta: Delta, _ ends: (from: Endpoint, to: Endpoint),
        _ atoms: AddressAtoms, _ words: [String]
    ) throws(PacketSet.TooLarge) -> Comparison.Change {
        let sure = Traffic.list(
            delta.certain, from: ends.from, to: ends.to, atoms, isCertain: true)
        let maybe = Traffic.list(
            delta.possible, from: ends.from, to: ends.to, atoms, isCertain: false, unless: words)
        return Comparison.Change(
            direction: direction, from: ends.from.name, to: ends.to.name,
            subject: .packets(sure + maybe), isCertain: !sure.isEmpty, example: nil,
            owners: [ends.to.group.isEmpty ? ends.from.group : ends.to.group].filter {
                !$0.isEmpty
            }, oldLines: [], newLines: [])
    }

    /// Adds the lines, and with them the owners.
    func explain(
        _ change: inout Comparison.Change, _ delta: Delta,
        old: (from: [Int]?, to: [Int]?), _ oldNarrow: inout Narrow,
        new: (from: [Int]?, to: [Int]?), _ newNarrow: inout Narrow, _ atoms: AddressAtoms
    ) throws(PacketSet.TooLarge) {
        let isOpened = change.direction == .opened
        let pair = Pair(from: change.from, to: change.to)
        change.oldLines = written(grants.old[pair] ?? [], delta)
        change.newLines = written(grants.new[pair] ?? [], delta)
        change.oldLines += try deciding(old, delta, &oldNarrow, allowing: !isOpened, atoms)
        change.newLines += try deciding(new, delta, &newNarrow, allowing: isOpened, atoms)
        let owners = (isOpened ? change.newLines : change.oldLines).compactMap(\.owner)
        if !owners.isEmpty { change.owners = Array(Set(owners)).sorted() }
    }

    /// Lines that open some of the packets.
    private func written(_ grants: [Grant], _ delta: Delta) -> [Line] {
        let boxes = [delta.certain, delta.possible].flatMap { $0[.v4]?.boxes ?? [] }
        var lines: [Line] = []
        for grant in grants
        where boxes.contains(where: grant.box.overlaps) && !lines.contains(grant.line) {
            lines.append(grant.line)
            if lines.count == Self.linesMax { break }
        }
        return lines
    }

    /// Labelled rules on the way that let the packets pass, or stop them.
    private func deciding(
        _ ends: (from: [Int]?, to: [Int]?), _ delta: Delta, _ narrow: inout Narrow,
        allowing: Bool, _ atoms: AddressAtoms
    ) throws(PacketSet.TooLarge) -> [Line] {
        var lines: [Line] = []
        for source in ends.from ?? [] {
            for target in ends.to ?? [] {
                let small = narrow.pair(source, target)
                let last = small.endpoints.count - 1
                guard small.gates.contains(where: { !$0.labels.isEmpty }) else { continue }
                for family in [Families.v4, .v6] {
                    let set =
                        (delta.certain[family]?.boxes ?? [])
                        + (delta.possible[family]?.boxes ?? [])
                    let placed = set.compactMap { box in
                        small.placed(box, 0, last, family, atoms)
                    }
                    for (gate, context) in small.way(from: 0, to: last) {
                        for box in placed where lines.count < Self.linesMax {
                            let seen = box.with(.arrival, context[.arrival])
                                .with(.departure, context[.departure])
                            lines += try Self.labels(
                                small.gates[gate], family, seen, allowing, besides: lines)
                        }
                    }
                }
            }
        }
        return lines
    }

    private static func labels(
        _ gate: Gate, _ family: Families, _ box: Box, _ allowing: Bool, besides known: [Line]
    ) throws(PacketSet.TooLarge) -> [Line] {
        let rules = (family == .v4 ? gate.v4 : gate.v6).may
        var lines: [Line] = []
        for cell in try rules.cells(in: box) where cell.isAllowed == allowing {
            guard let owner = cell.owner, let label = gate.label(owner) else { continue }
            let line = Line(label.name, file: label.file, place: label.place)
            if !known.contains(line), !lines.contains(line) { lines.append(line) }
        }
        return lines
    }
}

extension Topology {
    /// The part of a box in common terms that lies between two endpoints, in this topology's.
    fileprivate func placed(
        _ box: Box, _ source: Int, _ target: Int, _ family: Families, _ atoms: AddressAtoms
    ) -> Box? {
        func own(_ endpoint: Int, _ range: ClosedRange<UInt32>) -> ClosedRange<UInt32>? {
            if family == .v4 {
                let all = endpoints[endpoint].v4
                return all.first(where: range.overlaps).map { $0.clamped(to: range) } ?? all.first
            }
            let addresses = atoms.addresses(range)
            let all = endpoints[endpoint].v6
            guard
                let part = all.first(where: addresses.overlaps)?.clamped(to: addresses)
                    ?? all.first
            else { return nil }
            return self.atoms.atom(part.lowerBound)...self.atoms.atom(part.upperBound)
        }
        guard let from = own(source, box[.source]), let to = own(target, box[.destination]) else {
            return nil
        }
        return box.with(.source, from).with(.destination, to)
    }
}

/// A packet for people, out of a set.
enum Example {
    private static let tcp: UInt32 = 6
    private static let portsOfClients: ClosedRange<UInt32> = 49_152...65_535

    /// Stands for an outside of which no address is told (RFC 5737).
    private static let somebody: UInt32 = 0xCB00_7101
    static func of(
        _ delta: Delta, _ atoms: AddressAtoms, from: Endpoint, to: Endpoint
    ) -> String? {
        of(delta.certain, atoms, from: from, to: to)
            ?? of(delta.possible, atoms, from: from, to: to)
    }

    static func of(
        _ sets: [Families: PacketSet], _ atoms: AddressAtoms, from: Endpoint, to: Endpoint
    ) -> String? {
        for family in [Families.v4, .v6] {
            let boxes = sets[family]?.boxes ?? []
            guard let box = boxes.first(where: { $0[.protocolNumber].contains(tcp) }) ?? boxes.first
            else { continue }
            return text(box, family, atoms, from, to)
        }
        return nil
    }

    private static func text(
        _ box: Box, _ family: Families, _ atoms: AddressAtoms, _ from: Endpoint, _ to: Endpoint
    ) -> String {
        let number = box[.protocolNumber].contains(tcp) ? tcp : box[.protocolNumber].lowerBound
        let hasPorts = [6, 17, 132].contains(number)
        let client =
            box[.sourcePort].overlaps(portsOfClients)
            ? box[.sourcePort].clamped(to: portsOfClients).lowerBound
            : box[.sourcePort].lowerBound
        func end(_ range: ClosedRange<UInt32>, _ endpoint: Endpoint, _ port: UInt32) -> String {
            let own = endpoint.addresses(family, atoms)
            let held = own.first(where: range.overlaps)?.clamped(to: range) ?? own.first ?? range
            let address = address(held, family, atoms, endpoint.name)
            return hasPorts ? "\(address):\(port)" : address
        }
        let names: [UInt32: String] = [1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"]
        return end(box[.source], from, client) + " -> "
            + end(box[.destination], to, box[.destinationPort].lowerBound) + " "
            + (names[number] ?? "protocol \(number)")
    }

    private static func address(
        _ range: ClosedRange<UInt32>, _ family: Families, _ atoms: AddressAtoms, _ name: String
    ) -> String {
        if family == .v4 {
            if range == 0...UInt32.max { return "\(Address(somebody))" }
            return StandIns.v4.contains(range.lowerBound) ? name : "\(Address(range.lowerBound))"
        }
        let lowest = atoms.addresses(range.lowerBound...range.lowerBound).lowerBound
        return StandIns.v6.contains(lowest) ? name : "[\(RangeText.v6(lowest...lowest))]"
    }
}
