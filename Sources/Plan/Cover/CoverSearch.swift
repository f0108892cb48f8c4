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
        /// Where in the arena the numbers of the boxes that touch this cell begin and end.
        let start: Int
        let end: Int
    }

    /// What the last search that ended in `covered` found.
    private(set) var covering = Covering()
    /// Cells looked at so far, over all searches.
    private(set) var steps = 0
    private let stepsMax: Int
    private var arena: [Int32] = []
    private var open: [Cell] = []

    init(stepsMax: Int) { self.stepsMax = stepsMax }

    /// Whether the candidates, numbers into `boxes`, hold the whole box together.
    mutating func search(_ box: Box, _ candidates: [Int32], _ boxes: [Box]) -> Outcome {
        covering = Covering()
        arena.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        arena.append(contentsOf: candidates)
        open.append(Cell(box: box, start: 0, end: arena.count))
        while let cell = open.popLast() {
            steps += 1
            guard steps <= stepsMax else { return .tooHard }
            arena.removeLast(arena.count - cell.end)
            guard let best = largest(cell, boxes) else { return .hole(cell.box.first) }
            if boxes[best].contains(cell.box) {
                covering.appendLeaf(best)
            } else {
                cut(cell, at: boxes[best], boxes)
            }
        }
        return .covered
    }

    /// The candidate that holds the largest part of the cell; the first that holds all of it.
    private func largest(_ cell: Cell, _ boxes: [Box]) -> Int? {
        var best: Int?
        var bestShare = -1.0
        for position in cell.start..<cell.end {
            let number = Int(arena[position])
            let box = boxes[number]
            if box.contains(cell.box) { return number }
            let low = pointwiseMax(box.low, cell.box.low)
            let high = pointwiseMin(box.high, cell.box.high)
            let extent = SIMD8<Double>(high &- low) + 1
            let share =
                (extent[0] * extent[1]) * (extent[2] * extent[3])
                * ((extent[4] * extent[5]) * (extent[6] * extent[7]))
            if share > bestShare {
                bestShare = share
                best = number
            }
        }
        return best
    }

    /// Cuts the cell at the face of the box that cuts off most, and leaves both halves to do.
    private mutating func cut(_ cell: Cell, at box: Box, _ boxes: [Box]) {
        var face = (field: Field.source, last: UInt32(0), share: -1.0)
        for field in Field.allCases {
            let whole = cell.box[field]
            let part = box[field]
            let extent = Double(whole.upperBound - whole.lowerBound) + 1
            if part.lowerBound > whole.lowerBound {
                let share = Double(part.lowerBound - whole.lowerBound) / extent
                if share > face.share { face = (field, part.lowerBound - 1, share) }
            }
            if part.upperBound < whole.upperBound {
                let share = Double(whole.upperBound - part.upperBound) / extent
                if share > face.share { face = (field, part.upperBound, share) }
            }
        }
        let whole = cell.box[face.field]
        covering.appendCut(face.field, after: face.last)
        leave(cell, cell.box.with(face.field, face.last + 1...whole.upperBound), boxes)
        leave(cell, cell.box.with(face.field, whole.lowerBound...face.last), boxes)
    }

    private mutating func leave(_ cell: Cell, _ half: Box, _ boxes: [Box]) {
        let start = arena.count
        for position in cell.start..<cell.end where boxes[Int(arena[position])].overlaps(half) {
            arena.append(arena[position])
        }
        open.append(Cell(box: half, start: start, end: arena.count))
    }
}
