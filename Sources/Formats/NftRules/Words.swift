internal import FilterTerms

/// How conditions are called that no field expresses.
enum Words {
    /// Of these a value without an operator means any of its bits, of all others the same value.
    private static let bitmasks: Set<String> = ["tcp flags", "ct status", "ct label", "ct event"]

    static func match(_ parts: [Part], _ compare: NftOperator, _ value: NftValue) -> String {
        let key = parts.map(\.word).joined(separator: " . ")
        let mask = parts.first?.mask.map { " & " + text($0) } ?? ""
        let isPlain = compare == .implicit || compare == .equal && !isBitmask(parts)
        let op = isPlain ? " " : " \(compare.rawValue) "
        return Wording.bounded(key + mask + op + text(value))
    }

    /// As `ip daddr set 10.0.0.9`.
    static func assignment(_ key: NftKey, _ value: NftValue?) -> String {
        let name = Part.parts(of: key).map(\.word).joined(separator: " . ")
        return Wording.bounded(name + " set " + (value.map(text) ?? "something"))
    }

    private static func isBitmask(_ parts: [Part]) -> Bool {
        parts.count == 1 && parts[0].mask == nil && bitmasks.contains(parts[0].word)
    }

    static func text(_ value: NftValue) -> String {
        switch value {
        case .number(let number): String(number)
        case .address(let address, _):
            address > 0xFFFF_FFFF ? "0x" + String(address, radix: 16) : dotted(address)
        case .word(let word), .text(let word), .other(let word): word
        case .range(let low, let high): text(low) + "-" + text(high)
        case .prefix(let base, let length): text(base) + "/\(length)"
        case .flags(let values): values.map(text).joined(separator: ",")
        case .concat(let values): values.map(text).joined(separator: " . ")
        case .set(let elements): "{ " + elements.map { text($0.key) }.joined(separator: ", ") + " }"
        case .reference(let name): "@" + name
        case .any: "*"
        }
    }

    private static func dotted(_ address: UInt128) -> String {
        [24, 16, 8, 0].map { String((address >> UInt128($0)) & 0xFF) }.joined(separator: ".")
    }
}
