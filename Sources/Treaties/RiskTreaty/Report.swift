public import Bytes
public import Numerals
public import OrderTreaty

/// Two orders met: the price is the maker's.
public struct Trade: Sendable, Hashable {
    /// Numbered from 1 without gaps over all instruments.
    public var id: TradeID
    /// What was traded.
    public var instrument: InstrumentID
    /// The resting order's price.
    public var price: Price
    /// How much of the base currency changed hands.
    public var quantity: Quantity
    /// What it cost in the quote currency, exactly.
    public var notional: Amount
    /// The side of the order that came in.
    public var takerSide: Side
    /// The order that rested.
    public var maker: OrderID
    /// Whose it is.
    public var makerAccount: AccountID
    /// The order that came in.
    public var taker: OrderID
    /// Whose it is.
    public var takerAccount: AccountID
    /// The maker's fee in the quote currency, rounded up.
    public var makerFee: Amount
    /// The taker's fee, likewise.
    public var takerFee: Amount

    /// Puts a trade together.
    public init(
        id: TradeID, instrument: InstrumentID, price: Price, quantity: Quantity, notional: Amount,
        takerSide: Side, maker: OrderID, makerAccount: AccountID, taker: OrderID,
        takerAccount: AccountID, makerFee: Amount, takerFee: Amount
    ) {
        self.id = id
        self.instrument = instrument
        self.price = price
        self.quantity = quantity
        self.notional = notional
        self.takerSide = takerSide
        self.maker = maker
        self.makerAccount = makerAccount
        self.taker = taker
        self.takerAccount = takerAccount
        self.makerFee = makerFee
        self.takerFee = takerFee
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(id.raw)
        writer.integer(instrument.raw)
        writer.integer(price.raw)
        writer.integer(quantity.raw)
        writer.integer(notional.raw)
        writer.integer(takerSide.rawValue)
        writer.integer(maker.raw)
        writer.integer(makerAccount.raw)
        writer.integer(taker.raw)
        writer.integer(takerAccount.raw)
        writer.integer(makerFee.raw)
        writer.integer(takerFee.raw)
    }

    /// Reads one; nothing in it is negative, price, quantity and notional are above zero.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Trade {
        let place = reader.position
        let id = TradeID(try reader.integer())
        let instrument = InstrumentID(try reader.integer())
        let price = Price(try reader.integer())
        let quantity = Quantity(try reader.integer())
        let notional = Amount(try reader.integer())
        guard let side = Side(rawValue: try reader.integer()) else {
            throw Malformed(at: place, expected: "a known side")
        }
        let trade = Trade(
            id: id, instrument: instrument, price: price, quantity: quantity, notional: notional,
            takerSide: side, maker: OrderID(try reader.integer()),
            makerAccount: AccountID(try reader.integer()), taker: OrderID(try reader.integer()),
            takerAccount: AccountID(try reader.integer()), makerFee: Amount(try reader.integer()),
            takerFee: Amount(try reader.integer()))
        guard price.raw > 0, quantity.raw > 0, notional.raw > 0, trade.makerFee.raw >= 0,
            trade.takerFee.raw >= 0
        else { throw Malformed(at: place, expected: "amounts that are not negative") }
        return trade
    }
}

/// Why an order left the book.
public enum Departure: UInt8, Sendable, Hashable {
    case filled = 1
    case cancelled = 2
    /// The rest of an order that may not rest.
    case expired = 3
    /// It would have traded with an order of its own account: the newer one's rest goes.
    case selfTrade = 4
    /// It may only rest, and would have traded.
    case wouldTrade = 5
}

/// One thing that matching did, in the order in which it did it.
///
/// Each command gives exactly one report that carries its sequence number (`done`, `refused`,
/// `accepted` or `replaced`), in the order of the commands; what it caused follows behind it. After
/// each `trade` a maker that has nothing left leaves, and last the taker does.
public enum Report: Sendable, Hashable {
    /// The command was taken; for a cancel the departures follow, by ascending id.
    case done(sequence: UInt64)
    /// The command was refused, by risk or by matching.
    case refused(sequence: UInt64, Refusal)
    /// The order entered with this limit and quantity; trades and a departure of it may follow.
    case accepted(sequence: UInt64, AccountID, InstrumentID, Side, Price, Quantity)
    case trade(Trade)
    /// The order left with that much unfilled.
    case left(OrderID, AccountID, Departure, remaining: Quantity)
    /// Its price and unfilled quantity are these now; trades may follow.
    case replaced(sequence: UInt64, OrderID, AccountID, Price, remaining: Quantity)

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .done(let sequence):
            writer.integer(UInt8(1))
            writer.integer(sequence)
        case .refused(let sequence, let refusal):
            writer.integer(UInt8(2))
            writer.integer(sequence)
            writer.integer(refusal.rawValue)
        case .accepted(let sequence, let account, let instrument, let side, let price, let quantity):
            writer.integer(UInt8(3))
            writer.integer(sequence)
            writer.integer(account.raw)
            writer.integer(instrument.raw)
            writer.integer(side.rawValue)
            writer.integer(price.raw)
            writer.integer(quantity.raw)
        case .trade(let trade):
            writer.integer(UInt8(4))
            trade.encode(into: &writer)
        case .left(let order, let account, let departure, let remaining):
            writer.integer(UInt8(5))
            writer.integer(order.raw)
            writer.integer(account.raw)
            writer.integer(departure.rawValue)
            writer.integer(remaining.raw)
        case .replaced(let sequence, let order, let account, let price, let remaining):
            writer.integer(UInt8(6))
            writer.integer(sequence)
            writer.integer(order.raw)
            writer.integer(account.raw)
            writer.integer(price.raw)
            writer.integer(remaining.raw)
        }
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Report {
        let place = reader.position
        switch try reader.integer(UInt8.self) {
        case 1: return .done(sequence: try reader.integer())
        case 2:
            let sequence = try reader.integer(UInt64.self)
            guard let refusal = Refusal(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known refusal")
            }
            return .refused(sequence: sequence, refusal)
        case 3:
            let sequence = try reader.integer(UInt64.self)
            let account = AccountID(try reader.integer())
            let instrument = InstrumentID(try reader.integer())
            guard let side = Side(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known side")
            }
            return .accepted(
                sequence: sequence, account, instrument, side, Price(try positive(&reader)),
                Quantity(try positive(&reader)))
        case 4: return .trade(try Trade.decode(&reader))
        case 5:
            let order = OrderID(try reader.integer())
            let account = AccountID(try reader.integer())
            guard let departure = Departure(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known departure")
            }
            return .left(order, account, departure, remaining: try whole(&reader))
        case 6:
            let sequence = try reader.integer(UInt64.self)
            let order = OrderID(try reader.integer())
            let account = AccountID(try reader.integer())
            let price = Price(try positive(&reader))
            return .replaced(
                sequence: sequence, order, account, price, remaining: try whole(&reader))
        default: throw Malformed(at: place, expected: "a known report")
        }
    }

    private static func positive(_ reader: inout ByteReader) throws(Malformed) -> Int64 {
        let place = reader.position
        let value = try reader.integer(Int64.self)
        guard value > 0 else { throw Malformed(at: place, expected: "a number above zero") }
        return value
    }

    private static func whole(_ reader: inout ByteReader) throws(Malformed) -> Quantity {
        let place = reader.position
        let quantity = Quantity(try reader.integer())
        guard quantity.raw >= 0 else {
            throw Malformed(at: place, expected: "a quantity that is not negative")
        }
        return quantity
    }
}

/// What matching did with one block.
public struct Results: Sendable, Hashable {
    /// Most reports of one block: each command may sweep the book, and each order of it trades and
    /// leaves.
    public static let reportsMax = 1 << 22
    /// Most bytes of one encoded frame; a longer block travels in parts.
    public static let bytesMax = 1 << 20

    /// The block that it answers.
    public var block: UInt64
    /// The block's time.
    public var time: UInt64
    /// SHA-256 over the digest of the block before and this block's encoded reports; 32 bytes.
    ///
    /// Only the last part of a block carries it; the others carry zeroes.
    public var digest: [UInt8]
    /// More parts of the same block follow.
    public var isPart: Bool
    /// In the order in which they happened.
    public var reports: [Report]

    /// Puts results together; `digest` has 32 bytes.
    public init(block: UInt64, time: UInt64, digest: [UInt8], isPart: Bool, reports: [Report]) {
        self.block = block
        self.time = time
        self.digest = digest
        self.isPart = isPart
        self.reports = reports
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        encodeHead(count: reports.count, into: &writer)
        for report in reports { report.encode(into: &writer) }
    }

    /// Appends all that stands before so many reports, which the caller has encoded already.
    public func encodeHead(count: Int, into writer: inout ByteWriter) {
        writer.integer(block)
        writer.integer(time)
        writer.append(digest)
        writer.integer(UInt8(isPart ? 1 : 0))
        writer.integer(UInt32(count))
    }

    /// Reads one whole frame.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Results {
        let block = try reader.integer(UInt64.self)
        let time = try reader.integer(UInt64.self)
        let digest = try reader.take(32)
        let place = reader.position
        let part = try reader.integer(UInt8.self)
        let count = Int(try reader.integer(UInt32.self))
        // The smallest report takes nine bytes: no count makes room for what did not come.
        guard block > 0, part <= 1, count <= reader.remaining / 9 else {
            throw Malformed(at: place, expected: "results within their bounds")
        }
        var result = Results(
            block: block, time: time, digest: digest, isPart: part == 1, reports: [])
        result.reports.reserveCapacity(count)
        for _ in 0..<count { result.reports.append(try Report.decode(&reader)) }
        return result
    }
}
