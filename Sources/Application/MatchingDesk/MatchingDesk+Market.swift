internal import Bytes
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import Passage
internal import Relay
internal import RiskTreaty

/// What marketdata is sent; it never holds anybody back.
///
/// Each stream begins with a snapshot: results of a block whose reports are one `accepted` for each
/// open order, by ascending id, with what is open of it. All that follows are results as they were.
/// The snapshot comes once matching has the block that marketdata has: while everything is rebuilt
/// from block 1, the public goes on seeing the last book. At block 0 there is nothing to begin with:
/// block 1 is the first.
struct MarketStream {
    /// More than this waits: the stream ends, and the next one begins with a snapshot.
    static let bytesMax = 64 << 20

    var link: Link?
    /// The block that marketdata has; nil until it said so, and once the stream has begun.
    var awaited: UInt64?
    /// The snapshot was made: each block follows.
    var isLive = false
    var outbox = Outbox()
}

extension MatchingDesk {
    mutating func watched(
        _ message: Message, _ reader: inout ByteReader, _ passages: inout Passages
    ) throws(Malformed) {
        guard message.kind == StreamMessage.resume.rawValue else {
            return passages.close(message.link)
        }
        let resume = try Resume.decode(&reader)
        try reader.finish()
        market.awaited = resume.block
        if matching.block == 0 {
            if resume.block == 0 { begin() }
        } else if resume.block <= matching.block {
            begin()
            market.outbox.append(snapshot(time: lastTime))
        }
    }

    private mutating func begin() {
        market.awaited = nil
        market.isLive = true
    }

    /// A block was matched: its results go to marketdata, or the snapshot that it waited for.
    mutating func publish(_ frames: [[UInt8]], _ time: UInt64, _ passages: inout Passages) {
        lastTime = time
        if market.isLive {
            market.outbox.append(frames)
        } else if let awaited = market.awaited, awaited <= matching.block {
            begin()
            market.outbox.append(snapshot(time: time))
        }
        guard market.outbox.bytes > MarketStream.bytesMax, let link = market.link else { return }
        notes.append("marketdata did not keep up: its stream begins anew")
        passages.close(link)
        market = MarketStream()
    }

    private func snapshot(time: UInt64) -> [[UInt8]] {
        var reports: [Report] = []
        reports.reserveCapacity(matching.openCount)
        for index in listing.instruments.indices {
            let instrument = InstrumentID(UInt16(index))
            for side in [Side.buy, .sell] {
                for order in matching.open(instrument, side) {
                    reports.append(
                        .accepted(
                            sequence: order.id.raw, order.account, instrument, side, order.price,
                            order.rest))
                }
            }
        }
        reports.sort { Self.id($0) < Self.id($1) }
        return Frames.results(matching.block, time, chain.digest, reports)
    }

    private static func id(_ report: Report) -> UInt64 {
        if case .accepted(let sequence, _, _, _, _, _) = report { sequence } else { 0 }
    }

    /// Sends to marketdata as long as the link takes it.
    mutating func show(_ passages: inout Passages) {
        guard let link = market.link else { return }
        while passages.queued(link) <= Self.queueMax, let frame = market.outbox.next() {
            guard
                passages.tell(StreamMessage.results.rawValue, on: link, { $0.append(frame) })
            else {
                passages.close(link)
                market = MarketStream()
                return
            }
        }
    }
}
