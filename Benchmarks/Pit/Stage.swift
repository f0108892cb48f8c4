internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// One instrument with fees, and commands for it.
enum Stage {
    static let listing = Listing(
        currencies: [Currency(name: "AAA", digits: 0), Currency(name: "BBB", digits: 0)],
        instruments: [
            Instrument(
                symbol: "AAA-BBB", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
                quantityDigits: 0, tick: Price(1), lot: Quantity(1),
                quantityMax: Quantity(1 << 40), valueMin: Amount(0), valueMax: Amount(1 << 60),
                collarBasisPoints: 10_000, makerFee: 10, takerFee: 20, reference: Price(1),
                divisor: 1)
        ])

    private static let client: ClientOrderID = {
        guard let client = ClientOrderID("a") else { fatalError("no client order id") }
        return client
    }()

    /// The accounts of both sides are apart: nobody meets an order of their own.
    private static func account(_ order: UInt32, _ side: Side) -> AccountID {
        AccountID(order % 500 * 2 + (side == .buy ? 1 : 2))
    }

    /// Lines as risk sends them; `before` of the stream stand before them.
    static func block(_ lines: [Line], before: Int, number: UInt64) -> Instructions {
        let list = lines.enumerated().map { index, line in
            instruction(line, UInt64(before + index + 1))
        }
        return Instructions(block: number, time: number, list: list)
    }

    private static func instruction(_ line: Line, _ sequence: UInt64) -> Instruction {
        let account = account(line.order, line.side)
        let order = OrderID(UInt64(line.order))
        let (price, quantity) = (Price(Int64(line.price)), Quantity(Int64(line.quantity)))
        switch line.kind {
        case .add, .take:
            return .place(
                sequence: sequence,
                NewOrder(
                    account: account, instrument: InstrumentID(0), side: line.side,
                    kind: line.kind == .add ? .limit : .immediateOrCancel, price: price,
                    quantity: quantity, client: client))
        case .cancel: return .cancel(sequence: sequence, account, order)
        case .move: return .replace(sequence: sequence, account, order, price, quantity)
        }
    }
}
