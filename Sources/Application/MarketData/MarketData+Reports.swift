internal import MarketTreaty
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Tables

/// What each report changes, and what it must agree with.
extension MarketData {
    mutating func take(_ report: Report, at time: UInt64) throws(Contradiction) {
        switch report {
        case .done(let sequence), .refused(let sequence, _): try head(sequence)
        case .accepted(let sequence, let account, let instrument, let side, let price, let quantity):
            try head(sequence)
            try check(Int(instrument.raw) < books.count, "an order of an unknown instrument")
            try check(
                price.raw > 0 && price.raw % books[Int(instrument.raw)].tick == 0
                    && quantity.raw > 0, "an order off its grid")
            try check(openCount <= bounds.orders, "more open orders than there is room for")
            incoming = make(
                PublicOrder(
                    id: sequence, price: price.raw, rest: quantity.raw, account: account.raw,
                    instrument: instrument.raw, side: side))
        case .trade(let trade): try take(trade, at: time)
        case .left(let order, let account, let departure, let remaining):
            let node = try find(order.raw, account)
            try check(
                orders[Int(node)].rest == remaining.raw
                    && (departure == .filled) == (remaining.raw == 0),
                "an order left with another rest")
            if remaining.raw == 0 { emptied -= 1 }
            if node == incoming { incoming = none } else { leaveLevel(node) }
            forget(node)
        case .replaced(let sequence, let order, let account, let price, let remaining):
            try head(sequence)
            try replace(try find(order.raw, account), price.raw, remaining.raw)
        }
    }

    func check(_ fits: Bool, _ reason: StaticString) throws(Contradiction) {
        guard fits else { throw Contradiction(block: current, reason) }
    }

    /// A command begins: their numbers ascend, and the one before is done with.
    private mutating func head(_ number: UInt64) throws(Contradiction) {
        try endCommand()
        try check(number > sequence, "answers are not in the order of the commands")
        sequence = number
    }

    /// What is left of the order that traded joins the book.
    mutating func endCommand() throws(Contradiction) {
        try check(emptied == 0, "a filled order did not leave")
        guard incoming != none else { return }
        try joinLevel(incoming)
        incoming = none
    }

    private func find(_ id: UInt64, _ account: AccountID) throws(Contradiction) -> UInt32 {
        let node = index.find(id)
        guard node != none, orders[Int(node)].account == account.raw else {
            throw Contradiction(block: current, "a report of an order that is not open")
        }
        return node
    }

    private mutating func replace(
        _ node: UInt32, _ price: Int64, _ rest: Int64
    ) throws(Contradiction) {
        let order = orders[Int(node)]
        try check(
            price > 0 && price % books[Int(order.instrument)].tick == 0 && rest > 0,
            "an order off its grid")
        orders[Int(node)].rest = rest
        // Anything but less at the same price joins anew, as in matching: both ladders stay alike.
        if price == order.price, rest <= order.rest {
            levels[Int(order.level)].quantity += Int128(rest) - Int128(order.rest)
            return
        }
        leaveLevel(node, with: order.rest)
        orders[Int(node)].price = price
        orders[Int(node)].level = none
        incoming = node
    }

    private mutating func take(_ trade: Trade, at time: UInt64) throws(Contradiction) {
        let maker = try find(trade.maker.raw, trade.makerAccount)
        let taker = try find(trade.taker.raw, trade.takerAccount)
        let (rests, takes) = (orders[Int(maker)], orders[Int(taker)])
        let quantity = trade.quantity.raw
        try check(
            isTradeKnown ? trade.id.raw == self.trade + 1 : trade.id.raw > self.trade,
            "trades are not numbered without gaps")
        isTradeKnown = true
        try check(taker == incoming && maker != incoming, "a trade without an incoming order")
        try check(
            rests.instrument == trade.instrument.raw && takes.instrument == rests.instrument
                && takes.side == trade.takerSide && rests.side != takes.side
                && rests.price == trade.price.raw
                && (takes.side == .buy ? rests.price <= takes.price : rests.price >= takes.price)
                && quantity > 0 && quantity <= min(rests.rest, takes.rest),
            "a trade that the two orders do not allow")
        self.trade = trade.id.raw
        fill(maker, quantity)
        fill(taker, quantity)
        levels[Int(rests.level)].quantity -= Int128(quantity)
        tapes[Int(rests.instrument)].add(
            Print(
                id: trade.id, price: trade.price, quantity: trade.quantity,
                takerSide: trade.takerSide, time: time))
    }

    private mutating func fill(_ node: UInt32, _ quantity: Int64) {
        orders[Int(node)].rest -= quantity
        if orders[Int(node)].rest == 0 { emptied += 1 }
    }
}
