// Proofs over ClassBench filter sets. `facet dead FILE...` prints for each set its rules, the dead
// ones that one rule holds, those that only several hold, and milliseconds. `facet zones FILE...`
// stacks all sets, most specific rule first, and proves 400 pairs of networks in both directions.
// `facet diff FILE...` stacks them alike and compares the list with itself after one rule of a
// hundred has been turned around, each alone. `facet dump FILE...` prints the stacked list and the
// questions about it for peers, fields in the order of `Field` up to the ports; `facet rules FILE`
// the rules of one set alike.

internal import Cover
internal import CoverCheck
internal import Descriptors
internal import Difference
internal import FilterSets
internal import Glibc
internal import Packets

func milliseconds() -> Double {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) * 1e3 + Double(now.tv_nsec) / 1e6
}

func boxes(_ path: String) -> [Box] {
    guard let bytes = try? Files.read(path, limit: 16 << 20),
        let boxes = FilterSet.boxes(String(decoding: bytes, as: UTF8.self))
    else {
        print("facet: \(path) is no filter set")
        exit(2)
    }
    return boxes
}

/// Every rule of a number of the step allows where it names both ends to 256 addresses or fewer;
/// all others refuse.
func list(_ boxes: [Box], allowEvery step: Int) -> RuleList {
    var list = RuleList(otherwise: false)
    for (index, box) in boxes.enumerated() {
        let isNarrow = box[.source].count <= 256 && box[.destination].count <= 256
        list.append(
            box, allow: index % step == 0 && isNarrow, owner: UInt32(truncatingIfNeeded: index))
    }
    return list
}

func dead(_ path: String) {
    let prover = Prover(list(boxes(path), allowEvery: 1))
    let start = milliseconds()
    let (dead, undecided) = prover.deadRules()
    let spent = milliseconds() - start
    let single = dead.count { $0.by.count == 1 }
    print(path, prover.list.count, single, dead.count - single, undecided.count, spent)
}

/// Whether the network of 65,536 addresses around one end of a rule reaches that around the other.
///
/// Both directions of 400 pairs: half around rules that allow, half of networks taken at random.
func questions(_ list: RuleList) -> [Box] {
    let allowing = (0..<list.count).filter { list.decisions[$0] == .allow }
    var questions: [Box] = []
    for pair in 0..<400 {
        let first = list.boxes[allowing[pair * allowing.count / 400]]
        let other = pair % 2 == 0 ? first : list.boxes[pair * 7_919 % list.count]
        let from = first[.source].lowerBound | 0xFFFF
        let to = other[.destination].lowerBound | 0xFFFF
        for (source, destination) in [(from, to), (to, from)] {
            questions.append(
                .everything.with(.source, source & ~0xFFFF...source)
                    .with(.destination, destination & ~0xFFFF...destination)
                    .with(.protocolNumber, 6...6))
        }
    }
    return questions
}

/// The list behind rules that refuse every other question, in halves that only together do.
func guarded(_ list: RuleList) -> RuleList {
    var guarded = RuleList(otherwise: false)
    for (number, question) in questions(list).enumerated() where number % 4 == 0 {
        for ports in [0...9_999, 10_000...65_535] as [ClosedRange<UInt32>] {
            guarded.append(
                question.with(.sourcePort, ports), allow: false,
                owner: UInt32(truncatingIfNeeded: list.count + number))
        }
    }
    for number in 0..<list.count {
        guarded.append(
            list.boxes[number], allow: list.decisions[number] == .allow,
            owner: list.owners[number])
    }
    return guarded
}

func stacked(_ paths: [String]) -> RuleList {
    let all = paths.flatMap(boxes).enumerated().sorted {
        ($0.element.size, $0.offset) < ($1.element.size, $1.offset)
    }
    return list(all.map(\.element), allowEvery: 16)
}

/// The list with one rule turned around.
func turned(_ old: RuleList, _ rule: Int) -> RuleList {
    var new = RuleList(otherwise: old.otherwise)
    for index in 0..<old.count {
        let isAllowed = (old.decisions[index] == .allow) != (index == rule)
        new.append(old.boxes[index], allow: isAllowed, owner: old.owners[index])
    }
    return new
}

func diff(_ paths: [String]) {
    let old = stacked(paths)
    var spent: [Double] = []
    var opened = 0
    var closed = 0
    var wide = 0
    for rule in stride(from: 50, to: old.count, by: old.count / 100) {
        let new = turned(old, rule)
        let start = milliseconds()
        guard let difference = try? Difference(from: old, to: new) else {
            print("facet: rule \(rule) has no answer")
            continue
        }
        spent.append(milliseconds() - start)
        if !difference.opened.isEmpty { opened += 1 }
        if !difference.closed.isEmpty { closed += 1 }
        let changes = difference.opened + difference.closed
        if changes.contains(where: { !$0.regions.isEmpty }) { wide += 1 }
        for change in changes {
            guard let packet = change.witness, old.allows(packet) != new.allows(packet) else {
                print("facet: a packet of rule \(rule) did not change")
                continue
            }
        }
    }
    spent.sort()
    print("rules", old.count, "turned", spent.count, "opened", opened, "closed", closed)
    print("regions", wide)
    print("median ms", spent[spent.count / 2], "greatest ms", spent[spent.count - 1])
}

/// The intervals of addresses, protocol and ports.
func line(_ box: Box) -> String {
    Field.allCases.prefix(5).map { "\(box[$0].lowerBound) \(box[$0].upperBound)" }
        .joined(separator: " ")
}

func dump(_ paths: [String]) {
    let list = guarded(stacked(paths))
    for index in 0..<list.count {
        print("rule", line(list.boxes[index]), list.decisions[index] == .allow ? 1 : 0)
    }
    for question in questions(list) { print("question", line(question)) }
}

func zones(_ paths: [String]) {
    let list = guarded(stacked(paths))
    let start = milliseconds()
    let prover = Prover(list)
    let built = milliseconds()
    let check = CoverCheck(list)
    let questions = questions(list)
    var proofs: [Proof] = []
    let asked = milliseconds()
    for question in questions { proofs.append(prover.prove(question, allow: false)) }
    let answered = milliseconds()
    var held = 0
    var counterexamples: [Packet] = []
    var words = 0
    for (question, proof) in zip(questions, proofs) {
        switch proof {
        case .holds(let certificate):
            held += 1
            words += certificate.coverings.reduce(0) { $0 + $1.words.count }
            if !check.accepts(certificate, question: question, allow: false) {
                print("facet: a certificate was refused")
            }
        case .refuted(let packet):
            counterexamples.append(packet)
        case .undecided: print("facet: undecided")
        }
    }
    let checked = milliseconds()
    for packet in counterexamples where !list.allows(packet) {
        print("facet: a packet is no counterexample")
    }
    print(
        "rules", list.count, "questions", questions.count, "held", held, "refuted",
        counterexamples.count)
    print("index ms", built - start, "proofs ms", answered - asked, "checks ms", checked - answered)
    print("words", words)
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "dead": for path in arguments.dropFirst() { dead(path) }
case "diff": diff(Array(arguments.dropFirst()))
case "rules":
    for path in arguments.dropFirst() { for box in boxes(path) { print("rule", line(box), 1) } }
case "dump": dump(Array(arguments.dropFirst()))
case "zones": zones(Array(arguments.dropFirst()))
default:
    print(
        "usage: facet dead FILE... | facet zones FILE... | facet diff FILE... | facet dump FILE...")
    exit(2)
}
