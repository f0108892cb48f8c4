internal import Connectivity
internal import Findings
package import Notation

extension Comparison {
    /// More than this is counted, not shown, where people read it.
    private static let shownMax = 200

    /// The whole answer for people; `strict` decides what the last line says.
    package func lines(strict: Bool = false) -> [String] {
        var lines: [String] = []
        for direction in [Direction.opened, .closed] where count(direction) > 0 {
            lines.append(direction.rawValue)
            lines += byOwner(direction).flatMap { owner, changes in
                ["  \(Excerpt.of(owner, limit: 200))"] + changes.flatMap(text)
            }
            let hidden = count(direction) - min(changes(direction).count, Self.shownMax)
            if hidden > 0 { lines.append("  and \(hidden) more; --json lists them") }
            lines.append("")
        }
        for (names, side) in [(onlyNew, new), (onlyOld, old)] where !names.isEmpty {
            let shown = names.prefix(20).map { Excerpt.of($0.name, limit: 200) }
            let more = names.count > 20 ? " and \(names.count - 20) more" : ""
            lines += [
                "only in \(Excerpt.of(side, limit: 500)): " + shown.joined(separator: ", ") + more,
                "",
            ]
        }
        for pair in undecided.prefix(20) {
            lines.append(
                "not known: \(Excerpt.of(pair.from, limit: 200)) -> "
                    + "\(Excerpt.of(pair.to, limit: 200)) hangs on "
                    + Excerpt.of(pair.unless.joined(separator: "; "), limit: 500))
        }
        if undecidedCount > 20 { lines.append("and \(undecidedCount - 20) more such pairs") }
        if undecidedCount > 0 { lines.append("") }
        return lines + [verdict(strict: strict)]
    }

    /// The last line: what a pipeline decides on.
    package func verdict(strict: Bool) -> String {
        let among = "\(shared) \(shared == 1 ? "party" : "parties") on both sides"
        if isProof {
            let ground = isFocused ? "every pair has the same flows" : "proved for every pair"
            return "no change: both sides let the same through (\(ground)), \(among)"
        }
        let opened = count(.opened)
        let closed = count(.closed)
        if opened == 0, closed == 0 {
            return "no change in what is modelled; \(undecidedCount) of the pairs of \(among) hang "
                + "on what is not, which reads the same on both sides"
        }
        let end = passes(strict: strict) ? "nothing is opened" : "look at it before it goes on"
        return "\(opened) opened, \(closed) closed, among \(among): \(end)"
    }

    private func changes(_ direction: Direction) -> [Change] {
        changes.filter { $0.direction == direction }
    }

    private func byOwner(_ direction: Direction) -> [(owner: String, changes: [Change])] {
        let shown = Array(changes(direction).prefix(Self.shownMax))
        let groups = Dictionary(grouping: shown) { change in
            change.owners.isEmpty ? "nobody's" : change.owners.joined(separator: ", ")
        }
        return groups.sorted { $0.key < $1.key }.map { (owner: $0.key, changes: $0.value) }
    }

    private func text(_ change: Change) -> [String] {
        var lines = [
            "    \(Excerpt.of(change.from, limit: 200)) -> \(Excerpt.of(change.to, limit: 200)): "
                + Excerpt.of(change.subject.text, limit: 1000)
        ]
        if let example = change.example { lines.append("      as \(example)") }
        for (line, side) in change.newLines.map({ ($0, new) }) + change.oldLines.map({ ($0, old) })
        {
            lines.append("      \(line.position(in: side)): \(Excerpt.of(line.text, limit: 500))")
        }
        return lines
    }

    /// The whole answer for machines.
    package func document(strict: Bool = false) -> JSON {
        [
            "old": .text(old), "new": .text(new), "passes": .boolean(passes(strict: strict)),
            "proof": .boolean(isProof), "opened": .count(count(.opened)),
            "closed": .count(count(.closed)), "unknown": .count(undecidedCount),
            "parties": .count(shared),
            "onlyOld": .list(onlyOld.map { .text($0.name) }),
            "onlyNew": .list(onlyNew.map { .text($0.name) }),
            "changes": .list(changes.map(document)),
            "undecided": .list(
                undecided.map { pair in
                    [
                        "source": .text(pair.from), "destination": .text(pair.to),
                        "unless": .list(pair.unless.map(JSON.text)),
                    ]
                }),
        ]
    }

    private func document(_ change: Change) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("change", .text(change.direction.rawValue)),
            JSON.Member("source", .text(change.from)),
            JSON.Member("destination", .text(change.to)),
            JSON.Member("certain", .boolean(change.isCertain)),
            JSON.Member("owners", .list(change.owners.map(JSON.text))),
        ]
        switch change.subject {
        case .packets(let traffic):
            members.append(
                JSON.Member(
                    "packets", .list(traffic.map { $0.document(from: change.from, to: change.to) }))
            )
        case .messages(let names, let port):
            members += [
                JSON.Member("messages", .list(names.map(JSON.text))),
                JSON.Member("port", .text(port)),
            ]
        case .channel(let name): members.append(JSON.Member("channel", .text(name)))
        }
        members += [
            JSON.Member("packet", .optional(change.example)),
            JSON.Member("newLines", .list(change.newLines.map { $0.document(in: new) })),
            JSON.Member("oldLines", .list(change.oldLines.map { $0.document(in: old) })),
        ]
        return .object(members)
    }
}

extension Line {
    /// `file:line:column`.
    package func position(in side: String) -> String {
        let name = Excerpt.of(file.isEmpty ? side : file, limit: 500)
        return place.map { "\(name):\($0.line):\($0.column)" } ?? name
    }

    fileprivate func document(in side: String) -> JSON {
        [
            "file": .text(file.isEmpty ? side : file),
            "line": place.map { .count($0.line) } ?? .null,
            "column": place.map { .count($0.column) } ?? .null, "text": .text(text),
            "owner": .optional(owner),
        ]
    }
}
