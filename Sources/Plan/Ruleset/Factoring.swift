internal import Packets

extension Match {
    /// Boxes of one rule beyond which it is worth to look for a field that stands apart.
    private static let manyBoxes = 1_024

    /// The same match with fewer boxes: where all clauses ask one field for the same many values,
    /// the other values become an exception, and the product of both lists becomes their sum.
    func factored(_ space: AddressSpace) -> Match {
        guard clauses.count > 1, boxCount > Self.manyBoxes else { return self }
        var factored = self
        for field in Field.allCases {
            guard let values = clauses[0].values[field], values.count > 1,
                clauses.allSatisfy({
                    $0.families == clauses[0].families && $0.values[field] == values
                })
            else { continue }
            let others = Self.complement(values, last: space.last(of: field))
            for index in factored.clauses.indices { factored.clauses[index].values[field] = nil }
            if !others.isEmpty {
                factored.except.append(Clause(space.family, [field: others]))
            }
        }
        return factored
    }

    private var boxCount: Int {
        clauses.reduce(0) { sum, clause in
            sum + clause.values.reduce(1) { min($0 * max($1.intervals.count, 1), 1 << 20) }
        }
    }

    private static func complement(
        _ intervals: [ClosedRange<UInt128>], last: UInt128
    ) -> [ClosedRange<UInt128>] {
        var rest: [ClosedRange<UInt128>] = []
        var next: UInt128 = 0
        for interval in intervals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard interval.lowerBound <= last else { break }
            if interval.lowerBound > next { rest.append(next...interval.lowerBound - 1) }
            guard interval.upperBound < last else { return rest }
            next = max(next, interval.upperBound + 1)
        }
        rest.append(next...last)
        return rest
    }
}

extension AddressSpace {
    fileprivate func last(of field: Field) -> UInt128 {
        switch (field, self) {
        case (.source, .v6), (.destination, .v6): .max
        case (.source, .v4), (.destination, .v4): UInt128(UInt32.max)
        default: UInt128(field.last)
        }
    }
}
