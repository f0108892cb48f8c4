internal import Connectivity
internal import Packets
internal import Ruleset
internal import Topology

/// What lines open beside packets that gates judge: published ports, channels, types of messages.
struct Ungated {
    private struct Pair: Hashable, Comparable {
        let from: String
        let to: String

        static func < (left: Pair, right: Pair) -> Bool {
            (left.from, left.to) < (right.from, right.to)
        }
    }

    /// A port of the target, and which messages it takes; nil for all.
    private struct Taken {
        var messages: Set<String>?
        var lines: [Line]
    }

    private let old: [Pair: [Grant]]
    private let new: [Pair: [Grant]]
    private let groups: [String: String]

    init(_ old: Side, _ new: Side) {
        self.old = Dictionary(grouping: old.grants) { Pair(from: $0.from, to: $0.to) }
        self.new = Dictionary(grouping: new.grants) { Pair(from: $0.from, to: $0.to) }
        groups = Dictionary(
            (new.topology.endpoints + old.topology.endpoints).map { ($0.name, $0.group) },
            uniquingKeysWith: { first, _ in first })
    }

    func compare(into comparison: inout Comparison) throws(PacketSet.TooLarge) {
        for pair in Set(old.keys).union(new.keys).sorted() {
            let before = old[pair] ?? []
            let after = new[pair] ?? []
            try packets(pair, before, after, .opened, &comparison)
            try packets(pair, after, before, .closed, &comparison)
            channels(pair, before, after, .opened, &comparison)
            channels(pair, after, before, .closed, &comparison)
            messages(pair, before, after, .opened, &comparison)
            messages(pair, after, before, .closed, &comparison)
        }
    }

    private func change(
        _ pair: Pair, _ direction: Comparison.Direction, _ subject: Comparison.Subject,
        _ passing: [Line], _ other: [Line], example: String? = nil
    ) -> Comparison.Change {
        let isOpened = direction == .opened
        let owners = Set(passing.compactMap(\.owner)).sorted()
        let group = groups[pair.to] ?? ""
        return Comparison.Change(
            direction: direction, from: pair.from, to: pair.to, subject: subject, isCertain: true,
            example: example, owners: owners.isEmpty ? [group].filter { !$0.isEmpty } : owners,
            oldLines: isOpened ? other : passing, newLines: isOpened ? passing : other)
    }

    /// Published ports that `after` has and `before` has not.
    private func packets(
        _ pair: Pair, _ before: [Grant], _ after: [Grant], _ direction: Comparison.Direction,
        _ comparison: inout Comparison
    ) throws(PacketSet.TooLarge) {
        let had = before.filter { $0.kind == .packets }
        let has = after.filter { $0.kind == .packets }
        var rest = PacketSet()
        for grant in has { try rest.insert(grant.box) }
        for grant in had { try rest.remove(grant.box) }
        guard !rest.isEmpty else { return }
        rest = rest.joined()
        let whole: [ClosedRange<UInt32>] = [0...UInt32.max]
        let from = Endpoint(.outside, name: pair.from, v4: whole)
        let to = Endpoint(name: pair.to, v4: whole)
        let none = AddressAtoms([])
        let passing = has.filter { grant in rest.boxes.contains(where: grant.box.overlaps) }
        comparison.add(
            change(
                pair, direction,
                .packets(
                    Traffic.list([.v4: rest], from: from, to: to, none, isCertain: true)),
                unique(passing.map(\.line)),
                unique(
                    had.filter { grant in rest.boxes.contains(where: grant.box.overlaps) }
                        .map(\.line)),
                example: Example.of([.v4: rest], none, from: from, to: to)))
    }

    private func channels(
        _ pair: Pair, _ before: [Grant], _ after: [Grant], _ direction: Comparison.Direction,
        _ comparison: inout Comparison
    ) {
        for grant in after {
            guard case .channel(let name) = grant.kind,
                !before.contains(where: { $0.kind == grant.kind })
            else { continue }
            comparison.add(change(pair, direction, .channel(name), [grant.line], []))
        }
    }

    /// Types of messages that only `after` takes on ports that are open on both sides.
    private func messages(
        _ pair: Pair, _ before: [Grant], _ after: [Grant], _ direction: Comparison.Direction,
        _ comparison: inout Comparison
    ) {
        let had = Self.taken(before)
        for (box, taken) in Self.taken(after).sorted(by: {
            $0.value.lines[0].text < $1.value.lines[0].text
        }) {
            guard let known = had[box], let limit = known.messages else { continue }
            let more = (taken.messages ?? []).subtracting(limit)
            guard taken.messages == nil || !more.isEmpty else { continue }
            let port = Example.port(box)
            comparison.add(
                change(
                    pair, direction, .messages(more.sorted(), on: port), taken.lines, known.lines))
        }
    }

    private static func taken(_ grants: [Grant]) -> [Box: Taken] {
        var found: [Box: Taken] = [:]
        for grant in grants where grant.kind != .packets {
            if case .channel = grant.kind { continue }
            var taken = found[grant.box] ?? Taken(messages: [], lines: [])
            if grant.messages.isEmpty {
                taken.messages = nil
            } else {
                taken.messages?.formUnion(grant.messages)
            }
            taken.lines.append(grant.line)
            found[grant.box] = taken
        }
        return found
    }

    private func unique(_ lines: [Line]) -> [Line] {
        var seen: Set<Line> = []
        return lines.filter { seen.insert($0).inserted }
    }
}

extension Example {
    /// `tcp 7006`.
    static func port(_ box: Box) -> String {
        "\(box[.protocolNumber].contains(17) ? "udp" : "tcp") \(box[.destinationPort].lowerBound)"
    }
}
