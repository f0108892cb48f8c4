internal import NftRules
internal import Packets
internal import Ruleset

extension Cursor {
    /// Statements of one rule; a rule holds no more.
    private static let statementsMax = 256

    /// One rule up to where it ends, and its comment.
    mutating func rule() -> NftRule {
        let place = place
        var statements: [NftStatement] = []
        var comment = ""
        while !isItemEnd {
            if takeWord("comment") {
                comment = name() ?? ""
                continue
            }
            let first = index
            if statements.count < Self.statementsMax, let next = statement(), index > first {
                statements.append(next)
                continue
            }
            index = first
            skipItem()
            statements.append(.unknown(text(from: first)))
        }
        return NftRule(statements, comment: comment, place: place)
    }

    private mutating func statement() -> NftStatement? {
        if let verdict = verdict() { return .verdict(verdict) }
        let first = index
        switch word {
        case "counter": return counter()
        case "log": return log()
        case "limit": return condition(of: ["rate", "over", "until", "burst", "packets", "name"])
        case "quota": return condition(of: ["over", "until", "used", "name"])
        case "reject": return reject()
        case "notrack":
            advance()
            return .untrack
        case "last":
            advance()
            return .pass
        case "masquerade", "redirect", "dnat", "snat": return nat()
        case "add", "update", "delete", "set": return dynamic()
        case "meter":
            while !isItemEnd, !isSign("{") { advance() }
            skipBraces()
            return .condition(text(from: first))
        case "dup", "flow":
            while !isItemEnd { advance() }
            return .pass
        case "ct":
            if let special = tracking() { return special }
        default: break
        }
        return match()
    }

    // MARK: Matches

    private mutating func match() -> NftStatement? {
        guard let key = key() else { return nil }
        if takeWord("vmap") { return value().map { .vmap(key, $0) } }
        if takeWord("set") { return assignment(key) }
        var compare = NftOperator.implicit
        for (sign, meaning) in Self.comparisons where isSign(sign) {
            advance()
            compare = meaning
            break
        }
        for (word, meaning) in Self.comparisonWords where kind == .word && isToken(token, word) {
            advance()
            compare = meaning
            break
        }
        guard let value = operand() else { return nil }
        if isSign("/") {
            advance()
            guard let mask = operand() else { return nil }
            return .match(.masked(key, mask), compare == .implicit ? .equal : compare, value)
        }
        return .match(key, compare, value)
    }

    private static let comparisons: [(String, NftOperator)] = [
        ("==", .equal), ("!=", .unequal), ("<=", .atMost), (">=", .atLeast), ("<", .less),
        (">", .greater), ("!", .none),
    ]

    private static let comparisonWords: [(String, NftOperator)] = [
        ("eq", .equal), ("ne", .unequal), ("lt", .less), ("gt", .greater), ("le", .atMost),
        ("ge", .atLeast),
    ]

    private mutating func assignment(_ key: NftKey) -> NftStatement? {
        let first = index
        guard let value = assigned(first) else { return nil }
        // What is set is a packet's own: only addresses, ports and protocols matter here.
        guard case .meta("mark") = key else {
            guard !key.isHarmless else { return .pass }
            guard case .mark(let constant) = value else { return .alter(key, nil) }
            if case .other = constant { return .alter(key, nil) }
            return .alter(key, constant)
        }
        return value
    }

    /// A value, or one that depends on something.
    private mutating func assigned(_ first: Int) -> NftStatement? {
        var found: NftStatement
        if let map = key() {
            if takeWord("map") { return value().map { .markMap(map, $0) } }
            found = .mark(.other(""))
        } else {
            guard let value = operand() else { return nil }
            found = .mark(value)
        }
        while takeCalculation() {
            if key() == nil, value() == nil { return nil }
            found = .mark(.other(""))
        }
        if case .mark(.other) = found { return .mark(.other(text(from: first))) }
        return found
    }

    private mutating func takeCalculation() -> Bool {
        take("&") || take("|") || take("^") || take("<<") || take(">>") || takeWord("and")
            || takeWord("or") || takeWord("xor") || takeWord("lshift") || takeWord("rshift")
    }

    // MARK: Statements that a word begins

    private mutating func counter() -> NftStatement {
        advance()
        var packets: UInt64?
        if takeWord("name") {
            _ = name()
            return .counter(nil)
        }
        if takeWord("packets") { packets = number().flatMap { UInt64(exactly: $0) } }
        if takeWord("bytes") { _ = number() }
        return .counter(packets)
    }

    private mutating func log() -> NftStatement {
        advance()
        while kind == .word {
            switch word {
            case "prefix", "level", "group", "snaplen", "queue-threshold":
                advance()
                _ = name()
            case "flags":
                advance()
                if !takeWord("all") {
                    _ = name()
                    while kind == .word,
                        ["sequence", "options"].contains(word)
                    {
                        advance()
                        _ = take(",")
                    }
                }
            default: return .pass
            }
        }
        return .pass
    }

    /// A condition of words among some, of numbers and units.
    private mutating func condition(of words: Set<String>) -> NftStatement {
        let first = index
        advance()
        while !isItemEnd {
            if kind == .number || isSign("/") || kind == .quoted {
                advance()
            } else if kind == .word,
                words.contains(word) || word.contains("bytes") || isUnit
            {
                advance()
            } else {
                break
            }
        }
        return .condition(text(from: first))
    }

    private var isUnit: Bool {
        ["second", "minute", "hour", "day", "week"].contains(word)
    }

    private mutating func reject() -> NftStatement {
        advance()
        guard takeWord("with") else { return .reject("") }
        let kind = name() ?? ""
        if kind == "tcp" {
            _ = takeWord("reset")
            return .reject("tcp reset")
        }
        _ = takeWord("type")
        if self.kind == .word || self.kind == .number { advance() }
        return .reject(kind)
    }

    private mutating func dynamic() -> NftStatement? {
        let first = index
        advance()
        guard take("@") else {
            // The old form: set add ip saddr @name.
            guard takeWord("add") || takeWord("update") else { return nil }
            while !isItemEnd, !isSign("@") { advance() }
            advance()
            guard name() != nil else { return nil }
            return .condition(text(from: first))
        }
        guard name() != nil, isSign("{") else { return nil }
        skipBraces()
        return .condition(text(from: first))
    }

    private mutating func tracking() -> NftStatement? {
        let first = index
        advance()
        if takeWord("count") {
            _ = takeWord("over")
            guard number() != nil else { return nil }
            return .condition(text(from: first))
        }
        if ["helper", "timeout", "expectation"].contains(word) {
            advance()
            if takeWord("set"), name() != nil { return .pass }
        }
        index = first
        return nil
    }

    private mutating func skipBraces() {
        var depth = 0
        while !isEnd {
            if isSign("{") { depth += 1 }
            if isSign("}") { depth -= 1 }
            advance()
            if depth <= 0 { return }
        }
    }
}
