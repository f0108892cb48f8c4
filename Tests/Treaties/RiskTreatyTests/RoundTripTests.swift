import Bytes
import Chance
import Numerals
import OrderTreaty
import RiskTreaty
import RoundTrips
import Testing

/// Values of every shape, ordinary and at the edges.
struct Samples {
    var random = Seeded(state: 2)

    mutating func account() -> AccountID { AccountID([0, 1, .max, 7][random.below(4)]) }
    mutating func order() -> OrderID { OrderID([0, 1, .max, 1 << 40][random.below(4)]) }
    mutating func number() -> Int64 { [1, .max, 12_345, 1 << 33][random.below(4)] }
    mutating func side() -> Side { random.below(2) == 0 ? .buy : .sell }
    mutating func refusal() -> Refusal { Refusal.allCases[random.below(Refusal.allCases.count)] }
    mutating func digest() -> [UInt8] { (0..<32).map { _ in UInt8(random.below(256)) } }

    mutating func instruction() throws -> Instruction {
        let (sequence, account, order) = (random.next(), account(), order())
        switch random.below(6) {
        case 0: return .pass(sequence: sequence)
        case 1: return .refuse(sequence: sequence, refusal())
        case 2:
            return .place(
                sequence: sequence,
                NewOrder(
                    account: account, instrument: InstrumentID(3), side: side(), kind: .postOnly,
                    price: Price(number()), quantity: Quantity(number()),
                    client: try #require(ClientOrderID("client-1"))))
        case 3: return .cancel(sequence: sequence, account, order)
        case 4:
            return .replace(
                sequence: sequence, account, order, Price(number()), Quantity(number()))
        default: return .cancelAll(sequence: sequence, account)
        }
    }

    mutating func report() -> Report {
        let (sequence, account, order) = (random.next(), account(), order())
        let whys: [Departure] = [.filled, .cancelled, .expired, .selfTrade, .wouldTrade]
        switch random.below(6) {
        case 0: return .done(sequence: sequence)
        case 1: return .refused(sequence: sequence, refusal())
        case 2:
            return .accepted(
                sequence: sequence, account, InstrumentID(.max), side(), Price(number()),
                Quantity(number()))
        case 3: return .trade(trade())
        case 4:
            return .left(
                order, account, whys[random.below(5)],
                remaining: Quantity(Int64(random.below(2)) * number()))
        default:
            return .replaced(
                sequence: sequence, order, account, Price(number()),
                remaining: Quantity(Int64(random.below(2)) * number()))
        }
    }

    mutating func trade() -> Trade {
        Trade(
            id: TradeID(random.next()), instrument: InstrumentID(1), price: Price(number()),
            quantity: Quantity(number()), notional: Amount(number()), takerSide: side(),
            maker: order(), makerAccount: account(), taker: order(), takerAccount: account(),
            makerFee: .zero, takerFee: Amount(number()))
    }
}

@Suite("RiskTreaty on the wire")
struct RoundTripTests {
    static func instructions() throws -> Wire<Instructions> {
        var samples = Samples()
        let list = try [1, 2, 60, Block.commandsMax].map { count in
            Instructions(
                block: samples.random.next() | 1, time: samples.random.next(),
                list: try (0..<count).map { _ in try samples.instruction() })
        }
        return Wire(list, { $0.encode(into: &$1) }, Instructions.decode)
    }

    static func results() -> Wire<Results> {
        var samples = Samples()
        let list = [0, 1, 80, 3_000].map { count in
            Results(
                block: samples.random.next() | 1, time: samples.random.next(),
                digest: samples.digest(), isPart: count == 80,
                reports: (0..<count).map { _ in samples.report() })
        }
        return Wire(list, { $0.encode(into: &$1) }, Results.decode)
    }

    static func single() throws -> (Wire<Instruction>, Wire<Report>) {
        var samples = Samples()
        let instructions = try (0..<120).map { _ in try samples.instruction() }
        let reports = (0..<120).map { _ in samples.report() }
        return (
            Wire(instructions, { $0.encode(into: &$1) }, Instruction.decode),
            Wire(reports, { $0.encode(into: &$1) }, Report.decode)
        )
    }

    static func resumes() -> Wire<Resume> {
        var samples = Samples()
        let list = [Resume(block: 0), Resume(block: .max, digest: samples.digest())]
        return Wire(list, { $0.encode(into: &$1) }, Resume.decode)
    }

    @Test("every type is read back as it was written, and never from a part of it")
    func roundTrips() throws {
        let (instruction, report) = try Self.single()
        #expect(instruction.roundTrips() == [])
        #expect(report.roundTrips() == [])
        #expect(try Self.instructions().roundTrips() == [])
        #expect(Self.results().roundTrips() == [])
        #expect(Self.resumes().roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() throws {
        let (instruction, report) = try Self.single()
        #expect(instruction.endures(20_000, seed: 1) == [])
        #expect(report.endures(20_000, seed: 2) == [])
        #expect(try Self.instructions().endures(1_000, seed: 3) == [])
        #expect(Self.results().endures(1_000, seed: 4) == [])
        #expect(Self.resumes().endures(1_000, seed: 5) == [])
    }

    @Test("no count makes room for what did not come")
    func counts() {
        var writer = ByteWriter()
        Results(
            block: 1, time: 1, digest: [UInt8](repeating: 0, count: 32), isPart: false, reports: []
        ).encode(into: &writer)
        var bytes = writer.bytes
        bytes.replaceSubrange(49..<53, with: [0xFF, 0xFF, 0xFF, 0x7F])
        var reader = ByteReader(bytes)
        #expect(throws: Malformed.self) { try Results.decode(&reader) }
    }

    @Test("what is negative, or zero and must not be, is malformed")
    func signs() {
        var samples = Samples()
        for raw in [0, -1, .min] as [Int64] {
            var wrong = [samples.trade(), samples.trade(), samples.trade()]
            wrong[0].price = Price(raw)
            wrong[1].quantity = Quantity(raw)
            wrong[2].notional = Amount(raw)
            let reports: [Report] =
                wrong.map { .trade($0) } + [
                    .accepted(
                        sequence: 1, AccountID(1), InstrumentID(1), .buy, Price(raw), Quantity(1)),
                    .accepted(
                        sequence: 1, AccountID(1), InstrumentID(1), .buy, Price(1), Quantity(raw)),
                    .left(OrderID(1), AccountID(1), .filled, remaining: Quantity(min(raw, -1))),
                    .replaced(
                        sequence: 1, OrderID(1), AccountID(1), Price(raw), remaining: Quantity(1)),
                ]
            for report in reports {
                var writer = ByteWriter()
                report.encode(into: &writer)
                var reader = ByteReader(writer.bytes)
                #expect(throws: Malformed.self, "\(report)") { try Report.decode(&reader) }
            }
        }
    }

    @Test("an instruction knows the number of its command")
    func sequences() throws {
        var samples = Samples()
        for _ in 0..<60 {
            let one = try samples.instruction()
            var writer = ByteWriter()
            one.encode(into: &writer)
            var reader = ByteReader(Array(writer.bytes.dropFirst()))
            #expect(try reader.integer(UInt64.self) == one.sequence)
        }
        #expect(Set(StreamMessage.allCases.map(\.name)).count == StreamMessage.allCases.count)
    }
}
