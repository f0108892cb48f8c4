package import Packets

/// Versions of the Internet Protocol that a rule looks at.
package struct Families: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let v4 = Families(rawValue: 1)
    package static let v6 = Families(rawValue: 2)
    package static let both: Families = [.v4, .v6]
}

/// Values that some fields must have, all of them at once.
///
/// Addresses of IPv4 are 0 to 2^32 - 1 and belong to a clause of `.v4` alone; a clause that says
/// nothing about addresses may hold both families.
package struct Clause: Sendable, Hashable {
    package var families: Families
    /// For each field that matters the intervals of which one must hold the value, in any order;
    /// an empty list matches no packet.
    package var values: FieldValues

    package init(_ families: Families = .both, _ values: FieldValues = FieldValues()) {
        self.families = families
        self.values = values
    }

    package func holds(_ field: Field, _ value: UInt128) -> Bool {
        guard let intervals = values[field] else { return true }
        return intervals.contains { $0.contains(value) }
    }
}

/// Which packets a rule is about: those of any of its clauses and of no exception.
package struct Match: Sendable, Hashable {
    package var clauses: [Clause]
    /// Packets that the rule is not about although a clause holds them.
    package var except: [Clause]
    /// Conditions that no field expresses, as they were written; each narrows the match by an
    /// amount that nobody here knows.
    package var unmodelled: [String]

    /// Matches every packet when nothing is said.
    package init(
        _ clauses: [Clause] = [Clause()], except: [Clause] = [], unmodelled: [String] = []
    ) {
        self.clauses = clauses
        self.except = except
        self.unmodelled = unmodelled
    }
}
