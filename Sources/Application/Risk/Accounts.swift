internal import Numerals
internal import OrderTreaty

/// No order, no balance.
let none = UInt32.max

/// An account: its switch, its counts, and where its balances begin.
struct Account {
    var isStopped = false
    var openOrders: Int32 = 0
    /// Those of them that matching has told of.
    var entered: Int32 = 0
    /// The second of the counts below; entries and cancels are counted apart, so that a flood of
    /// orders never keeps its owner from taking them back.
    var second: UInt64 = 0
    var entries: Int32 = 0
    var cancels: Int32 = 0
    var balance = none
}

/// One currency of one account.
struct Funds {
    let account: UInt32
    let currency: UInt16
    /// The account's next currency.
    let next: UInt32
    var available: Int64 = 0
    var held: Int64 = 0
    var reserved: Int64 = 0
    /// What this block held and released so far; the ledger is told the sums.
    var blockHeld: Int64 = 0
    var blockReleased: Int64 = 0
    var isTouched = false
}

/// Numbers of one instrument, and its reference price.
struct Market {
    let base: UInt16
    let quote: UInt16
    let tick: Int64
    let lot: Int64
    let quantityMax: Int64
    let valueMin: Int64
    let valueMax: Int64
    let collar: Int64
    let makerFee: Int64
    let takerFee: Int64
    private let divisor: UInt64
    /// The last trade's price, before the first the listing's.
    var reference: Int64

    init(_ instrument: Instrument) {
        base = instrument.base.raw
        quote = instrument.quote.raw
        tick = max(instrument.tick.raw, 1)
        lot = max(instrument.lot.raw, 1)
        quantityMax = instrument.quantityMax.raw
        valueMin = instrument.valueMin.raw
        valueMax = instrument.valueMax.raw
        collar = Int64(instrument.collarBasisPoints)
        makerFee = Int64(instrument.makerFee)
        takerFee = Int64(instrument.takerFee)
        divisor = max(instrument.divisor, 1).magnitude
        reference = instrument.reference.raw
    }

    /// What a quantity costs at a price, exactly; nil beyond 64 bits.
    func notional(_ price: Int64, _ quantity: Int64) -> Int64? {
        let (high, low) = price.magnitude.multipliedFullWidth(by: quantity.magnitude)
        guard high < divisor else { return nil }
        return Int64(exactly: divisor.dividingFullWidth((high, low)).quotient)
    }

    /// The lowest and highest price within the collar, on the grid; nil beyond 64 bits.
    var band: ClosedRange<Int64>? {
        let (width, overflow) = reference.multipliedReportingOverflow(by: min(collar, 10_000))
        guard !overflow, let high = reference.added(width / 10_000) else { return nil }
        let low = reference - width / 10_000
        let lowest = max(tick, low + (tick - low % tick) % tick)
        return lowest...max(lowest, high - high % tick)
    }

    /// What a buyer of that value may still owe in fees, with what rounding up has prepaid.
    func feeMax(_ notional: Int64, prepaid: Int64) -> Int64 {
        Self.fee(notional, rate: max(makerFee, takerFee), prepaid: prepaid).fee
    }

    /// The fee of a fill, rounded up against what is prepaid: all fees of an order add up to its
    /// whole fee rounded up once.
    static func fee(
        _ notional: Int64, rate: Int64, prepaid: Int64
    ) -> (fee: Int64, prepaid: Int64) {
        guard rate > 0 else { return (0, prepaid) }
        let unit: Int64 = 100_000
        let whole = notional / unit * rate
        let due = notional % unit * rate - prepaid
        let rounded = due > 0 ? (due + unit - 1) / unit : 0
        return (whole + rounded, rounded * unit - due)
    }
}

/// An open order as risk holds for it.
struct Hold {
    var id: UInt64
    let account: UInt32
    let instrument: UInt16
    let side: Side
    let kind: OrderKind
    /// As the last results left it.
    var price: Int64
    var rest: Int64
    var filled: Int64 = 0
    var prepaid: Int64 = 0
    /// What is held for it: enough for whatever the block may make of it.
    var hold: Int64 = 0
    /// The most it may still cost in this block (buy: value; sell: quantity), and bounds of it.
    var worst: Int64 = 0
    var worstPrice: Int64 = 0
    var worstRest: Int64 = 0
    /// Replacements let through in this block.
    var amends: Int32 = 0
    /// Matching has told of it.
    var isEntered = false
    var isTouched = false
    /// The funds that hold for it; in a free place the next free one.
    var funds: UInt32
}

/// Money on its way out.
struct Reserve {
    let account: UInt32
    let currency: UInt16
    let amount: Int64
}
