internal import FilterTerms
internal import NftRules
internal import Notation

/// Expressions of rules and sets.
enum ExpressionReader {
    private static let depthMax = 8

    static func key(_ value: JSON, depth: Int = 0) -> NftKey {
        guard depth < depthMax, let member = value.asObject?.first else {
            return .other(text(value))
        }
        let inner = member.value
        switch member.name {
        case "payload":
            guard let header = inner["protocol"]?.asText, let field = inner["field"]?.asText else {
                return .other(text(value))
            }
            return .payload(header, field)
        case "meta": return inner["key"]?.asText.map { .meta($0) } ?? .other(text(value))
        case "ct":
            guard let key = inner["key"]?.asText else { return .other(text(value)) }
            let direction = inner["dir"]?.asText.map { $0 + " " } ?? ""
            return .ct(direction + key)
        case "&":
            guard let parts = inner.asList, parts.count == 2, let mask = self.value(parts[1])
            else { return .other(text(value)) }
            return .masked(key(parts[0], depth: depth + 1), mask)
        case "concat":
            return .concat((inner.asList ?? []).prefix(16).map { key($0, depth: depth + 1) })
        default: return .other(text(value))
        }
    }

    /// Nil for what is no value.
    static func value(_ json: JSON, depth: Int = 0) -> NftValue? {
        guard depth < depthMax else { return nil }
        switch json {
        case .integer(let number):
            return number < 0 ? .other("\(number)") : .number(UInt128(number))
        case .number(let digits): return UInt128(digits).map { .number($0) } ?? .other(digits)
        case .boolean(let isThere): return .word(isThere ? "exists" : "missing")
        case .text(let text): return named(text)
        case .null: return nil
        case .list(let items): return flags(items, depth)
        case .object(let members):
            guard let member = members.first, members.count == 1 else { return nil }
            return object(member.name, member.value, json, depth)
        }
    }

    private static func named(_ text: String) -> NftValue {
        if text.utf8.first == UInt8(ascii: "@") { return .reference(String(text.dropFirst())) }
        if text == "*" { return .any }
        if let (address, family) = AddressText.address(Array(text.utf8)[...]) {
            return .address(address, family)
        }
        if text.utf8.starts(with: "0x".utf8), let number = UInt128(text.dropFirst(2), radix: 16) {
            return .number(number)
        }
        return .text(text)
    }

    private static func flags(_ items: [JSON], _ depth: Int) -> NftValue? {
        var values: [NftValue] = []
        for item in items {
            guard let value = value(item, depth: depth + 1) else { return nil }
            values.append(value)
        }
        return .flags(values)
    }

    private static func object(
        _ name: String, _ inner: JSON, _ whole: JSON, _ depth: Int
    ) -> NftValue? {
        switch name {
        case "range":
            guard let ends = inner.asList, ends.count == 2,
                let low = value(ends[0], depth: depth + 1),
                let high = value(ends[1], depth: depth + 1)
            else { return nil }
            return .range(low, high)
        case "prefix":
            guard let base = inner["addr"].flatMap({ value($0, depth: depth + 1) }),
                let length = inner["len"]?.asInteger.flatMap({ Int(exactly: $0) }),
                (0...128).contains(length)
            else { return nil }
            return .prefix(base, length)
        case "concat":
            guard let parts = inner.asList, case .flags(let values)? = flags(parts, depth) else {
                return nil
            }
            return .concat(values)
        case "|":
            return inner.asList.flatMap { flags($0, depth) }
        case "set":
            var isDynamic = false
            var elements: [NftElement] = []
            for item in inner.asList ?? [inner] {
                guard let element = element(item, &isDynamic, depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return isDynamic ? .other("a set of changing elements") : .set(elements)
        case "elem":
            return inner["val"].flatMap { value($0, depth: depth + 1) }
        default: return .other(text(whole))
        }
    }

    /// An element of a set or a map.
    static func element(
        _ json: JSON, _ isDynamic: inout Bool, depth: Int = 0
    ) -> NftElement? {
        guard let pair = json.asList else {
            return key(ofElement: json, &isDynamic, depth).map { NftElement($0) }
        }
        guard pair.count == 2, let key = key(ofElement: pair[0], &isDynamic, depth) else {
            return nil
        }
        if let verdict = StatementReader.verdict(pair[1]) {
            return NftElement(key, .verdict(verdict))
        }
        return value(pair[1], depth: depth).map { NftElement(key, .value($0)) }
    }

    private static func key(
        ofElement json: JSON, _ isDynamic: inout Bool, _ depth: Int
    ) -> NftValue? {
        if let element = json["elem"] {
            if element["timeout"] != nil || element["expires"] != nil || element["limit"] != nil {
                isDynamic = true
            }
            return element["val"].flatMap { value($0, depth: depth) }
        }
        return value(json, depth: depth)
    }

    static func text(_ json: JSON) -> String { Wording.bounded(json.render()) }
}
