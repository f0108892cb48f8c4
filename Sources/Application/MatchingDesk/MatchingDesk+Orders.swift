internal import Bytes
internal import Passage
internal import Relay
internal import RiskTreaty

/// Orders, which goes on behind the last block that it has.
extension MatchingDesk {
    mutating func forgetOrders() {
        orders = nil
        isReporting = false
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
}
