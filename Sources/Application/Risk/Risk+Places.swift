internal import OrderTreaty
internal import Tables

/// Where holds and funds are, and what moves between available and held.
extension Risk {
    func fundsOf(_ account: UInt32, _ currency: UInt16) -> UInt32? {
        var place = accounts[Int(account) - 1].balance
        while place != none {
            if funds[Int(place)].currency == currency { return place }
            place = funds[Int(place)].next
        }
        return nil
    }

    /// The account's funds of a currency, made when they are not there; nil at the limit.
    mutating func makeFunds(_ account: UInt32, _ currency: UInt16) -> UInt32? {
        if let place = fundsOf(account, currency) { return place }
        guard funds.count < limits.funds else { return nil }
        let place = UInt32(truncatingIfNeeded: funds.count)
        funds.append(
            Funds(
                account: account, currency: currency, next: accounts[Int(account) - 1].balance))
        accounts[Int(account) - 1].balance = place
        return place
    }

    mutating func make(_ hold: Hold) -> UInt32 {
        let node: UInt32
        if freeHold == none {
            node = UInt32(truncatingIfNeeded: holds.count)
            holds.append(hold)
        } else {
            node = freeHold
            freeHold = holds[Int(node)].funds
            holds[Int(node)] = hold
        }
        index.insert(hold.id, slot: node)
        openCount += 1
        accounts[Int(hold.account) - 1].openOrders += 1
        touch(node)
        return node
    }

    /// Matching has taken the order.
    mutating func enter(_ node: UInt32) {
        holds[Int(node)].isEntered = true
        enteredCount += 1
        accounts[Int(holds[Int(node)].account) - 1].entered += 1
    }

    /// The order is gone: what is held for it is available again.
    mutating func close(_ node: UInt32) {
        lower(node, to: 0)
        let hold = holds[Int(node)]
        index.remove(hold.id)
        openCount -= 1
        accounts[Int(hold.account) - 1].openOrders -= 1
        if hold.isEntered {
            enteredCount -= 1
            accounts[Int(hold.account) - 1].entered -= 1
        }
        holds[Int(node)].id = 0
        holds[Int(node)].funds = freeHold
        freeHold = node
    }

    mutating func touch(_ node: UInt32) {
        guard !holds[Int(node)].isTouched else { return }
        holds[Int(node)].isTouched = true
        touchedHolds.append(node)
    }

    private mutating func touchFunds(_ place: UInt32) {
        guard !funds[Int(place)].isTouched else { return }
        funds[Int(place)].isTouched = true
        touchedFunds.append(place)
    }

    /// Holds up to that much; the caller has seen that it is available.
    mutating func raise(_ node: UInt32, to needed: Int64) {
        let place = holds[Int(node)].funds
        let more = needed - holds[Int(node)].hold
        guard more > 0 else { return }
        holds[Int(node)].hold = needed
        funds[Int(place)].available -= more
        funds[Int(place)].held += more
        funds[Int(place)].blockHeld += more
        touchFunds(place)
    }

    /// Releases down to that much.
    mutating func lower(_ node: UInt32, to needed: Int64) {
        let place = holds[Int(node)].funds
        let less = holds[Int(node)].hold - needed
        guard less > 0 else { return }
        holds[Int(node)].hold = needed
        funds[Int(place)].available += less
        funds[Int(place)].held -= less
        funds[Int(place)].blockReleased += less
        touchFunds(place)
    }

    /// After the block: the order holds exactly what it may still cost.
    mutating func settle(_ node: UInt32) {
        var hold = holds[Int(node)]
        let market = markets[Int(hold.instrument)]
        hold.worst =
            hold.side == .buy ? market.notional(hold.price, hold.rest) ?? 0 : hold.rest
        hold.worstPrice = hold.price
        hold.worstRest = hold.rest
        hold.amends = 0
        hold.isTouched = false
        holds[Int(node)] = hold
        if let needed = needed(hold) { lower(node, to: needed) }
    }
}
