// Proofs over ClassBench filter sets. `facet dead FILE...` prints for each set its rules, the dead
// ones that one rule holds, those that only several hold, and milliseconds. `facet zones FILE...`
// stacks all sets, most specific rule first, and proves 400 pairs of networks in both directions.

internal import Cover
internal import CoverCheck
internal import Descriptors
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

/// Rules that allow and refuse in turn, by their place in the set.
func list(_ boxes: [Box], allowEvery step: Int) -> RuleList {
    var list = RuleList(otherwise: false)
    for (index, box) in boxes.enumerated() {
        list.append(box, allow: index % step == 0, owner: UInt32(truncatingIfNeeded: index))
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

func zones(_ paths: [String]) {
    let all = paths.flatMap(boxes).enumerated().sorted {
        ($0.element.size, $0.offset) < ($1.element.size, $1.offset)
    }
    let list = list(all.map(\.element), allowEvery: 16)
    let start = milliseconds()
    let prover = Prover(list)
    let built = milliseconds()
    var questions: [Box] = []
    // Networks in which rules really are: the first addresses of rules spread over the list.
    let networks = (0..<20).map { list.boxes[$0 * (list.count / 20)][.source].lowerBound >> 16 }
    for from in networks {
        for to in networks {
            for (source, destination) in [(from, to), (to, from)] {
                questions.append(
                    .everything.with(.source, source << 16...source << 16 | 0xFFFF)
                        .with(.destination, destination << 16...destination << 16 | 0xFFFF)
                        .with(.protocolNumber, 6...6).with(.destinationPort, 443...443))
            }
        }
    }
    var proofs: [Proof] = []
    let asked = milliseconds()
    for question in questions { proofs.append(prover.prove(question, allow: false)) }
    let answered = milliseconds()
    var held = 0
    var refuted = 0
    var words = 0
    for (question, proof) in zip(questions, proofs) {
        switch proof {
        case .holds(let certificate):
            held += 1
            words += certificate.coverings.reduce(0) { $0 + $1.words.count }
            let isGood = CoverCheck.accepts(
                certificate, list: list, question: question, allow: false)
            if !isGood { print("facet: a certificate was refused") }
        case .refuted(let packet):
            refuted += 1
            if !list.allows(packet) { print("facet: a packet is no counterexample") }
        case .undecided: print("facet: undecided")
        }
    }
    let checked = milliseconds()
    print("rules", list.count, "questions", questions.count, "held", held, "refuted", refuted)
    print("index ms", built - start, "proofs ms", answered - asked, "checks ms", checked - answered)
    print("words", words)
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "dead": for path in arguments.dropFirst() { dead(path) }
case "zones": zones(Array(arguments.dropFirst()))
default:
    print("usage: facet dead FILE... | facet zones FILE...")
    exit(2)
}
