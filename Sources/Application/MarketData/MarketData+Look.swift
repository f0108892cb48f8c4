public import MarketTreaty
internal import Numerals
internal import OrderTreaty
internal import Tables

/// What anybody may ask; worth asking between whole blocks only, see `isPartial`.
extension MarketData {
    /// The best levels of both sides, at most `count` of each; nil for an unknown instrument.
    ///
    /// A sum beyond 64 bits is told as the largest that fits.
    public func depth(_ query: MarketQuery) -> Depth? {
        let book = Int(query.instrument.raw)
        guard book < books.count else { return nil }
        let count = min(query.count, MarketQuery.countMax)
        return Depth(
            instrument: query.instrument, block: block, bids: side(book, .buy, Int(count)),
            asks: side(book, .sell, Int(count)))
    }

    /// The last trades, newest first, at most `count`; nil for an unknown instrument.
    public func tape(_ query: MarketQuery) -> Tape? {
        guard Int(query.instrument.raw) < tapes.count else { return nil }
        return Tape(
            instrument: query.instrument,
            prints: tapes[Int(query.instrument.raw)].newest(Int(query.count)))
    }

    private func side(_ book: Int, _ side: Side, _ count: Int) -> [Level] {
        var list: [Level] = []
        var place = best(book, side)
        while place != none, list.count < count {
            let level = levels[Int(place)]
            list.append(
                Level(
                    price: Price(level.price), quantity: Quantity(Int64(clamping: level.quantity)),
                    orders: level.orders))
            place =
                side == .buy
                ? ladders.below(level.key, from: level.leaf)
                : ladders.above(level.key, from: level.leaf)
        }
        return list
    }
}
