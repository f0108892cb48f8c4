package import Numerals
package import OrderTreaty

/// Turns an order-flow file into steps: adds are placed, deletes and reductions cancelled, replaces
/// replaced.
///
/// Executions are the venue's own to decide and only counted. The file's stocks become the
/// listing's instruments in the order of their appearance; prices keep their proportion to the
/// first of their stock.
package struct ReplayFlow: Sendable {
    /// What the file held.
    package struct Counts: Sendable, Hashable {
        package var executions = 0
        /// About orders that the file did not add before.
        package var unknown = 0
        package var others = 0
    }

    private var file: FlowFile
    private let accounts: Int
    private let listing: Listing
    private let mids: [Price]
    private var stocks: [String: (place: Int, first: UInt32)] = [:]
    private var orders: [UInt64: Placed] = [:]
    private var placed = 0

    private struct Placed: Sendable {
        let index: Int
        let stock: (place: Int, first: UInt32)
    }
    package private(set) var counts = Counts()

    package init(_ bytes: [UInt8], accounts: Int, listing: Listing, mids: [Price]) {
        file = FlowFile(bytes)
        self.accounts = accounts
        self.listing = listing
        self.mids = mids
    }

    /// How many steps are left, read to the end: a bad file is refused before anything is traded.
    package func count() throws(FlowFile.Flaw) -> Int {
        var flow = self
        var steps = 0
        while try flow.next() != nil { steps += 1 }
        return steps
    }

    /// The next step; nil at the end of the file.
    ///
    /// The steps' orders are numbered from 0.
    package mutating func next() throws(FlowFile.Flaw) -> LoadStep? {
        while let message = try file.next() {
            if let step = step(message) { return step }
        }
        return nil
    }

    private mutating func step(_ message: FlowMessage) -> LoadStep? {
        switch message {
        case .add(let reference, let isBuy, let shares, let stock, let price):
            guard shares > 0, price > 0, orders[reference] == nil else {
                counts.unknown += 1
                return nil
            }
            let known = stocks[stock] ?? (stocks.count % listing.instruments.count, price)
            stocks[stock] = known
            let side: Side = isBuy ? .buy : .sell
            orders[reference] = Placed(index: placed, stock: known)
            placed += 1
            return .place(
                account: Int(reference % UInt64(accounts)),
                LoadOrder(
                    instrument: InstrumentID(UInt16(known.place)), side: side, kind: .limit,
                    price: scaled(price, known), quantity: quantity(shares, known.place)))
        case .delete(let reference), .reduce(let reference, _):
            guard let order = orders.removeValue(forKey: reference) else {
                counts.unknown += 1
                return nil
            }
            return .cancel(order: order.index)
        case .replace(let old, let new, let shares, let price):
            guard shares > 0, price > 0, orders[new] == nil,
                let order = orders.removeValue(forKey: old)
            else {
                counts.unknown += 1
                return nil
            }
            orders[new] = order
            return .replace(
                order: order.index, scaled(price, order.stock), quantity(shares, order.stock.place))
        case .executed: counts.executions += 1
        case .other: counts.others += 1
        }
        return nil
    }

    private func scaled(_ price: UInt32, _ stock: (place: Int, first: UInt32)) -> Price {
        let tick = listing.instruments[stock.place].tick.raw.magnitude
        let mid = mids[stock.place].raw.magnitude
        let (high, low) = mid.multipliedFullWidth(by: UInt64(price))
        let first = UInt64(stock.first)
        guard high < first else { return mids[stock.place] }
        let ticks = max(first.dividingFullWidth((high, low)).quotient / tick, 1)
        return Price(Int64(clamping: min(ticks, UInt64(Int64.max) / tick) * tick))
    }

    /// A hundred shares are worth about twice the least order.
    private func quantity(_ shares: UInt32, _ place: Int) -> Quantity {
        let instrument = listing.instruments[place]
        let lot = instrument.lot.raw
        let value = max(instrument.notional(mids[place], instrument.lot)?.raw ?? 1, 1)
        let least = min(instrument.valueMin.raw / value, 1_000_000_000) + 1
        let lots = least + least * Int64(shares) / 100
        let most = instrument.quantityMax.raw / lot
        return Quantity(min(max(lots, 1), most) * lot)
    }
}
