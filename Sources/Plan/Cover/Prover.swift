package import Packets

/// What became of a question.
package enum Proof: Sendable {
    /// Every packet is decided as asked, and this shows it.
    case holds(Certificate)
    /// This packet is not.
    case refuted(Packet)
    /// More than `Prover.stepsMax` cells: nothing is known, and nothing must rely on it.
    case undecided
}

/// Answers questions about one list of rules; built once, asked often.
package struct Prover: Sendable {
    /// Cells that one question may cost: some seconds.
    package static let stepsMax = 20_000_000

    package let list: RuleList
    let index: RuleIndex
    let stepsMax: Int

    package init(_ list: RuleList, stepsMax: Int = Prover.stepsMax) {
        self.list = list
        self.stepsMax = stepsMax
        index = RuleIndex(list.boxes)
    }

    /// Whether the list allows every packet of the question, or with `allow` false refuses it.
    package func prove(_ question: Box, allow: Bool) -> Proof {
        if list.hasSkips { return CellSearch(self, allow: allow).search(question) }
        var touching: [Int32] = []
        index.overlaps(question, below: list.count, into: &touching)
        var search = CoverSearch(stepsMax: stepsMax)
        var certificate = Certificate(coverings: [])
        var earlier: [Int32] = []
        var candidates: [Int32] = []
        let wanted: Decision = allow ? .allow : .refuse
        for number in touching {
            let rule = Int(number)
            if list.decisions[rule] == wanted {
                earlier.append(number)
                // Nothing behind a rule that holds the whole question is ever asked.
                if list.boxes[rule].contains(question) { return .holds(certificate) }
                continue
            }
            guard let box = list.boxes[rule].intersection(question) else { continue }
            if let proof = cover(box, earlier, &candidates, &search, &certificate) { return proof }
        }
        if list.otherwise != allow,
            let proof = cover(question, earlier, &candidates, &search, &certificate)
        {
            return proof
        }
        return .holds(certificate)
    }

    /// Appends the covering of a box by earlier rules, or says why there is none.
    private func cover(
        _ box: Box, _ earlier: [Int32], _ candidates: inout [Int32],
        _ search: inout CoverSearch, _ certificate: inout Certificate
    ) -> Proof? {
        candidates.removeAll(keepingCapacity: true)
        for number in earlier where list.boxes[Int(number)].overlaps(box) {
            candidates.append(number)
        }
        switch search.search(box, candidates, list.boxes) {
        case .covered:
            certificate.coverings.append(search.covering)
            return nil
        case .hole(let packet): return .refuted(packet)
        case .tooHard: return .undecided
        }
    }
}
