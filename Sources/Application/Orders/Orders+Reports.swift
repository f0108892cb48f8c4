internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// A report that cannot be of its block's commands and the orders that are open.
struct Misfit: Error {
    let reason: StaticString

    init(_ reason: StaticString) { self.reason = reason }

    fileprivate static let answer = Misfit("an answer to another command than the next one")
    fileprivate static let entered = Misfit("an order entered as another")
    fileprivate static let replaced = Misfit("an order was replaced by another")
    fileprivate static let left = Misfit("an order left with another rest")
    fileprivate static let numbered = Misfit("a trade that is not the next one")
    fileprivate static let closed = Misfit("a report of an order that is not open")
    fileprivate static let strangers = Misfit("a trade of two orders that do not meet")
    fileprivate static let priced = Misfit("a trade at a price that its orders do not allow")
    fileprivate static let beyond = Misfit("a trade beyond what is left of its orders")
}

/// What matching says of each command and order: nothing is believed that does not follow from what
/// was asked.
extension Orders {
    mutating func apply(_ report: Report, _ fates: inout Fates) throws(Misfit) {
        switch report {
        case .done(let sequence):
            try decide(&fates, sequence, nil)
            if case .place? = fates.last { throw .answer }
        case .refused(let sequence, let refusal):
            try decide(&fates, sequence, refusal)
            guard case .place? = fates.last else { return }
            try change(OrderID(sequence)) { view throws(Misfit) in
                view.state = .refused
                view.refusal = refusal
            }
        case .accepted(let sequence, let account, let instrument, let side, let price, let quantity):
            try decide(&fates, sequence, nil)
            guard case .place(var asked)? = fates.last else { throw .answer }
            // Risk sets the price that protects a market order.
            if asked.kind == .market { asked.price = price }
            guard asked.account == account, asked.instrument == instrument, asked.side == side,
                asked.price == price, asked.quantity == quantity
            else { throw .entered }
            try change(OrderID(sequence)) { view throws(Misfit) in
                view.state = .open
                view.order.price = price
            }
        case .replaced(let sequence, let id, let account, let price, let remaining):
            try decide(&fates, sequence, nil)
            guard case .replace(account, id, price, let quantity)? = fates.last else {
                throw .replaced
            }
            try change(id) { view throws(Misfit) in
                guard view.state == .open, view.order.account == account, remaining.raw > 0,
                    quantity.raw &- view.filled.raw == remaining.raw
                else { throw .replaced }
                view.order.price = price
                view.order.quantity = quantity
            }
        case .trade(let trade): try apply(trade)
        case .left(let id, let account, let departure, let remaining):
            if departure == .cancelled { fates.countCancelled() }
            try change(id) { view throws(Misfit) in
                guard view.state == .open, view.order.account == account,
                    view.rest == remaining.raw,
                    (departure == .filled) == (remaining.raw == 0)
                else { throw .left }
                view.leave(departure)
            }
        }
    }

    private func decide(
        _ fates: inout Fates, _ sequence: UInt64, _ refusal: Refusal?
    ) throws(Misfit) {
        guard fates.decide(sequence, refusal) else { throw .answer }
    }

    private mutating func change(
        _ id: OrderID, _ body: (inout OrderView) throws(Misfit) -> Void
    ) throws(Misfit) {
        guard try table.change(id, body) else { throw .closed }
    }

    private mutating func apply(_ trade: Trade) throws(Misfit) {
        guard trade.id.raw == trades + 1 else { throw .numbered }
        guard let instrument = listing.instrument(trade.instrument), trade.maker != trade.taker,
            trade.makerAccount != trade.takerAccount
        else { throw .strangers }
        guard instrument.notional(trade.price, trade.quantity) == trade.notional else {
            throw .priced
        }
        try fill(trade.maker, trade.makerAccount, trade.takerSide.opposite, trade)
        try fill(trade.taker, trade.takerAccount, trade.takerSide, trade)
        trades = trade.id.raw
        references[Int(trade.instrument.raw)] = trade.price
    }

    private mutating func fill(
        _ id: OrderID, _ account: AccountID, _ side: Side, _ trade: Trade
    ) throws(Misfit) {
        try change(id) { view throws(Misfit) in
            let limit = view.order.price
            guard view.state == .open else { throw .closed }
            guard view.order.account == account, view.order.instrument == trade.instrument,
                view.order.side == side
            else { throw .strangers }
            guard id == trade.maker ? limit == trade.price : side.takes(trade.price, limit) else {
                throw .priced
            }
            guard trade.quantity.raw <= view.rest else { throw .beyond }
            view.filled = Quantity(view.filled.raw &+ trade.quantity.raw)
            view.filledValue = Amount(view.filledValue.raw &+ trade.notional.raw)
        }
    }
}

extension Side {
    /// Whether an order of this side with that limit trades at a price.
    fileprivate func takes(_ price: Price, _ limit: Price) -> Bool {
        self == .buy ? price.raw <= limit.raw : price.raw >= limit.raw
    }
}

extension OrderView {
    /// What is left of it.
    fileprivate var rest: Int64 { order.quantity.raw &- filled.raw }

    fileprivate mutating func leave(_ departure: Departure) {
        switch departure {
        case .filled: state = .filled
        case .cancelled, .selfTrade: state = .cancelled
        case .expired: state = .expired
        case .wouldTrade:
            state = .refused
            refusal = .wouldTrade
        }
    }
}
