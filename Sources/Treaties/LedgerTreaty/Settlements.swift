public import Bytes
public import Numerals
public import OrderTreaty

/// One trade as the ledger books it: both legs and both fees, or nothing.
public struct Settlement: Sendable, Hashable {
    /// Matching's number: a trade is booked once.
    public var trade: TradeID
    /// Who pays the quote currency and gets the base currency.
    public var buyer: AccountID
    /// Who pays the base currency and gets the quote currency.
    public var seller: AccountID
    /// What is delivered.
    public var base: CurrencyID
    /// What is paid.
    public var quote: CurrencyID
    /// Delivered from the seller's held to the buyer's available.
    public var delivered: Amount
    /// Paid from the buyer's held to the seller's available.
    public var paid: Amount
    /// From the buyer's held to the fees, in the quote currency.
    public var buyerFee: Amount
    /// Out of what is paid, to the fees, in the quote currency; at most `paid`.
    public var sellerFee: Amount

    /// Puts a settlement together.
    public init(
        trade: TradeID, buyer: AccountID, seller: AccountID, base: CurrencyID, quote: CurrencyID,
        delivered: Amount, paid: Amount, buyerFee: Amount, sellerFee: Amount
    ) {
        self.trade = trade
        self.buyer = buyer
        self.seller = seller
        self.base = base
        self.quote = quote
        self.delivered = delivered
        self.paid = paid
        self.buyerFee = buyerFee
        self.sellerFee = sellerFee
    }

    func encode(into writer: inout ByteWriter) {
        writer.integer(trade.raw)
        writer.integer(buyer.raw)
        writer.integer(seller.raw)
        writer.integer(base.raw)
        writer.integer(quote.raw)
        writer.integer(delivered.raw)
        writer.integer(paid.raw)
        writer.integer(buyerFee.raw)
        writer.integer(sellerFee.raw)
    }

    static func decode(_ reader: inout ByteReader) throws(Malformed) -> Settlement {
        let place = reader.position
        let one = Settlement(
            trade: TradeID(try reader.integer()), buyer: AccountID(try reader.integer()),
            seller: AccountID(try reader.integer()), base: CurrencyID(try reader.integer()),
            quote: CurrencyID(try reader.integer()), delivered: Amount(try reader.integer()),
            paid: Amount(try reader.integer()), buyerFee: Amount(try reader.integer()),
            sellerFee: Amount(try reader.integer()))
        guard one.delivered.raw > 0, one.paid.raw > 0, one.buyerFee.raw >= 0,
            (0...one.paid.raw).contains(one.sellerFee.raw), one.base != one.quote
        else { throw Malformed(at: place, expected: "a trade's two legs") }
        return one
    }
}

/// What matching says of a block: its trades; a long block travels in parts.
public struct Settlements: Sendable, Hashable {
    /// Bytes of one settlement on the wire.
    static let each = 52

    /// The block.
    public var block: UInt64
    /// More parts of the same block follow.
    public var isPart: Bool
    /// In the order of trading.
    public var trades: [Settlement]

    /// Puts it together.
    public init(block: UInt64, isPart: Bool, trades: [Settlement]) {
        self.block = block
        self.isPart = isPart
        self.trades = trades
    }

    /// What a witness of a whole block's trades covers.
    public static func covered(_ trades: [Settlement]) -> [UInt8] {
        var writer = ByteWriter(capacity: each * trades.count)
        for one in trades { one.encode(into: &writer) }
        return writer.bytes
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(block)
        writer.integer(UInt8(isPart ? 1 : 0))
        writer.integer(UInt32(trades.count))
        for one in trades { one.encode(into: &writer) }
    }

    /// Reads one whole frame.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Settlements {
        let block = try reader.integer(UInt64.self)
        let place = reader.position
        let part = try reader.integer(UInt8.self)
        let count = Int(try reader.integer(UInt32.self))
        guard part <= 1, count <= reader.remaining / each else {
            throw Malformed(at: place, expected: "settlements within their bounds")
        }
        var result = Settlements(block: block, isPart: part == 1, trades: [])
        result.trades.reserveCapacity(count)
        for _ in 0..<count { result.trades.append(try Settlement.decode(&reader)) }
        return result
    }
}
