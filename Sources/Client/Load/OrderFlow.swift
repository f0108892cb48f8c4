package import Numerals
package import OrderTreaty

/// One thing that a client of the load does.
package enum LoadStep: Sendable, Hashable {
    /// A new order of that account of the load.
    case place(account: Int, LoadOrder)
    /// Takes back the order of that index.
    case cancel(order: Int)
    /// New price and whole quantity for it.
    case replace(order: Int, Price, Quantity)
}

/// A new order as the load wants it.
package struct LoadOrder: Sendable, Hashable {
    package var instrument: InstrumentID
    package var side: Side
    package var kind: OrderKind
    /// Nil for a market order.
    package var price: Price?
    package var quantity: Quantity

    package init(
        instrument: InstrumentID, side: Side, kind: OrderKind, price: Price?, quantity: Quantity
    ) {
        self.instrument = instrument
        self.side = side
        self.kind = kind
        self.price = price
        self.quantity = quantity
    }
}

/// A seeded mix: of 100 steps 62 limit orders around a mid that drifts, 8 that never rest, 5 at the
/// market, 15 cancels and 10 replaces.
///
/// The mid stays within half of the collar around its start, so that the walk itself is not refused.
package struct OrderFlow: Sendable {
    private struct Market: Sendable {
        let instrument: Instrument
        let start: Int64
        var mid: Int64
    }

    private let accounts: Int
    private var random: Seeded
    private var markets: [Market]

    /// Around these prices, one for each instrument of the listing, as raw numbers.
    package init(seed: UInt64, accounts: Int, listing: Listing, mids: [Price]) {
        self.accounts = accounts
        random = Seeded(seed: seed)
        markets = zip(listing.instruments, mids).map { instrument, mid in
            Market(instrument: instrument, start: mid.raw, mid: mid.raw)
        }
    }

    /// The next step; `open` are orders that were acknowledged as open, at any place in their life.
    package mutating func next(open: [OpenOrder]) -> LoadStep {
        let turn = Int.random(in: 0..<100, using: &random)
        let touchesOld = turn >= 75 && !open.isEmpty
        if touchesOld {
            let chosen = open[Int.random(in: 0..<open.count, using: &random)]
            if turn < 90 { return .cancel(order: chosen.index) }
            let place = Int(chosen.instrument.raw)
            return .replace(order: chosen.index, price(place, chosen.side), quantity(place))
        }
        let place = Int.random(in: 0..<markets.count, using: &random)
        drift(place)
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        let kind: OrderKind =
            switch turn {
            case 62..<70: .immediateOrCancel
            case 70..<75: .market
            default: .limit
            }
        return .place(
            account: Int.random(in: 0..<accounts, using: &random),
            LoadOrder(
                instrument: InstrumentID(UInt16(place)), side: side, kind: kind,
                price: kind == .market ? nil : price(place, side), quantity: quantity(place)))
    }

    private mutating func drift(_ place: Int) {
        let market = markets[place]
        let step = max(market.start / 20_000, market.instrument.tick.raw)
        let reach = market.start / 20_000 * Int64(market.instrument.collarBasisPoints)
        let moved = market.mid + Int64.random(in: -step...step, using: &random)
        guard abs(moved - market.start) <= max(reach, step) else { return }
        markets[place].mid = max(moved, market.instrument.tick.raw)
    }

    /// Up to 0.2 % away on its own side, or 0.05 % across the mid, on the tick.
    private mutating func price(_ place: Int, _ side: Side) -> Price {
        let market = markets[place]
        let tick = market.instrument.tick.raw
        let reach = max(market.mid / 2_000, tick)
        let offset = Int64.random(in: -reach...(4 * reach), using: &random)
        let wanted = side == .buy ? market.mid - offset : market.mid + offset
        return Price(max(wanted / tick, 1) * tick)
    }

    /// Worth one to a hundred times the least value of an order, in whole lots, with room for the
    /// price to move.
    private mutating func quantity(_ place: Int) -> Quantity {
        let instrument = markets[place].instrument
        let lot = instrument.lot.raw
        let value = instrument.notional(Price(markets[place].start), instrument.lot)?.raw ?? 1
        let least = min(instrument.valueMin.raw / max(value, 1), 1_000_000_000) * 2 + 1
        let lots = Int64.random(in: least...(least * 50), using: &random)
        return Quantity(min(lots, instrument.quantityMax.raw / lot) * lot)
    }
}

/// An order that was acknowledged as open.
package struct OpenOrder: Sendable, Hashable {
    package let index: Int
    package let instrument: InstrumentID
    package let side: Side

    package init(index: Int, instrument: InstrumentID, side: Side) {
        self.index = index
        self.instrument = instrument
        self.side = side
    }
}
