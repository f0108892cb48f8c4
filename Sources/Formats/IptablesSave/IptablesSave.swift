// IptablesSave: what `iptables-save` and `ip6tables-save` print, old and new, into a `Ruleset`.
// It opens no files and knows no sets of `ipset`. Bounds: 64 MiB of text, `Ruleset.rulesMax`
// rules, `wordsMax` words of one rule.
internal import FilterTerms
package import Findings
internal import Packets
package import Ruleset

/// Reader of iptables' dumps; each of the two families has its own.
package enum IptablesSave {
    package static let bytesMax = 64 << 20
    static let wordsMax = 1_024

    /// The rules, and what was found while reading; nil when something is wrong that would leave
    /// rules out.
    ///
    /// Interfaces get the numbers of `interfaces` first, others follow by name.
    package static func read(
        _ bytes: [UInt8], _ family: Families, interfaces: [String] = []
    ) -> (ruleset: Ruleset?, findings: [Finding]) {
        guard bytes.count <= bytesMax else {
            return (nil, [error(nil, "more than 64 MiB of text", "split the file by tables")])
        }
        var reader = DumpReader(family: family)
        reader.read(bytes)
        guard !reader.findings.contains(where: { $0.severity == .error }) else {
            return (nil, reader.findings)
        }
        let ruleset = reader.ruleset(interfaces: interfaces)
        let isBroken = reader.findings.contains { $0.severity == .error }
        return (isBroken ? nil : ruleset, reader.findings)
    }

    static func error(_ place: Place?, _ problem: String, _ remedy: String) -> Finding {
        Finding(.error, "not-iptables", at: place, problem, remedy: remedy)
    }
}

/// Lines of a dump, into tables of written rules.
struct DumpReader {
    private static let errorsMax = 20

    struct WrittenChain {
        let table: String
        let name: String
        let base: Base?
        let place: Place
        var rules: [WrittenRule] = []
    }

    struct WrittenRule {
        let words: [String]
        let hits: UInt64?
        let place: Place
    }

    let family: Families
    var findings: [Finding] = []
    private(set) var chains: [WrittenChain] = []
    /// Indices of chains by `TABLE NAME`.
    private(set) var numbers: [String: Int] = [:]
    private var table = ""

    init(family: Families) { self.family = family }

    mutating func read(_ bytes: [UInt8]) {
        var start = 0
        var line = 0
        while start < bytes.count, findings.count < Self.errorsMax {
            var end = start
            while end < bytes.count, bytes[end] != 10 { end += 1 }
            line += 1
            take(bytes[start..<end], Place(line: line, column: 1))
            start = end + 1
        }
        if !table.isEmpty {
            fail(Place(line: line, column: 0), "the text ends without COMMIT", "give all of it")
        }
    }

    mutating func fail(_ place: Place, _ problem: String, _ remedy: String) {
        findings.append(IptablesSave.error(place, problem, remedy))
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ place: Place) {
        guard var words = Words.of(line) else {
            return fail(place, "a quote is not closed, or a rule is too long", "correct the line")
        }
        guard let first = words.first?.utf8.first else { return }
        switch first {
        case UInt8(ascii: "#"): return
        case UInt8(ascii: "*"):
            table = String(words[0].dropFirst())
            if BuiltIn.priority(table) == nil { fail(place, "no such table", "correct the line") }
            return
        default: break
        }
        if words == ["COMMIT"] {
            table = ""
            return
        }
        guard !table.isEmpty else {
            return fail(place, "a line outside a table", "begin with `*filter` or another table")
        }
        if first == UInt8(ascii: ":") { return chain(words, place) }
        var hits: UInt64?
        if first == UInt8(ascii: "[") {
            hits = Words.packets(words.removeFirst())
        }
        guard words.count >= 2, words[0] == "-A" || words[0] == "--append" || words[0] == "-I"
        else { return fail(place, "this line is no rule", "give the output of iptables-save") }
        let chain = chainIndex(words[1], place)
        let rule = WrittenRule(words: Array(words.dropFirst(2)), hits: hits, place: place)
        if words[0] == "-I" {
            chains[chain].rules.insert(rule, at: 0)
        } else {
            chains[chain].rules.append(rule)
        }
    }

    private mutating func chain(_ words: [String], _ place: Place) {
        let name = String(words[0].dropFirst())
        guard words.count >= 2, !name.isEmpty else {
            return fail(place, "a chain's name and policy should be here", "correct the line")
        }
        let base =
            words[1] == "-"
            ? nil : BuiltIn.base(table, name, accepts: words[1] == "ACCEPT")
        if words[1] != "-", base == nil {
            return fail(place, "table \(table) has no built-in chain \(name)", "correct the line")
        }
        let key = table + " " + name
        guard numbers[key] == nil else {
            return fail(place, "chain \(name) is declared twice", "remove one")
        }
        numbers[key] = chains.count
        chains.append(WrittenChain(table: table, name: name, base: base, place: place))
    }

    /// The chain of that name; one that was not declared is a chain of the user, or built in and
    /// accepting.
    private mutating func chainIndex(_ name: String, _ place: Place) -> Int {
        let key = table + " " + name
        if let index = numbers[key] { return index }
        numbers[key] = chains.count
        chains.append(
            WrittenChain(
                table: table, name: name, base: BuiltIn.base(table, name, accepts: true),
                place: place))
        return chains.count - 1
    }
}

/// The chains that the kernel calls.
enum BuiltIn {
    static func priority(_ table: String) -> Int32? {
        switch table {
        case "raw": -300
        case "mangle": -150
        case "nat": -100
        case "filter": 0
        case "security": 50
        default: nil
        }
    }

    static func base(_ table: String, _ chain: String, accepts: Bool) -> Base? {
        guard let priority = priority(table) else { return nil }
        let hook: Hook? =
            switch chain {
            case "PREROUTING": .prerouting
            case "INPUT": .input
            case "FORWARD": .forward
            case "OUTPUT": .output
            case "POSTROUTING": .postrouting
            default: nil
            }
        guard let hook else { return nil }
        let hooks: [Hook] =
            switch table {
            case "filter", "security": [.input, .forward, .output]
            case "raw": [.prerouting, .output]
            case "nat": [.prerouting, .input, .output, .postrouting]
            default: Hook.allCases
            }
        guard hooks.contains(hook) else { return nil }
        if table == "nat" {
            let isSource = hook == .postrouting || hook == .input
            return Base(.nat, hook, priority: isSource ? 100 : -100, accepts: accepts)
        }
        let isRoute = table == "mangle" && hook == .output
        return Base(isRoute ? .route : .filter, hook, priority: priority, accepts: accepts)
    }
}

/// Words of a line, quoted ones without their quotes.
enum Words {
    /// Nil when a quote is open at the end, or there are too many.
    static func of(_ line: ArraySlice<UInt8>) -> [String]? {
        var words: [String] = []
        var index = line.startIndex
        while index < line.endIndex {
            if line[index] == 32 || line[index] == 9 || line[index] == 13 {
                index += 1
                continue
            }
            if line[index] == UInt8(ascii: "#"), words.isEmpty { return ["#"] }
            guard words.count < IptablesSave.wordsMax else { return nil }
            if line[index] == UInt8(ascii: "\"") {
                var bytes: [UInt8] = []
                index += 1
                while index < line.endIndex, line[index] != UInt8(ascii: "\"") {
                    if line[index] == UInt8(ascii: "\\"), index + 1 < line.endIndex { index += 1 }
                    bytes.append(line[index])
                    index += 1
                }
                guard index < line.endIndex else { return nil }
                index += 1
                words.append(String(decoding: bytes, as: UTF8.self))
            } else {
                let start = index
                while index < line.endIndex, line[index] != 32, line[index] != 9, line[index] != 13
                {
                    index += 1
                }
                words.append(String(decoding: line[start..<index], as: UTF8.self))
            }
        }
        return words
    }

    /// The packets of `[packets:bytes]`.
    static func packets(_ word: String) -> UInt64? {
        word.dropFirst().split(separator: ":").first.flatMap { UInt64($0) }
    }
}
