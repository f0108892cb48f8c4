internal import Bytes
internal import LedgerTreaty
internal import Matching
internal import OrderTreaty
internal import Passage
internal import Postings
internal import Relay
internal import Risk
internal import RiskTreaty

/// A block at matching: what must come back, and what the ledger hears when it has.
struct Flight {
    let question: UInt64
    let block: UInt64
    let reports: [Report]
    let digest: [UInt8]
    let holds: [[UInt8]]
    /// Reports that came back.
    var answered = 0
}

/// Instructions to matching, and its results, which are compared.
extension RiskDesk {
    mutating func answered(
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
            guard message.correlation == flights.first?.question, results.isPart != message.isLast
            else {
                fail("matching answered what it was not asked", at: risk.block)
                return restart(&passages)
            }
            take(results, &passages)
        default: passages.close(message.link)
        }
    }

    /// Unless both stand at the same block with the same digest, both start from block 1.
    private mutating func compare(_ resume: Resume, _ link: Link, _ passages: inout Passages) {
        if !flights.isEmpty || resume.block != risk.block || resume.digest != digest {
            notes.append(
                "matching has block \(resume.block), risk \(risk.block)"
                    + (resume.block == risk.block && flights.isEmpty
                        ? " and their digests differ" : "")
                    + ": both start from block 1")
            // Who was killed or begins anew has nothing; two that have blocks should agree.
            if resume.block > 0, risk.block > 0 {
                fail("matching does not stand where risk does", at: resume.block + 1)
            }
            guard haltReason == nil else { return restart(&passages) }
            if risk.block > 0 { reset(&passages) }
            guard passages.tell(StreamMessage.restart.rawValue, on: link, { _ in }) else {
                notes.append("matching cannot be told to restart")
                return passages.close(link)
            }
        }
        isMatched = true
    }

    /// What the oldest flight must bring is what matching says, or everything begins anew.
    private mutating func take(_ results: Results, _ passages: inout Passages) {
        let flight = flights[0]
        let end = flight.answered + results.reports.count
        let isSame =
            results.block == flight.block && end <= flight.reports.count
            && flight.reports[flight.answered..<end].elementsEqual(results.reports)
            && (results.isPart || end == flight.reports.count && results.digest == flight.digest)
        guard isSame else {
            fail(
                "matching's results of block \(flight.block) are not what risk's books give",
                at: flight.block)
            return restart(&passages)
        }
        guard !results.isPart else {
            flights[0].answered = end
            return
        }
        flights.removeFirst()
        digest = flight.digest
        passed(flight.block)
        holds.append(flight.block, flight.holds)
    }

    /// Decides what waits, as far as there is room.
    mutating func decide(_ passages: inout Passages) {
        while let matching, passages.queued(matching) <= Self.queueMax, let block = nextBlock() {
            do throws(Divergence) {
                let instructions = try risk.decide(block)
                let (reports, changes) = try follow(instructions)
                let question = passages.ask(StreamMessage.instructions.rawValue, on: matching) {
                    instructions.encode(into: &$0)
                }
                guard let question else {
                    fail("block \(block.number) cannot be sent to matching", at: block.number)
                    return restart(&passages)
                }
                flights.append(
                    Flight(
                        question: question, block: block.number, reports: reports,
                        digest: chain.digest, holds: Self.frames(changes)))
            } catch {
                fail("block \(error.block) of orders: \(error.reason)", at: error.block)
                if risk.isWaiting { return restart(&passages) }
                if let orders { passages.close(orders) }
                return forgetOrders()
            }
        }
    }

    private static func frames(_ changes: Holds) -> [[UInt8]] {
        changes.parts().map { part in
            var writer = ByteWriter(capacity: 72 + 14 * (part.held.count + part.released.count))
            part.encode(into: &writer)
            return writer.bytes
        }
    }

    /// What comes of instructions in risk's own books, and what it holds and releases then.
    private mutating func follow(
        _ instructions: Instructions
    ) throws(Divergence) -> (reports: [Report], changes: Holds) {
        var reports: [Report] = []
        reports.reserveCapacity(instructions.list.count + instructions.list.count / 2)
        do throws(Disorder) {
            try books.apply(instructions, into: &reports)
        } catch { throw Divergence(block: error.block, error.reason) }
        chain.extend(reports)
        try risk.take(reports, of: instructions.block)
        var changes = try risk.finish()
        // The ledger books no trade that these books do not have.
        changes.witness = Settlements.witness(of: reports, listing)
        return (reports, changes)
    }
}
