internal import Chance
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// How a market moves, and what its members do.
enum Weather: CaseIterable {
    /// Deep, and hardly moving: most orders wait far from the middle.
    case deep
    /// The middle wanders.
    case drifting
    /// Now and then an order sweeps dozens of levels.
    case violent
    /// Most commands take back or change.
    case restless
    /// Thousands of orders at one price.
    case oneLevel
    /// Thousands of levels of one small order.
    case thin
}

/// Instructions of one weather, the same for the same seed.
struct Flow {
    let weather: Weather
    var random: Seeded
    private var middle: Int64 = 10_000
    private var sequence: UInt64 = 0
    private var placed: [(id: UInt64, account: UInt32)] = []

    init(_ weather: Weather, seed: UInt64) {
        self.weather = weather
        random = Seeded(state: seed)
    }

    /// What stands in the book before: more than the rest of the flow takes away.
    mutating func opening() -> [Instruction] {
        switch weather {
        case .deep: (0..<1_500).map { _ in place(distance: 20...400, crossing: false) }
        case .oneLevel: (0..<2_000).map { _ in place(.buy, at: middle, quantity: 1...9) }
        case .thin:
            (1...2_000).map { step in
                place(
                    step % 2 == 0 ? .buy : .sell, at: middle + (step % 2 == 0 ? -5 : 5) * step,
                    quantity: 1...2)
            }
        default: (0..<100).map { _ in place(distance: 1...60, crossing: false) }
        }
    }

    mutating func next() -> Instruction {
        let dice = random.number(0...99)
        switch weather {
        case .deep:
            if dice < 25 { return touch() }
            return place(distance: 1...400, crossing: dice < 32)
        case .drifting:
            middle = max(1_000, middle + 5 * random.number(-6...6))
            return dice < 25 ? touch() : place(distance: 0...50, crossing: dice < 60)
        case .violent:
            if dice < 3 { return sweep() }
            return dice < 15 ? touch() : place(distance: 1...60, crossing: dice < 20)
        case .restless: return dice < 80 ? touch() : place(distance: 0...40, crossing: dice < 88)
        case .oneLevel:
            if dice < 30 { return touch() }
            if dice < 55 { return place(.buy, at: middle, quantity: 1...9) }
            return place(.sell, at: middle + (dice < 90 ? 0 : 5), quantity: 1...40)
        case .thin:
            if dice < 20 { return touch() }
            if dice < 24 { return sweep() }
            return place(distance: 1...2_500, crossing: dice < 30)
        }
    }

    private mutating func account() -> UInt32 { UInt32(random.number(1...12)) }

    private mutating func step() -> UInt64 {
        sequence += 1
        return sequence
    }

    /// A cancel, a replacement, a cancel of all, or something that cannot be.
    private mutating func touch() -> Instruction {
        let target = placed.randomElement(using: &random) ?? (1, 1)
        let account = AccountID(random.number(0...15) == 0 ? account() : target.account)
        let order = OrderID(
            random.number(0...30) == 0 ? UInt64(random.number(0...Int64.max)) : target.id)
        switch random.number(0...200) {
        case 0: return .cancelAll(sequence: step(), AccountID(self.account()))
        case 1: return .pass(sequence: step())
        case 2: return .refuse(sequence: step(), .insufficientFunds)
        case 3...90: return .cancel(sequence: step(), account, order)
        default:
            let price = max(5, middle + 5 * random.number(-30...30))
            let odd: Int64 = random.number(0...40) == 0 ? 1 : 0
            return .replace(
                sequence: step(), account, order, Price(price + odd),
                Quantity(10 * random.number(1...20) + (random.number(0...40) == 0 ? 1 : 0)))
        }
    }

    /// An order that takes dozens of levels at once.
    private mutating func sweep() -> Instruction {
        let side: Side = random.number(0...1) == 0 ? .buy : .sell
        let reach = 5 * random.number(20...200)
        return order(
            side, [.limit, .immediateOrCancel, .market][Int(random.number(0...2))],
            max(5, middle + (side == .buy ? reach : -reach)), 10 * random.number(50...800))
    }

    private mutating func place(distance: ClosedRange<Int64>, crossing: Bool) -> Instruction {
        let side: Side = random.number(0...1) == 0 ? .buy : .sell
        let away = 5 * random.number(distance) * ((side == .sell) == crossing ? -1 : 1)
        let kinds: [OrderKind] = [.limit, .limit, .limit, .postOnly, .immediateOrCancel, .market]
        let kind = kinds[Int(random.number(0...(crossing ? 5 : 3)))]
        let odd: Int64 = random.number(0...60) == 0 ? 1 : 0
        return order(side, kind, max(5, middle + away) + odd, 10 * random.number(1...20))
    }

    private mutating func place(
        _ side: Side, at price: Int64, quantity: ClosedRange<Int64>
    ) -> Instruction {
        order(side, .limit, max(5, price), 10 * random.number(quantity))
    }

    private mutating func order(
        _ side: Side, _ kind: OrderKind, _ price: Int64, _ quantity: Int64
    ) -> Instruction {
        let account = account()
        let id = step()
        placed.append((id, account))
        if placed.count > 400 { placed.removeFirst() }
        return .place(
            sequence: id,
            NewOrder(
                account: AccountID(account),
                instrument: InstrumentID(random.number(0...12) == 0 ? 1 : 0), side: side,
                kind: kind, price: Price(price), quantity: Quantity(quantity), client: clientName))
    }
}

let clientName: ClientOrderID = {
    guard let id = ClientOrderID("a") else { fatalError("a client order id that is one") }
    return id
}()
