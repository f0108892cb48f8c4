import Descriptors
import Load
import Numerals
import OrderTreaty
import Testing

/// Not part of the repository.
private let samplePath = "../shared/data/orderflow/sample.itch50"

@Suite("Order-flow files")
struct ITCHTests {
    static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    static func message(_ type: Character, _ body: [UInt8], length: UInt16 = 0) -> [UInt8] {
        number(UInt64(length), 2) + [type.asciiValue ?? 0] + [0, 1, 0, 0] + number(1, 6) + body
    }

    static func add(_ reference: UInt64, _ side: Character, _ price: UInt64) -> [UInt8] {
        message(
            "A",
            number(reference, 8) + [side.asciiValue ?? 0] + number(100, 4)
                + Array("OWN     ".utf8) + number(price, 4))
    }

    static let own: [UInt8] =
        message("S", [UInt8(ascii: "O")]) + add(1, "B", 10_000) + add(2, "S", 10_100)
        + message("E", number(1, 8) + number(50, 4) + number(9, 8))
        + message("X", number(99, 8) + number(5, 4))
        + message("U", number(2, 8) + number(3, 8) + number(200, 4) + number(10_200, 4))
        + message("D", number(3, 8), length: 19) + message("D", number(2, 8))

    static let listing = Listing(
        currencies: [Currency(name: "USD", digits: 2), Currency(name: "OWN", digits: 0)],
        instruments: [
            Instrument(
                symbol: "OWN-USD", base: CurrencyID(1), quote: CurrencyID(0), priceDigits: 2,
                quantityDigits: 0, tick: Price(1), lot: Quantity(1), quantityMax: Quantity(10_000),
                valueMin: Amount(100), valueMax: Amount(1_000_000_000), collarBasisPoints: 1_000,
                makerFee: 10, takerFee: 20, reference: Price(5_000), divisor: 1)
        ])

    @Test("a file becomes places, replaces and cancels; the rest is counted")
    func replay() throws {
        var flow = ReplayFlow(
            Self.own, accounts: 4, listing: Self.listing, mids: [Price(5_000)])
        var steps: [LoadStep] = []
        while let step = try flow.next() { steps.append(step) }
        func order(_ side: Side, _ price: Int64) -> LoadOrder {
            LoadOrder(
                instrument: InstrumentID(0), side: side, kind: .limit, price: Price(price),
                quantity: Quantity(2))
        }
        #expect(
            steps == [
                .place(account: 1, order(.buy, 5_000)), .place(account: 2, order(.sell, 5_050)),
                .replace(order: 1, Price(5_100), Quantity(3)), .cancel(order: 1),
            ])
        #expect(flow.counts.executions == 1)
        #expect(flow.counts.unknown == 2)
        #expect(flow.counts.others == 1)
    }

    @Test(
        "what is no such file is refused with its place",
        arguments: [
            ([0], ITCHReader.Problem.cutShort), ([0, 0, 0x7A], .unknownType),
            ([0, 9, 0x44], .wrongLength), ([0, 0, 0x44, 1], .cutShort),
            (add(1, "Q", 1), .unknownSide),
        ])
    func refused(bytes: [UInt8], problem: ITCHReader.Problem) {
        var reader = ITCHReader(bytes)
        var found: ITCHReader.Flaw?
        do throws(ITCHReader.Flaw) { _ = try reader.next() } catch { found = error }
        #expect(found?.problem == problem)
        #expect(found?.offset == 0)
    }

    @Test("a replaced order keeps the proportion to its own stock's first price")
    func ownFirst() throws {
        func add(_ reference: UInt64, _ stock: String, _ price: UInt64) -> [UInt8] {
            Self.message(
                "A",
                Self.number(reference, 8) + [UInt8(ascii: "B")] + Self.number(100, 4)
                    + Array(stock.utf8) + Self.number(price, 4))
        }
        // Nine stocks of one instrument: the price of any other would be far off.
        let stocks = (1...9 as ClosedRange<UInt64>).map { ($0, "STOCK-0\($0)", $0 * 1_000) }
        let bytes =
            stocks.flatMap { add($0.0, $0.1, $0.2) }
            + stocks.flatMap { one in
                Self.message(
                    "U",
                    Self.number(one.0, 8) + Self.number(one.0 + 100, 8) + Self.number(100, 4)
                        + Self.number(one.2 * 2, 4))
            }
        var flow = ReplayFlow(bytes, accounts: 1, listing: Self.listing, mids: [Price(5_000)])
        #expect(try flow.count() == 18)
        var prices: Set<Int64> = []
        while let step = try flow.next() {
            if case .replace(_, let price, _) = step { prices.insert(price.raw) }
        }
        #expect(prices == [10_000])
    }

    @Test("changed and cut files never trap", arguments: 1...8)
    func mutated(seed: UInt64) {
        var random = Seeded(seed: seed)
        for _ in 0..<1_000 {
            var bytes = Self.own
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<40, using: &random))
            var flow = ReplayFlow(bytes, accounts: 3, listing: Self.listing, mids: [Price(1)])
            while let step = try? flow.next() { _ = step }
        }
    }

    @Test(
        "the sample has the messages that its description counts",
        .enabled(if: Files.facts(of: samplePath) != nil, "the sample is not there"))
    func sample() throws {
        var reader = ITCHReader(try Files.read(samplePath, limit: 1 << 20))
        var counts: [String: Int] = [:]
        while let message = try reader.next() {
            let name =
                switch message {
                case .add: "A"
                case .executed: "E"
                case .reduce: "X"
                case .delete: "D"
                case .replace: "U"
                case .other: "other"
                }
            counts[name, default: 0] += 1
        }
        #expect(reader.count == 12_012)
        #expect(
            counts == [
                "A": 5_000, "E": 198, "X": 45, "D": 1_745, "U": 12, "other": 5_012,
            ])
    }

    @Test("a mix is the same for the same seed, on tick and lot, and within the least value")
    func mix() {
        func steps() -> [LoadStep] {
            var flow = OrderFlow(
                seed: 7, accounts: 3, listing: Self.listing, mids: [Price(5_000)])
            return (0..<2_000).map { _ in flow.next(open: []) }
        }
        let first = steps()
        #expect(first == steps())
        let bad = first.filter { step in
            guard case .place(let account, let order) = step else { return true }
            let price = order.price?.raw ?? 5_000
            return !(0..<3).contains(account) || price <= 0
                || price * order.quantity.raw < Self.listing.instruments[0].valueMin.raw
        }
        #expect(bad.isEmpty)
    }
}
