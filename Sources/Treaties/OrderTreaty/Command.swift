public import Bytes
public import Numerals

/// Something that changes what an account may spend: sequenced, journaled, then decided.
///
/// Commands of operators (`open`, `credit`, `debit`, `stop`, `resume`) have no public route.
public enum Command: Sendable, Hashable {
    /// Opens the account; its id is the count of accounts so far plus one.
    case open(AccountID)
    /// Money came in from outside.
    case credit(AccountID, CurrencyID, Amount)
    /// Money is set aside to leave; settled or released later by its sequence number.
    case reserve(AccountID, CurrencyID, Amount)
    /// The reserved money has left.
    case settle(reserve: UInt64)
    /// The reserved money stays.
    case release(reserve: UInt64)
    case place(NewOrder)
    case cancel(AccountID, OrderID)
    case cancelAll(AccountID)
    /// Other price or quantity; `quantity` is the order's whole new quantity, fills included.
    case replace(AccountID, OrderID, Price, Quantity)
    /// Kill switch: cancels the account's orders and takes no new ones; account 0 is everybody.
    case stop(AccountID)
    case resume(AccountID)

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .open(let account): tag(1, account, &writer)
        case .credit(let account, let currency, let amount):
            tag(2, account, &writer)
            writer.integer(currency.raw)
            writer.integer(amount.raw)
        case .reserve(let account, let currency, let amount):
            tag(3, account, &writer)
            writer.integer(currency.raw)
            writer.integer(amount.raw)
        case .settle(let reserve):
            writer.integer(UInt8(4))
            writer.integer(reserve)
        case .release(let reserve):
            writer.integer(UInt8(5))
            writer.integer(reserve)
        case .place(let order):
            writer.integer(UInt8(6))
            order.encode(into: &writer)
        case .cancel(let account, let order):
            tag(7, account, &writer)
            writer.integer(order.raw)
        case .cancelAll(let account): tag(8, account, &writer)
        case .replace(let account, let order, let price, let quantity):
            tag(9, account, &writer)
            writer.integer(order.raw)
            writer.integer(price.raw)
            writer.integer(quantity.raw)
        case .stop(let account): tag(10, account, &writer)
        case .resume(let account): tag(11, account, &writer)
        }
    }

    private func tag(_ kind: UInt8, _ account: AccountID, _ writer: inout ByteWriter) {
        writer.integer(kind)
        writer.integer(account.raw)
    }

    /// Reads one; amounts, prices and quantities are above zero.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Command {
        let place = reader.position
        let kind = try reader.integer(UInt8.self)
        let command: Command
        switch kind {
        case 1: command = .open(AccountID(try reader.integer()))
        case 2, 3:
            let account = AccountID(try reader.integer())
            let currency = CurrencyID(try reader.integer())
            let amount = Amount(try positive(&reader))
            command =
                kind == 2 ? .credit(account, currency, amount) : .reserve(account, currency, amount)
        case 4: command = .settle(reserve: try reader.integer())
        case 5: command = .release(reserve: try reader.integer())
        case 6: command = .place(try NewOrder.decode(&reader))
        case 7: command = .cancel(AccountID(try reader.integer()), OrderID(try reader.integer()))
        case 8: command = .cancelAll(AccountID(try reader.integer()))
        case 9:
            command = .replace(
                AccountID(try reader.integer()), OrderID(try reader.integer()),
                Price(try positive(&reader)), Quantity(try positive(&reader)))
        case 10: command = .stop(AccountID(try reader.integer()))
        case 11: command = .resume(AccountID(try reader.integer()))
        default: throw Malformed(at: place, expected: "a known command")
        }
        return command
    }

    private static func positive(_ reader: inout ByteReader) throws(Malformed) -> Int64 {
        let place = reader.position
        let value = try reader.integer(Int64.self)
        guard value > 0 else { throw Malformed(at: place, expected: "a number above zero") }
        return value
    }
}

/// Commands that are sequenced, synced, decided and answered together.
///
/// The first has sequence number `first`, the others follow without gaps. Its bytes are a pure
/// function of its fields: the journal's record and the frame to risk are the same bytes.
public struct Block: Sendable, Hashable {
    /// Most commands of one block.
    public static let commandsMax = 4_096
    /// Most bytes of one encoded block.
    public static let bytesMax = 512 << 10

    /// From 1, without gaps.
    public var number: UInt64
    /// Sequence number of the first command, from 1.
    public var first: UInt64
    /// Nanoseconds since 1970: the only clock that risk and matching know.
    public var time: UInt64
    /// The last block whose results orders had when it closed this one; 0 for none.
    public var outcomeOf: UInt64
    /// Their running digest, 32 bytes, zeroes for none: a replay with other results is found by it.
    public var outcome: [UInt8]
    /// Never empty.
    public var commands: [Command]

    /// Puts a block together; `outcome` has 32 bytes.
    public init(
        number: UInt64, first: UInt64, time: UInt64, outcomeOf: UInt64, outcome: [UInt8],
        commands: [Command]
    ) {
        self.number = number
        self.first = first
        self.time = time
        self.outcomeOf = outcomeOf
        self.outcome = outcome
        self.commands = commands
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(number)
        writer.integer(first)
        writer.integer(time)
        writer.integer(outcomeOf)
        writer.append(outcome)
        writer.integer(UInt16(commands.count))
        for command in commands { command.encode(into: &writer) }
    }

    /// Reads one whole block.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Block {
        var block = Block(
            number: try reader.integer(), first: try reader.integer(), time: try reader.integer(),
            outcomeOf: try reader.integer(), outcome: try reader.take(32), commands: [])
        let place = reader.position
        let count = Int(try reader.integer(UInt16.self))
        guard (1...commandsMax).contains(count), block.number > 0, block.first > 0,
            block.first < UInt64.max - UInt64(commandsMax)
        else { throw Malformed(at: place, expected: "a block within its bounds") }
        block.commands.reserveCapacity(count)
        for _ in 0..<count { block.commands.append(try Command.decode(&reader)) }
        return block
    }
}
