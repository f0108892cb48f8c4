internal import Bytes
internal import Digests
public import LedgerTreaty
internal import Numerals
public import OrderTreaty
public import RiskTreaty

/// The running digest of everything that matching reported.
public struct ReportChain: Sendable {
    /// SHA-256 over the digest before and the encoded reports of the last block; zeroes at first.
    public private(set) var digest = [UInt8](repeating: 0, count: SHA256.bytes)
    private var writer = ByteWriter(capacity: 64 << 10)

    /// The reports of the last block as they are encoded.
    public var encoded: ArraySlice<UInt8> { writer.bytes.dropFirst(SHA256.bytes) }

    /// Before the first block.
    public init() {}

    /// Takes a whole block's reports.
    public mutating func extend(_ reports: [Report]) {
        writer.removeAll()
        writer.append(digest)
        for report in reports { report.encode(into: &writer) }
        digest = SHA256.hash(of: writer.bytes)
    }
}

extension Settlement {
    /// What the ledger books of a trade; nil for an instrument that the listing does not have.
    public init?(_ trade: Trade, _ listing: Listing) {
        guard let instrument = listing.instrument(trade.instrument) else { return nil }
        let takerBuys = trade.takerSide == .buy
        self.init(
            trade: trade.id, buyer: takerBuys ? trade.takerAccount : trade.makerAccount,
            seller: takerBuys ? trade.makerAccount : trade.takerAccount, base: instrument.base,
            quote: instrument.quote, delivered: Amount(trade.quantity.raw), paid: trade.notional,
            buyerFee: takerBuys ? trade.takerFee : trade.makerFee,
            sellerFee: takerBuys ? trade.makerFee : trade.takerFee)
    }
}

extension Settlements {
    /// SHA-256 over a block's trades as the ledger books them.
    public static func witness(of reports: [Report], _ listing: Listing) -> [UInt8] {
        let trades = reports.compactMap { report in
            if case .trade(let trade) = report { Settlement(trade, listing) } else { nil }
        }
        return SHA256.hash(of: covered(trades))
    }
}
