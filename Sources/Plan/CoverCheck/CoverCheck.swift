// CoverCheck: checks the evidence of a proof, and shares nothing with who found it but the types.
// It never searches: each step either follows from the one before or the evidence is refused.
package import Packets

/// A checker of certificates.
package enum CoverCheck {
    /// Whether the certificate shows that the list decides every packet of the question as
    /// `allow` says.
    package static func accepts(
        _ certificate: Certificate, list: RuleList, question: Box, allow: Bool
    ) -> Bool {
        if list.hasSkips {
            guard let cells = certificate.cells, certificate.coverings.isEmpty else { return false }
            return checkCells(cells, list, question, allow)
        }
        guard certificate.cells == nil else { return false }
        let wanted: Decision = allow ? .allow : .refuse
        var coverings = certificate.coverings[...]
        for rule in 0..<list.count where list.boxes[rule].overlaps(question) {
            if list.decisions[rule] == wanted {
                // What lies behind a rule that holds everything decides nothing.
                if list.boxes[rule].contains(question) { return coverings.isEmpty }
                continue
            }
            guard let covering = coverings.popFirst(),
                let part = list.boxes[rule].intersection(question),
                isCovered(part, covering, list, wanted, before: rule)
            else { return false }
        }
        if list.otherwise == allow { return coverings.isEmpty }
        guard let covering = coverings.popFirst(), coverings.isEmpty else { return false }
        return isCovered(question, covering, list, wanted, before: list.count)
    }

    /// Whether the covering shows that one of the rules holds the box, or several do together.
    package static func isCovered(_ box: Box, _ covering: Covering, by boxes: [Box]) -> Bool {
        var list = RuleList(otherwise: false)
        for (index, one) in boxes.enumerated() {
            list.append(one, allow: true, owner: UInt32(truncatingIfNeeded: index))
        }
        return isCovered(box, covering, list, .allow, before: list.count)
    }

    private static func isCovered(
        _ box: Box, _ covering: Covering, _ list: RuleList, _ wanted: Decision, before limit: Int
    ) -> Bool {
        walk(box, covering) { cell, leaf in
            guard leaf < UInt64(limit) else { return false }
            let rule = Int(leaf)
            return list.decisions[rule] == wanted && list.boxes[rule].contains(cell)
        }
    }

    private static func checkCells(
        _ cells: Covering, _ list: RuleList, _ question: Box, _ allow: Bool
    ) -> Bool {
        walk(question, cells) { cell, _ in decidesAlike(list, cell, allow) }
    }

    /// Takes the boxes of a tree of cuts one by one; false for words that make no tree.
    private static func walk(
        _ box: Box, _ covering: Covering, _ accepts: (Box, UInt64) -> Bool
    ) -> Bool {
        var open = [box]
        var position = 0
        while let cell = open.popLast() {
            guard position < covering.words.count else { return false }
            let word = covering.words[position]
            position += 1
            if word & 1 == 1 {
                guard accepts(cell, word >> 1) else { return false }
                continue
            }
            guard word >> 1 <= UInt64(Field.departure.rawValue),
                let field = Field(rawValue: Int(word >> 1)), position < covering.words.count,
                let last = UInt32(exactly: covering.words[position])
            else { return false }
            position += 1
            let whole = cell[field]
            guard last >= whole.lowerBound, last < whole.upperBound else { return false }
            open.append(cell.with(field, last + 1...whole.upperBound))
            open.append(cell.with(field, whole.lowerBound...last))
        }
        return position == covering.words.count
    }

    /// Whether every packet of the cell is decided the wanted way: by rules that hold it wholly,
    /// or because nothing that is left decides the other way.
    private static func decidesAlike(_ list: RuleList, _ cell: Box, _ allow: Bool) -> Bool {
        var rule = 0
        while rule < list.count {
            let box = list.boxes[rule]
            if !box.overlaps(cell) {
                rule += 1
            } else if box.contains(cell) {
                guard list.decisions[rule] == .skip else {
                    return (list.decisions[rule] == .allow) == allow
                }
                // Skips lead forward, so this ends.
                guard Int(list.targets[rule]) > rule else { return false }
                rule = Int(list.targets[rule])
            } else {
                break
            }
        }
        guard list.otherwise == allow else { return false }
        let opposite: Decision = allow ? .refuse : .allow
        return !(rule..<max(rule, list.count)).contains { later in
            list.decisions[later] == opposite && list.boxes[later].overlaps(cell)
        }
    }
}
