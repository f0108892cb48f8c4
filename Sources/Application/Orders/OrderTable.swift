internal import Numerals
internal import OrderTreaty
internal import Tables

/// An account and the client's own name of an order.
struct ClientKey: Hashable, Sendable {
    let account: AccountID
    let client: ClientOrderID
}

/// An order with what was first asked: a client that asks again must ask the same.
struct Entry: Sendable {
    var view: OrderView
    /// As placed; `view` follows replacements.
    let price: Price
    let quantity: Quantity
    /// The block that it came in.
    let block: UInt64

    var isFinished: Bool {
        switch view.state {
        case .pending, .open: false
        case .filled, .cancelled, .expired, .refused: true
        }
    }
}

/// Every open order, the newest finished ones, and the names of all the others.
struct OrderTable: Sendable {
    private let finishedMax: Int
    private var entries: [Entry] = []
    /// Places in `entries` that nothing is in.
    private var free: [UInt32] = []
    private var index = IndexTable()
    private var names: [ClientKey: UInt32] = [:]
    private var placed = PlacedSet()
    /// Finished orders by the time of their end, a ring once it is full.
    private var finished: [OrderID] = []
    private var oldest = 0
    /// Orders in the book.
    private(set) var open = 0

    init(finishedMax: Int) { self.finishedMax = max(finishedMax, 1) }

    var hasRoom: Bool { placed.hasRoom }
    /// Views that are kept.
    var count: Int { index.count }

    subscript(id: OrderID) -> Entry? {
        let place = index.find(id.raw)
        return place == IndexTable.none ? nil : entries[Int(place)]
    }

    func find(_ key: ClientKey) -> Entry? { names[key].map { entries[Int($0)] } }

    /// It was placed once, and its view is gone.
    func isForgotten(_ key: ClientKey) -> Bool { placed.contains(key) }

    mutating func insert(_ id: OrderID, _ order: NewOrder, block: UInt64) {
        let view = OrderView(
            id: id, order: order, state: .pending, refusal: nil, filled: .zero, filledValue: .zero)
        let entry = Entry(view: view, price: order.price, quantity: order.quantity, block: block)
        let place = free.popLast() ?? UInt32(truncatingIfNeeded: entries.count)
        if Int(place) == entries.count {
            entries.append(entry)
        } else {
            entries[Int(place)] = entry
        }
        index.insert(id.raw, slot: place)
        names[entry.key] = place
    }

    /// As if it had never been placed.
    mutating func remove(_ id: OrderID) { _ = take(id) }

    private mutating func take(_ id: OrderID) -> ClientKey? {
        let place = index.find(id.raw)
        guard place != IndexTable.none else { return nil }
        let key = entries[Int(place)].key
        index.remove(id.raw)
        free.append(place)
        names[key] = nil
        return key
    }

    /// Changes an order that is pending or open; false when there is none.
    ///
    /// A body that throws has changed nothing.
    mutating func change(
        _ id: OrderID, _ body: (inout OrderView) throws(Misfit) -> Void
    ) throws(Misfit) -> Bool {
        let place = Int(index.find(id.raw))
        guard place != IndexTable.none, !entries[place].isFinished else { return false }
        let wasOpen = entries[place].view.state == .open
        try body(&entries[place].view)
        let isOpen = entries[place].view.state == .open
        if isOpen != wasOpen { open += isOpen ? 1 : -1 }
        if entries[place].isFinished { keep(id) }
        return true
    }

    private mutating func keep(_ id: OrderID) {
        if finished.count < finishedMax {
            finished.append(id)
            return
        }
        if let key = take(finished[oldest]) { placed.insert(key) }
        finished[oldest] = id
        oldest = (oldest + 1) % finishedMax
    }

    /// By id: for digests and tests.
    var sorted: [OrderView] {
        let empty = Set(free)
        return entries.indices.filter { !empty.contains(UInt32($0)) }.map { entries[$0].view }
            .sorted { $0.id < $1.id }
    }
}

extension Entry {
    fileprivate var key: ClientKey {
        ClientKey(account: view.order.account, client: view.order.client)
    }
}
