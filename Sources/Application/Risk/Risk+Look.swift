public import LedgerTreaty
internal import Tables
public import Numerals
public import OrderTreaty

/// What risk knows, for tests, auditors and people.
extension Risk {
    /// Balances of an account, by ascending currency.
    public func balances(_ account: AccountID) -> [Balance] {
        guard exists(account.raw) else { return [] }
        var list: [Balance] = []
        var place = accounts[Int(account.raw) - 1].balance
        while place != none {
            let one = funds[Int(place)]
            list.append(
                Balance(
                    currency: CurrencyID(one.currency), available: Amount(one.available),
                    held: Amount(one.held), reserved: Amount(one.reserved)))
            place = one.next
        }
        return list.sorted { $0.currency < $1.currency }
    }

    /// Accounts so far.
    public var accountCount: Int { accounts.count }

    /// Orders that are open.
    public var openOrders: Int { openCount }

    /// What is held for an open order; nil for one that is not.
    public func held(for order: OrderID) -> Amount? {
        let node = index.find(order.raw)
        return node == none ? nil : Amount(holds[Int(node)].hold)
    }

    /// Fees taken so far in a currency.
    public func feesTaken(_ currency: CurrencyID) -> Amount {
        Int(currency.raw) < fees.count ? Amount(fees[Int(currency.raw)]) : .zero
    }

    /// What came in and has not left.
    public func issued(_ currency: CurrencyID) -> Amount {
        Int(currency.raw) < issued.count ? Amount(issued[Int(currency.raw)]) : .zero
    }
}
