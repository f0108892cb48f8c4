// MarketDesk: the passages of marketdata around its picture: results from matching, questions from
// the API.
//
// It keeps nothing on disk. When it dies, books and tapes are lost; matching sends a snapshot of the
// books as soon as it is attached again, and the tapes begin empty. While matching is away or being
// rebuilt, the last picture is answered. Bounds: a block's reports, 8,192 questions that wait on a
// link.

package import Bytes
internal import MarketData
internal import MarketTreaty
package import OrderTreaty
package import Passage
internal import Relay
internal import RiskTreaty

/// Marketdata with its passages.
package struct MarketDesk: Desk {
    /// Questions of one link that wait until it has taken earlier answers.
    static let waitingMax = 8_192
    /// A snapshot has one report for each open order, a block about two for each that it fills.
    static let reportsMax = 4 * Results.reportsMax

    package static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + MarketMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    private struct Question {
        let kind: MarketMessage
        let query: MarketQuery
        let correlation: UInt64
    }

    private let listing: Listing
    private var market: MarketData
    private var matching: Link?
    /// The next results are a snapshot.
    private var begins = false
    /// Parts of a block whose last one has not come: nobody sees half a block.
    private var parts: [Report] = []
    private var questions: [Link: [Question]] = [:]
    private var notes: [String] = []

    /// Empty books.
    package init(_ listing: Listing) {
        self.listing = listing
        market = MarketData(listing)
    }

    /// The last block in the picture.
    package var block: UInt64 { market.block }

    package mutating func takeNotes() -> [String] {
        defer { notes.removeAll() }
        return notes
    }

    package mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) {}

    package mutating func closed(_ link: Link, _ passages: inout Passages) {
        questions[link] = nil
        if link == matching { matching = nil }
    }

    package mutating func take(
        _ message: Message, _ passages: inout Passages
    ) throws(Malformed) {
        var reader = message.body
        switch message.kind {
        case StreamMessage.attach.rawValue:
            try reader.finish()
            matching = message.link
            begins = true
            parts = []
            let resume = Resume(block: market.block)
            _ = passages.answer(
                StreamMessage.resume.rawValue, to: message.correlation, on: message.link
            ) { resume.encode(into: &$0) }
        case StreamMessage.results.rawValue:
            guard message.link == matching else { return passages.close(message.link) }
            let results = try Results.decode(&reader)
            try reader.finish()
            take(results, message.link, &passages)
        case MarketMessage.book.rawValue, MarketMessage.trades.rawValue:
            let query = try MarketQuery.decode(&reader)
            try reader.finish()
            guard let kind = MarketMessage(rawValue: message.kind),
                questions[message.link, default: []].count < Self.waitingMax
            else {
                notes.append("too many questions at once")
                return passages.close(message.link)
            }
            questions[message.link, default: []].append(
                Question(kind: kind, query: query, correlation: message.correlation))
        default: passages.close(message.link)
        }
    }

    private mutating func take(
        _ results: Results, _ link: Link, _ passages: inout Passages
    ) {
        guard parts.count + results.reports.count <= Self.reportsMax else {
            notes.append("block \(results.block) has too many reports")
            return forget(link, &passages)
        }
        parts += results.reports
        guard !results.isPart else { return }
        var whole = results
        whole.reports = parts
        parts = []
        if begins { market.begin(at: results.block) }
        begins = false
        do throws(Contradiction) {
            try market.take(whole)
        } catch {
            notes.append("matching's results of block \(error.block): \(error.reason)")
            forget(link, &passages)
        }
    }

    /// What is known is worth nothing: matching sends a snapshot on the next passage.
    private mutating func forget(_ link: Link, _ passages: inout Passages) {
        market = MarketData(listing)
        matching = nil
        parts = []
        passages.close(link)
    }

    package mutating func advance(_ passages: inout Passages) {
        for link in Array(questions.keys) {
            guard let list = questions[link] else { continue }
            var done = 0
            while done < list.count, passages.queued(link) <= Self.queueMax {
                answer(list[done], link, &passages)
                done += 1
            }
            questions[link] = done == list.count ? nil : Array(list[done...])
        }
    }

    /// The API asks for instruments of the same listing only; any other has an empty book.
    private func answer(_ question: Question, _ link: Link, _ passages: inout Passages) {
        let instrument = question.query.instrument
        switch question.kind {
        case .book:
            let depth =
                market.depth(question.query)
                ?? Depth(instrument: instrument, block: market.block, bids: [], asks: [])
            _ = passages.answer(
                MarketMessage.depth.rawValue, to: question.correlation, on: link
            ) { depth.encode(into: &$0) }
        case .trades:
            let tape = market.tape(question.query) ?? Tape(instrument: instrument, prints: [])
            _ = passages.answer(
                MarketMessage.tape.rawValue, to: question.correlation, on: link
            ) { tape.encode(into: &$0) }
        case .depth, .tape: break
        }
    }

    package func isEager(_ passages: borrowing Passages) -> Bool {
        for link in questions.keys where passages.queued(link) <= Self.queueMax { return true }
        return false
    }
}
