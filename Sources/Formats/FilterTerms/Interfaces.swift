package import Packets
internal import Ruleset

/// Interfaces by name: number n of a field is `names[n - 1]`.
package struct Interfaces: Sendable {
    /// More names than this have no number, and conditions on them are not modelled.
    package static let countMax = 16_384

    package let names: [String]
    private let numbers: [String: UInt128]

    /// The given names first and in their order, then the others sorted.
    package init(_ given: [String], and others: Set<String>) {
        var names: [String] = []
        var numbers: [String: UInt128] = [:]
        for name in given + others.sorted()
        where numbers[name] == nil && names.count < Self.countMax {
            names.append(name)
            numbers[name] = UInt128(names.count)
        }
        self.names = names
        self.numbers = numbers
    }

    package func number(of name: String) -> UInt128? { numbers[name] }

    /// The condition that a packet's interface has one of some names, or none of them.
    ///
    /// A name that ends in the wildcard stands for every known interface that begins like it;
    /// whether it means one that nobody knows stays open.
    package func condition(
        _ field: Field, among wanted: [(name: String, isPrefix: Bool)], isNegated: Bool,
        word: String
    ) -> Condition {
        var held: [ClosedRange<UInt128>] = []
        var isOpen = false
        for (name, isPrefix) in wanted {
            if isPrefix {
                if name.isEmpty {
                    held = [1...UInt128(field.last)]
                    isOpen = false
                    break
                }
                isOpen = true
                for index in names.indices where names[index].hasPrefix(name) {
                    held.append(UInt128(index + 1)...UInt128(index + 1))
                }
            } else if let number = numbers[name] {
                held.append(number...number)
            } else {
                isOpen = true
            }
        }
        let values =
            isNegated
            ? Intervals.complement(held, last: UInt128(field.last))
            : Intervals.normalised(held)
        guard isOpen else { return .field(field, in: values) }
        let known: [ClosedRange<UInt128>] = [0...UInt128(names.count)]
        let others: [ClosedRange<UInt128>] = [UInt128(names.count + 1)...UInt128(field.last)]
        return Condition.field(field, in: Intervals.intersection(values, known))
            .or(Condition.field(field, in: others).and(.unmodelled(word)))
    }
}
