internal import Packets

/// Questions about lists with skips: the question is cut until each cell takes one way through
/// the list, or every way that is left decides alike.
struct CellSearch {
    private struct Cell {
        let box: Box
        /// The rule to look at next; all before it hold the cell wholly or not at all.
        let next: Int
        /// Where in the arena the rules from `next` on that touch the cell begin and end.
        let start: Int
        let end: Int
    }

    private let list: RuleList
    private let stepsMax: Int
    private let allow: Bool
    private var arena: [Int32] = []
    private var open: [Cell] = []
    private var cuts = Covering()
    /// The rules that decided the cells of a question that holds.
    private(set) var deciders: Set<Int> = []

    init(_ list: RuleList, stepsMax: Int, allow: Bool) {
        self.list = list
        self.stepsMax = stepsMax
        self.allow = allow
    }

    mutating func search(_ question: Box) -> Proof {
        arena = list.boxes.indices.filter { list.boxes[$0].overlaps(question) }.map {
            Int32(truncatingIfNeeded: $0)
        }
        open.append(Cell(box: question, next: 0, start: 0, end: arena.count))
        var steps = 0
        while let cell = open.popLast() {
            steps += 1
            guard steps <= stepsMax else { return .undecided }
            arena.removeLast(arena.count - cell.end)
            if isUniform(cell) {
                cuts.appendLeaf(0)
                continue
            }
            switch follow(cell) {
            case .decided(let allowed, let rule):
                deciders.insert(rule)
                guard allowed == allow else { return .refuted(cell.box.first) }
                cuts.appendLeaf(0)
            case .partial(let rule): cut(cell, at: rule)
            }
        }
        return .holds(Certificate(coverings: [], cells: cuts))
    }

    private enum Way {
        case decided(Bool, by: Int)
        case partial(Int)
    }

    /// Whether no rule that is left, and not the end of the list either, decides the other way.
    private func isUniform(_ cell: Cell) -> Bool {
        guard list.otherwise == allow else { return false }
        let opposite: Decision = allow ? .refuse : .allow
        return !arena[cell.start..<cell.end].contains { number in
            list.decisions[Int(number)] == opposite
        }
    }

    /// Goes on until a rule decides the whole cell, or holds only a part of it.
    private func follow(_ cell: Cell) -> Way {
        var next = cell.next
        for position in cell.start..<cell.end {
            let rule = Int(arena[position])
            guard rule >= next else { continue }
            guard list.boxes[rule].contains(cell.box) else { return .partial(rule) }
            guard list.decisions[rule] == .skip else {
                return .decided(list.decisions[rule] == .allow, by: rule)
            }
            next = Int(list.targets[rule])
        }
        return .decided(list.otherwise, by: list.count)
    }

    /// Cuts at one face of the rule; what lies inside will be cut at the next one.
    private mutating func cut(_ cell: Cell, at rule: Int) {
        let box = list.boxes[rule]
        for field in Field.allCases {
            let whole = cell.box[field]
            let part = box[field]
            let last: UInt32
            if part.lowerBound > whole.lowerBound {
                last = part.lowerBound - 1
            } else if part.upperBound < whole.upperBound {
                last = part.upperBound
            } else {
                continue
            }
            cuts.appendCut(field, after: last)
            leave(cell, cell.box.with(field, last + 1...whole.upperBound), from: rule)
            leave(cell, cell.box.with(field, whole.lowerBound...last), from: rule)
            return
        }
    }

    private mutating func leave(_ cell: Cell, _ half: Box, from next: Int) {
        let start = arena.count
        for position in cell.start..<cell.end {
            let number = arena[position]
            if Int(number) >= next, list.boxes[Int(number)].overlaps(half) { arena.append(number) }
        }
        open.append(Cell(box: half, next: next, start: start, end: arena.count))
    }
}
