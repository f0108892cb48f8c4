internal import Bytes
internal import LedgerTreaty
internal import Matching
internal import OrderTreaty
internal import RiskTreaty

/// Bodies of a block, in parts that fit into frames.
enum Frames {
    /// The longest report has 76 bytes: a part stays below 1 MiB.
    static let reportsMax = 13_000
    /// A settlement has 52 bytes.
    static let settlementsMax = 16_384

    /// Results of a block that was just chained: encoded once for the chain and the frame.
    static func results(
        _ block: UInt64, _ time: UInt64, _ chain: ReportChain, _ reports: [Report]
    ) -> [[UInt8]] {
        guard reports.count <= reportsMax else {
            return results(block, time, chain.digest, reports)
        }
        var writer = ByteWriter(capacity: 64 + chain.encoded.count)
        Results(block: block, time: time, digest: chain.digest, isPart: false, reports: [])
            .encodeHead(count: reports.count, into: &writer)
        writer.append(chain.encoded)
        return [writer.bytes]
    }

    /// At least one part; the last carries the digest.
    static func results(
        _ block: UInt64, _ time: UInt64, _ digest: [UInt8], _ reports: [Report]
    ) -> [[UInt8]] {
        let zeroes = [UInt8](repeating: 0, count: digest.count)
        return parts(reports.count, reportsMax) { range, isLast, writer in
            Results(
                block: block, time: time, digest: isLast ? digest : zeroes, isPart: !isLast,
                reports: Array(reports[range])
            ).encode(into: &writer)
        }
    }

    /// At least one part, also of a block without trades: the ledger waits for it.
    static func settlements(
        _ block: UInt64, _ reports: [Report], _ listing: Listing
    ) -> [[UInt8]] {
        let trades = reports.compactMap { report in
            if case .trade(let trade) = report { Settlement(trade, listing) } else { nil }
        }
        return parts(trades.count, settlementsMax) { range, isLast, writer in
            Settlements(block: block, isPart: !isLast, trades: Array(trades[range]))
                .encode(into: &writer)
        }
    }

    private static func parts(
        _ count: Int, _ most: Int, _ encode: (Range<Int>, Bool, inout ByteWriter) -> Void
    ) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var start = 0
        repeat {
            let end = min(start + most, count)
            var writer = ByteWriter(capacity: 64 + 76 * (end - start))
            encode(start..<end, end == count, &writer)
            frames.append(writer.bytes)
            start = end
        } while start < count
        return frames
    }
}
