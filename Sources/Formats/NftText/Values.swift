internal import FilterTerms
internal import NftRules
internal import Ruleset

extension Cursor {
    /// Nothing of this depth of sets, concatenations and masks is written by anybody.
    static let depthMax = 8

    /// What stands on the right of a match: bits may be listed.
    mutating func operand() -> NftValue? {
        guard let first = value() else { return nil }
        var values = [first]
        while isSign(",") || isSign("|") {
            advance()
            skipLines()
            guard let next = value() else { return nil }
            values.append(next)
        }
        return values.count == 1 ? first : .flags(values)
    }

    /// One value, a concatenation, a set or the name of one.
    mutating func value(depth: Int = 0) -> NftValue? {
        guard depth < Self.depthMax else { return nil }
        if isSign("{") { return set(depth: depth + 1).map { .set($0.elements) } }
        if take("@") { return name().map { .reference($0) } }
        if take("(") {
            nesting += 1
            defer { nesting -= 1 }
            guard nesting < Self.depthMax, let inner = operand(), take(")") else { return nil }
            return inner
        }
        guard let first = simple() else { return nil }
        guard isSign(".") else { return first }
        var values = [first]
        while take(".") {
            guard values.count < 16, let next = simple() else { return nil }
            values.append(next)
        }
        return .concat(values)
    }

    /// One value, a range or a prefix.
    private mutating func simple() -> NftValue? {
        guard let first = atom() else { return nil }
        if isSign("-") {
            advance()
            guard let last = atom() else { return nil }
            return .range(first, last)
        }
        if isSign("/"), index + 1 < tokens.count, tokens[index + 1].kind == .number {
            switch first {
            case .address, .number:
                advance()
                guard let length = number(), length <= 128 else { return nil }
                return .prefix(first, Int(length))
            default: break
            }
        }
        return first
    }

    private mutating func atom() -> NftValue? {
        let here = token
        let slice = bytes[Int(here.start)..<Int(here.end)]
        var found: NftValue?
        switch here.kind {
        case .number: found = value(of: here).map { .number($0) }
        case .v4: found = AddressText.v4(slice).map { .address($0, .v4) }
        case .v6: found = AddressText.v6(slice).map { .address($0, .v6) }
        case .word: found = .word(text(here))
        case .quoted: found = .text(text(here))
        case .sign where isSign("*"): found = .any
        default: return nil
        }
        if found != nil { advance() }
        return found
    }

    /// Elements in braces, and whether time or packets change them.
    mutating func set(depth: Int = 0) -> (elements: [NftElement], isDynamic: Bool)? {
        guard depth < Self.depthMax, take("{") else { return nil }
        var elements: [NftElement] = []
        var isDynamic = false
        while true {
            skipLines()
            if take("}") { return (elements, isDynamic) }
            if isSign("{") {
                guard let inner = set(depth: depth + 1) else { return nil }
                elements += inner.elements
                isDynamic = isDynamic || inner.isDynamic
            } else {
                guard let key = value(depth: depth + 1) else { return nil }
                guard options(&isDynamic) else { return nil }
                var element = NftElement(key)
                skipLines()
                if take(":") {
                    skipLines()
                    guard let data = data(depth: depth + 1) else { return nil }
                    element.data = data
                    guard options(&isDynamic) else { return nil }
                }
                elements.append(element)
            }
            skipLines()
            if !take(","), !isSign("}") { return nil }
        }
    }

    /// What follows an element: counters, times and words for people.
    private mutating func options(_ isDynamic: inout Bool) -> Bool {
        while kind == .word {
            switch word {
            case "counter":
                advance()
                while takeWord("packets") || takeWord("bytes") {
                    guard number() != nil else { return false }
                }
            case "comment":
                advance()
                guard name() != nil else { return false }
            case "timeout", "expires":
                advance()
                isDynamic = true
                guard name() != nil else { return false }
            case "limit", "quota", "ct", "last":
                isDynamic = true
                while !isEnd, !isSign(","), !isSign("}"), !isSign(":") { advance() }
            default: return false
            }
        }
        return true
    }

    private mutating func data(depth: Int) -> NftData? {
        if let verdict = verdict() { return .verdict(verdict) }
        return value(depth: depth).map { .value($0) }
    }

    /// A verdict if it is here.
    mutating func verdict() -> NftVerdict? {
        guard kind == .word else { return nil }
        switch word {
        case "accept": advance(); return .accept
        case "drop": advance(); return .drop
        case "continue": advance(); return .continue
        case "return": advance(); return .return
        case "jump", "goto":
            let isJump = word == "jump"
            advance()
            return name().map { isJump ? .jump($0) : .goto($0) }
        default: return nil
        }
    }
}
