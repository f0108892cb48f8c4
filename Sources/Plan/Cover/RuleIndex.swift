// Cover: proves that rules allow, or refuse, every packet of a box, or finds one that they do not.
// Rules are sliced by the question; what must be covered is covered box by box, cut at the faces
// of the box that covers most. Bounds: `Prover.stepsMax` cells a question, and the answer is then
// that there is none.
internal import Packets

/// The boxes of a list from the largest to the smallest, so that a search meets first what covers
/// most, laid out so that those that touch a question are found eight at a time.
struct RuleIndex: Sendable {
    /// By rank: the boxes, and their numbers in the list.
    let boxes: [Box]
    let numbers: [Int32]
    /// Ends of the source's and destination's intervals, eight ranks to an element; what is left
    /// of the last element holds empty intervals.
    private var sourceLow: [SIMD8<UInt32>] = []
    private var sourceHigh: [SIMD8<UInt32>] = []
    private var destinationLow: [SIMD8<UInt32>] = []
    private var destinationHigh: [SIMD8<UInt32>] = []

    init(_ list: [Box]) {
        let sizes = list.map(\.size)
        let order = list.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
        numbers = order.map { Int32(truncatingIfNeeded: $0) }
        boxes = order.map { list[$0] }
        let blocks = (boxes.count + 7) / 8
        sourceLow = Array(repeating: SIMD8(repeating: 1), count: blocks)
        sourceHigh = Array(repeating: .zero, count: blocks)
        destinationLow = sourceLow
        destinationHigh = sourceHigh
        for (rank, box) in boxes.enumerated() {
            sourceLow[rank / 8][rank % 8] = box.low[Field.source.rawValue]
            sourceHigh[rank / 8][rank % 8] = box.high[Field.source.rawValue]
            destinationLow[rank / 8][rank % 8] = box.low[Field.destination.rawValue]
            destinationHigh[rank / 8][rank % 8] = box.high[Field.destination.rawValue]
        }
    }

    /// Replaces `found` by the ranks of boxes that touch the question, ascending.
    func overlaps(_ question: Box, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        let sourceFirst = SIMD8(repeating: question.low[Field.source.rawValue])
        let sourceLast = SIMD8(repeating: question.high[Field.source.rawValue])
        let destinationFirst = SIMD8(repeating: question.low[Field.destination.rawValue])
        let destinationLast = SIMD8(repeating: question.high[Field.destination.rawValue])
        for block in sourceLow.indices {
            let mask =
                (sourceLow[block] .<= sourceLast) .& (sourceHigh[block] .>= sourceFirst)
                .& (destinationLow[block] .<= destinationLast)
                .& (destinationHigh[block] .>= destinationFirst)
            guard any(mask) else { continue }
            for lane in 0..<8 where mask[lane] {
                let rank = block * 8 + lane
                if rank < boxes.count, boxes[rank].overlaps(question) {
                    found.append(Int32(truncatingIfNeeded: rank))
                }
            }
        }
    }
}
