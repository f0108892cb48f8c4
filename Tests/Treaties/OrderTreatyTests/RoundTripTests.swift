import Bytes
import Chance
import Numerals
import OrderTreaty
import RoundTrips
import Testing

/// Values of every shape, ordinary and at the edges.
struct Samples {
    var random = Seeded(state: 1)

    mutating func account() -> AccountID { AccountID([0, 1, .max, 7][random.below(4)]) }
    mutating func order() -> OrderID { OrderID([0, 1, .max, 1 << 40][random.below(4)]) }
    mutating func amount() -> Int64 { [1, .max, 12_345, 1 << 33][random.below(4)] }

    mutating func client() -> ClientOrderID? {
        ClientOrderID(["a", "A-1_b.2", String(repeating: "z", count: 36)][random.below(3)])
    }

    mutating func newOrder() throws -> NewOrder {
        NewOrder(
            account: account(), instrument: InstrumentID([0, .max][random.below(2)]),
            side: random.below(2) == 0 ? .buy : .sell,
            kind: [.limit, .market, .immediateOrCancel, .postOnly][random.below(4)],
            price: Price(amount()), quantity: Quantity(amount()), client: try #require(client()))
    }

    mutating func command() throws -> Command {
        let (account, order) = (account(), order())
        let currency = CurrencyID(UInt16(random.below(65_536)))
        switch random.below(11) {
        case 0: return .open(account)
        case 1: return .credit(account, currency, Amount(amount()))
        case 2: return .reserve(account, currency, Amount(amount()))
        case 3: return .settle(reserve: order.raw)
        case 4: return .release(reserve: order.raw)
        case 5: return .place(try newOrder())
        case 6: return .cancel(account, order)
        case 7: return .cancelAll(account)
        case 8: return .replace(account, order, Price(amount()), Quantity(amount()))
        case 9: return .stop(account)
        default: return .resume(account)
        }
    }

    mutating func block(_ count: Int) throws -> Block {
        var commands: [Command] = []
        for _ in 0..<count { commands.append(try command()) }
        return Block(
            number: random.next() | 1, first: UInt64(1 + random.below(1 << 40)),
            time: random.next(), outcomeOf: random.next(), outcome: digest(), commands: commands)
    }

    mutating func digest(_ count: Int = 32) -> [UInt8] {
        (0..<count).map { _ in UInt8(random.below(256)) }
    }

    mutating func voucher() -> Voucher {
        Voucher(
            account: account(), scopes: UInt8(random.below(256)), digest: digest(),
            nonce: digest(16), expires: random.next(), code: digest())
    }

    mutating func outcomes() throws -> [OrderOutcome] {
        let states: [OrderState] = [.pending, .open, .filled, .cancelled, .expired, .refused]
        var list: [OrderOutcome] = [.cancelled(0), .cancelled(.max)]
        list += Refusal.allCases.map { .refused($0) }
        list += OrderOutcome.Rejection.allCases.map { .rejected($0) }
        for state in states {
            list.append(
                .order(
                    OrderView(
                        id: order(), order: try newOrder(), state: state,
                        refusal: state == .refused ? Refusal.allCases[random.below(18)] : nil,
                        filled: Quantity(amount()), filledValue: Amount(amount()))))
        }
        return list
    }
}

@Suite("OrderTreaty on the wire")
struct RoundTripTests {
    static func commands() throws -> Wire<Command> {
        var samples = Samples()
        let list = try (0..<200).map { _ in try samples.command() }
        return Wire(list, { $0.encode(into: &$1) }, Command.decode)
    }

    static func blocks() throws -> Wire<Block> {
        var samples = Samples()
        let list = try [1, 2, 50, Block.commandsMax].map { try samples.block($0) }
        return Wire(list, { $0.encode(into: &$1) }, Block.decode)
    }

    static func outcomes() throws -> Wire<OrderOutcome> {
        var samples = Samples()
        return Wire(try samples.outcomes(), { $0.encode(into: &$1) }, OrderOutcome.decode)
    }

    static func submissions() -> Wire<Submission> {
        var samples = Samples()
        let list = [0, 1, Submission.payloadMax].map {
            Submission(payload: samples.digest($0), voucher: samples.voucher())
        }
        return Wire(list, { $0.encode(into: &$1) }, Submission.decode)
    }

    @Test("every type is read back as it was written, and never from a part of it")
    func roundTrips() throws {
        #expect(try Self.commands().roundTrips() == [])
        #expect(try Self.blocks().roundTrips() == [])
        #expect(try Self.outcomes().roundTrips() == [])
        #expect(Self.submissions().roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() throws {
        #expect(try Self.commands().endures(20_000, seed: 1) == [])
        #expect(try Self.blocks().endures(1_000, seed: 2) == [])
        #expect(try Self.outcomes().endures(20_000, seed: 3) == [])
        #expect(Self.submissions().endures(5_000, seed: 4) == [])
    }

    @Test("the largest block that a frame may carry fits its bound")
    func largest() throws {
        var samples = Samples()
        var block = try samples.block(1)
        var order = try samples.newOrder()
        order.client = try #require(ClientOrderID(String(repeating: "z", count: 36)))
        block.commands = Array(repeating: .place(order), count: Block.commandsMax)
        var writer = ByteWriter()
        block.encode(into: &writer)
        #expect(writer.bytes.count <= Block.bytesMax)
    }

    @Test("a block that is empty, too long or beyond its numbers is malformed")
    func bounds() throws {
        var samples = Samples()
        let block = try samples.block(1)
        for change in [
            { $0.number = 0 }, { $0.first = 0 }, { $0.first = .max }, { $0.commands = [] },
            { $0.commands = Array(repeating: $0.commands[0], count: Block.commandsMax + 1) },
        ] as [(inout Block) -> Void] {
            var wrong = block
            change(&wrong)
            var writer = ByteWriter()
            wrong.encode(into: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(throws: Malformed.self) { try Block.decode(&reader) }
        }
    }

    @Test("amounts, prices and quantities of commands are above zero")
    func aboveZero() throws {
        for raw in [0, -1, .min] as [Int64] {
            for command in [
                .credit(AccountID(1), CurrencyID(0), Amount(raw)),
                .reserve(AccountID(1), CurrencyID(0), Amount(raw)),
                .replace(AccountID(1), OrderID(1), Price(raw), Quantity(1)),
                .replace(AccountID(1), OrderID(1), Price(1), Quantity(raw)),
            ] as [Command] {
                var writer = ByteWriter()
                command.encode(into: &writer)
                var reader = ByteReader(writer.bytes)
                #expect(throws: Malformed.self) { try Command.decode(&reader) }
            }
        }
    }

    @Test("a client order id has 1 to 36 of its characters")
    func clientIDs() {
        for text in ["", String(repeating: "a", count: 37), "a b", "ä", "a\n", "a/b", "a\0"] {
            #expect(ClientOrderID(text) == nil)
        }
        for text in ["a", "0-_.Z", String(repeating: "9", count: 36)] {
            #expect(ClientOrderID(text)?.text == text)
        }
    }

    @Test("words and numbers of messages are told apart")
    func names() {
        #expect(Set(OrderMessage.allCases.map(\.name)).count == OrderMessage.allCases.count)
        #expect(Set(Refusal.allCases.map(\.word)).count == Refusal.allCases.count)
    }
}
