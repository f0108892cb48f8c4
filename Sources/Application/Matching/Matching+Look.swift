public import Numerals
public import OrderTreaty
internal import Tables

extension Matching {
    /// An open order as it stands.
    public struct OpenOrder: Sendable, Hashable {
        /// Its id and whose it is.
        public var id: OrderID
        /// Whose it is.
        public var account: AccountID
        /// Its limit.
        public var price: Price
        /// What is not filled, and what is.
        public var rest: Quantity
        /// What is filled.
        public var filled: Quantity

        /// Puts one together.
        public init(
            id: OrderID, account: AccountID, price: Price, rest: Quantity, filled: Quantity
        ) {
            self.id = id
            self.account = account
            self.price = price
            self.rest = rest
            self.filled = filled
        }
    }

    /// All open orders of one side of a book, in the order in which they would trade.
    public func open(_ instrument: InstrumentID, _ side: Side) -> [OpenOrder] {
        guard Int(instrument.raw) < books.count else { return [] }
        var list: [OpenOrder] = []
        var level = books[Int(instrument.raw)].best(side)
        while level != none {
            var node = levels[Int(level)].first
            while node != none {
                let order = orders[Int(node)]
                list.append(
                    OpenOrder(
                        id: OrderID(order.id), account: AccountID(order.account),
                        price: Price(order.price), rest: Quantity(order.rest),
                        filled: Quantity(order.filled)))
                node = order.next
            }
            let here = levels[Int(level)]
            level =
                side == .buy
                ? ladders.below(here.key, from: here.leaf)
                : ladders.above(here.key, from: here.leaf)
        }
        return list
    }
}
