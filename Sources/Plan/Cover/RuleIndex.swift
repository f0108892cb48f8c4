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
    private var addresses: [Addresses] = []
    /// Ends of the protocols' and ports' intervals, and the numbers.
    private var others: [Others] = []
    /// The smallest box around each `spanBlocks` elements: most are nowhere near a question.
    private var spans: [Box] = []
    private static let spanBlocks = 32
    /// Whether state or interfaces matter to some box.
    private let isWide: Bool

    private struct Addresses: Sendable {
        var sourceLow = SIMD8<UInt32>(repeating: 1)
        var sourceHigh = SIMD8<UInt32>.zero
        var destinationLow = SIMD8<UInt32>(repeating: 1)
        var destinationHigh = SIMD8<UInt32>.zero
    }

    private struct Others: Sendable {
        var protocolLow = SIMD8<UInt32>.zero
        var protocolHigh = SIMD8<UInt32>.zero
        var sourcePortLow = SIMD8<UInt32>.zero
        var sourcePortHigh = SIMD8<UInt32>.zero
        var destinationPortLow = SIMD8<UInt32>.zero
        var destinationPortHigh = SIMD8<UInt32>.zero
        var numbers = SIMD8<UInt32>(repeating: .max)
    }

    init(_ list: [Box]) {
        let sizes = list.map(\.size)
        let order = list.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
        numbers = order.map { Int32(truncatingIfNeeded: $0) }
        boxes = order.map { list[$0] }
        isWide = list.contains { box in
            [Field.state, .arrival, .departure].contains { box[$0] != 0...$0.last }
        }
        let blocks = (boxes.count + 7) / 8
        addresses = Array(repeating: Addresses(), count: blocks)
        others = Array(repeating: Others(), count: blocks)
        for (rank, box) in boxes.enumerated() {
            place(box, rank / 8, rank % 8, numbers[rank])
            if rank % (8 * Self.spanBlocks) == 0 {
                spans.append(box)
            } else {
                spans[spans.count - 1] = spans[spans.count - 1].hull(box)
            }
        }
    }

    private mutating func place(_ box: Box, _ block: Int, _ lane: Int, _ number: Int32) {
        addresses[block].sourceLow[lane] = box.low[Field.source.rawValue]
        addresses[block].sourceHigh[lane] = box.high[Field.source.rawValue]
        addresses[block].destinationLow[lane] = box.low[Field.destination.rawValue]
        addresses[block].destinationHigh[lane] = box.high[Field.destination.rawValue]
        others[block].protocolLow[lane] = box.low[Field.protocolNumber.rawValue]
        others[block].protocolHigh[lane] = box.high[Field.protocolNumber.rawValue]
        others[block].sourcePortLow[lane] = box.low[Field.sourcePort.rawValue]
        others[block].sourcePortHigh[lane] = box.high[Field.sourcePort.rawValue]
        others[block].destinationPortLow[lane] = box.low[Field.destinationPort.rawValue]
        others[block].destinationPortHigh[lane] = box.high[Field.destinationPort.rawValue]
        others[block].numbers[lane] = UInt32(truncatingIfNeeded: number)
    }

    /// Replaces `found` by the ranks of boxes that touch the question, ascending: those with a
    /// number below a limit.
    func overlaps(_ question: Box, before limit: Int = .max, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        let low = Self.lanes(question.low)
        let high = Self.lanes(question.high)
        let last = SIMD8(repeating: UInt32(clamping: limit))
        for (span, around) in spans.enumerated() where around.overlaps(question) {
            let first = span * Self.spanBlocks
            look(
                first..<min(first + Self.spanBlocks, addresses.count), question, low, high, last,
                &found)
        }
    }

    private func look(
        _ blocks: Range<Int>, _ question: Box, _ low: Lanes, _ high: Lanes, _ last: SIMD8<UInt32>,
        _ found: inout [Int32]
    ) {
        for block in blocks {
            let near =
                (addresses[block].sourceLow .<= high.source)
                .& (addresses[block].sourceHigh .>= low.source)
                .& (addresses[block].destinationLow .<= high.destination)
                .& (addresses[block].destinationHigh .>= low.destination)
            guard any(near) else { continue }
            let mask =
                near .& (others[block].protocolLow .<= high.transport)
                .& (others[block].protocolHigh .>= low.transport)
                .& (others[block].sourcePortLow .<= high.sourcePort)
                .& (others[block].sourcePortHigh .>= low.sourcePort)
                .& (others[block].destinationPortLow .<= high.destinationPort)
                .& (others[block].destinationPortHigh .>= low.destinationPort)
                .& (others[block].numbers .< last)
            guard any(mask) else { continue }
            for lane in 0..<8 where mask[lane] {
                let rank = block * 8 + lane
                if !isWide || boxes[rank].overlaps(question) {
                    found.append(Int32(truncatingIfNeeded: rank))
                }
            }
        }
    }

    private struct Lanes {
        let source: SIMD8<UInt32>
        let destination: SIMD8<UInt32>
        let transport: SIMD8<UInt32>
        let sourcePort: SIMD8<UInt32>
        let destinationPort: SIMD8<UInt32>
    }

    private static func lanes(_ values: SIMD8<UInt32>) -> Lanes {
        Lanes(
            source: SIMD8(repeating: values[Field.source.rawValue]),
            destination: SIMD8(repeating: values[Field.destination.rawValue]),
            transport: SIMD8(repeating: values[Field.protocolNumber.rawValue]),
            sourcePort: SIMD8(repeating: values[Field.sourcePort.rawValue]),
            destinationPort: SIMD8(repeating: values[Field.destinationPort.rawValue]))
    }
}
