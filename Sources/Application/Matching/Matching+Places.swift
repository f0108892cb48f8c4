internal import Numerals
internal import OrderTreaty
internal import RiskTreaty
internal import Tables

/// Where orders and levels are: taking and giving back places, and the links between them.
extension Matching {
    mutating func makeOrder(_ taker: Taker, isPostOnly: Bool) -> UInt32 {
        let order = Resting(
            id: taker.id, price: taker.limit, rest: taker.rest, filled: taker.filled,
            prepaid: taker.prepaid, account: taker.account, level: none,
            instrument: UInt16(truncatingIfNeeded: taker.instrument), side: taker.side,
            isPostOnly: isPostOnly)
        countOpen(1)
        guard freeOrder != none else {
            orders.append(order)
            return UInt32(truncatingIfNeeded: orders.count - 1)
        }
        let node = freeOrder
        freeOrder = orders[Int(node)].next
        orders[Int(node)] = order
        return node
    }

    /// The order leaves the book for good.
    mutating func remove(_ node: UInt32, _ departure: Departure, into reports: inout [Report]) {
        leaveLevel(node)
        forget(node, departure, into: &reports)
    }

    /// An order that is in no level any more gives its place back.
    mutating func forget(_ node: UInt32, _ departure: Departure, into reports: inout [Report]) {
        let (id, account) = (orders[Int(node)].id, orders[Int(node)].account)
        reports.append(
            .left(
                OrderID(id), AccountID(account), departure,
                remaining: Quantity(orders[Int(node)].rest)))
        Links.free(&orders, &accounts, node, Int(account), before: freeOrder)
        freeOrder = node
        index.remove(id)
        countOpen(-1)
    }

    mutating func joinLevel(_ node: UInt32) {
        let order = orders[Int(node)]
        let level = level(Int(order.instrument), order.side, order.price)
        Links.join(&orders, &levels, node, level)
    }

    mutating func leaveLevel(_ node: UInt32) {
        let (level, next) = (orders[Int(node)].level, orders[Int(node)].next)
        let previous = orders[Int(node)].previous
        if previous == none, next == none {
            removeLevel(level, Int(orders[Int(node)].instrument), orders[Int(node)].side)
        } else {
            Links.leave(&orders, &levels, level, previous, next)
        }
    }

    /// The level of a price, made when it is not there.
    private mutating func level(_ book: Int, _ side: Side, _ price: Int64) -> UInt32 {
        let best = books[book].best(side)
        if best != none, levels[Int(best)].price == price { return best }
        let key = UInt64(bitPattern: price / books[book].tick)
        let leaf =
            side == .buy
            ? ladders.leaf(of: key, in: &books[book].bids)
            : ladders.leaf(of: key, in: &books[book].asks)
        let found = ladders.slot(at: leaf, key)
        if found != none { return found }
        let made = makeLevel(PriceLevel(price: price, key: key, leaf: leaf))
        ladders.put(made, at: leaf, key)
        if best == none || (side == .buy) == (price > levels[Int(best)].price) {
            setBest(book, side, made)
        }
        return made
    }

    private mutating func makeLevel(_ level: PriceLevel) -> UInt32 {
        levelCount += 1
        guard freeLevel != none else {
            levels.append(level)
            return UInt32(truncatingIfNeeded: levels.count - 1)
        }
        let place = freeLevel
        freeLevel = levels[Int(place)].last
        levels[Int(place)] = level
        return place
    }

    private mutating func removeLevel(_ level: UInt32, _ book: Int, _ side: Side) {
        let (key, leaf) = (levels[Int(level)].key, levels[Int(level)].leaf)
        if side == .buy {
            ladders.remove(key, from: leaf, in: &books[book].bids)
            if books[book].bestBid == level {
                books[book].bestBid = ladders.highest(in: books[book].bids)
            }
        } else {
            ladders.remove(key, from: leaf, in: &books[book].asks)
            if books[book].bestAsk == level {
                books[book].bestAsk = ladders.lowest(in: books[book].asks)
            }
        }
        levels[Int(level)].last = freeLevel
        freeLevel = level
        levelCount -= 1
    }

    private mutating func setBest(_ book: Int, _ side: Side, _ level: UInt32) {
        if side == .buy { books[book].bestBid = level } else { books[book].bestAsk = level }
    }

    mutating func joinAccount(_ node: UInt32) {
        let account = Int(orders[Int(node)].account)
        while accounts.count <= account { accounts.append(AccountOrders()) }
        Links.join(&orders, &accounts, node, account)
    }
}

/// The two lists that an order is in.
///
/// Each takes its arrays once for all that it writes.
private enum Links {
    /// Last in its level.
    static func join(
        _ list: inout [Resting], _ others: inout [PriceLevel], _ node: UInt32, _ level: UInt32
    ) {
        var orders = list.mutableSpan
        var levels = others.mutableSpan
        let last = levels[Int(level)].last
        orders[Int(node)].level = level
        orders[Int(node)].next = none
        orders[Int(node)].previous = last
        levels[Int(level)].last = node
        if last == none {
            levels[Int(level)].first = node
        } else {
            orders[Int(last)].next = node
        }
    }

    /// Out of a level that has others.
    static func leave(
        _ list: inout [Resting], _ others: inout [PriceLevel], _ level: UInt32,
        _ previous: UInt32, _ next: UInt32
    ) {
        var orders = list.mutableSpan
        var levels = others.mutableSpan
        if previous == none {
            levels[Int(level)].first = next
        } else {
            orders[Int(previous)].next = next
        }
        if next == none {
            levels[Int(level)].last = previous
        } else {
            orders[Int(next)].previous = previous
        }
    }

    /// Last in its account.
    static func join(
        _ list: inout [Resting], _ others: inout [AccountOrders], _ node: UInt32, _ account: Int
    ) {
        var orders = list.mutableSpan
        var accounts = others.mutableSpan
        let last = accounts[account].last
        orders[Int(node)].older = last
        orders[Int(node)].younger = none
        accounts[account].last = node
        if last == none {
            accounts[account].first = node
        } else {
            orders[Int(last)].younger = node
        }
    }

    /// Out of its account, and its place before the free ones.
    static func free(
        _ list: inout [Resting], _ others: inout [AccountOrders], _ node: UInt32, _ account: Int,
        before next: UInt32
    ) {
        var orders = list.mutableSpan
        var accounts = others.mutableSpan
        let (older, younger) = (orders[Int(node)].older, orders[Int(node)].younger)
        if older == none {
            accounts[account].first = younger
        } else {
            orders[Int(older)].younger = younger
        }
        if younger == none {
            accounts[account].last = older
        } else {
            orders[Int(younger)].older = older
        }
        orders[Int(node)].id = 0
        orders[Int(node)].next = next
    }
}
