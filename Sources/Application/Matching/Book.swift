internal import Numerals
internal import OrderTreaty
internal import Tables

/// No order, no level.
let none = UInt32.max

/// One instrument's book: numbers of its listing, and where its two ladders of levels begin.
struct Book {
    let tick: Int64
    let lot: Int64
    private let divisor: UInt64
    let makerFee: Int64
    let takerFee: Int64
    var bids = Ladders.Root()
    var asks = Ladders.Root()
    /// The levels with the highest bid and the lowest ask.
    var bestBid = none
    var bestAsk = none

    init(_ instrument: Instrument) {
        tick = max(instrument.tick.raw, 1)
        lot = max(instrument.lot.raw, 1)
        divisor = max(instrument.divisor, 1).magnitude
        makerFee = Int64(instrument.makerFee)
        takerFee = Int64(instrument.takerFee)
    }

    /// What a quantity costs at a price, exactly; nil beyond 64 bits.
    @inline(__always)
    func notional(_ price: Int64, _ quantity: Int64) -> Int64? {
        let (high, low) = price.magnitude.multipliedFullWidth(by: quantity.magnitude)
        if high == 0 { return Int64(exactly: divisor == 1 ? low : low / divisor) }
        guard high < divisor else { return nil }
        return Int64(exactly: divisor.dividingFullWidth((high, low)).quotient)
    }

    func best(_ side: Side) -> UInt32 { side == .buy ? bestBid : bestAsk }
}

/// All orders of one side of a book at one price, oldest first.
struct PriceLevel {
    var price: Int64
    /// Place in the ladder: price in ticks, and the leaf that holds it.
    var key: UInt64
    var leaf: UInt32
    var first = none
    /// In a free level: the next free one.
    var last = none
}

/// An order in the book: one cache line.
struct Resting {
    var id: UInt64
    var price: Int64
    var rest: Int64
    var filled: Int64
    /// Fees paid ahead by rounding up, in hundred-thousandths of a unit: below one unit.
    var prepaid: Int32
    var account: UInt32
    var level: UInt32
    /// Neighbours in the level; in a free place `next` is the next free one.
    var next = none
    var previous = none
    /// Neighbours among the account's orders, in ascending id.
    var younger = none
    var older = none
    var instrument: UInt16
    var side: Side
    var isPostOnly: Bool
}

/// An order on its way through the other side of the book.
struct Taker {
    let id: UInt64
    let account: UInt32
    let instrument: Int
    let side: Side
    let limit: Int64
    var rest: Int64
    var filled: Int64
    var prepaid: Int32
    /// It met an order of its own account.
    var metItself = false

    /// It would trade at that price.
    @inline(__always)
    func crosses(_ price: Int64) -> Bool { side == .buy ? price <= limit : price >= limit }
}

/// An account's open orders, oldest first.
struct AccountOrders {
    var first = none
    var last = none
}

/// What one fill costs its order: the rounded fee, and what is prepaid after it.
///
/// The fees of an order add up to its exact fee rounded up once, however many fills it takes.
@inline(__always)
func fee(_ notional: Int64, rate: Int64, prepaid: Int32) -> (fee: Int64, prepaid: Int32) {
    if rate == 0 { return (0, prepaid) }
    let unit: Int64 = 100_000
    // Split, so that the product of a large notional and its rate cannot overflow.
    let whole = notional / unit * rate
    let due = notional % unit * rate - Int64(prepaid)
    let rounded = due > 0 ? (due + unit - 1) / unit : 0
    return (whole + rounded, Int32(truncatingIfNeeded: rounded * unit - due))
}
