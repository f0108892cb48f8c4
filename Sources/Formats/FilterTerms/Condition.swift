// FilterTerms: what readers of packet filters share: conditions and their algebra, names of
// protocols, ports and ICMP types, addresses as text, and the numbers of interfaces. It reads no
// format. Bounds: `Condition.clausesMax` clauses in one condition.
package import Packets
package import Ruleset

/// Which packets something is about, while a rule is read: alternatives of which no two need to
/// hold the same packet, each exact but for its words.
package struct Condition: Sendable {
    /// Clauses of one condition; a larger one is given up for a word.
    package static let clausesMax = 1 << 18
    private static let alternativesMax = 64

    package private(set) var alternatives: [Match]

    package init(_ alternatives: [Match]) {
        let isLean = alternatives.allSatisfy { !$0.clauses.isEmpty }
        self.alternatives = isLean ? alternatives : alternatives.filter { !$0.clauses.isEmpty }
    }

    package init(_ clause: Clause) { alternatives = [Match([clause])] }

    package static let always = Condition([Match()])
    package static let never = Condition([])

    /// What nobody here knows.
    package static func unmodelled(_ word: String) -> Condition {
        Condition([Match([Clause()], unmodelled: [word])])
    }

    /// One field's values; an empty list never holds.
    package static func field(
        _ field: Field, in intervals: [ClosedRange<UInt128>], _ families: Families = .both
    ) -> Condition {
        intervals.isEmpty ? .never : Condition(Clause(families, [field: intervals]))
    }

    /// Whether every packet is known to be in it or known not to be.
    package var isExact: Bool { alternatives.allSatisfy { $0.unmodelled.isEmpty } }

    /// Whether packets of some states alone are in it.
    package var asksForState: Bool {
        alternatives.contains { match in
            (match.clauses + match.except).contains { $0.values[.state] != nil }
        }
    }

    /// The clauses, when they alone say everything.
    package var plainClauses: [Clause]? {
        let isPlain = alternatives.allSatisfy { $0.unmodelled.isEmpty && $0.except.isEmpty }
        return isPlain ? alternatives.flatMap(\.clauses) : nil
    }

    /// Both at once.
    package func and(_ other: Condition) -> Condition {
        if other.isAlways { return self }
        if isAlways { return other }
        let pairs = alternatives.count * other.alternatives.count
        let size = clauseCount.multipliedReportingOverflow(by: other.clauseCount)
        guard pairs <= Self.alternativesMax, !size.overflow, size.partialValue <= Self.clausesMax
        else {
            return Condition(
                alternatives.map {
                    Match(
                        $0.clauses, except: $0.except,
                        unmodelled: $0.unmodelled + ["a condition of too many parts"])
                })
        }
        var found: [Match] = []
        found.reserveCapacity(pairs)
        for left in alternatives {
            for right in other.alternatives { found.append(left.and(right)) }
        }
        return Condition(found)
    }

    /// Either of them.
    package func or(_ other: Condition) -> Condition {
        Condition(alternatives + other.alternatives)
    }

    /// Any of them.
    package static func any(_ conditions: [Condition]) -> Condition {
        Condition(conditions.flatMap(\.alternatives))
    }

    /// The same in fewer alternatives where nothing but clauses tells them apart.
    package var merged: Condition {
        guard let plain = plainClauses, alternatives.count > 1 else { return self }
        return Condition([Match(plain)])
    }

    private var isAlways: Bool {
        alternatives.count == 1 && alternatives[0].clauses.count == 1
            && alternatives[0].clauses[0].isAlways && alternatives[0].except.isEmpty
            && alternatives[0].unmodelled.isEmpty
    }

    private var clauseCount: Int { alternatives.reduce(0) { $0 + $1.clauses.count } }
}

extension Match {
    /// Both at once; without clauses where no packet can be in both.
    fileprivate func and(_ other: Match) -> Match {
        var both: [Clause] = []
        both.reserveCapacity(clauses.count * other.clauses.count)
        for one in clauses {
            for two in other.clauses {
                if let clause = one.and(two) { both.append(clause) }
            }
        }
        var match = self
        match.clauses = both
        match.except += other.except
        for word in other.unmodelled where !match.unmodelled.contains(word) {
            match.unmodelled.append(word)
        }
        return match
    }
}

extension Clause {
    /// It holds every packet.
    package var isAlways: Bool { families == .both && values.isEmpty }

    /// Both at once; nil where no packet can be in both.
    package func and(_ other: Clause) -> Clause? {
        let common = families.intersection(other.families)
        guard !common.isEmpty else { return nil }
        if other.values.isEmpty { return Clause(common, values) }
        if values.isEmpty { return Clause(common, other.values) }
        var both = Clause(common, values)
        for entry in other.values {
            guard let own = values[entry.field] else {
                both.values[entry.field] = entry.intervals
                continue
            }
            let narrowed = Intervals.intersection(own, entry.intervals)
            guard !narrowed.isEmpty else { return nil }
            both.values[entry.field] = narrowed
        }
        return both
    }
}

/// Lists of intervals of one field's values.
package enum Intervals {
    /// Sorted, and neighbours joined.
    package static func normalised(_ intervals: [ClosedRange<UInt128>]) -> [ClosedRange<UInt128>] {
        guard intervals.count > 1 else { return intervals }
        var joined: [ClosedRange<UInt128>] = []
        for interval in intervals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = joined.last,
                last.upperBound == .max || interval.lowerBound <= last.upperBound + 1
            else {
                joined.append(interval)
                continue
            }
            if interval.upperBound > last.upperBound {
                joined[joined.count - 1] = last.lowerBound...interval.upperBound
            }
        }
        return joined
    }

    /// Values up to `last` that are in none.
    package static func complement(
        _ intervals: [ClosedRange<UInt128>], last: UInt128
    ) -> [ClosedRange<UInt128>] {
        var rest: [ClosedRange<UInt128>] = []
        var next: UInt128 = 0
        for interval in normalised(intervals) {
            guard interval.lowerBound <= last else { break }
            if interval.lowerBound > next { rest.append(next...interval.lowerBound - 1) }
            guard interval.upperBound < last else { return rest }
            next = interval.upperBound + 1
        }
        rest.append(next...last)
        return rest
    }

    /// Values in both.
    package static func intersection(
        _ left: [ClosedRange<UInt128>], _ right: [ClosedRange<UInt128>]
    ) -> [ClosedRange<UInt128>] {
        let one = normalised(left)
        let two = normalised(right)
        var found: [ClosedRange<UInt128>] = []
        var first = 0
        var second = 0
        while first < one.count, second < two.count {
            let low = max(one[first].lowerBound, two[second].lowerBound)
            let high = min(one[first].upperBound, two[second].upperBound)
            if low <= high { found.append(low...high) }
            if one[first].upperBound < two[second].upperBound { first += 1 } else { second += 1 }
        }
        return found
    }
}
