internal import Bytes
internal import Findings
internal import LedgerTreaty
internal import Passage
internal import Relay
internal import RiskTreaty

/// Orders and the ledger: each goes on behind the last block that it has.
extension MatchingDesk {
    mutating func forgetOrders() {
        orders = nil
        isReporting = false
    }

    mutating func forgetLedger() {
        ledger = nil
        isSettling = false
        settling.removeAll()
    }

    mutating func resumed(
        _ message: Message, _ reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        guard message.kind == StreamMessage.resume.rawValue else {
            return passages.close(message.link)
        }
        let resume = try Resume.decode(&reader)
        try reader.finish()
        if resume.block == block, resume.digest != digest {
            // Orders gets that block once more, compares, and stops the venue.
            notes.append("orders knows another digest of block \(resume.block)")
        }
        isReporting = true
        guard !results.resume(behind: resume.block) else { return }
        notes.append(
            "orders has block \(resume.block), the results behind it are forgotten: everything "
                + "starts from block 1")
        restart(&passages)
    }

    /// Sends results to orders as long as the link takes them.
    mutating func report(_ passages: inout Passages) {
        guard let orders, isReporting else { return }
        while passages.queued(orders) <= Self.queueMax, let frame = results.next() {
            guard
                passages.tell(
                    StreamMessage.results.rawValue, on: orders, { $0.append(frame.bytes) })
            else {
                notes.append("the results of block \(frame.block) cannot be sent to orders")
                passages.close(orders)
                return forgetOrders()
            }
        }
    }

    mutating func settled(
        _ message: Message, _ reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        switch message.kind {
        case StreamMessage.resume.rawValue:
            let resume = try Resume.decode(&reader)
            try reader.finish()
            isSettling = true
            guard !settlements.resume(behind: resume.block) else { return }
            notes.append(
                "the ledger has block \(resume.block), the trades behind it are forgotten: "
                    + "everything starts from block 1")
            restart(&passages)
        case LedgerMessage.applied.rawValue:
            guard let block = settling.removeValue(forKey: message.correlation) else { return }
            settlements.release(through: block)
        case LedgerMessage.halt.rawValue:
            let bytes = try reader.take(min(reader.remaining, 1_024))
            notes.append(
                "the ledger refused a posting: "
                    + Excerpt.of(String(decoding: bytes, as: UTF8.self), limit: 400))
            isSettling = false
        default: passages.close(message.link)
        }
    }

    /// Sends settlements to the ledger as long as the link takes them.
    mutating func settle(_ passages: inout Passages) {
        guard let ledger, isSettling else { return }
        while passages.queued(ledger) <= Self.queueMax, let frame = settlements.next() {
            guard
                let question = passages.ask(
                    LedgerMessage.settlements.rawValue, on: ledger, { $0.append(frame.bytes) })
            else {
                notes.append("the trades of block \(frame.block) cannot be sent to the ledger")
                passages.close(ledger)
                return forgetLedger()
            }
            if frame.isLast { settling[question] = frame.block }
        }
    }
}
