internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

/// What members of a market do; `Stream.make` says what each number means.
enum Market: String, CaseIterable {
    /// About a thousand orders around a middle that wanders.
    case moving
    /// A hundred thousand orders that hardly anybody takes: 500 at each of 200 prices.
    case deep
    /// Of a hundred commands 9 orders, 3 that may not rest, 6 cancels and 82 moves.
    case moves
    /// Each twentieth order takes a hundred others.
    case sweeps
    /// Twenty thousand prices with one order each.
    case thin
}

/// One command as both engines read it: 16 bytes, little-endian.
struct Line {
    enum Kind: UInt8 {
        case add = 1
        case cancel = 2
        /// Another price; the whole quantity stays.
        case move = 3
        /// What does not trade at once is gone.
        case take = 4
    }
    var kind: Kind
    var side: Side
    /// Of the order that is meant: the number of the line that placed it, from 1.
    var order: UInt32
    var price: UInt32
    var quantity: UInt32

    static let bytes = 16
}

/// The same numbers on every machine.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
    mutating func side() -> Side { number(0...1) == 0 ? .buy : .sell }
}

/// A stream of commands whose cancels and moves name orders that are open.
struct Stream {
    static let middle = 1_000_000

    private let market: Market
    private var random: Seeded
    private var middle = Stream.middle
    private var engine: Matching
    private var reports: [Report] = []
    private(set) var lines: [Line] = []
    private var open: [UInt32] = []
    /// Where in `open` an order is.
    private var places: [UInt32: Int] = [:]
    private var prices: [UInt32: UInt32] = [:]

    init(_ market: Market, seed: UInt64) {
        self.market = market
        random = Seeded(state: seed)
        engine = Matching(Stage.listing)
    }

    /// The orders that stand there first, then that many commands; the count of the first.
    mutating func make(_ count: Int) -> Int {
        switch market {
        case .moving, .moves, .sweeps: for _ in 0..<1_000 { add(away: random.number(1...50)) }
        case .deep: for index in 0..<100_000 { add(away: 1 + index / 2 % 100) }
        case .thin: for index in 0..<20_000 { add(away: 1 + index / 2) }
        }
        let opening = lines.count
        while lines.count < opening + count { step() }
        return opening
    }

    private mutating func step() {
        let dice = random.number(0...99)
        switch market {
        case .moving:
            middle += random.number(-1...1)
            if dice < 10 { return cross(1...20) }
            if dice < 25 { return move(1...50) }
            keep(1_000, 1...50)
        case .deep:
            if dice < 1 { return cross(1...5) }
            if dice < 4 { return move(1...100) }
            keep(100_000, 1...100)
        case .moves:
            middle += random.number(-1...1)
            if dice < 3 { return put(.take, random.side(), -2, random.number(1...20)) }
            if dice < 85 { return move(1...50) }
            if dice < 94 { add(away: random.number(1...50)) } else { cancel() }
        case .sweeps:
            if dice < 5 { return cross(500...1_500) }
            keep(1_000, 1...50)
        case .thin:
            if dice < 10 { return cross(1...20) }
            if dice < 40 { return move(1...10_000) }
            keep(20_000, 1...10_000)
        }
    }

    private mutating func keep(_ target: Int, _ away: ClosedRange<Int>) {
        let isAdd = random.number(0...2 * target) > open.count
        if isAdd { add(away: random.number(away)) } else { cancel() }
    }

    private mutating func add(away: Int) {
        put(.add, random.side(), away, random.number(1...20))
    }

    private mutating func cross(_ quantity: ClosedRange<Int>) {
        put(.add, random.side(), -60, random.number(quantity))
    }

    private mutating func cancel() {
        guard let order = open.randomElement(using: &random) else { return }
        let line = lines[Int(order) - 1]
        apply(Line(kind: .cancel, side: line.side, order: order, price: 1, quantity: 1))
    }

    private mutating func move(_ away: ClosedRange<Int>) {
        guard let order = open.randomElement(using: &random) else { return }
        let line = lines[Int(order) - 1]
        let price = price(line.side, random.number(away))
        // At its own price one engine keeps the order's place, and the other does not.
        guard price != prices[order] else { return }
        prices[order] = price
        apply(
            Line(
                kind: .move, side: line.side, order: order, price: price, quantity: line.quantity))
    }

    private mutating func put(_ kind: Line.Kind, _ side: Side, _ away: Int, _ quantity: Int) {
        prices[UInt32(lines.count + 1)] = price(side, away)
        apply(
            Line(
                kind: kind, side: side, order: UInt32(lines.count + 1), price: price(side, away),
                quantity: UInt32(quantity)))
    }

    private func price(_ side: Side, _ away: Int) -> UInt32 {
        UInt32(side == .buy ? middle - away : middle + away)
    }

    private mutating func apply(_ line: Line) {
        lines.append(line)
        reports.removeAll(keepingCapacity: true)
        let block = Stage.block([line], before: lines.count - 1, number: UInt64(lines.count))
        do throws(Disorder) { try engine.apply(block, into: &reports) } catch {
            fatalError("\(error)")
        }
        for report in reports {
            switch report {
            case .accepted(let sequence, _, _, _, _, _):
                places[UInt32(sequence)] = open.count
                open.append(UInt32(sequence))
            case .left(let id, _, _, _): leave(UInt32(id.raw))
            default: break
            }
        }
    }

    private mutating func leave(_ order: UInt32) {
        guard let place = places.removeValue(forKey: order), let last = open.popLast(),
            last != order
        else { return }
        open[place] = last
        places[last] = place
    }
}
