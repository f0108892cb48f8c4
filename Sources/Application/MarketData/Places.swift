internal import MarketTreaty
internal import Numerals
internal import OrderTreaty
internal import Tables

/// No order, no level.
let none = UInt32.max

/// One instrument's book: its grid and its two ladders of levels.
struct PublicBook: Sendable {
    let tick: Int64
    var bids = Ladders.Root()
    var asks = Ladders.Root()

    init(_ instrument: Instrument) { tick = max(instrument.tick.raw, 1) }
}

/// The sum of all orders of one side at one price.
struct PublicLevel: Sendable {
    var price: Int64
    /// Orders below 64 bits each may add up to more.
    var quantity: Int128 = 0
    var orders: UInt32 = 0
    /// Place in the ladder; in a free level `leaf` is the next free one.
    var key: UInt64
    var leaf: UInt32
}

/// An open order: what its reports must agree with.
struct PublicOrder: Sendable {
    var id: UInt64
    var price: Int64
    var rest: Int64
    let account: UInt32
    /// `none` while it trades; in a free place the next free one.
    var level = none
    let instrument: UInt16
    let side: Side
}

/// The last trades of an instrument.
struct PrintRing: Sendable {
    private var prints: [Print] = []
    /// Where the next one goes when the ring is full.
    private var next = 0

    mutating func add(_ print: Print) {
        if prints.count < Int(MarketQuery.countMax) {
            prints.append(print)
        } else {
            prints[next] = print
            next = next + 1 == prints.count ? 0 : next + 1
        }
    }

    func newest(_ count: Int) -> [Print] {
        (0..<min(max(count, 0), prints.count)).map { age in
            let place = next - 1 - age
            return prints[place < 0 ? place + prints.count : place]
        }
    }
}
