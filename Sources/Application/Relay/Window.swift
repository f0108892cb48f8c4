/// Encoded frames of blocks that a consumer may still ask for.
///
/// A window is full at 4,096 blocks or 64 MiB; the last block may go beyond that. Nobody puts
/// anything into a full window: its owner takes no more work until the consumer has taken some.
package struct Window: Sendable {
    /// Most blocks, and the bytes from which it is full.
    package static let blocksMax = 4_096
    package static let bytesMax = 64 << 20

    /// When a block may be forgotten.
    package enum Keeping: Sendable {
        /// When the consumer says that it has it on disk.
        case untilReleased
        /// When it was sent, and room is needed: the consumer says nothing.
        case whileRoom
    }

    /// One frame on its way.
    package struct Frame: Sendable {
        /// The block that it is of.
        package let block: UInt64
        /// Its body.
        package let bytes: [UInt8]
        /// No further frame of that block follows.
        package let isLast: Bool
    }

    private struct Entry {
        let block: UInt64
        var frames: [[UInt8]]
        let bytes: Int
    }

    private let keeping: Keeping
    private let blocksMax: Int
    private let bytesMax: Int
    private var entries: [Entry] = []
    /// The first entry that is kept, and the first that is not wholly sent.
    private var first = 0
    private var cursor = 0
    /// Frames of the entry at `cursor` that are sent.
    private var part = 0
    private var bytes = 0
    /// Bytes that are sent and not released.
    private var flying = 0
    /// Blocks up to this one are not sent: the consumer has them.
    private var floor: UInt64 = 0
    /// The last block that was put in.
    package private(set) var last: UInt64 = 0

    /// An empty window before block 1.
    package init(
        _ keeping: Keeping, blocksMax: Int = Self.blocksMax, bytesMax: Int = Self.bytesMax
    ) {
        self.keeping = keeping
        self.blocksMax = blocksMax
        self.bytesMax = bytesMax
    }

    /// Blocks that are kept.
    package var count: Int { entries.count - first }

    /// Nothing more may be put in.
    package var isFull: Bool {
        guard count >= blocksMax || bytes >= bytesMax else { return false }
        return keeping == .untilReleased || first >= cursor
    }

    /// Puts the next block's frames in, at least one; a block that the consumer has is passed over.
    package mutating func append(_ block: UInt64, _ frames: [[UInt8]]) {
        last = block
        let size = frames.reduce(0) { $0 + $1.count }
        let isKnown = block <= floor
        if isKnown, keeping == .untilReleased { return }
        while keeping == .whileRoom, first < cursor,
            count >= blocksMax || bytes + size > bytesMax
        {
            drop()
        }
        entries.append(Entry(block: block, frames: frames, bytes: size))
        bytes += size
        if isKnown, cursor == entries.count - 1 { cursor += 1 }
    }

    /// The consumer has that block and says so: goes on behind it; false when the next one is gone.
    ///
    /// Where nothing is released, the block itself is sent once more if it is here, so that the
    /// consumer compares its digest.
    package mutating func resume(behind block: UInt64) -> Bool {
        flying = 0
        part = 0
        switch keeping {
        case .untilReleased:
            floor = block
            while first < entries.count, entries[first].block <= block { drop() }
            cursor = first
        case .whileRoom:
            floor = block == 0 ? 0 : block - 1
            cursor = entries[first...].firstIndex { $0.block > floor } ?? entries.count
        }
        let oldest = first < entries.count ? entries[first].block : last &+ 1
        return block >= last || oldest <= block + 1
    }

    /// The consumer has everything up to that block on disk.
    package mutating func release(through block: UInt64) {
        while first < cursor, entries[first].block <= block {
            flying = max(0, flying - entries[first].bytes)
            drop()
        }
    }

    /// Something can be sent now.
    package var hasNext: Bool {
        guard cursor < entries.count else { return false }
        return keeping == .whileRoom || flying == 0
            || flying + entries[cursor].frames[part].count <= bytesMax
    }

    /// The next frame to send; it counts as sent.
    package mutating func next() -> Frame? {
        guard hasNext else { return nil }
        let entry = entries[cursor]
        let frame = Frame(
            block: entry.block, bytes: entry.frames[part],
            isLast: part + 1 == entry.frames.count)
        flying += frame.bytes.count
        part += 1
        if frame.isLast {
            cursor += 1
            part = 0
        }
        return frame
    }

    private mutating func drop() {
        bytes -= entries[first].bytes
        entries[first].frames = []
        first += 1
        cursor = max(cursor, first)
        guard first >= 1_024 else { return }
        entries.removeFirst(first)
        cursor -= first
        first = 0
    }
}
