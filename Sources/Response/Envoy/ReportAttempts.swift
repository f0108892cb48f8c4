internal import Breach
internal import LedgerTreaty
internal import Numerals
internal import OrderTreaty
internal import Passage
internal import RiskTreaty

/// False tales to the one that answers clients; ids as in `Technique.reports`.
enum ReportAttempts {
    static let all: [(String, Attempt)] = [
        ("fill.unknown-order", unknownOrder), ("fill.beyond-quantity", beyondQuantity),
        ("fill.outside-limit", outsideLimit), ("fill.repeated", repeated),
    ]

    /// A client's order has met the one that rests, with a fill that the attempt makes false.
    private static func tale(
        _ mission: Mission, _ lie: @escaping (EnvoyOrders, inout Trade) -> Void, times: Int = 1
    ) -> Finding {
        guard
            mission.opened.contains(where: { $0.messages.contains(LedgerMessage.settlements.name) })
        else { return Finding(.inapplicable("it says `results` to nobody who takes orders")) }
        guard var role = Role(mission, .settlements) else {
            return Finding(.couldNotRun("nobody takes `settlements` from it"))
        }
        let told = mission.orders
        return role.tale { sequence, order in
            var trade = Trade(
                id: TradeID(1), instrument: order.instrument, price: Price(told.price),
                quantity: Quantity(order.quantity.raw / 2), notional: .zero, takerSide: order.side,
                maker: OrderID(told.resting), makerAccount: AccountID(told.account),
                taker: OrderID(sequence), takerAccount: order.account, makerFee: .zero,
                takerFee: .zero)
            lie(told, &trade)
            let (value, overflow) = trade.price.raw.multipliedReportingOverflow(
                by: trade.quantity.raw)
            trade.notional = Amount(overflow ? 1 : max(1, value / max(1, told.divisor)))
            let entered = RiskTreaty.Report.accepted(
                sequence: sequence, order.account, order.instrument, order.side, order.price,
                order.quantity)
            return [entered] + Array(repeating: .trade(trade), count: times)
        }
    }

    private static func unknownOrder(_ mission: Mission) -> Finding {
        tale(mission, { _, trade in trade.maker = OrderID(1 << 40) })
    }

    private static func beyondQuantity(_ mission: Mission) -> Finding {
        tale(mission, { _, trade in trade.quantity = Quantity(trade.quantity.raw * 4) })
    }

    private static func outsideLimit(_ mission: Mission) -> Finding {
        tale(mission, { told, trade in trade.price = Price(trade.price.raw + told.tick) })
    }

    private static func repeated(_ mission: Mission) -> Finding {
        tale(mission, { _, _ in }, times: 2)
    }
}
