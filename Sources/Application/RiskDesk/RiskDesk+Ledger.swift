internal import Bytes
internal import Findings
internal import LedgerTreaty
internal import Passage
internal import Relay
internal import RiskTreaty

/// What the ledger hears of each block, until it has it on disk.
extension RiskDesk {
    mutating func forgetLedger() {
        ledger = nil
        isBooking = false
        booking.removeAll()
    }

    mutating func booked(
        _ message: Message, _ reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        switch message.kind {
        case StreamMessage.resume.rawValue:
            let resume = try Resume.decode(&reader)
            try reader.finish()
            isBooking = true
            guard !holds.resume(behind: resume.block) else { return }
            notes.append(
                "the ledger has block \(resume.block), the holds behind it are forgotten: "
                    + "everything starts from block 1")
            restart(&passages)
        case LedgerMessage.applied.rawValue:
            guard let block = booking.removeValue(forKey: message.correlation) else { return }
            holds.release(through: block)
        case LedgerMessage.halt.rawValue:
            let bytes = try reader.take(min(reader.remaining, 1_024))
            notes.append(
                "the ledger refused a posting: "
                    + Excerpt.of(String(decoding: bytes, as: UTF8.self), limit: 400))
            isBooking = false
        default: passages.close(message.link)
        }
    }

    /// Sends holds as long as the link takes them.
    mutating func book(_ passages: inout Passages) {
        guard let ledger, isBooking else { return }
        while passages.queued(ledger) <= Self.queueMax, let frame = holds.next() {
            guard
                let question = passages.ask(
                    LedgerMessage.holds.rawValue, on: ledger, { $0.append(frame.bytes) })
            else {
                notes.append("the holds of block \(frame.block) cannot be sent to the ledger")
                passages.close(ledger)
                return forgetLedger()
            }
            if frame.isLast { booking[question] = frame.block }
        }
    }
}
