import Bytes
import MarketTreaty
import Numerals
import OrderTreaty
import RoundTrips
import Testing

@Suite("MarketTreaty on the wire")
struct RoundTripTests {
    static let level = Level(price: Price(.max), quantity: Quantity(1), orders: .max)
    static let print = Print(
        id: TradeID(.max), price: Price(1), quantity: Quantity(.max), takerSide: .sell, time: .max)

    static let queries = Wire(
        [1, 2, MarketQuery.countMax].map {
            MarketQuery(instrument: InstrumentID(.max), count: $0)
        }, { $0.encode(into: &$1) }, MarketQuery.decode)

    static let depths = Wire(
        [0, 1, Int(MarketQuery.countMax)].map {
            Depth(
                instrument: InstrumentID(3), block: .max, bids: Array(repeating: level, count: $0),
                asks: $0 == 1 ? [] : [level])
        }, { $0.encode(into: &$1) }, Depth.decode)

    static let tapes = Wire(
        [0, 1, Int(MarketQuery.countMax)].map {
            Tape(instrument: InstrumentID(3), prints: Array(repeating: print, count: $0))
        }, { $0.encode(into: &$1) }, Tape.decode)

    @Test("every type is read back as it was written, and never from a part of it")
    func roundTrips() {
        #expect(Self.queries.roundTrips() == [])
        #expect(Self.depths.roundTrips() == [])
        #expect(Self.tapes.roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() {
        #expect(Self.queries.endures(5_000, seed: 1) == [])
        #expect(Self.depths.endures(3_000, seed: 2) == [])
        #expect(Self.tapes.endures(3_000, seed: 3) == [])
    }

    @Test("a count of none or too many, and a longer book or tape, are malformed")
    func bounds() {
        for count in [0, MarketQuery.countMax + 1, .max] {
            let bytes = Self.queries.encode(
                MarketQuery(instrument: InstrumentID(0), count: count))
            #expect(throws: Malformed.self) { try Self.queries.decode(bytes) }
        }
        let many = Int(MarketQuery.countMax) + 1
        let depth = Depth(
            instrument: InstrumentID(0), block: 1, bids: [],
            asks: Array(repeating: Self.level, count: many))
        #expect(throws: Malformed.self) { try Self.depths.decode(Self.depths.encode(depth)) }
        let tape = Tape(
            instrument: InstrumentID(0), prints: Array(repeating: Self.print, count: many))
        #expect(throws: Malformed.self) { try Self.tapes.decode(Self.tapes.encode(tape)) }
        #expect(Set(MarketMessage.allCases.map(\.name)).count == MarketMessage.allCases.count)
    }
}
