// Rulebook: what the packet filters of a platform say, as nft text and as element bytes.
//
// Text comes from typed plans only, in the very form in which nft lists it, so that what the
// kernel holds can be compared line by line and element by element. Nothing here talks to the
// kernel. Bounds: those of a Deployment; no name or text of an operator enters a rule.

/// One table: rules in nft's listing form, and the elements of its sets and maps.
package struct RuleTable: Sendable, Equatable {
    /// `FAMILY NAME`, as `inet bulkhead`.
    package let name: String
    /// The whole table without elements, as nft lists it; empty when the wall is left out.
    package let skeleton: String
    package let sets: [RuleSet]

    /// No table at all: a wall that a drill takes away.
    package static func none(_ name: String) -> RuleTable {
        RuleTable(name: name, skeleton: "", sets: [])
    }

    /// The transaction that puts the table in place of any earlier one of its name.
    package var text: String {
        removal + creation
    }

    /// The transaction that makes the table where there is none of its name.
    ///
    /// It deletes nothing, so the kernel has nothing to destroy: the next netfilter socket that
    /// closes in the namespace would wait for that.
    package var creation: String {
        var text = skeleton
        for set in sets where !set.elements.isEmpty {
            text += "add element \(name) \(set.name) { "
            for (index, element) in set.elements.enumerated() {
                if index > 0 { text += ", " }
                text += element.text
            }
            text += " }\n"
        }
        return text
    }

    /// The transaction that makes this table's elements those of another table of the same shape;
    /// empty when they are.
    package func change(to other: RuleTable) -> String {
        var text = ""
        for (old, new) in zip(sets, other.sets) {
            let before = Set(old.elements.map(\.bytes))
            let after = Set(new.elements.map(\.bytes))
            let gone = old.elements.filter { !after.contains($0.bytes) }.map(\.key)
            let come = new.elements.filter { !before.contains($0.bytes) }.map(\.text)
            if !gone.isEmpty {
                text += "delete element \(name) \(old.name) { \(gone.joined(separator: ", ")) }\n"
            }
            if !come.isEmpty {
                text += "add element \(name) \(old.name) { \(come.joined(separator: ", ")) }\n"
            }
        }
        return text
    }

    /// The transaction that takes the table away.
    package var removal: String { "table \(name)\ndelete table \(name)\n" }
}

/// The elements of one set or map.
package struct RuleSet: Sendable, Equatable {
    package let name: String
    package let elements: [RuleElement]

    package init(_ name: String, _ elements: [RuleElement]) {
        self.name = name
        self.elements = elements
    }
}

/// One element: as nft text, and as the kernel stores it.
package struct RuleElement: Sendable, Equatable {
    /// `KEY` or `KEY : VALUE`.
    package let text: String
    /// The key's parts, each padded to four bytes, then the value if it is a map's.
    package let bytes: [UInt8]
    /// The key's part of the text, which is what a deletion names.
    package let key: String
}

/// Puts an element together part by part.
struct ElementBuilder {
    private var text = ""
    private var bytes: [UInt8] = []

    mutating func interface(_ name: String) {
        part("\"\(name)\"", Array(name.utf8.prefix(15)), width: 16)
    }

    mutating func address(_ value: UInt32, _ text: String) {
        part(text, Self.bigEndian(value), width: 4)
    }

    mutating func transport(_ number: UInt8) { part("\(number)", [number], width: 4) }

    mutating func port(_ number: UInt16) {
        part("\(number)", [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)], width: 4)
    }

    mutating func uid(_ number: UInt32) {
        part("\(number)", Self.bigEndian(number.byteSwapped), width: 4)
    }

    /// The element; `mark` makes it a map's.
    func build(mark: UInt32? = nil) -> RuleElement {
        guard let mark else { return RuleElement(text: text, bytes: bytes, key: text) }
        return RuleElement(
            text: "\(text) : \(mark)", bytes: bytes + Self.bigEndian(mark.byteSwapped), key: text)
    }

    private mutating func part(_ more: String, _ value: [UInt8], width: Int) {
        text += text.isEmpty ? more : " . " + more
        bytes += value
        bytes.append(contentsOf: repeatElement(0, count: width - value.count))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
