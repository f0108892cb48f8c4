internal import Findings
internal import NftRules
internal import Ruleset

/// Commands and blocks of a file, into tables.
struct TableReader {
    private static let errorsMax = 20
    private static let families: Set<String> = ["ip", "ip6", "inet", "arp", "bridge", "netdev"]

    var cursor: Cursor
    var tables = NftTables()
    var findings: [Finding] = []
    private var errors = 0

    init(cursor: Cursor) { self.cursor = cursor }

    mutating func read() {
        while errors < Self.errorsMax {
            cursor.skipSeparators()
            if cursor.isEnd { return }
            command()
            guard cursor.isItemEnd else {
                fail("the end of a line should be here", "correct the text")
                cursor.skipItem()
                continue
            }
            if cursor.isSign("}") {
                fail("a `}` closes nothing", "remove it")
                cursor.advance()
            }
        }
    }

    mutating func fail(_ problem: String, _ remedy: String) {
        errors += 1
        findings.append(NftText.error(cursor.place, problem, remedy))
    }

    private mutating func warn(_ problem: String, _ remedy: String) {
        guard findings.count < 1_000 else { return }
        findings.append(
            Finding(.warning, "not-modelled", at: cursor.place, problem, remedy: remedy))
    }

    private mutating func command() {
        let verb = cursor.word
        switch verb {
        case "table": table()
        case "add", "create", "insert":
            cursor.advance()
            addition(isInsertion: verb == "insert")
        case "flush", "delete", "destroy": removal(verb)
        case "include":
            fail("this reader opens no other file", "put the included text in its place")
            cursor.skipItem()
        case "list", "describe", "monitor", "reset", "export", "get": cursor.skipItem()
        case "undefine": cursor.skipItem()
        default:
            fail("no command of nft begins here", "correct the text")
            cursor.skipItem()
        }
    }

    /// `[FAMILY] NAME`.
    private mutating func owner() -> (family: String, name: String)? {
        var family = "ip"
        if Self.families.contains(cursor.word) {
            family = cursor.word
            cursor.advance()
        }
        return cursor.name().map { (family, $0) }
    }

    private mutating func table() {
        let place = cursor.place
        cursor.advance()
        guard let owner = owner() else {
            return fail("a table's name should be here", "name the table")
        }
        let table = tables.table(owner.family, owner.name, at: place)
        // Who names a table without the flag wakes it.
        tables.tables[table].sleep = .awake
        if cursor.take("{") { block(table) }
    }

    private mutating func addition(isInsertion: Bool) {
        let object = cursor.word
        switch object {
        case "table": return table()
        case "chain", "set", "map", "element", "rule": cursor.advance()
        case "counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy":
            return cursor.skipItem()
        default: break
        }
        let place = cursor.place
        guard let owner = owner() else {
            return fail("a table's name should be here", "name the table")
        }
        let table = tables.table(owner.family, owner.name, at: place)
        guard let name = cursor.name() else {
            return fail("a name should be here", "name what the command is about")
        }
        switch object {
        case "chain":
            let chain = tables.chain(table, name, at: place)
            if cursor.isSign("{") { chainBlock(table, chain) }
        case "set", "map":
            var set = tables.tables[table].sets[name] ?? NftSet(name, place: place)
            if cursor.isSign("{") { setBlock(&set) }
            tables.tables[table].sets[name] = set
        case "element":
            guard let added = cursor.set() else {
                return fail("elements should be here", "correct the text")
            }
            var set = tables.tables[table].sets[name] ?? NftSet(name, place: place)
            tables.tables[table].sets[name] = nil
            set.elements += added.elements
            set.isDynamic = set.isDynamic || added.isDynamic
            tables.tables[table].sets[name] = set
        default:
            let chain = tables.chain(table, name, at: place)
            let isPlaced = ["position", "handle", "index"].contains(cursor.word)
            if isPlaced {
                fail("a rule's place by number is not followed", "list the ruleset and read that")
                return cursor.skipItem()
            }
            let rule = cursor.rule()
            if isInsertion {
                tables.tables[table].chains[chain].rules.insert(rule, at: 0)
            } else {
                tables.tables[table].chains[chain].rules.append(rule)
            }
        }
    }

    private mutating func removal(_ verb: String) {
        cursor.advance()
        switch cursor.word {
        case "ruleset":
            cursor.advance()
            if Self.families.contains(cursor.word) { cursor.advance() }
            tables.removeAll()
        case "table":
            cursor.advance()
            guard let owner = owner() else {
                return fail("a table's name should be here", "name the table")
            }
            guard let table = tables.existing(owner.family, owner.name) else { return }
            if verb == "flush" {
                for chain in tables.tables[table].chains.indices {
                    tables.tables[table].chains[chain].rules = []
                }
            } else {
                tables.remove(table)
            }
        case "chain" where verb == "flush":
            cursor.advance()
            guard let owner = owner(), let name = cursor.name() else {
                return fail("a chain's name should be here", "name the chain")
            }
            let table = tables.table(owner.family, owner.name, at: cursor.place)
            let chain = tables.chain(table, name, at: cursor.place)
            tables.tables[table].chains[chain].rules = []
        default:
            fail("this removal is not followed", "list the ruleset and read that")
            cursor.skipItem()
        }
    }

    // MARK: Blocks

    private mutating func block(_ table: Int) {
        while errors < Self.errorsMax {
            cursor.skipSeparators()
            if cursor.take("}") { return }
            let place = cursor.place
            let item = cursor.word
            switch item {
            case "chain", "set", "map":
                cursor.advance()
                guard let name = cursor.name(), cursor.isSign("{") else {
                    fail("a name and a block should be here", "correct the text")
                    return cursor.skipItem()
                }
                if item == "chain" {
                    chainBlock(table, tables.chain(table, name, at: place))
                } else {
                    var set = tables.tables[table].sets[name] ?? NftSet(name, place: place)
                    setBlock(&set)
                    tables.tables[table].sets[name] = set
                }
            case "flags":
                cursor.advance()
                while !cursor.isItemEnd {
                    if cursor.word == "dormant" { tables.tables[table].sleep = .asleep }
                    cursor.advance()
                }
            case "comment", "counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy",
                "meter":
                cursor.skipItem()
            default:
                fail(
                    cursor.isEnd
                        ? "the text ends inside a table" : "nothing of a table begins here",
                    "correct the text")
                return cursor.skipItem()
            }
        }
    }

    private mutating func chainBlock(_ table: Int, _ chain: Int) {
        cursor.advance()
        while errors < Self.errorsMax {
            cursor.skipSeparators()
            if cursor.take("}") { return }
            if cursor.isEnd { return fail("the text ends inside a chain", "close it with `}`") }
            switch cursor.word {
            case "type": base(table, chain)
            case "policy":
                cursor.advance()
                let accepts = cursor.name() != "drop"
                tables.tables[table].chains[chain].base?.accepts = accepts
                tables.tables[table].chains[chain].other?.accepts = accepts
            case "comment", "devices", "device", "flags": cursor.skipItem()
            default: tables.tables[table].chains[chain].rules.append(cursor.rule())
            }
        }
    }

    private mutating func base(_ table: Int, _ chain: Int) {
        cursor.advance()
        guard let type = cursor.name(), cursor.takeWord("hook"), let hook = cursor.name() else {
            fail("a chain's type and hook should be here", "correct the text")
            return cursor.skipItem()
        }
        let devices = devices()
        guard let priority = priority() else {
            fail("a priority should be here", "write a number or a known name")
            return cursor.skipItem()
        }
        let base = Base(type: type, hook: hook, priority: priority, policy: "accept")
        if base == nil, !tables.tables[table].families.isEmpty {
            warn("hook \(hook) is not modelled", "expect that packets may end there")
        }
        tables.tables[table].chains[chain].base = base
        tables.tables[table].chains[chain].other =
            base == nil ? NftHook(hook, devices: devices, accepts: true) : nil
    }

    /// `device NAME` or `devices = { NAMES }`, up to the priority's value.
    private mutating func devices() -> [String] {
        var names: [String] = []
        var isOpen = false
        while isOpen || !cursor.isItemEnd, !cursor.isEnd, !cursor.takeWord("priority") {
            if cursor.isSign("{") { isOpen = true }
            if cursor.isSign("}") { isOpen = false }
            let isName = cursor.kind == .quoted || cursor.kind == .word
            guard isName, !["device", "devices"].contains(cursor.word) else {
                cursor.advance()
                continue
            }
            if let name = cursor.name() { names.append(name) }
        }
        return names
    }

    private mutating func priority() -> Int32? {
        var sum: Int32 = 0
        if cursor.kind == .word {
            guard let named = Base.priority(cursor.word) else { return nil }
            sum = named
            cursor.advance()
            guard cursor.isSign("+") || cursor.isSign("-") else { return sum }
        }
        let isNegative = cursor.take("-")
        _ = cursor.take("+")
        guard let number = cursor.number().flatMap({ Int32(exactly: $0) }) else { return nil }
        let result =
            isNegative
            ? sum.subtractingReportingOverflow(number) : sum.addingReportingOverflow(number)
        return result.overflow ? nil : result.partialValue
    }

    private mutating func setBlock(_ set: inout NftSet) {
        cursor.advance()
        while errors < Self.errorsMax {
            cursor.skipSeparators()
            if cursor.take("}") { return }
            if cursor.isEnd { return fail("the text ends inside a set", "close it with `}`") }
            switch cursor.word {
            case "elements":
                cursor.advance()
                guard cursor.take("="), let added = cursor.set() else {
                    return fail("elements should be here", "correct the text")
                }
                set.elements += added.elements
                set.isDynamic = set.isDynamic || added.isDynamic
            case "flags":
                cursor.advance()
                while !cursor.isItemEnd {
                    if ["dynamic", "timeout"].contains(cursor.word) { set.isDynamic = true }
                    cursor.advance()
                }
            case "timeout":
                set.isDynamic = true
                cursor.skipItem()
            default:
                if cursor.kind != .word {
                    fail("nothing of a set begins here", "correct the text")
                    cursor.advance()
                }
                cursor.skipItem()
            }
        }
    }
}
