// RiskDesk: the passages of risk around its engine: blocks from orders, instructions to matching and
// results back, holds to the ledger.
//
// It keeps the books itself: what matching answers must be what came of them here, and until it is,
// the ledger hears nothing of the block. So a block is decided without waiting for the one before to
// come back. It keeps nothing on disk. When it dies, accounts, holds and what the ledger has not
// acknowledged are lost; orders rebuilds all of it by sending its journal from block 1, and matching
// starts anew with it. What goes wrong in one way at one block three times is no accident: nothing
// more is decided, and orders, which hears it, halts the venue. Bounds: 64 blocks or 4 MiB that wait
// to be decided (then nothing more is taken from orders), 64 blocks at matching, a `Window` of holds
// (when it is full no block is decided).

package import Bytes
internal import LedgerTreaty
internal import Matching
package import OrderTreaty
package import Passage
internal import Postings
internal import Relay
internal import Risk
internal import RiskTreaty

/// Risk with its three passages.
package struct RiskDesk: Desk {
    /// Blocks and bytes of them that wait to be decided, from which orders is not heard.
    static let waitingMax = 64
    static let waitingBytesMax = 4 << 20

    package static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    let listing: Listing
    private let holdsMax: Int
    var risk: Risk
    /// The books as matching must have them, and the digest of what must come of them.
    var books: Matching
    var chain = ReportChain()
    /// Blocks that are decided and not answered, oldest first.
    var flights: [Flight] = []
    /// Running digest of results up to the last block that matching answered.
    package internal(set) var digest = RiskDesk.none
    private var waiting: [(block: Block, bytes: Int)] = []
    private var waitingBytes = 0
    var holds: Postings

    var orders: Link?
    private var isStopped = false
    var matching: Link?
    /// Matching stands where risk stands.
    var isMatched = false
    var notes: [String] = []
    /// What went wrong last, at which block, and how often without getting beyond it.
    private var fall = (block: UInt64(0), why: "", count: 0)
    /// Why nothing more is decided.
    package private(set) var haltReason: String?
    private static let fallsMax = 3

    private static var none: [UInt8] { [UInt8](repeating: 0, count: 32) }

    /// No block yet; at most `holdsMax` blocks wait for the ledger.
    package init(_ listing: Listing, holdsMax: Int? = nil) {
        self.listing = listing
        self.holdsMax = holdsMax ?? Window.blocksMax
        holds = Postings("holds", LedgerMessage.holds.rawValue, blocksMax: self.holdsMax)
        risk = Risk(listing)
        books = Matching(listing)
    }

    /// The last block that was decided.
    package var block: UInt64 { risk.block }
    /// The last block whose results matching gave too.
    package var answered: UInt64 { flights.first.map { $0.block - 1 } ?? risk.block }

    package mutating func takeNotes() -> [String] {
        defer { notes.removeAll() }
        return notes
    }

    package mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) {
        guard line.direction == .open else { return }
        if line.messages.contains(StreamMessage.instructions.name) {
            matching = link
        } else if line.messages.contains(LedgerMessage.holds.name) {
            holds.attach(link)
        } else {
            return
        }
        if passages.ask(StreamMessage.attach.rawValue, on: link, { _ in }) == nil {
            notes.append("\(line.peer) may not be asked to attach")
        }
    }

    package mutating func closed(_ link: Link, _ passages: inout Passages) {
        if link == orders { forgetOrders() }
        if link == matching {
            matching = nil
            isMatched = false
        }
        if link == holds.link { holds.detach() }
    }

    mutating func forgetOrders() {
        orders = nil
        isStopped = false
        waiting.removeAll()
        waitingBytes = 0
    }

    package mutating func take(
        _ message: Message, _ passages: inout Passages
    ) throws(Malformed) {
        var reader = message.body
        if !message.isAnswer {
            try take(message, from: &reader, &passages)
        } else if message.link == matching {
            try answered(message, &reader, &passages)
        } else if message.link == holds.link,
            try !holds.take(message, &reader, &passages, noting: &notes)
        {
            restart(&passages)
        }
    }

    // MARK: Orders

    private mutating func take(
        _ message: Message, from reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        switch message.kind {
        case StreamMessage.attach.rawValue:
            try reader.finish()
            forgetOrders()
            if let haltReason {
                _ = passages.answer(
                    StreamMessage.halted.rawValue, to: message.correlation, on: message.link
                ) { $0.append(haltReason.utf8.prefix(1_024)) }
                return
            }
            orders = message.link
            let resume = Resume(block: risk.block, digest: chain.digest)
            _ = passages.answer(
                StreamMessage.resume.rawValue, to: message.correlation, on: message.link
            ) { resume.encode(into: &$0) }
        case StreamMessage.block.rawValue:
            let bytes = reader.remaining
            let block = try Block.decode(&reader)
            try reader.finish()
            // What was under way when the passage was closed here is nothing to speak of.
            guard message.link == orders else { return passages.close(message.link) }
            guard block.number == risk.block + UInt64(waiting.count) + 1 else {
                notes.append("block \(block.number) does not follow: orders attaches again")
                return passages.close(message.link)
            }
            waiting.append((block, bytes))
            waitingBytes += bytes
        default: passages.close(message.link)
        }
    }

    /// Hears orders only while there is room for more blocks.
    private mutating func listen(_ passages: inout Passages) {
        guard let orders else { return }
        let isCrowded = waiting.count >= Self.waitingMax || waitingBytes >= Self.waitingBytesMax
        let isEasy =
            waiting.count <= Self.waitingMax / 2 && waitingBytes <= Self.waitingBytesMax / 2
        guard isStopped ? isEasy : isCrowded else { return }
        isStopped.toggle()
        passages.stop(orders, isStopped)
    }

    /// Counts what went wrong at a block; the same too often halts, and is tried no more.
    mutating func fail(_ why: String, at block: UInt64) {
        let isSame = fall.count > 0 && fall.block == block && fall.why == why
        fall = (block, why, isSame ? fall.count + 1 : 1)
        notes.append(why)
        guard fall.count >= Self.fallsMax, haltReason == nil else { return }
        haltReason = why
        notes.append("halted: \(why), \(fall.count) times; nothing more is decided")
    }

    /// Matching answered that block as it must: what went wrong before it is over.
    mutating func passed(_ block: UInt64) {
        if block >= fall.block { fall.count = 0 }
    }

    /// Everything begins anew, with matching as soon as its passage stands again.
    mutating func restart(_ passages: inout Passages) {
        reset(&passages)
        if let matching { passages.close(matching) }
        matching = nil
        isMatched = false
    }

    /// Forgets everything; orders and the ledger attach again.
    mutating func reset(_ passages: inout Passages) {
        risk = Risk(listing)
        books = Matching(listing)
        chain = ReportChain()
        flights.removeAll()
        digest = Self.none
        if let orders { passages.close(orders) }
        forgetOrders()
        holds.reset(&passages)
    }

    // MARK: Work

    package mutating func advance(_ passages: inout Passages) {
        decide(&passages)
        listen(&passages)
        holds.send(&passages, queueMax: Self.queueMax, noting: &notes)
    }

    /// The next block, while it may be decided: what is under way has a place in the window too.
    mutating func nextBlock() -> Block? {
        guard haltReason == nil, isMatched, let next = waiting.first, !holds.isFull,
            flights.count < Instructions.flightsMax, holds.count + flights.count < holdsMax
        else { return nil }
        waiting.removeFirst()
        waitingBytes -= next.bytes
        return next.block
    }

    package func isEager(_ passages: borrowing Passages) -> Bool {
        holds.isEager(passages, queueMax: Self.queueMax)
    }
}
