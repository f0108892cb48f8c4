internal import Packets

/// Looks for a packet of a box that none of some boxes holds.
struct CoverSearch {
    enum Outcome {
        case covered
        case hole(Packet)
        case tooHard
    }

    private struct Cell {
        let box: Box
        /// Where in the arena the ranks of the boxes that touch this cell begin and end.
        let start: Int
        let end: Int
        /// The rank of a box that holds the whole cell, or -1.
        let whole: Int32
    }

    /// Of so many candidates the one that holds most of a cell is looked for.
    ///
    /// Ranks follow sizes, so it is almost always among the first.
    private static let lookAhead = 16

    /// What the last search that ended in `covered` found.
    private(set) var covering = Covering()
    /// Cells looked at so far, over all searches.
    private(set) var steps = 0
    private var stepsMax: Int
    private var arena: [Int32] = []
    private var open: [Cell] = []

    init(stepsMax: Int) { self.stepsMax = stepsMax }

    /// Permits so many further cells.
    mutating func allow(_ more: Int) { stepsMax = steps + more }

    /// Whether the candidates, ranks of the index, hold the whole box together.
    mutating func search(_ box: Box, _ candidates: [Int32], _ index: RuleIndex) -> Outcome {
        covering = Covering()
        arena.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        // Most boxes that are not covered show it at a corner.
        for corner in [box.first, box.last]
        where !candidates.contains(where: { index.boxes[Int($0)].contains(corner) }) {
            return .hole(corner)
        }
        let single = candidates.first { index.boxes[Int($0)].contains(box) }
        arena.append(contentsOf: candidates)
        open.append(Cell(box: box, start: 0, end: arena.count, whole: single ?? -1))
        while let cell = open.popLast() {
            steps += 1
            guard steps <= stepsMax else { return .tooHard }
            if cell.whole >= 0 {
                covering.appendLeaf(Int(index.numbers[Int(cell.whole)]))
                continue
            }
            guard cell.start < cell.end else { return .hole(cell.box.first) }
            arena.removeLast(arena.count - cell.end)
            cut(cell, at: index.boxes[largest(cell, index)], index)
        }
        return .covered
    }

    /// The candidate that holds the largest part of the cell.
    private func largest(_ cell: Cell, _ index: RuleIndex) -> Int {
        var best = Int(arena[cell.start])
        var bestShare = -1.0
        for position in cell.start..<min(cell.end, cell.start + Self.lookAhead) {
            let rank = Int(arena[position])
            let box = index.boxes[rank]
            let low = pointwiseMax(box.low, cell.box.low)
            let high = pointwiseMin(box.high, cell.box.high)
            let extent = SIMD8<Double>(high &- low) + 1
            let share =
                (extent[0] * extent[1]) * (extent[2] * extent[3])
                * ((extent[4] * extent[5]) * (extent[6] * extent[7]))
            if share > bestShare {
                bestShare = share
                best = rank
            }
        }
        return best
    }

    /// Cuts the cell at the face of the box that cuts off most, and leaves both halves to do.
    ///
    /// The half outside comes first: a hole is rather there.
    private mutating func cut(_ cell: Cell, at box: Box, _ index: RuleIndex) {
        var face = (field: Field.source, last: UInt32(0), share: -1.0, isUpper: false)
        for field in Field.allCases {
            let whole = cell.box[field]
            let part = box[field]
            let extent = Double(whole.upperBound - whole.lowerBound) + 1
            if part.lowerBound > whole.lowerBound {
                let share = Double(part.lowerBound - whole.lowerBound) / extent
                if share > face.share { face = (field, part.lowerBound - 1, share, false) }
            }
            if part.upperBound < whole.upperBound {
                let share = Double(whole.upperBound - part.upperBound) / extent
                if share > face.share { face = (field, part.upperBound, share, true) }
            }
        }
        let whole = cell.box[face.field]
        let lower = cell.box.with(face.field, whole.lowerBound...face.last)
        let upper = cell.box.with(face.field, face.last + 1...whole.upperBound)
        covering.appendCut(face.field, after: face.last, upperFirst: face.isUpper)
        leave(cell, face.isUpper ? lower : upper, index)
        leave(cell, face.isUpper ? upper : lower, index)
    }

    private mutating func leave(_ cell: Cell, _ half: Box, _ index: RuleIndex) {
        let start = arena.count
        for position in cell.start..<cell.end {
            let rank = arena[position]
            let box = index.boxes[Int(rank)]
            guard box.overlaps(half) else { continue }
            if box.contains(half) {
                arena.removeLast(arena.count - start)
                open.append(Cell(box: half, start: start, end: start, whole: rank))
                return
            }
            arena.append(rank)
        }
        open.append(Cell(box: half, start: start, end: arena.count, whole: -1))
    }
}
