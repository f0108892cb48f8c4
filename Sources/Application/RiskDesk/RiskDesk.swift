// RiskDesk: the passages of risk around its engine: blocks from orders, instructions to matching and
// results back, holds to the ledger.
//
// It keeps nothing on disk. When it dies, accounts, holds and what the ledger has not acknowledged
// are lost; orders rebuilds all of it by sending its journal from block 1, and matching starts anew
// with it. What goes wrong at the same block again and again is no accident: then it takes nothing
// more and says so to orders, which halts the venue. Bounds: 64 blocks or 4 MiB that wait to be decided (then nothing more is taken from
// orders), one block at matching, a `Window` of holds (when it is full no block is decided).

package import Bytes
internal import LedgerTreaty
package import OrderTreaty
package import Passage
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

    private let listing: Listing
    private let holdsMax: Int
    var risk: Risk
    /// Running digest of results up to the last block that is finished.
    package private(set) var digest = RiskDesk.none
    private var waiting: [(block: Block, bytes: Int)] = []
    private var waitingBytes = 0
    var holds: Window

    private var orders: Link?
    private var isStopped = false
    private var matching: Link?
    /// Matching stands where risk stands.
    private var isMatched = false
    /// The question whose answers are the results of the block under way.
    private var asked: UInt64?
    var ledger: Link?
    /// The ledger said where it stands, and has not refused a posting since.
    var isBooking = false
    /// Blocks that the ledger was sent, by the question.
    var booking: [UInt64: UInt64] = [:]
    var notes: [String] = []
    /// What went wrong last, at which block, and how often without getting beyond it.
    private var fall = (block: UInt64(0), why: "", count: 0)
    /// Why it takes nothing more.
    package private(set) var haltReason: String?

    /// So often is a thing tried again from block 1 that went wrong in the same way.
    private static let fallsMax = 3

    private static var none: [UInt8] { [UInt8](repeating: 0, count: 32) }

    /// No block yet; at most `holdsMax` blocks wait for the ledger.
    package init(_ listing: Listing, holdsMax: Int? = nil) {
        self.listing = listing
        self.holdsMax = holdsMax ?? Window.blocksMax
        holds = Window(.untilReleased, blocksMax: self.holdsMax)
        risk = Risk(listing)
    }

    /// The last block that was decided.
    package var block: UInt64 { risk.block }

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
            ledger = link
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
            asked = nil
        }
        if link == ledger { forgetLedger() }
    }

    private mutating func forgetOrders() {
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
        } else if message.link == ledger {
            try booked(message, &reader, &passages)
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
            let resume = Resume(block: risk.block, digest: digest)
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

    // MARK: Matching

    private mutating func answered(
        _ message: Message, _ reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        switch message.kind {
        case StreamMessage.resume.rawValue:
            let resume = try Resume.decode(&reader)
            try reader.finish()
            compare(resume, message.link, &passages)
        case StreamMessage.results.rawValue:
            let results = try Results.decode(&reader)
            try reader.finish()
            guard message.correlation == asked, results.isPart != message.isLast else {
                fail("matching answered what it was not asked", at: risk.block)
                return restart(&passages)
            }
            take(results, &passages)
        default: passages.close(message.link)
        }
    }

    /// Unless both stand at the same block with the same digest, both start from block 1.
    private mutating func compare(_ resume: Resume, _ link: Link, _ passages: inout Passages) {
        if risk.isWaiting || resume.block != risk.block || resume.digest != digest {
            let why =
                "matching has block \(resume.block), risk \(risk.block)"
                + (resume.block == risk.block && !risk.isWaiting
                    ? " and their digests differ" : "")
            notes.append("\(why): both start from block 1")
            // A matching that began anew was killed; one that has the blocks did not go on by itself.
            if resume.block > 0 { fail(why, at: risk.block) }
            guard haltReason == nil else { return restart(&passages) }
            if risk.block > 0 { reset(&passages) }
            guard passages.tell(StreamMessage.restart.rawValue, on: link, { _ in }) else {
                notes.append("matching cannot be told to restart")
                return passages.close(link)
            }
        }
        isMatched = true
    }

    private mutating func take(_ results: Results, _ passages: inout Passages) {
        do throws(Divergence) {
            try risk.take(results.reports, of: results.block)
            guard !results.isPart else { return }
            asked = nil
            let changes = try risk.finish()
            digest = results.digest
            if results.block >= fall.block { fall.count = 0 }
            holds.append(
                results.block,
                changes.parts().map { part in
                    let count = part.held.count + part.released.count
                    var writer = ByteWriter(capacity: 32 + 14 * count)
                    part.encode(into: &writer)
                    return writer.bytes
                })
        } catch {
            fail(
                "matching's results of block \(error.block): \(error.reason)", at: error.block)
            restart(&passages)
        }
    }

    /// Counts what went wrong; the same once too often halts, and all begins no more.
    private mutating func fail(_ why: String, at block: UInt64) {
        let isSame = fall.block == block && fall.why == why && fall.count > 0
        fall = (block, why, isSame ? fall.count + 1 : 1)
        notes.append(why)
        guard fall.count >= Self.fallsMax, haltReason == nil else { return }
        haltReason = why
        notes.append("halted: \(why), \(fall.count) times from block 1; nothing more is decided")
    }

    /// Everything begins anew, with matching as soon as its passage stands again.
    mutating func restart(_ passages: inout Passages) {
        reset(&passages)
        if let matching { passages.close(matching) }
        matching = nil
        isMatched = false
    }

    /// Forgets everything; orders and the ledger attach again.
    private mutating func reset(_ passages: inout Passages) {
        risk = Risk(listing)
        digest = Self.none
        asked = nil
        holds = Window(.untilReleased, blocksMax: holdsMax)
        if let orders { passages.close(orders) }
        forgetOrders()
        if let ledger { passages.close(ledger) }
        forgetLedger()
    }

    // MARK: Work

    package mutating func advance(_ passages: inout Passages) {
        decide(&passages)
        listen(&passages)
        book(&passages)
    }

    /// Decides the next block when the results of the one before are here.
    private mutating func decide(_ passages: inout Passages) {
        guard haltReason == nil, isMatched, !risk.isWaiting, !holds.isFull, let matching,
            !waiting.isEmpty
        else {
            return
        }
        let (block, bytes) = waiting.removeFirst()
        waitingBytes -= bytes
        do throws(Divergence) {
            let instructions = try risk.decide(block)
            asked = passages.ask(StreamMessage.instructions.rawValue, on: matching) {
                instructions.encode(into: &$0)
            }
            guard asked == nil else { return }
            fail("block \(block.number) cannot be sent to matching", at: block.number)
            restart(&passages)
        } catch {
            fail("block \(error.block) of orders: \(error.reason)", at: error.block)
            if let orders { passages.close(orders) }
            forgetOrders()
        }
    }

    package func isEager(_ passages: borrowing Passages) -> Bool {
        guard let ledger, isBooking else { return false }
        return holds.hasNext && passages.queued(ledger) <= Self.queueMax
    }
}
