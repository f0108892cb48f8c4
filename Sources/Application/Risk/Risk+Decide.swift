internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Tables

/// What each command may do.
extension Risk {
    mutating func decide(_ command: Command) -> Instruction {
        let sequence = self.sequence
        func answer(_ refusal: Refusal?) -> Instruction {
            refusal.map { .refuse(sequence: sequence, $0) } ?? .pass(sequence: sequence)
        }
        switch command {
        case .open(let account): return answer(open(account.raw))
        case .credit(let account, let currency, let amount):
            return answer(credit(account.raw, currency.raw, amount.raw))
        case .reserve(let account, let currency, let amount):
            return answer(reserve(account.raw, currency.raw, amount.raw))
        case .settle(let id): return answer(resolve(id, isPosted: true))
        case .release(let id): return answer(resolve(id, isPosted: false))
        case .place(let order): return place(order)
        case .cancel(let account, let order): return cancel(account.raw, order)
        case .cancelAll(let account):
            if let refusal = admit(account.raw, isCancel: true) { return answer(refusal) }
            return .cancelAll(sequence: sequence, account)
        case .replace(let account, let order, let price, let quantity):
            if let refusal = replace(account.raw, order, price.raw, quantity.raw) {
                return answer(refusal)
            }
            return .replace(sequence: sequence, account, order, price, quantity)
        case .stop(let account):
            if let refusal = flip(account.raw, isStopped: true) { return answer(refusal) }
            return .cancelAll(sequence: sequence, account)
        case .resume(let account): return answer(flip(account.raw, isStopped: false))
        }
    }

    func exists(_ account: UInt32) -> Bool { account > 0 && Int(account) <= accounts.count }

    private mutating func open(_ account: UInt32) -> Refusal? {
        guard Int(account) > accounts.count else { return .duplicate }
        guard Int(account) == accounts.count + 1 else { return .unknownAccount }
        guard accounts.count < limits.accounts else { return .overflow }
        accounts.append(Account())
        return nil
    }

    /// Account 0 is the whole venue.
    private mutating func flip(_ account: UInt32, isStopped: Bool) -> Refusal? {
        if account == 0 {
            self.isStopped = isStopped
            return nil
        }
        guard exists(account) else { return .unknownAccount }
        accounts[Int(account) - 1].isStopped = isStopped
        return nil
    }

    private mutating func credit(
        _ account: UInt32, _ currency: UInt16, _ amount: Int64
    ) -> Refusal? {
        guard exists(account) else { return .unknownAccount }
        guard Int(currency) < currencyCount else { return .unknownInstrument }
        guard amount > 0, let total = issued[Int(currency)].added(amount),
            let place = makeFunds(account, currency)
        else { return .overflow }
        issued[Int(currency)] = total
        funds[Int(place)].available += amount
        return nil
    }

    private mutating func reserve(
        _ account: UInt32, _ currency: UInt16, _ amount: Int64
    ) -> Refusal? {
        guard exists(account) else { return .unknownAccount }
        guard Int(currency) < currencyCount else { return .unknownInstrument }
        guard amount > 0, let place = fundsOf(account, currency),
            funds[Int(place)].available >= amount
        else { return .insufficientFunds }
        guard reserves.count < limits.reserves else { return .tooManyOrders }
        funds[Int(place)].available -= amount
        funds[Int(place)].reserved += amount
        reserves[sequence] = Reserve(account: account, currency: currency, amount: amount)
        return nil
    }

    private mutating func resolve(_ id: UInt64, isPosted: Bool) -> Refusal? {
        guard let reserve = reserves[id], let place = fundsOf(reserve.account, reserve.currency)
        else { return absence(id) }
        reserves[id] = nil
        funds[Int(place)].reserved -= reserve.amount
        if isPosted {
            issued[Int(reserve.currency)] -= reserve.amount
        } else {
            voided.append(reserve)
        }
        return nil
    }

    /// Never issued, or issued and finished.
    func absence(_ id: UInt64) -> Refusal { id == 0 || id >= sequence ? .unknownOrder : .tooLate }

    /// The account is there, and within its messages of this second.
    mutating func admit(_ account: UInt32, isCancel: Bool) -> Refusal? {
        guard exists(account) else { return .unknownAccount }
        let place = Int(account) - 1
        let second = now / 1_000_000_000
        if accounts[place].second != second {
            accounts[place].second = second
            accounts[place].entries = 0
            accounts[place].cancels = 0
        }
        let count = isCancel ? accounts[place].cancels : accounts[place].entries
        guard count < limits.messagesPerSecond else { return .rateExceeded }
        if isCancel { accounts[place].cancels += 1 } else { accounts[place].entries += 1 }
        return nil
    }

    private mutating func cancel(_ account: UInt32, _ order: OrderID) -> Instruction {
        if let refusal = admit(account, isCancel: true) {
            return .refuse(sequence: sequence, refusal)
        }
        return .cancel(sequence: sequence, AccountID(account), order)
    }

    /// The controls that an order's numbers pass whoever sends it; prices of market orders are set
    /// before.
    func numbersRefusal(
        _ market: Market, _ price: Int64, _ quantity: Int64, _ kind: OrderKind, _ side: Side
    ) -> Refusal? {
        guard price > 0, price % market.tick == 0 else { return .priceOffTick }
        guard quantity > 0, quantity % market.lot == 0 else { return .quantityOffLot }
        guard quantity <= market.quantityMax else { return .quantityTooLarge }
        if kind != .market, market.collar < 10_000 {
            guard let band = market.band else { return .overflow }
            guard band.contains(price) else { return .priceOutsideCollar }
        }
        // A market sale is worth about the reference, not the price that protects it.
        let valued = kind == .market && side == .sell ? max(price, market.reference) : price
        guard let value = market.notional(valued, quantity) else { return .overflow }
        guard value >= market.valueMin else { return .valueTooSmall }
        return value <= market.valueMax ? nil : .valueTooLarge
    }

    private mutating func place(_ command: NewOrder) -> Instruction {
        var order = command
        if let refusal = admitOrder(&order) { return .refuse(sequence: sequence, refusal) }
        return .place(sequence: sequence, order)
    }

    private mutating func admitOrder(_ order: inout NewOrder) -> Refusal? {
        let account = order.account.raw
        if let refusal = admit(account, isCancel: false) { return refusal }
        guard !isStopped, !accounts[Int(account) - 1].isStopped else { return .stopped }
        guard Int(order.instrument.raw) < markets.count else { return .unknownInstrument }
        let market = markets[Int(order.instrument.raw)]
        if order.kind == .market {
            guard market.reference > 0 else { return .noLiquidity }
            guard let band = market.band else { return .overflow }
            order.price = Price(order.side == .buy ? band.upperBound : band.lowerBound)
        }
        let (price, quantity) = (order.price.raw, order.quantity.raw)
        if let refusal = numbersRefusal(market, price, quantity, order.kind, order.side) {
            return refusal
        }
        guard accounts[Int(account) - 1].openOrders < limits.openOrders,
            openCount < limits.orders
        else { return .tooManyOrders }
        let currency = order.side == .buy ? market.quote : market.base
        guard let value = market.notional(price, quantity) else { return .overflow }
        let worst = order.side == .buy ? value : quantity
        guard let place = fundsOf(account, currency) else { return .insufficientFunds }
        let hold = Hold(
            id: sequence, account: account, instrument: order.instrument.raw, side: order.side,
            kind: order.kind, price: price, rest: quantity, worst: worst, worstPrice: price,
            worstRest: quantity, funds: place)
        guard let needed = needed(hold) else { return .overflow }
        guard needed <= funds[Int(place)].available else { return .insufficientFunds }
        let node = make(hold)
        raise(node, to: needed)
        return nil
    }

    /// What must be held for the worst that may become of the order; nil beyond 64 bits.
    func needed(_ hold: Hold) -> Int64? {
        guard hold.side == .buy else { return hold.worst }
        let fee = markets[Int(hold.instrument)].feeMax(hold.worst, prepaid: hold.prepaid)
        return hold.worst.added(fee)
    }

    private mutating func replace(
        _ account: UInt32, _ order: OrderID, _ price: Int64, _ quantity: Int64
    ) -> Refusal? {
        if let refusal = admit(account, isCancel: false) { return refusal }
        guard !isStopped, !accounts[Int(account) - 1].isStopped else { return .stopped }
        let node = index.find(order.raw)
        guard node != none, holds[Int(node)].account == account else {
            return node != none ? .unknownOrder : absence(order.raw)
        }
        var hold = holds[Int(node)]
        let market = markets[Int(hold.instrument)]
        if let refusal = numbersRefusal(market, price, quantity, .limit, hold.side) {
            return refusal
        }
        guard widen(&hold, price, max(0, quantity - hold.filled), market),
            let needed = needed(hold)
        else { return .overflow }
        guard needed - hold.hold <= funds[Int(hold.funds)].available else {
            return .insufficientFunds
        }
        holds[Int(node)] = hold
        touch(node)
        raise(node, to: needed)
        return nil
    }

    /// Widens the worst case by a replacement that matching may take before or after any fill.
    ///
    /// After one replacement the cost is a sum of what fills before it and after it, and convex in
    /// the first: the worst is at one of the ends. After more, each unit is taken at the highest
    /// price. False beyond 64 bits.
    private func widen(
        _ hold: inout Hold, _ price: Int64, _ rest: Int64, _ market: Market
    ) -> Bool {
        hold.amends += 1
        hold.worstPrice = max(hold.worstPrice, price)
        hold.worstRest = max(hold.worstRest, rest)
        guard hold.side == .buy else {
            hold.worst = max(hold.worst, rest)
            return true
        }
        if hold.amends == 1, hold.isEntered {
            guard let before = market.notional(hold.price, hold.rest),
                let whole = market.notional(price, rest),
                let after = market.notional(price, max(0, rest - hold.rest)),
                let both = before.added(after)
            else { return false }
            hold.worst = max(whole, both)
            return true
        }
        guard let worst = market.notional(hold.worstPrice, hold.worstRest) else { return false }
        hold.worst = max(hold.worst, worst)
        return true
    }
}
