/// How conditions are called that no field expresses.
enum Words {
    private static let itemsMax = 8

    static func match(_ parts: [Part], _ compare: NftOperator, _ value: NftValue) -> String {
        let key = parts.map(\.word).joined(separator: " . ")
        let mask = parts.first?.mask.map { " & " + text($0) } ?? ""
        let op = compare == .implicit || compare == .equal ? " " : " \(compare.rawValue) "
        return key + mask + op + text(value)
    }

    static func text(_ value: NftValue) -> String {
        switch value {
        case .number(let number): String(number)
        case .address(let address, _): address > 0xFFFF_FFFF ? "an IPv6 address" : dotted(address)
        case .word(let word), .text(let word), .other(let word): word
        case .range(let low, let high): text(low) + "-" + text(high)
        case .prefix(let base, let length): text(base) + "/\(length)"
        case .flags(let values): list(values.map(text), ",")
        case .concat(let values): list(values.map(text), " . ")
        case .set(let elements): "{ " + list(elements.prefix(9).map { text($0.key) }, ", ") + " }"
        case .reference(let name): "@" + name
        case .any: "*"
        }
    }

    private static func list(_ items: [String], _ separator: String) -> String {
        items.prefix(itemsMax).joined(separator: separator) + (items.count > itemsMax ? "..." : "")
    }

    private static func dotted(_ address: UInt128) -> String {
        [24, 16, 8, 0].map { String((address >> UInt128($0)) & 0xFF) }.joined(separator: ".")
    }
}
