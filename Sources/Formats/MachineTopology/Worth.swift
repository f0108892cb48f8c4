internal import Cover
internal import Findings
internal import Packets
internal import Ruleset

/// Which written rules do anything, in any chain that calls them and for any family.
struct Worth {
    /// A line of the file; what a reader made several rules of is one.
    private struct Line: Hashable {
        let chain: Int
        let place: Place
    }

    private struct Count {
        var boxes = 0
        var dead = 0
        var isDecided = true
        var by: Set<Line> = []
        var standIns: Set<Line>? = []
    }

    private let machine: Machine
    /// Lines that do more than accept or drop.
    private var busy: Set<Line> = []
    private var counts: [Line: Count] = [:]
    /// Chains that nobody can lay out.
    private var failed: [Finding] = []
    private var undecided = 0
    private var isTooLarge = false

    init(_ machine: Machine) {
        self.machine = machine
        for (index, chain) in machine.ruleset.chains.enumerated() {
            for rule in chain.rules where rule.action != .accept && rule.action != .drop {
                busy.insert(Line(chain: index, place: rule.place))
            }
        }
        for (space, family) in [(AddressSpace.v4, Families.v4), (.v6(machine.atoms()), .v6)]
        where machine.families.contains(family) {
            let unfolding = Unfolding(machine.ruleset, space)
            for (base, chain) in machine.ruleset.chains.enumerated()
            where chain.base != nil && chain.families.contains(family) && !machine.alters(base) {
                audit(base, unfolding)
            }
        }
    }

    private func line(_ owner: UInt32, _ unfolding: Unfolding) -> Line? {
        guard owner != .max, let place = unfolding.rule(of: owner) else { return nil }
        let rule = machine.ruleset.chains[place.chain].rules[place.rule]
        return Line(chain: place.chain, place: rule.place)
    }

    private mutating func audit(_ base: Int, _ unfolding: Unfolding) {
        let written: WrittenRules
        do throws(UnfoldingError) { written = try unfolding.written(of: base) } catch {
            let finding = Machine.finding(error)
            if !failed.contains(finding) { failed.append(finding) }
            return
        }
        let list = written.list
        let lines = list.owners.map { line($0, unfolding) }
        let audit = RuleAudit(list, unsure: written.unsure)
        let (dead, open) = audit.deadRules()
        if list.count > RuleAudit.skippingMax, list.hasSkips { isTooLarge = true }
        for case let line? in lines { counts[line, default: Count()].boxes += 1 }
        for rule in open {
            if let line = lines[rule] { counts[line]?.isDecided = false }
        }
        undecided += open.count
        for rule in dead {
            guard let line = lines[rule.rule] else { continue }
            counts[line]?.dead += 1
            counts[line]?.by.formUnion(rule.by.compactMap { lines[$0] }.filter { $0 != line })
        }
        standIns(audit, list, lines)
    }

    private mutating func standIns(_ audit: RuleAudit, _ list: RuleList, _ lines: [Line?]) {
        var rules: [Line: [Int]] = [:]
        for (index, line) in lines.enumerated() {
            if let line { rules[line, default: []].append(index) }
        }
        for (line, rules) in rules where counts[line]?.standIns != nil {
            // What only counts, rejects or calls does more than decide.
            guard !busy.contains(line), let found = audit.standIns(for: rules) else {
                counts[line]?.standIns = nil
                continue
            }
            counts[line]?.standIns?.formUnion(found.compactMap { lines[$0] }.filter { $0 != line })
        }
    }

    // MARK: In words

    func findings() -> [Finding] {
        var found = failed
        let dead = Set(counts.filter { $0.value.dead == $0.value.boxes }.keys)
        for (line, count) in counts.sorted(by: { isBefore($0.key, $1.key) })
        where count.boxes > 0 && found.count < Machine.Limits.findings {
            if dead.contains(line) {
                found.append(self.dead(line, count))
            } else if let standIns = count.standIns, count.isDecided,
                // What is told to go cannot stand in.
                standIns.isDisjoint(with: dead)
            {
                found.append(redundant(line, standIns))
            }
        }
        if isTooLarge || undecided > 0 {
            found.append(
                Finding(
                    .note, "not-decided", at: nil,
                    isTooLarge
                        ? "with calls, no more than \(RuleAudit.skippingMax) rules are asked whether they are dead"
                        : "of \(undecided) rules it was too hard to decide whether they are dead",
                    remedy: "read tables one by one"))
        }
        return found
    }

    private func isBefore(_ one: Line, _ other: Line) -> Bool {
        (one.chain, one.place) < (other.chain, other.place)
    }

    private func dead(_ line: Line, _ count: Count) -> Finding {
        let by =
            switch count.by.count {
            case 0: "no packet comes there"
            case 1: "\(places(count.by, from: line)) decides all its packets before"
            default: "\(places(count.by, from: line)) together decide all its packets before"
            }
        return Finding(
            .warning, count.by.count > 1 ? "dead-by-several" : "dead-rule", at: line.place,
            "this rule is never used: \(by)",
            remedy: "remove it, or move it to the front", file: machine.file(line.chain))
    }

    private func redundant(_ line: Line, _ standIns: Set<Line>) -> Finding {
        let by =
            standIns.isEmpty
            ? "the policy decides"
            : "\(places(standIns, from: line)) \(standIns.count == 1 ? "decides" : "decide")"
        return Finding(
            .note, "redundant-rule", at: line.place,
            "without this rule \(by) all its packets alike",
            remedy: "remove it, if nothing counts it",
            file: machine.file(line.chain))
    }

    /// `line 4`, `lines 4, 7 and 9`, with the file's name where it is another, and with columns
    /// where one line is not enough.
    private func places(_ lines: Set<Line>, from own: Line) -> String {
        let shownMax = 8
        let sorted = lines.sorted(by: isBefore)
        let isNarrow = sorted.contains { $0.place.line == own.place.line }
        let words = sorted.prefix(shownMax).map { line in
            let file = machine.file(line.chain)
            let place = isNarrow ? "\(line.place.line):\(line.place.column)" : "\(line.place.line)"
            return file == machine.file(own.chain) ? place : "\(file):\(place)"
        }
        guard words.count > 1 else { return "line \(words.joined())" }
        if sorted.count > shownMax {
            return "lines \(words.joined(separator: ", ")) and \(sorted.count - shownMax) more"
        }
        return "lines \(words.dropLast().joined(separator: ", ")) and \(words.last ?? "")"
    }
}

extension RuleList {
    /// Whether some rule decides each packet of a question, for sure.
    func decides(all question: Box) -> Bool {
        var list = RuleList(otherwise: false)
        var landing: [Int: [Int]] = [:]
        for index in 0..<count {
            for skip in landing.removeValue(forKey: index) ?? [] { list.land(skip) }
            if decisions[index] == .skip {
                landing[Int(targets[index]), default: []].append(
                    list.appendSkip(boxes[index], owner: 0))
            } else {
                list.append(boxes[index], allow: true, owner: 0)
            }
        }
        for skip in landing.values.joined() { list.land(skip) }
        if case .holds = Prover(list, stepsMax: RuleAudit.stepsMax).prove(question, allow: true) {
            return true
        }
        return false
    }
}
