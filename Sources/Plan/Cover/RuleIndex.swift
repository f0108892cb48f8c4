// Cover: proves that rules allow, or refuse, every packet of a box, or finds one that they do not.
// Rules are sliced by the question; what must be covered is covered box by box, cut at the faces
// of the box that covers most. Bounds: `Prover.stepsMax` cells a question, and the answer is then
// that there is none.
internal import Packets

/// Boxes laid out so that those that touch a question are found eight at a time.
struct RuleIndex: Sendable {
    let boxes: [Box]
    /// Ends of the source's and destination's intervals, eight rules to an element; what is left
    /// of the last element holds empty intervals.
    private var sourceLow: [SIMD8<UInt32>] = []
    private var sourceHigh: [SIMD8<UInt32>] = []
    private var destinationLow: [SIMD8<UInt32>] = []
    private var destinationHigh: [SIMD8<UInt32>] = []

    init(_ boxes: [Box]) {
        self.boxes = boxes
        let blocks = (boxes.count + 7) / 8
        sourceLow = Array(repeating: SIMD8(repeating: 1), count: blocks)
        sourceHigh = Array(repeating: .zero, count: blocks)
        destinationLow = sourceLow
        destinationHigh = sourceHigh
        for (index, box) in boxes.enumerated() {
            sourceLow[index / 8][index % 8] = box.low[Field.source.rawValue]
            sourceHigh[index / 8][index % 8] = box.high[Field.source.rawValue]
            destinationLow[index / 8][index % 8] = box.low[Field.destination.rawValue]
            destinationHigh[index / 8][index % 8] = box.high[Field.destination.rawValue]
        }
    }

    /// Replaces `found` by the indices below `limit` of boxes that touch the question, ascending.
    func overlaps(_ question: Box, below limit: Int, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        let sourceFirst = SIMD8(repeating: question.low[Field.source.rawValue])
        let sourceLast = SIMD8(repeating: question.high[Field.source.rawValue])
        let destinationFirst = SIMD8(repeating: question.low[Field.destination.rawValue])
        let destinationLast = SIMD8(repeating: question.high[Field.destination.rawValue])
        for block in 0..<(min(limit, boxes.count) + 7) / 8 {
            let mask =
                (sourceLow[block] .<= sourceLast) .& (sourceHigh[block] .>= sourceFirst)
                .& (destinationLow[block] .<= destinationLast)
                .& (destinationHigh[block] .>= destinationFirst)
            guard any(mask) else { continue }
            for lane in 0..<8 where mask[lane] {
                let index = block * 8 + lane
                if index < limit, boxes[index].overlaps(question) {
                    found.append(Int32(truncatingIfNeeded: index))
                }
            }
        }
    }
}
