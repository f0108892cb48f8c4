// Matching: price-time priority over all instruments of a listing.
//
// A pure function of its instructions: integers only, no clock, no I/O, no order of hashing. Orders,
// levels and nodes are places in flat arrays, linked by their numbers; in a steady state nothing is
// allocated. Bounds: `Matching.Bounds`; one command's sweep is bounded by the book alone.

public import Numerals
public import OrderTreaty
public import RiskTreaty
internal import Tables

/// Instructions or results that cannot follow what came before: the stream starts again, or stops.
public struct Disorder: Error, Sendable, Equatable {
    /// The block that did not fit.
    public let block: UInt64
    /// The kind of misfit, a fixed text.
    public let reason: StaticString

    /// Names the block and the misfit.
    public init(block: UInt64, _ reason: StaticString) {
        self.block = block
        self.reason = reason
    }

    /// Equal when block and reason are the same.
    public static func == (left: Disorder, right: Disorder) -> Bool {
        left.block == right.block && left.reason.description == right.reason.description
    }
}

/// The matching engine: books of all instruments and every open order.
public struct Matching: Sendable {
    /// How much it may hold; what would not fit is refused as `tooManyOrders`.
    public struct Bounds: Sendable {
        /// Open orders of all books.
        public var orders = 1_000_000
        /// Price levels of all books.
        public var levels = 262_144
        /// Nodes of the levels' ladders, 268 bytes each.
        public var nodes = 1 << 20
        /// The highest account.
        public var accounts = 1 << 20

        /// The bounds of a venue.
        public init() {}
    }

    let bounds: Bounds
    var books: [Book]
    var orders: [Resting] = []
    var freeOrder = none
    var levels: [PriceLevel] = []
    var freeLevel = none
    var ladders: Ladders
    var index = IndexTable()
    /// By account number; grows to the highest account that has placed.
    var accounts: [AccountOrders] = []
    /// Open orders.
    public private(set) var openCount = 0
    var levelCount = 0
    /// The last block, 0 before the first.
    public private(set) var block: UInt64 = 0
    var sequence: UInt64 = 0
    /// Trades so far.
    public private(set) var tradeCount: UInt64 = 0

    /// Empty books for everything that the listing names.
    public init(_ listing: Listing, bounds: Bounds = Bounds()) {
        self.bounds = bounds
        books = listing.instruments.map(Book.init)
        ladders = Ladders(nodesMax: bounds.nodes)
    }

    /// Applies one block's instructions and appends what happened, in order; they must follow the
    /// block before, otherwise nothing is changed.
    public mutating func apply(
        _ instructions: Instructions, into reports: inout [Report]
    ) throws(Disorder) {
        guard instructions.block == block + 1 else {
            throw Disorder(block: instructions.block, "the block does not follow the one before")
        }
        var last = sequence
        for instruction in instructions.list {
            guard instruction.sequence > last else {
                throw Disorder(block: instructions.block, "sequence numbers do not ascend")
            }
            last = instruction.sequence
        }
        block = instructions.block
        for instruction in instructions.list { apply(instruction, into: &reports) }
    }

    private mutating func apply(_ instruction: Instruction, into reports: inout [Report]) {
        switch instruction {
        case .pass(let sequence):
            self.sequence = sequence
            reports.append(.done(sequence: sequence))
        case .refuse(let sequence, let refusal):
            self.sequence = sequence
            reports.append(.refused(sequence: sequence, refusal))
        case .place(let sequence, let order):
            place(
                sequence, order.account, order.instrument, order.side, order.kind, order.price,
                order.quantity, into: &reports)
        case .cancel(let sequence, let account, let order):
            cancel(sequence, account, order, into: &reports)
        case .replace(let sequence, let account, let order, let price, let quantity):
            replace(sequence, account, order, price, quantity, into: &reports)
        case .cancelAll(let sequence, let account):
            cancelAll(sequence, account, into: &reports)
        }
    }

    /// A new order enters; its id is the sequence number, which is above all before.
    public mutating func place(
        _ sequence: UInt64, _ account: AccountID, _ instrument: InstrumentID, _ side: Side,
        _ kind: OrderKind, _ price: Price, _ quantity: Quantity, into reports: inout [Report]
    ) {
        self.sequence = sequence
        let mayRest = kind == .limit || kind == .postOnly
        if let refusal = refusal(account, instrument, price.raw, quantity.raw, mayRest: mayRest) {
            reports.append(.refused(sequence: sequence, refusal))
            return
        }
        var taker = Taker(
            id: sequence, account: account.raw, instrument: Int(instrument.raw), side: side,
            limit: price.raw, rest: quantity.raw, filled: 0, prepaid: 0)
        let meets = meets(taker)
        if kind == .postOnly, meets {
            reports.append(.refused(sequence: sequence, .wouldTrade))
            return
        }
        if kind == .market, !meets {
            reports.append(.refused(sequence: sequence, .noLiquidity))
            return
        }
        reports.append(.accepted(sequence: sequence, account, instrument, side, price, quantity))
        if meets { sweep(&taker, into: &reports) }
        if let departure = departure(of: taker, mayRest: mayRest) {
            reports.append(
                .left(OrderID(sequence), account, departure, remaining: Quantity(taker.rest)))
            return
        }
        let node = makeOrder(taker, isPostOnly: kind == .postOnly)
        joinLevel(node)
        joinAccount(node)
        index.insert(sequence, slot: node)
    }

    /// Why a price and quantity cannot enter the book; nil when they can.
    func refusal(
        _ account: AccountID, _ instrument: InstrumentID, _ price: Int64, _ quantity: Int64,
        mayRest: Bool
    ) -> Refusal? {
        guard Int(instrument.raw) < books.count else { return .unknownInstrument }
        guard (1...bounds.accounts).contains(Int(account.raw)) else { return .unknownAccount }
        if let refusal = numbersRefusal(Int(instrument.raw), price, quantity) { return refusal }
        guard mayRest else { return nil }
        return openCount >= bounds.orders || !hasRoomForLevel ? .tooManyOrders : nil
    }

    /// Why a price and quantity are none of that book's; nil when they are.
    func numbersRefusal(_ book: Int, _ price: Int64, _ quantity: Int64) -> Refusal? {
        guard price > 0, price % books[book].tick == 0 else { return .priceOffTick }
        guard quantity > 0, quantity % books[book].lot == 0 else { return .quantityOffLot }
        return books[book].notional(price, quantity) == nil ? .overflow : nil
    }

    var hasRoomForLevel: Bool { levelCount < bounds.levels && ladders.hasRoom }

    /// Cancels an open order of the account.
    public mutating func cancel(
        _ sequence: UInt64, _ account: AccountID, _ order: OrderID, into reports: inout [Report]
    ) {
        self.sequence = sequence
        let node = index.find(order.raw)
        guard node != none, orders[Int(node)].account == account.raw else {
            reports.append(.refused(sequence: sequence, absence(of: order, found: node != none)))
            return
        }
        reports.append(.done(sequence: sequence))
        remove(node, .cancelled, into: &reports)
    }

    /// Somebody else's order is as unknown as one that never was; any other id was once issued.
    func absence(of order: OrderID, found: Bool) -> Refusal {
        found || order.raw == 0 || order.raw >= sequence ? .unknownOrder : .tooLate
    }

    /// Cancels all orders of an account, 0 for everybody's, by ascending id.
    public mutating func cancelAll(
        _ sequence: UInt64, _ account: AccountID, into reports: inout [Report]
    ) {
        self.sequence = sequence
        reports.append(.done(sequence: sequence))
        if account.raw == 0 {
            let open = orders.indices.filter { orders[$0].id != 0 }
            for node in open.sorted(by: { orders[$0].id < orders[$1].id }) {
                remove(UInt32(node), .cancelled, into: &reports)
            }
        } else if Int(account.raw) < accounts.count {
            while accounts[Int(account.raw)].first != none {
                remove(accounts[Int(account.raw)].first, .cancelled, into: &reports)
            }
        }
    }

    /// Why a taker does not rest; nil when what is left of it joins the book.
    func departure(of taker: Taker, mayRest: Bool) -> Departure? {
        if taker.rest == 0 { return .filled }
        if taker.metItself { return .selfTrade }
        return mayRest ? nil : .expired
    }

    mutating func countOpen(_ change: Int) { openCount += change }

    mutating func nextTrade() -> TradeID {
        tradeCount += 1
        return TradeID(tradeCount)
    }
}
