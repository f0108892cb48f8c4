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
        if list.hasSkips {
            var search = CellSearch(list, stepsMax: stepsMax, allow: allow)
            return search.search(question)
        }
        var touching: [Int32] = []
        index.overlaps(question, into: &touching)
        let wanted: Decision = allow ? .allow : .refuse
        // Nothing behind a rule that holds the whole question is ever asked.
        var last = list.count
        var opposite: [Int] = []
        for rank in touching {
            let number = Int(index.numbers[Int(rank)])
            if list.decisions[number] != wanted {
                opposite.append(number)
            } else if index.boxes[Int(rank)].contains(question) {
                last = min(last, number)
            }
        }
        opposite.sort()
        var search = CoverSearch(stepsMax: stepsMax)
        var certificate = Certificate(coverings: [], end: last < list.count ? last : nil)
        for number in opposite where number < last {
            guard let box = list.boxes[number].intersection(question) else { continue }
            if let proof = cover(box, before: number, touching, wanted, &search, &certificate) {
                return proof
            }
        }
        if last == list.count, list.otherwise != allow,
            let proof = cover(question, before: last, touching, wanted, &search, &certificate)
        {
            return proof
        }
        return .holds(certificate)
    }

    /// Appends the covering of a box by earlier rules, or says why there is none.
    private func cover(
        _ box: Box, before number: Int, _ touching: [Int32], _ wanted: Decision,
        _ search: inout CoverSearch, _ certificate: inout Certificate
    ) -> Proof? {
        let candidates = touching.filter { rank in
            let earlier = Int(index.numbers[Int(rank)])
            return earlier < number && list.decisions[earlier] == wanted
                && index.boxes[Int(rank)].overlaps(box)
        }
        switch search.search(box, candidates, index) {
        case .covered:
            certificate.coverings.append(search.covering)
            return nil
        case .hole(let packet): return .refuted(packet)
        case .tooHard: return .undecided
        }
    }
}
