package import Packets

/// Intervals of values for some fields, in the order of the fields.
///
/// Rulesets hold one for each clause: a list of few entries costs one allocation where a dictionary
/// costs hashing at each turn.
package struct FieldValues: Sendable, Hashable, Sequence, ExpressibleByDictionaryLiteral {
    package struct Element: Sendable, Hashable {
        package let field: Field
        package var intervals: [ClosedRange<UInt128>]
    }

    private var entries: [Element] = []

    package init() {}

    package init(dictionaryLiteral elements: (Field, [ClosedRange<UInt128>])...) {
        entries.reserveCapacity(elements.count)
        for (field, intervals) in elements { self[field] = intervals }
    }

    /// The intervals of a field; nil where it does not matter.
    package subscript(_ field: Field) -> [ClosedRange<UInt128>]? {
        get {
            for entry in entries where entry.field == field { return entry.intervals }
            return nil
        }
        set {
            let place = entries.firstIndex { $0.field.rawValue >= field.rawValue }
            guard let place, entries[place].field == field else {
                guard let newValue else { return }
                entries.insert(
                    Element(field: field, intervals: newValue), at: place ?? entries.count)
                return
            }
            if let newValue {
                entries[place].intervals = newValue
            } else {
                entries.remove(at: place)
            }
        }
    }

    package var isEmpty: Bool { entries.isEmpty }

    package func makeIterator() -> IndexingIterator<[Element]> { entries.makeIterator() }
}
