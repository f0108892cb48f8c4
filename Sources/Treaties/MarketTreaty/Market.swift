// MarketTreaty: what anybody may know of the market: the book by price, and the last trades.
//
// Types and codecs only; nothing here names an account or an order.

public import Bytes
public import Numerals
public import OrderTreaty

/// Kinds of messages of this treaty.
public enum MarketMessage: UInt16, Sendable, CaseIterable {
    /// `MarketQuery`: the book.
    case book = 0x0601
    /// Answer: `Depth`.
    case depth = 0x0602
    /// `MarketQuery`: the last trades.
    case trades = 0x0603
    /// Answer: `Tape`.
    case tape = 0x0604

    /// The word under `messages`.
    public var name: String {
        switch self {
        case .book: "book"
        case .depth: "depth"
        case .trades: "trades"
        case .tape: "tape"
        }
    }
}

/// What is asked: an instrument, and how many levels or trades at most.
public struct MarketQuery: Sendable, Hashable {
    /// Most levels of a side, and most trades.
    public static let countMax: UInt16 = 1_000
    /// Of what.
    public var instrument: InstrumentID
    /// 1 to `countMax`.
    public var count: UInt16

    /// Puts a query together.
    public init(instrument: InstrumentID, count: UInt16) {
        self.instrument = instrument
        self.count = count
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(instrument.raw)
        writer.integer(count)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> MarketQuery {
        let instrument = InstrumentID(try reader.integer())
        let place = reader.position
        let count = try reader.integer(UInt16.self)
        guard (1...countMax).contains(count) else {
            throw Malformed(at: place, expected: "a count within its bounds")
        }
        return MarketQuery(instrument: instrument, count: count)
    }
}

/// All orders of one price.
public struct Level: Sendable, Hashable {
    /// Their price.
    public var price: Price
    /// Sum of what is open.
    public var quantity: Quantity
    /// How many orders.
    public var orders: UInt32

    /// Puts a level together.
    public init(price: Price, quantity: Quantity, orders: UInt32) {
        self.price = price
        self.quantity = quantity
        self.orders = orders
    }
}

/// The book of an instrument after a block, best prices first.
public struct Depth: Sendable, Hashable {
    /// Of what.
    public var instrument: InstrumentID
    /// The last block that is in it.
    public var block: UInt64
    /// Who buys, highest price first.
    public var bids: [Level]
    /// Who sells, lowest price first.
    public var asks: [Level]

    /// Puts a book together.
    public init(instrument: InstrumentID, block: UInt64, bids: [Level], asks: [Level]) {
        self.instrument = instrument
        self.block = block
        self.bids = bids
        self.asks = asks
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(instrument.raw)
        writer.integer(block)
        for side in [bids, asks] {
            writer.integer(UInt16(side.count))
            for level in side {
                writer.integer(level.price.raw)
                writer.integer(level.quantity.raw)
                writer.integer(level.orders)
            }
        }
    }

    /// Reads one whole.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Depth {
        Depth(
            instrument: InstrumentID(try reader.integer()), block: try reader.integer(),
            bids: try side(&reader), asks: try side(&reader))
    }

    private static func side(_ reader: inout ByteReader) throws(Malformed) -> [Level] {
        let place = reader.position
        let count = try reader.integer(UInt16.self)
        guard count <= MarketQuery.countMax else {
            throw Malformed(at: place, expected: "levels within their bounds")
        }
        var levels: [Level] = []
        for _ in 0..<count {
            levels.append(
                Level(
                    price: Price(try reader.integer()), quantity: Quantity(try reader.integer()),
                    orders: try reader.integer()))
        }
        return levels
    }
}

/// A trade as the public sees it.
public struct Print: Sendable, Hashable {
    /// Matching's number.
    public var id: TradeID
    /// Their price.
    public var price: Price
    /// How much.
    public var quantity: Quantity
    /// The side of the order that came in.
    public var takerSide: Side
    /// The block's time, nanoseconds since 1970.
    public var time: UInt64

    /// Puts a print together.
    public init(id: TradeID, price: Price, quantity: Quantity, takerSide: Side, time: UInt64) {
        self.id = id
        self.price = price
        self.quantity = quantity
        self.takerSide = takerSide
        self.time = time
    }
}

/// The last trades of an instrument, newest first.
public struct Tape: Sendable, Hashable {
    /// Of what.
    public var instrument: InstrumentID
    /// Newest first.
    public var prints: [Print]

    /// Puts a tape together.
    public init(instrument: InstrumentID, prints: [Print]) {
        self.instrument = instrument
        self.prints = prints
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(instrument.raw)
        writer.integer(UInt16(prints.count))
        for print in prints {
            writer.integer(print.id.raw)
            writer.integer(print.price.raw)
            writer.integer(print.quantity.raw)
            writer.integer(print.takerSide.rawValue)
            writer.integer(print.time)
        }
    }

    /// Reads one whole.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Tape {
        let instrument = InstrumentID(try reader.integer())
        let place = reader.position
        let count = try reader.integer(UInt16.self)
        guard count <= MarketQuery.countMax else {
            throw Malformed(at: place, expected: "trades within their bounds")
        }
        var prints: [Print] = []
        for _ in 0..<count {
            let id = TradeID(try reader.integer())
            let price = Price(try reader.integer())
            let quantity = Quantity(try reader.integer())
            guard let side = Side(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known side")
            }
            prints.append(
                Print(
                    id: id, price: price, quantity: quantity, takerSide: side,
                    time: try reader.integer()))
        }
        return Tape(instrument: instrument, prints: prints)
    }
}
