/// One way in which what the kernel holds differs from the plan.
package enum RuleDifference: Sendable, Equatable, CustomStringConvertible {
    /// A line of the plan that the kernel does not have.
    case missingLine(String)
    /// A line that the plan does not have.
    case extraLine(String)
    case missingElement(set: String, String)
    /// An element that the plan does not have, or with another value: its bytes in hexadecimal.
    case extraElement(set: String, String)

    package var description: String {
        switch self {
        case .missingLine(let line): "missing: \(line)"
        case .extraLine(let line): "not in the plan: \(line)"
        case .missingElement(let set, let text): "missing in \(set): \(text)"
        case .extraElement(let set, let bytes): "not in the plan of \(set): \(bytes)"
        }
    }
}

/// What the kernel holds beside what the plan says.
package enum RuleComparison {
    /// Lines of a listing that are looked at; a longer one is itself a difference.
    package static let linesMax = 20_000

    /// Compares a listing without elements; blank lines and indentation do not count.
    package static func compare(expected: RuleTable, listing: String) -> [RuleDifference] {
        let planned = lines(expected.skeleton)
        let found = lines(listing)
        guard found.count <= linesMax else {
            return [.extraLine("a listing of \(found.count) lines")]
        }
        if planned == found { return [] }
        return found.difference(from: planned).map { change in
            switch change {
            case .remove(_, let line, _): .missingLine(String(line))
            case .insert(_, let line, _): .extraLine(String(line))
            }
        }
    }

    /// Compares the elements of one set with their bytes as the kernel gave them, in any order.
    package static func compare(expected: RuleSet, found: [[UInt8]]) -> [RuleDifference] {
        var waiting = Dictionary(
            expected.elements.map { ($0.bytes, $0.text) }, uniquingKeysWith: { first, _ in first })
        var differences: [RuleDifference] = []
        for bytes in found where waiting.removeValue(forKey: bytes) == nil {
            differences.append(.extraElement(set: expected.name, hexadecimal(bytes)))
        }
        let missing = waiting.values.sorted()
        return missing.map { .missingElement(set: expected.name, $0) } + differences
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").compactMap { line in
            let start = line.drop(while: { $0 == "\t" || $0 == " " })
            return start.isEmpty ? nil : start
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.prefix(64).map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
    }
}
