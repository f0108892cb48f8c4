// CoverCheck: checks the evidence of a proof, and shares nothing with who found it but the types.
// It never searches: each step either follows from the one before or the evidence is refused.
package import Packets

/// A checker of certificates about one list of rules.
package struct CoverCheck: Sendable {
    private let list: RuleList
    /// The numbers of the rules of each decision, and their sources' intervals beside them.
    private let refusing: Half
    private let allowing: Half

    private struct Half: Sendable {
        var numbers: [Int] = []
        var sources: [ClosedRange<UInt32>] = []
    }

    package init(_ list: RuleList) {
        self.list = list
        var refusing = Half()
        var allowing = Half()
        for number in 0..<list.count {
            let source = list.boxes[number][.source]
            if list.decisions[number] == .allow {
                allowing.numbers.append(number)
                allowing.sources.append(source)
            } else {
                refusing.numbers.append(number)
                refusing.sources.append(source)
            }
        }
        self.refusing = refusing
        self.allowing = allowing
    }

    /// Whether the certificate shows that the list decides every packet of the question as
    /// `allow` says.
    package func accepts(_ certificate: Certificate, question: Box, allow: Bool) -> Bool {
        if list.hasSkips {
            guard let cells = certificate.cells, certificate.coverings.isEmpty else { return false }
            return Self.walk(question, cells) { cell, _ in decidesAlike(cell, allow) }
        }
        guard certificate.cells == nil else { return false }
        let wanted: Decision = allow ? .allow : .refuse
        if let end = certificate.end {
            guard list.decisions.indices.contains(end), list.decisions[end] == wanted,
                list.boxes[end].contains(question)
            else { return false }
        }
        var coverings = certificate.coverings[...]
        let opposite = allow ? refusing : allowing
        for (position, source) in opposite.sources.enumerated()
        where source.overlaps(question[.source]) {
            let number = opposite.numbers[position]
            guard number < certificate.end ?? .max else { break }
            guard let part = list.boxes[number].intersection(question) else { continue }
            guard let covering = coverings.popFirst(),
                isCovered(part, covering, wanted, before: number)
            else { return false }
        }
        if list.otherwise == allow || certificate.end != nil { return coverings.isEmpty }
        guard let covering = coverings.popFirst(), coverings.isEmpty else { return false }
        return isCovered(question, covering, wanted, before: list.count)
    }

    private func isCovered(
        _ box: Box, _ covering: Covering, _ wanted: Decision, before limit: Int
    ) -> Bool {
        Self.walk(box, covering) { cell, leaf in
            guard leaf < UInt64(limit) else { return false }
            let number = Int(leaf)
            return list.decisions[number] == wanted && list.boxes[number].contains(cell)
        }
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
            guard word >> 2 <= UInt64(Field.departure.rawValue),
                let field = Field(rawValue: Int(word >> 2)), position < covering.words.count,
                let last = UInt32(exactly: covering.words[position])
            else { return false }
            position += 1
            let whole = cell[field]
            guard last >= whole.lowerBound, last < whole.upperBound else { return false }
            let lower = cell.with(field, whole.lowerBound...last)
            let upper = cell.with(field, last + 1...whole.upperBound)
            open.append(word & 2 == 0 ? upper : lower)
            open.append(word & 2 == 0 ? lower : upper)
        }
        return position == covering.words.count
    }

    /// Whether every packet of the cell is decided the wanted way: by rules that hold it wholly,
    /// or because nothing that is left decides the other way.
    private func decidesAlike(_ cell: Box, _ allow: Bool) -> Bool {
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
