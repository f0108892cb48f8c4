internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// A rule that the model breaks on purpose, to see that a difference is found.
enum Flaw: CaseIterable {
    case newestFirst, takersPrice, replacedKeepsPlace, tradesWithItself, restOfImmediateStays
    case amendForgetsFills, feeRoundedEachTime, cancelAllByPrice, marketIgnoresLimit
    case postOnlyTrades, partialFillLosesPlace, finishedIsUnknown
}

/// The book in one array that is searched and sorted for each command: slow, and easy to believe.
struct SlowMatching {
    struct Order {
        let id: UInt64
        let account: UInt32
        let instrument: Int
        let side: Side
        let kind: OrderKind
        var price: Int64
        var rest: Int64
        var filled: Int64 = 0
        /// Fees of all fills in hundred-thousandths, and what was charged of them.
        var owed: Int128 = 0
        var charged: Int64 = 0
        /// Its place among orders of the same price.
        var arrival = 0

        var bookSide: Int { instrument * 2 + (side == .buy ? 0 : 1) }
    }

    let instruments: [Instrument]
    let bounds: Matching.Bounds
    let flaw: Flaw?
    var open: [Order] = []
    var reports: [Report] = []
    private var arrivals = 0
    private var trades: UInt64 = 0

    init(_ listing: Listing, bounds: Matching.Bounds = Matching.Bounds(), flaw: Flaw? = nil) {
        instruments = listing.instruments
        self.bounds = bounds
        self.flaw = flaw
    }

    mutating func apply(_ instruction: Instruction) {
        switch instruction {
        case .pass(let sequence): reports.append(.done(sequence: sequence))
        case .refuse(let sequence, let refusal): refuse(sequence, refusal)
        case .place(let sequence, let order): place(sequence, order)
        case .cancel(let sequence, let account, let order):
            if let refusal = absence(sequence, account, order) { return refuse(sequence, refusal) }
            reports.append(.done(sequence: sequence))
            leave(open.remove(at: index(order)), .cancelled)
        case .cancelAll(let sequence, let account):
            reports.append(.done(sequence: sequence))
            let gone = open.filter { account.raw == 0 || $0.account == account.raw }
            open.removeAll { account.raw == 0 || $0.account == account.raw }
            let byPrice = flaw == .cancelAllByPrice
            for order in gone.sorted(by: { byPrice ? $0.price < $1.price : $0.id < $1.id }) {
                leave(order, .cancelled)
            }
        case .replace(let sequence, let account, let order, let price, let quantity):
            if let refusal = absence(sequence, account, order) { return refuse(sequence, refusal) }
            replace(sequence, index(order), price.raw, quantity.raw)
        }
    }

    private mutating func refuse(_ sequence: UInt64, _ refusal: Refusal) {
        reports.append(.refused(sequence: sequence, refusal))
    }

    private mutating func leave(_ order: Order, _ why: Departure) {
        reports.append(
            .left(
                OrderID(order.id), AccountID(order.account), why, remaining: Quantity(order.rest)))
    }

    private func index(_ order: OrderID) -> Int { open.firstIndex { $0.id == order.raw } ?? -1 }

    private func absence(
        _ sequence: UInt64, _ account: AccountID, _ order: OrderID
    ) -> Refusal? {
        let place = index(order)
        if place >= 0 { return open[place].account == account.raw ? nil : .unknownOrder }
        let wasIssued = order.raw > 0 && order.raw < sequence
        return wasIssued && flaw != .finishedIsUnknown ? .tooLate : .unknownOrder
    }

    private var hasRoomForLevel: Bool {
        // There are never more levels than orders.
        if open.count < bounds.levels { return true }
        var seen: Set<[Int64]> = []
        for order in open { seen.insert([Int64(order.bookSide), order.price]) }
        return seen.count < bounds.levels
    }

    private func offGrid(_ instrument: Instrument, _ price: Int64, _ quantity: Int64) -> Refusal? {
        if price <= 0 || price % instrument.tick.raw != 0 { return .priceOffTick }
        if quantity <= 0 || quantity % instrument.lot.raw != 0 { return .quantityOffLot }
        let value = Int128(price) * Int128(quantity) / Int128(instrument.divisor)
        return value > Int128(Int64.max) ? .overflow : nil
    }

    private func crosses(_ taker: Order, _ price: Int64) -> Bool {
        taker.side == .buy ? price <= taker.price : price >= taker.price
    }

    /// Who the order would trade with, in turn.
    private func counterparties(_ taker: Order) -> [Order] {
        let other = taker.bookSide ^ 1
        return sorted(other).filter {
            crosses(taker, $0.price)
                || flaw == .marketIgnoresLimit && taker.kind == .market && $0.price % 7 == 0
        }
    }

    private func sorted(_ bookSide: Int) -> [Order] {
        let sign: Int64 = bookSide % 2 == 0 ? -1 : 1
        return open.filter { $0.bookSide == bookSide }.sorted { left, right in
            if left.price != right.price { return sign * left.price < sign * right.price }
            return flaw == .newestFirst
                ? left.arrival > right.arrival : left.arrival < right.arrival
        }
    }

    private mutating func place(_ sequence: UInt64, _ order: NewOrder) {
        guard Int(order.instrument.raw) < instruments.count else {
            return refuse(sequence, .unknownInstrument)
        }
        guard order.account.raw > 0, order.account.raw <= bounds.accounts else {
            return refuse(sequence, .unknownAccount)
        }
        let instrument = instruments[Int(order.instrument.raw)]
        if let refusal = offGrid(instrument, order.price.raw, order.quantity.raw) {
            return refuse(sequence, refusal)
        }
        let mayRest = order.kind == .limit || order.kind == .postOnly
        if mayRest, open.count >= bounds.orders || !hasRoomForLevel {
            return refuse(sequence, .tooManyOrders)
        }
        let taker = Order(
            id: sequence, account: order.account.raw, instrument: Int(order.instrument.raw),
            side: order.side, kind: order.kind, price: order.price.raw, rest: order.quantity.raw)
        let others = counterparties(taker)
        if order.kind == .postOnly, !others.isEmpty, flaw != .postOnlyTrades {
            return refuse(sequence, .wouldTrade)
        }
        if order.kind == .market, others.isEmpty { return refuse(sequence, .noLiquidity) }
        reports.append(
            .accepted(
                sequence: sequence, order.account, order.instrument, order.side, order.price,
                order.quantity))
        let stays =
            mayRest || flaw == .restOfImmediateStays && order.kind == .immediateOrCancel
        enter(taker, others, mayRest: stays)
    }

    private mutating func replace(
        _ sequence: UInt64, _ place: Int, _ price: Int64, _ quantity: Int64
    ) {
        var order = open[place]
        if let refusal = offGrid(instruments[order.instrument], price, quantity) {
            return refuse(sequence, refusal)
        }
        let filled = flaw == .amendForgetsFills ? 0 : order.filled
        if quantity <= filled {
            reports.append(.done(sequence: sequence))
            return leave(open.remove(at: place), .cancelled)
        }
        let (oldPrice, oldRest) = (order.price, order.rest)
        order.price = price
        order.rest = quantity - filled
        let staysInPlace = price == oldPrice && order.rest <= oldRest
        let others = staysInPlace ? [] : counterparties(order)
        if order.kind == .postOnly, !others.isEmpty { return refuse(sequence, .wouldTrade) }
        if price != oldPrice, !hasRoomForLevel { return refuse(sequence, .tooManyOrders) }
        reports.append(
            .replaced(
                sequence: sequence, OrderID(order.id), AccountID(order.account), Price(price),
                remaining: Quantity(order.rest)))
        if staysInPlace || flaw == .replacedKeepsPlace && others.isEmpty {
            open[place] = order
        } else {
            open.remove(at: place)
            enter(order, others, mayRest: true)
        }
    }

    /// Trades with each in turn, then joins the book or leaves.
    private mutating func enter(_ order: Order, _ others: [Order], mayRest: Bool) {
        var taker = order
        for other in others where taker.rest > 0 {
            if other.account == taker.account, flaw != .tradesWithItself {
                return leave(taker, .selfTrade)
            }
            trade(&taker, index(OrderID(other.id)))
        }
        if taker.rest == 0 { return leave(taker, .filled) }
        guard mayRest else { return leave(taker, .expired) }
        arrivals += 1
        taker.arrival = arrivals
        open.append(taker)
    }

    private mutating func trade(_ taker: inout Order, _ place: Int) {
        let quantity = min(taker.rest, open[place].rest)
        let instrument = instruments[taker.instrument]
        let price = flaw == .takersPrice ? taker.price : open[place].price
        let value = Int128(price) * Int128(quantity) / Int128(instrument.divisor)
        let makerFee = charge(&open[place], value, instrument.makerFee)
        let takerFee = charge(&taker, value, instrument.takerFee)
        taker.rest -= quantity
        taker.filled += quantity
        open[place].rest -= quantity
        open[place].filled += quantity
        trades += 1
        reports.append(
            .trade(
                Trade(
                    id: TradeID(trades), instrument: InstrumentID(UInt16(taker.instrument)),
                    price: Price(price), quantity: Quantity(quantity),
                    notional: Amount(Int64(value)), takerSide: taker.side,
                    maker: OrderID(open[place].id), makerAccount: AccountID(open[place].account),
                    taker: OrderID(taker.id), takerAccount: AccountID(taker.account),
                    makerFee: Amount(makerFee), takerFee: Amount(takerFee))))
        if open[place].rest == 0 {
            leave(open.remove(at: place), .filled)
        } else if flaw == .partialFillLosesPlace {
            arrivals += 1
            open[place].arrival = arrivals
        }
    }

    /// All fees of an order together are rounded up once.
    private func charge(_ order: inout Order, _ value: Int128, _ rate: UInt32) -> Int64 {
        let cost = value * Int128(rate)
        order.owed += cost
        if flaw == .feeRoundedEachTime { return Int64((cost + 99_999) / 100_000) }
        let whole = Int64((order.owed + 99_999) / 100_000)
        defer { order.charged = whole }
        return whole - order.charged
    }

    /// One side of a book in the order in which it would trade.
    func book(_ instrument: Int, _ side: Side) -> [Matching.OpenOrder] {
        sorted(instrument * 2 + (side == .buy ? 0 : 1)).map {
            Matching.OpenOrder(
                id: OrderID($0.id), account: AccountID($0.account), price: Price($0.price),
                rest: Quantity($0.rest), filled: Quantity($0.filled))
        }
    }
}
