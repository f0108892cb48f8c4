public import Numerals
public import OrderTreaty
public import RiskTreaty
internal import Tables

extension Matching {
    /// The best order of the other side is within the taker's limit.
    func meets(_ taker: Taker) -> Bool {
        let level = books[taker.instrument].best(taker.side.opposite)
        return level != none && taker.crosses(levels[Int(level)].price)
    }

    /// Trades the taker against the other side, best price and oldest order first, until it has
    /// nothing left, nothing is within its limit, or it meets an order of its own account.
    mutating func sweep(_ taker: inout Taker, into reports: inout [Report]) {
        let other = taker.side.opposite
        while taker.rest > 0, !taker.metItself {
            let level = books[taker.instrument].best(other)
            guard level != none, taker.crosses(levels[Int(level)].price) else { return }
            let node = levels[Int(level)].first
            guard orders[Int(node)].account != taker.account else {
                taker.metItself = true
                return
            }
            let quantity = min(taker.rest, orders[Int(node)].rest)
            trade(&taker, node, quantity, into: &reports)
            if orders[Int(node)].rest == 0 { remove(node, .filled, into: &reports) }
        }
    }

    private mutating func trade(
        _ taker: inout Taker, _ node: UInt32, _ quantity: Int64, into reports: inout [Report]
    ) {
        let id = nextTrade()
        let maker = orders[Int(node)]
        let (notional, makerRate, takerRate) = terms(taker.instrument, maker.price, quantity)
        let makerFee = fee(notional, rate: makerRate, prepaid: maker.prepaid)
        let takerFee = fee(notional, rate: takerRate, prepaid: taker.prepaid)
        var orders = orders.mutableSpan
        orders[Int(node)].prepaid = makerFee.prepaid
        orders[Int(node)].rest = maker.rest - quantity
        orders[Int(node)].filled = maker.filled + quantity
        taker.prepaid = takerFee.prepaid
        taker.rest -= quantity
        taker.filled += quantity
        reports.append(
            .trade(
                Trade(
                    id: id, instrument: InstrumentID(maker.instrument), price: Price(maker.price),
                    quantity: Quantity(quantity), notional: Amount(notional),
                    takerSide: taker.side, maker: OrderID(maker.id),
                    makerAccount: AccountID(maker.account), taker: OrderID(taker.id),
                    takerAccount: AccountID(taker.account), makerFee: Amount(makerFee.fee),
                    takerFee: Amount(takerFee.fee))))
    }

    /// The value of a fill and both rates.
    ///
    /// The maker's whole order was exact in 64 bits when it entered, so each part of it is.
    private func terms(
        _ book: Int, _ price: Int64, _ quantity: Int64
    ) -> (notional: Int64, makerRate: Int64, takerRate: Int64) {
        let notional = books[book].notional(price, quantity) ?? 0
        return (notional, books[book].makerFee, books[book].takerFee)
    }

    /// Other price or whole quantity for an open order.
    ///
    /// Less quantity at the same price keeps its place; anything else goes behind the others, and
    /// trades first when it crosses. No more than is filled already is a cancel.
    public mutating func replace(
        _ sequence: UInt64, _ account: AccountID, _ order: OrderID, _ price: Price,
        _ quantity: Quantity, into reports: inout [Report]
    ) {
        self.sequence = sequence
        let node = index.find(order.raw)
        guard node != none, orders[Int(node)].account == account.raw else {
            reports.append(.refused(sequence: sequence, absence(of: order, found: node != none)))
            return
        }
        let resting = orders[Int(node)]
        let book = Int(resting.instrument)
        if let refusal = numbersRefusal(book, price.raw, quantity.raw) {
            reports.append(.refused(sequence: sequence, refusal))
            return
        }
        guard quantity.raw > resting.filled else {
            reports.append(.done(sequence: sequence))
            remove(node, .cancelled, into: &reports)
            return
        }
        let rest = quantity.raw - resting.filled
        let replaced = Report.replaced(
            sequence: sequence, order, account, price, remaining: Quantity(rest))
        if price.raw == resting.price, rest <= resting.rest {
            orders[Int(node)].rest = rest
            reports.append(replaced)
            return
        }
        var taker = Taker(
            id: order.raw, account: account.raw, instrument: book, side: resting.side,
            limit: price.raw, rest: rest, filled: resting.filled, prepaid: resting.prepaid)
        let meets = meets(taker)
        if let refusal = moveRefusal(resting, to: price.raw, meets: meets) {
            reports.append(.refused(sequence: sequence, refusal))
            return
        }
        reports.append(replaced)
        leaveLevel(node)
        if meets { sweep(&taker, into: &reports) }
        orders[Int(node)].price = price.raw
        orders[Int(node)].rest = taker.rest
        orders[Int(node)].filled = taker.filled
        orders[Int(node)].prepaid = taker.prepaid
        if let departure = departure(of: taker, mayRest: true) {
            forget(node, departure, into: &reports)
        } else {
            joinLevel(node)
        }
    }

    private func moveRefusal(_ resting: Resting, to price: Int64, meets: Bool) -> Refusal? {
        if resting.isPostOnly, meets { return .wouldTrade }
        return price != resting.price && !hasRoomForLevel ? .tooManyOrders : nil
    }
}
