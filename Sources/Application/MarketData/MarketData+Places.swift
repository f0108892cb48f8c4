internal import OrderTreaty
internal import Tables

/// Where orders and levels are: taking and giving back places.
extension MarketData {
    mutating func make(_ order: PublicOrder) -> UInt32 {
        let node: UInt32
        if freeOrder == none {
            node = UInt32(truncatingIfNeeded: orders.count)
            orders.append(order)
        } else {
            node = freeOrder
            freeOrder = orders[Int(node)].level
            orders[Int(node)] = order
        }
        index.insert(order.id, slot: node)
        openCount += 1
        return node
    }

    /// The order is gone; it is in no level any more.
    mutating func forget(_ node: UInt32) {
        index.remove(orders[Int(node)].id)
        orders[Int(node)].id = 0
        orders[Int(node)].level = freeOrder
        freeOrder = node
        openCount -= 1
    }

    /// Adds the order to the level of its price, which must not cross the other side.
    mutating func joinLevel(_ node: UInt32) throws(Contradiction) {
        let order = orders[Int(node)]
        let book = Int(order.instrument)
        let other = best(book, order.side.opposite)
        if other != none {
            let price = levels[Int(other)].price
            let crosses = order.side == .buy ? order.price >= price : order.price <= price
            try check(!crosses, "the book is crossed")
        }
        let key = UInt64(bitPattern: order.price / books[book].tick)
        try check(ladders.hasRoom, "more levels than there is room for")
        let leaf =
            order.side == .buy
            ? ladders.leaf(of: key, in: &books[book].bids)
            : ladders.leaf(of: key, in: &books[book].asks)
        var level = ladders.slot(at: leaf, key)
        if level == none {
            level = try makeLevel(PublicLevel(price: order.price, key: key, leaf: leaf))
            ladders.put(level, at: leaf, key)
        }
        levels[Int(level)].quantity += Int128(order.rest)
        levels[Int(level)].orders += 1
        orders[Int(node)].level = level
    }

    mutating func leaveLevel(_ node: UInt32) { leaveLevel(node, with: orders[Int(node)].rest) }

    /// Takes the order and that much of it out of its level.
    mutating func leaveLevel(_ node: UInt32, with rest: Int64) {
        let order = orders[Int(node)]
        let level = order.level
        levels[Int(level)].quantity -= Int128(rest)
        levels[Int(level)].orders -= 1
        guard levels[Int(level)].orders == 0 else { return }
        let (key, leaf) = (levels[Int(level)].key, levels[Int(level)].leaf)
        if order.side == .buy {
            ladders.remove(key, from: leaf, in: &books[Int(order.instrument)].bids)
        } else {
            ladders.remove(key, from: leaf, in: &books[Int(order.instrument)].asks)
        }
        levels[Int(level)].leaf = freeLevel
        freeLevel = level
        levelCount -= 1
    }

    private mutating func makeLevel(_ level: PublicLevel) throws(Contradiction) -> UInt32 {
        try check(levelCount < bounds.levels, "more levels than there is room for")
        levelCount += 1
        guard freeLevel != none else {
            levels.append(level)
            return UInt32(truncatingIfNeeded: levels.count - 1)
        }
        let place = freeLevel
        freeLevel = levels[Int(place)].leaf
        levels[Int(place)] = level
        return place
    }

    /// The level with the highest bid or the lowest ask.
    func best(_ book: Int, _ side: Side) -> UInt32 {
        side == .buy ? ladders.highest(in: books[book].bids) : ladders.lowest(in: books[book].asks)
    }
}
