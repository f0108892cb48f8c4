internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Tables

/// What matching made of it: nothing is believed that does not follow from what risk knows.
extension Risk {
    mutating func take(_ report: Report) throws(Divergence) {
        switch report {
        case .done(let sequence): try head(sequence, .done)
        case .refused(let sequence, _): try head(sequence, .refused)
        case .accepted(let sequence, let account, let instrument, let side, let price, let quantity):
            try head(sequence, .accepted)
            let hold = holds[Int(try order(OrderID(sequence), account))]
            try check(
                hold.instrument == instrument.raw && hold.side == side && hold.price == price.raw
                    && hold.rest == quantity.raw, "an order entered as another")
        case .replaced(let sequence, let order, let account, let price, let remaining):
            try head(sequence, .replaced)
            try replaced(order, account, price.raw, remaining.raw)
        case .trade(let trade): try settle(trade)
        case .left(let order, let account, _, let remaining):
            let node = try self.order(order, account)
            try check(holds[Int(node)].rest == remaining.raw, "an order left with another rest")
            close(node)
        }
    }

    private enum Head { case done, refused, accepted, replaced }

    /// Each command is answered once, in order, by something that can answer it.
    private mutating func head(_ sequence: UInt64, _ head: Head) throws(Divergence) {
        try checkLeft()
        guard answered < instructions.count, instructions[answered].sequence == sequence else {
            throw Divergence(block: block, "answers are not in the order of the commands")
        }
        let fits =
            switch instructions[answered] {
            case .pass, .cancelAll: head == .done
            case .refuse: head == .refused
            case .place: head == .accepted || head == .refused
            case .cancel: head == .done || head == .refused
            case .replace: head != .accepted
            }
        try check(fits, "a command has an answer that it cannot have")
        if case .place = instructions[answered] {
            let node = index.find(sequence)
            try check(node != none, "an order entered that was not let through")
            if head == .refused { close(node) } else { enter(node) }
        }
        switch instructions[answered] {
        case .cancel(_, let account, let order):
            let isOpen = (try? self.order(order, account)) != nil
            try check(isOpen == (head == .done), "a cancel was answered as no cancel can be")
            if isOpen { leaving = order.raw }
        case .replace(_, let account, let order, _, _) where head == .done:
            _ = try self.order(order, account)
            leaving = order.raw
        case .cancelAll(_, let account): emptying = account.raw
        default: break
        }
        answered += 1
    }

    /// What the command before took back is gone.
    mutating func checkLeft() throws(Divergence) {
        try check(index.find(leaving) == none, "a cancelled order did not leave")
        leaving = 0
        guard let account = emptying else { return }
        let rest = account == 0 ? enteredCount : accounts[Int(account) - 1].entered
        try check(rest == 0, "cancelled orders did not leave")
        emptying = nil
    }

    private func order(_ id: OrderID, _ account: AccountID) throws(Divergence) -> UInt32 {
        let node = index.find(id.raw)
        guard node != none, holds[Int(node)].account == account.raw, holds[Int(node)].isEntered
        else { throw Divergence(block: block, "a report of an order that is not open") }
        return node
    }

    private func check(_ fits: Bool, _ reason: StaticString) throws(Divergence) {
        guard fits else { throw Divergence(block: block, reason) }
    }

    private mutating func replaced(
        _ order: OrderID, _ account: AccountID, _ price: Int64, _ remaining: Int64
    ) throws(Divergence) {
        let node = try self.order(order, account)
        guard answered > 0,
            case .replace(_, account, order, let asked, let quantity) = instructions[answered - 1],
            asked.raw == price, quantity.raw - holds[Int(node)].filled == remaining, remaining > 0
        else { throw Divergence(block: block, "an order was replaced by another") }
        holds[Int(node)].price = price
        holds[Int(node)].rest = remaining
    }

    private mutating func settle(_ trade: Trade) throws(Divergence) {
        trades += 1
        try check(trade.id.raw == trades, "trades are not numbered without gaps")
        let maker = try order(trade.maker, trade.makerAccount)
        let taker = try order(trade.taker, trade.takerAccount)
        let market = holds[Int(maker)].instrument
        let takes = holds[Int(taker)]
        try check(
            market == trade.instrument.raw && takes.instrument == market
                && takes.side == trade.takerSide && holds[Int(maker)].side != takes.side
                && takes.account != holds[Int(maker)].account
                && holds[Int(maker)].price == trade.price.raw
                && (takes.side == .buy
                    ? trade.price.raw <= takes.price : trade.price.raw >= takes.price)
                && markets[Int(market)].notional(trade.price.raw, trade.quantity.raw)
                    == trade.notional.raw,
            "a trade that the two orders do not allow")
        let rates = (markets[Int(market)].makerFee, markets[Int(market)].takerFee)
        try fill(maker, trade, trade.makerFee.raw, rate: rates.0)
        try fill(taker, trade, trade.takerFee.raw, rate: rates.1)
        markets[Int(market)].reference = trade.price.raw
        fees[Int(markets[Int(market)].quote)] += trade.makerFee.raw + trade.takerFee.raw
    }

    /// One leg: out of what is held for the order, into what its account has of the other currency.
    private mutating func fill(
        _ node: UInt32, _ trade: Trade, _ charged: Int64, rate: Int64
    ) throws(Divergence) {
        let hold = holds[Int(node)]
        let market = markets[Int(hold.instrument)]
        let due = Market.fee(trade.notional.raw, rate: rate, prepaid: hold.prepaid)
        let paid = hold.side == .buy ? trade.notional.raw.added(charged) : trade.quantity.raw
        guard let paid, charged == due.fee, trade.quantity.raw <= hold.rest, paid <= hold.hold
        else { throw Divergence(block: block, "a fill beyond what is held for it") }
        touch(node)
        holds[Int(node)].hold -= paid
        holds[Int(node)].rest -= trade.quantity.raw
        holds[Int(node)].filled += trade.quantity.raw
        holds[Int(node)].prepaid = due.prepaid
        funds[Int(hold.funds)].held -= paid
        let currency = hold.side == .buy ? market.base : market.quote
        guard let place = makeFunds(hold.account, currency) else {
            throw Divergence(block: block, "an account has no place for what it bought")
        }
        funds[Int(place)].available +=
            hold.side == .buy ? trade.quantity.raw : trade.notional.raw - charged
    }
}
