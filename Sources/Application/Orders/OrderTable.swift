internal import Numerals
internal import OrderTreaty

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
    private var entries: [OrderID: Entry] = [:]
    private var names: [ClientKey: OrderID] = [:]
    private var placed = PlacedSet()
    /// Finished orders by the time of their end, a ring once it is full.
    private var finished: [OrderID] = []
    private var oldest = 0
    /// Orders in the book.
    private(set) var open = 0

    init(finishedMax: Int) { self.finishedMax = max(finishedMax, 1) }

    var hasRoom: Bool { placed.hasRoom }
    /// Views that are kept.
    var count: Int { entries.count }

    subscript(id: OrderID) -> Entry? { entries[id] }

    func find(_ key: ClientKey) -> Entry? { names[key].flatMap { entries[$0] } }

    /// It was placed once, and its view is gone.
    func isForgotten(_ key: ClientKey) -> Bool { placed.contains(key) }

    mutating func insert(_ id: OrderID, _ order: NewOrder, block: UInt64) {
        let view = OrderView(
            id: id, order: order, state: .pending, refusal: nil, filled: .zero, filledValue: .zero)
        entries[id] = Entry(view: view, price: order.price, quantity: order.quantity, block: block)
        names[ClientKey(account: order.account, client: order.client)] = id
    }

    /// As if it had never been placed.
    mutating func remove(_ id: OrderID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        names[entry.key] = nil
    }

    /// Changes an order that is pending or open; false when there is none.
    mutating func change(_ id: OrderID, _ body: (inout OrderView) -> Void) -> Bool {
        guard let index = entries.index(forKey: id), !entries.values[index].isFinished else {
            return false
        }
        let wasOpen = entries.values[index].view.state == .open
        body(&entries.values[index].view)
        let isOpen = entries.values[index].view.state == .open
        if isOpen != wasOpen { open += isOpen ? 1 : -1 }
        if entries.values[index].isFinished { keep(id) }
        return true
    }

    private mutating func keep(_ id: OrderID) {
        if finished.count < finishedMax {
            finished.append(id)
            return
        }
        if let entry = entries.removeValue(forKey: finished[oldest]) {
            names[entry.key] = nil
            placed.insert(entry.key)
        }
        finished[oldest] = id
        oldest = (oldest + 1) % finishedMax
    }

    /// By id: for digests and tests.
    var sorted: [OrderView] { entries.values.map(\.view).sorted { $0.id < $1.id } }
}

extension Entry {
    fileprivate var key: ClientKey {
        ClientKey(account: view.order.account, client: view.order.client)
    }
}
