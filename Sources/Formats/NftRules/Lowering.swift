internal import FilterTerms
package import Findings
internal import Packets
package import Ruleset

extension NftTables {
    /// The chains that the tables are, as the kernel walks them.
    ///
    /// Interfaces get the numbers of `given` first, then by name, so that two rulesets read with
    /// the same list can be compared.
    package func ruleset(
        interfaces given: [String], findings: inout [Finding]
    ) -> Ruleset {
        var names: Set<String> = []
        for table in tables { names.formUnion(InterfaceNames.all(in: table)) }
        let interfaces = Interfaces(given, and: names)
        var ruleset = Ruleset()
        ruleset.interfaces = interfaces.names
        var rules = 0
        for table in tables {
            findings += Sleep.findings(table)
            if table.sleep != .asleep { ruleset.barriers += Barriers.of(table) }
            guard !table.families.isEmpty else {
                guard table.sleep != .asleep else { continue }
                findings.append(
                    Finding(
                        .warning, "not-about-ip", at: table.place,
                        "table \(table.family) \(table.name) is left out: it is not about IP",
                        remedy: "read its rules yourself: they may refuse more"))
                continue
            }
            var lowering = TableLowering(table, interfaces, first: ruleset.chains.count)
            ruleset.chains += lowering.chains()
            findings += lowering.findings.prefix(TableLowering.findingsMax)
            rules += ruleset.chains.suffix(table.chains.count).reduce(0) { $0 + $1.rules.count }
            guard rules <= Ruleset.rulesMax else {
                findings.append(
                    Finding(
                        .error, "too-many-rules", at: table.place,
                        "more than \(Ruleset.rulesMax) rules", remedy: "read tables one by one"))
                return Ruleset()
            }
        }
        findings += Calls.findings(ruleset, code: "endless-calls")
        ruleset.findings = findings
        return ruleset.beforeTracking()
    }
}

/// The chains of one table.
struct TableLowering {
    static let findingsMax = 1_000

    private let table: NftTable
    private let first: Int
    private let numbers: [String: Int]
    /// Chains that set marks.
    private let marking: Set<String>
    let lookup: Lookup
    var findings: [Finding] = []

    init(_ table: NftTable, _ interfaces: Interfaces, first: Int) {
        self.table = table
        self.first = first
        var numbers: [String: Int] = [:]
        var marking: Set<String> = []
        for (index, chain) in table.chains.enumerated() {
            numbers[chain.name] = first + index
            let sets = chain.rules.contains { $0.statements.contains(where: \.setsMark) }
            if sets { marking.insert(chain.name) }
        }
        self.numbers = numbers
        self.marking = marking
        lookup = Lookup(table: table, interfaces: interfaces)
    }

    mutating func chains() -> [Chain] {
        table.chains.map { chain in
            var made = Chain(
                table: table.name, name: chain.name, families: table.families,
                base: table.sleep == .asleep ? nil : chain.base, place: chain.place)
            if table.sleep == .perhaps, made.base != nil { made.rules.append(Sleep.rule(table)) }
            var marks = Marks()
            let othersMark = !marking.subtracting([chain.name]).isEmpty
            for rule in chain.rules {
                var lowering = RuleLowering(
                    rule: rule, lookup: lookup, marks: marks, chains: numbers,
                    othersMark: othersMark)
                made.rules += lowering.rules()
                marks = lowering.marks
                if findings.count < Self.findingsMax { findings += lowering.findings }
            }
            return made
        }
    }
}

extension NftStatement {
    fileprivate var setsMark: Bool {
        switch self {
        case .mark, .markMap: true
        default: false
        }
    }
}

/// Names of interfaces in a table, wildcards aside.
enum InterfaceNames {
    static func all(in table: NftTable) -> Set<String> {
        var names: Set<String> = []
        var seen: Set<String> = []
        func take(_ value: NftValue) {
            switch value {
            case .text(let name), .word(let name):
                if name.utf8.last != UInt8(ascii: "*") { names.insert(name) }
            default: break
            }
        }
        func gather(_ key: NftKey, _ value: NftValue) {
            let parts = Part.parts(of: key)
            for (index, part) in parts.enumerated() {
                guard case .interface = part.kind else { continue }
                var elements: [NftElement] = []
                switch value {
                case .set(let own): elements = own
                case .reference(let name):
                    guard seen.insert("\(name) \(index)").inserted else { continue }
                    elements = table.sets[name]?.elements ?? []
                default: elements = [NftElement(value)]
                }
                for element in elements {
                    if case .concat(let values) = element.key {
                        if values.indices.contains(index) { take(values[index]) }
                    } else if parts.count == 1 {
                        take(element.key)
                    }
                }
            }
        }
        for device in table.chains.flatMap({ $0.other?.devices ?? [] }) { take(.text(device)) }
        for rule in table.chains.lazy.flatMap(\.rules) {
            for statement in rule.statements {
                switch statement {
                case .match(let key, _, let value), .vmap(let key, let value),
                    .markMap(let key, let value):
                    gather(key, value)
                case .nat(let nat):
                    if case .map(let key, let value) = nat.target { gather(key, value) }
                default: break
                }
            }
        }
        return names
    }
}
