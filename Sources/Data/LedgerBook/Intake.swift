public import LedgerTreaty

/// The three streams before they meet: what each service said of the blocks behind the last booked.
///
/// A stream is taken in the order of its blocks without gaps. What arrives twice is told apart, what
/// goes beyond the window is the sender's mistake. Whoever attaches again begins behind the last
/// booked block: what it said of later ones before is forgotten, nothing of that is on disk.
public struct Intake: Sendable {
    /// Most blocks of one stream that wait.
    public static let blocksMax = 4_096
    /// Most bytes of one stream that wait, as their sender counts them.
    public static let bytesMax = 64 << 20
    /// Most trades of one block: its transfers then keep their bound.
    public static let tradesMax = LedgerBook.transfersMax / 4
    /// Most changes that risk says of one block, each a transfer.
    public static let changesMax = LedgerBook.transfersMax / 2

    /// Who speaks.
    public enum Stream: Int, Sendable, CaseIterable {
        case orders = 0
        case risk = 1
        case matching = 2
    }

    /// What becomes of a frame.
    public enum Verdict: Sendable, Hashable {
        /// Waits for the others.
        case kept
        /// Booked before: acknowledge it.
        case known
        /// Not behind the one before, or not attached.
        case outOfOrder
        /// Beyond the window.
        case beyondWindow
    }

    /// All three parts of a block.
    public struct Whole: Sendable {
        /// From orders.
        public let external: External
        /// From risk.
        public let holds: Holds
        /// From matching.
        public let trades: [Settlement]
    }

    /// One part of a block, as long as it took on the wire.
    private struct Waiting<Part: Sendable>: Sendable {
        let part: Part
        let bytes: Int
    }

    /// A queue that is emptied from the front without moving what is behind.
    private struct Queue<Part: Sendable>: Sendable {
        var list: [Waiting<Part>] = []
        var first = 0
        var bytes = 0
        var count: Int { list.count - first }

        mutating func append(_ part: Part, _ size: Int) {
            list.append(Waiting(part: part, bytes: size))
            bytes += size
        }

        mutating func take() -> Part? {
            guard first < list.count else { return nil }
            let one = list[first]
            first += 1
            bytes -= one.bytes
            if first >= 1_024 || first == list.count {
                list.removeFirst(first)
                first = 0
            }
            return one.part
        }

        mutating func forget() { self = Queue() }
    }

    /// The last block booked or given out to be booked.
    public private(set) var last: UInt64
    private var externals = Queue<External>()
    private var holds = Queue<Holds>()
    private var settlements = Queue<[Settlement]>()
    /// Parts of a block that is not whole yet.
    private var trades: [Settlement] = []
    private var tradeBytes = 0
    private var changes: Holds?
    private var changeBytes = 0
    private var isAttached = [false, false, false]

    /// Goes on behind that block.
    public init(last: UInt64) { self.last = last }

    /// The stream begins anew behind `last`.
    public mutating func attach(_ stream: Stream) {
        detach(stream)
        isAttached[stream.rawValue] = true
    }

    /// The stream has ended; what it said and was not booked is forgotten.
    public mutating func detach(_ stream: Stream) {
        isAttached[stream.rawValue] = false
        switch stream {
        case .orders: externals.forget()
        case .risk:
            holds.forget()
            changes = nil
            changeBytes = 0
        case .matching:
            settlements.forget()
            trades = []
            tradeBytes = 0
        }
    }

    /// What orders says; `bytes` is the frame's length.
    public mutating func take(_ external: External, bytes: Int) -> Verdict {
        let verdict = judge(.orders, external.block, externals.count, externals.bytes + bytes)
        if verdict == .kept { externals.append(external, bytes) }
        return verdict
    }

    /// What risk says, perhaps in parts.
    public mutating func take(_ one: Holds, bytes: Int) -> Verdict {
        let verdict = judge(.risk, one.block, holds.count, holds.bytes + changeBytes + bytes)
        guard verdict == .kept else { return verdict }
        let count = (changes?.held.count ?? 0) + (changes?.released.count ?? 0)
        guard count + one.held.count + one.released.count <= Self.changesMax else {
            return .beyondWindow
        }
        changeBytes += bytes
        if changes == nil {
            changes = one
        } else {
            changes?.held += one.held
            changes?.released += one.released
        }
        guard !one.isPart, var whole = changes else { return .kept }
        whole.isPart = false
        holds.append(whole, changeBytes)
        changes = nil
        changeBytes = 0
        return .kept
    }

    /// What matching says, perhaps in parts.
    public mutating func take(_ one: Settlements, bytes: Int) -> Verdict {
        let verdict = judge(
            .matching, one.block, settlements.count, settlements.bytes + tradeBytes + bytes)
        guard verdict == .kept else { return verdict }
        guard trades.count + one.trades.count <= Self.tradesMax else { return .beyondWindow }
        tradeBytes += bytes
        if one.isPart || !trades.isEmpty { trades += one.trades }
        guard !one.isPart else { return .kept }
        settlements.append(trades.isEmpty ? one.trades : trades, tradeBytes)
        trades = []
        tradeBytes = 0
        return .kept
    }

    private func judge(_ stream: Stream, _ block: UInt64, _ count: Int, _ bytes: Int) -> Verdict {
        guard isAttached[stream.rawValue] else { return .outOfOrder }
        if block <= last { return .known }
        // Nothing waits behind the last possible number, so the sum does not overflow.
        guard block == last &+ UInt64(count) &+ 1 else { return .outOfOrder }
        guard count < Self.blocksMax, bytes <= Self.bytesMax else { return .beyondWindow }
        return .kept
    }

    /// Blocks that are whole.
    public var ready: Int { min(externals.count, holds.count, settlements.count) }

    /// The next whole block; the caller books it or takes nothing more.
    public mutating func next() -> Whole? {
        guard ready > 0, let external = externals.take(), let held = holds.take(),
            let traded = settlements.take()
        else { return nil }
        last = external.block
        return Whole(external: external, holds: held, trades: traded)
    }
}
