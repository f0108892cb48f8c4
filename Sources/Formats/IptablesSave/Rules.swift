internal import FilterTerms
internal import Findings
internal import Packets
internal import Ruleset

extension DumpReader {
    mutating func ruleset(interfaces given: [String]) -> Ruleset {
        var names: Set<String> = []
        for rule in chains.lazy.flatMap(\.rules) {
            for (option, value) in zip(rule.words, rule.words.dropFirst())
            where ["-i", "-o", "--in-interface", "--out-interface"].contains(option) {
                let name = value == "!" ? "" : value
                if name.utf8.last != UInt8(ascii: "+"), !name.isEmpty { names.insert(name) }
            }
        }
        let interfaces = Interfaces(given, and: names)
        var ruleset = Ruleset()
        ruleset.interfaces = interfaces.names
        var count = 0
        for written in chains {
            var chain = Chain(
                table: written.table, name: written.name, families: family, base: written.base,
                place: written.place)
            for rule in written.rules {
                var reader = RuleReader(
                    rule: rule, family: family, interfaces: interfaces,
                    base: written.base?.hook, chains: numbers, table: written.table)
                chain.rules += reader.rules()
                if findings.count < 1_000 { findings += reader.findings }
            }
            count += chain.rules.count
            ruleset.chains.append(chain)
        }
        if count > Ruleset.rulesMax {
            fail(Place(line: 0, column: 0), "more than \(Ruleset.rulesMax) rules", "split them")
        }
        findings += Calls.findings(ruleset, code: "endless-calls")
        ruleset.findings = findings
        return ruleset.beforeTracking()
    }
}

/// One rule: options in turn, each a condition or part of what the rule does.
struct RuleReader {
    let rule: DumpReader.WrittenRule
    let family: Families
    let interfaces: Interfaces
    /// Nil in chains of the user.
    let base: Hook?
    private let chains: [String: Int]
    private let table: String
    var findings: [Finding] = []
    var condition = Condition.always
    var flags = OpeningFlags()
    var target = ""
    var isGoto = false
    /// Options behind the target.
    var options: [(name: String, values: [String])] = []
    var comment = ""
    var hits: UInt64?

    init(
        rule: DumpReader.WrittenRule, family: Families, interfaces: Interfaces, base: Hook?,
        chains: [String: Int], table: String
    ) {
        self.rule = rule
        self.family = family
        self.interfaces = interfaces
        self.base = base
        self.chains = chains
        self.table = table
        hits = rule.hits
    }

    mutating func rules() -> [Rule] {
        var index = 0
        var module = ""
        while index < rule.words.count {
            var isNegated = false
            if rule.words[index] == "!" {
                isNegated = true
                index += 1
                guard index < rule.words.count else { break }
            }
            let option = rule.words[index]
            index += 1
            var values: [String] = []
            while index < rule.words.count, !Self.beginsOption(rule.words, index, values) {
                if rule.words[index] == "!", values.isEmpty {
                    // The old place of a negation, behind its option.
                    isNegated = true
                } else {
                    values.append(rule.words[index])
                }
                index += 1
            }
            if option == "-m" || option == "--match" {
                module = values.first ?? ""
                if values.count > 1 { unknown(module, option, values, isNegated) }
                openModule(module)
            } else if target.isEmpty {
                take(option, values, isNegated, module)
            } else {
                options.append((option, values))
            }
        }
        let action = action()
        let matches = flags.matches(condition.and(Condition(Clause(family))), for: action)
        return (matches.isEmpty ? [(Match([]), action)] : matches).map {
            Rule(
                $0.0, $0.1, comment: comment, hits: hits, asksForState: condition.asksForState,
                place: rule.place)
        }
    }

    /// Options begin with a dash; a negative number does not, nor does what follows `!` in the
    /// old order.
    private static func beginsOption(_ words: [String], _ index: Int, _ values: [String]) -> Bool {
        let word = words[index]
        if word == "!" {
            return !values.isEmpty || index + 1 < words.count && isOption(words[index + 1])
        }
        return isOption(word)
    }

    private static func isOption(_ word: String) -> Bool {
        var bytes = word.utf8.makeIterator()
        guard bytes.next() == UInt8(ascii: "-"), let next = bytes.next() else { return false }
        return !(48...57).contains(next)
    }

    /// Modules that are a condition without any option.
    private mutating func openModule(_ module: String) {
        switch module {
        case "limit", "rpfilter", "socket", "ah", "esp", "frag", "rt", "hbh", "dst", "eui64",
            "unclean":
            condition = condition.and(.unmodelled("-m " + module))
        default: break
        }
    }

    mutating func unknown(
        _ module: String, _ option: String, _ values: [String], _ isNegated: Bool
    ) {
        let words = ([isNegated ? "!" : "", module.isEmpty ? "" : "-m " + module, option] + values)
            .filter { !$0.isEmpty }.joined(separator: " ")
        condition = condition.and(.unmodelled(Wording.bounded(words)))
    }

    private mutating func action() -> Action {
        switch target {
        case "": return .pass
        case "ACCEPT": return .accept
        case "DROP": return .drop
        case "REJECT": return .reject
        case "RETURN": return .leave
        case "DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP":
            return rewrite() ?? unknownTarget()
        default: break
        }
        if let index = chains[table + " " + target] { return isGoto ? .goto(index) : .jump(index) }
        if untracks { return .untrack }
        if Self.passing.contains(target) { return .pass }
        return unknownTarget()
    }

    /// By the old target's name, or by the new one's option.
    private var untracks: Bool {
        target == "NOTRACK" || target == "CT" && options.contains { $0.0 == "--notrack" }
    }

    private mutating func unknownTarget() -> Action {
        findings.append(
            Finding(
                .warning, "not-modelled", at: rule.place, "target \(target) is not modelled",
                remedy: "expect both that packets pass here and that they do not"))
        return .unknown(target)
    }

    /// Targets after which the next rule sees the packet, whatever they did to it.
    private static let passing: Set<String> = [
        "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "CT", "TRACE", "TCPMSS",
        "TCPOPTSTRIP", "TOS", "DSCP", "TTL", "HL", "ECN", "CLASSIFY", "SET", "CHECKSUM",
        "SECMARK", "CONNSECMARK", "AUDIT", "IDLETIMER", "RATEEST", "LED", "TEE", "HMARK",
    ]
}
