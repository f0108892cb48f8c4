internal import NftRules
internal import Ruleset

extension Cursor {
    mutating func nat() -> NftStatement? {
        guard let kind = NftNat.Kind(rawValue: word) else { return nil }
        advance()
        var family: Families = .both
        var hasPorts = kind == .redirect
        if takeWord("ip") { family = .v4 } else if takeWord("ip6") { family = .v6 }
        if takeWord("addr") {
            guard take("."), takeWord("port") else { return nil }
            hasPorts = true
        }
        if takeWord("prefix") || takeWord("interval") { hasPorts = false }
        var target = NftNat.Target.none
        if takeWord("to") {
            guard let found = natTarget(&family) else { return nil }
            target = found
        }
        while kind != .dnat || self.kind == .word {
            guard ["random", "fully-random", "persistent"].contains(word) else { break }
            advance()
            _ = take(",")
        }
        _ = hasPorts
        return .nat(NftNat(kind, family, target))
    }

    private mutating func natTarget(_ family: inout Families) -> NftNat.Target? {
        if take(":") {
            guard let port = port() else { return nil }
            return .fixed(address: nil, port: port)
        }
        if let key = key() {
            guard takeWord("map") else { return nil }
            return value().map { .map(key, $0) }
        }
        let isBracketed = take("[")
        guard var address = value() else { return nil }
        if isBracketed {
            guard take("]") else { return nil }
            if take("-") {
                guard take("["), let last = value(), take("]") else { return nil }
                address = .range(address, last)
            }
        }
        if case .concat(let values) = address, values.count == 2 {
            return .fixed(address: values[0], port: values[1])
        }
        if let own = Self.family(address) { family = own }
        guard take(":") else { return .fixed(address: address, port: nil) }
        guard let port = port() else { return nil }
        return .fixed(address: address, port: port)
    }

    private mutating func port() -> NftValue? {
        guard let key = key() else { return value() }
        // A port that depends on the packet.
        guard takeWord("map"), value() != nil else { return nil }
        _ = key
        return .other("a map of ports")
    }

    private static func family(_ value: NftValue) -> Families? {
        switch value {
        case .address(_, let family): family
        case .prefix(let base, _): Self.family(base)
        case .range(let low, _): Self.family(low)
        default: nil
        }
    }
}
