// MatchingDesk: the passages of matching around its engine: instructions from risk and results back,
// results to orders and to marketdata, settlements to the ledger.
//
// It keeps nothing on disk. When it dies, the books and what orders and the ledger have not taken
// are lost; risk sees that it stands elsewhere, and orders rebuilds both from block 1 of its journal.
// Bounds: 64 blocks of instructions and answers to them (beyond 1 MiB of those no block is matched),
// a `Window` each for orders and the ledger (when one is full no block is matched), 64 MiB for
// marketdata (beyond that it loses its stream and gets a snapshot).

package import Bytes
internal import LedgerTreaty
internal import Matching
package import OrderTreaty
package import Passage
internal import Postings
internal import Relay
internal import RiskTreaty

/// Matching with its four passages.
package struct MatchingDesk: Desk {
    package static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    /// The service that gets results without being waited for; orders is who else gets them.
    static let publicName = "marketdata"

    let listing: Listing
    var matching: Matching
    var chain = ReportChain()
    private var risk: Link?
    private var waiting: [(instructions: Instructions, correlation: UInt64)] = []
    /// What risk is answered, and of how many frames the answer to each question consists.
    private var answer = Outbox()
    private var answering: [(correlation: UInt64, frames: Int)] = []
    var results = Window(.whileRoom)
    private var settlements = Postings("trades", LedgerMessage.settlements.rawValue)
    private var reports: [Report] = []
    /// Time of the last block.
    var lastTime: UInt64 = 0

    var orders: Link?
    /// Orders said where it stands.
    var isReporting = false
    var market = MarketStream()
    var notes: [String] = []

    /// Empty books.
    package init(_ listing: Listing) {
        self.listing = listing
        matching = Matching(listing)
    }

    /// The last block that was matched.
    package var block: UInt64 { matching.block }
    /// Running digest of all results so far.
    package var digest: [UInt8] { chain.digest }

    package mutating func takeNotes() -> [String] {
        defer { notes.removeAll() }
        return notes
    }

    package mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) {
        guard line.direction == .open else { return }
        if line.messages.contains(LedgerMessage.settlements.name) {
            settlements.attach(link)
        } else if line.peer == Self.publicName {
            market.link = link
        } else {
            orders = link
        }
        if passages.ask(StreamMessage.attach.rawValue, on: link, { _ in }) == nil {
            notes.append("\(line.peer) may not be asked to attach")
        }
    }

    package mutating func closed(_ link: Link, _ passages: inout Passages) {
        if link == risk { forgetRisk() }
        if link == orders { forgetOrders() }
        if link == settlements.link { settlements.detach() }
        if link == market.link { market = MarketStream() }
    }

    private mutating func forgetRisk() {
        risk = nil
        forgetWork()
    }

    private mutating func forgetWork() {
        waiting.removeAll()
        answer.removeAll()
        answering.removeAll()
    }

    package mutating func take(
        _ message: Message, _ passages: inout Passages
    ) throws(Malformed) {
        var reader = message.body
        if !message.isAnswer {
            try take(message, from: &reader, &passages)
        } else if message.link == orders {
            try resumed(message, &reader, &passages)
        } else if message.link == settlements.link {
            guard try settlements.take(message, &reader, &passages, noting: &notes) else {
                return restart(&passages)
            }
        } else if message.link == market.link {
            try watched(message, &reader, &passages)
        }
    }

    // MARK: Risk

    private mutating func take(
        _ message: Message, from reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        switch message.kind {
        case StreamMessage.attach.rawValue:
            try reader.finish()
            forgetRisk()
            risk = message.link
            let resume = Resume(block: matching.block, digest: chain.digest)
            _ = passages.answer(
                StreamMessage.resume.rawValue, to: message.correlation, on: message.link
            ) { resume.encode(into: &$0) }
        case StreamMessage.restart.rawValue:
            try reader.finish()
            guard message.link == risk else { return passages.close(message.link) }
            notes.append("risk starts anew: so does matching, which had block \(matching.block)")
            reset(&passages)
        case StreamMessage.instructions.rawValue:
            let instructions = try Instructions.decode(&reader)
            try reader.finish()
            guard message.link == risk, message.correlation != 0,
                waiting.count + answering.count < Instructions.flightsMax
            else {
                notes.append("risk did not wait for the results of blocks before")
                return passages.close(message.link)
            }
            waiting.append((instructions, message.correlation))
        default: passages.close(message.link)
        }
    }

    /// Forgets everything; orders, the ledger and marketdata attach again.
    private mutating func reset(_ passages: inout Passages) {
        forgetWork()
        guard matching.block > 0 else { return }
        matching = Matching(listing)
        chain = ReportChain()
        results = Window(.whileRoom)
        settlements.reset(&passages)
        for link in [orders, market.link] {
            if let link { passages.close(link) }
        }
        forgetOrders()
        market = MarketStream()
    }

    /// Forgets everything and lets risk find out, which then starts anew with orders.
    mutating func restart(_ passages: inout Passages) {
        reset(&passages)
        if let risk { passages.close(risk) }
        forgetRisk()
    }

    // MARK: Work

    package mutating func advance(_ passages: inout Passages) {
        match(&passages)
        reply(&passages)
        report(&passages)
        settlements.send(&passages, queueMax: Self.queueMax, noting: &notes)
        show(&passages)
    }

    /// A block can be matched: everybody's room for what comes of it is there.
    private var hasWork: Bool {
        !waiting.isEmpty && !results.isFull && !settlements.isFull
            && answer.bytes <= Self.queueMax
    }

    private mutating func match(_ passages: inout Passages) {
        while hasWork {
            let (instructions, correlation) = waiting.removeFirst()
            reports.removeAll(keepingCapacity: true)
            do throws(Disorder) {
                try matching.apply(instructions, into: &reports)
            } catch {
                notes.append("instructions of block \(error.block): \(error.reason)")
                if let risk { passages.close(risk) }
                return forgetRisk()
            }
            chain.extend(reports)
            let frames = Frames.results(instructions.block, instructions.time, chain, reports)
            answering.append((correlation, frames.count))
            answer.append(frames)
            results.append(instructions.block, frames)
            settlements.append(
                instructions.block, Frames.settlements(instructions.block, reports, listing))
            publish(frames, instructions.time, &passages)
            reply(&passages)
        }
    }

    /// Answers risk as long as the link takes it.
    private mutating func reply(_ passages: inout Passages) {
        guard let risk else { return }
        while passages.queued(risk) <= Self.queueMax, let frame = answer.next() {
            let isLast = answering[0].frames == 1
            guard
                passages.answer(
                    StreamMessage.results.rawValue, to: answering[0].correlation, on: risk,
                    isLast: isLast, { $0.append(frame) })
            else {
                passages.close(risk)
                return forgetRisk()
            }
            if isLast { answering.removeFirst() } else { answering[0].frames -= 1 }
        }
    }

    package func isEager(_ passages: borrowing Passages) -> Bool {
        func hasRoom(_ link: Link?) -> Bool {
            link.map { passages.queued($0) <= Self.queueMax } ?? false
        }
        return hasWork || !answer.isEmpty && hasRoom(risk)
            || isReporting && results.hasNext && hasRoom(orders)
            || settlements.isEager(passages, queueMax: Self.queueMax)
            || !market.outbox.isEmpty && hasRoom(market.link)
    }
}
