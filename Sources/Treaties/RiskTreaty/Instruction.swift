// RiskTreaty: what risk lets through to matching, and what matching makes of it; types and codecs.
//
// One `Instructions` for each block of commands, in the same order, and one `Results` for each
// `Instructions`. All integers are little-endian, every count has a bound.

public import Bytes
public import Numerals
public import OrderTreaty

/// What becomes of one command, as risk decided it.
public enum Instruction: Sendable, Hashable {
    /// Nothing for the book: matching passes it on as `done` so that results are in one order.
    case pass(sequence: UInt64)
    case refuse(sequence: UInt64, Refusal)
    /// Enters the book; the order's id is the sequence number.
    case place(sequence: UInt64, NewOrder)
    case cancel(sequence: UInt64, AccountID, OrderID)
    case replace(sequence: UInt64, AccountID, OrderID, Price, Quantity)
    /// Cancels all orders of an account, 0 for everybody's, by ascending id.
    case cancelAll(sequence: UInt64, AccountID)

    /// The sequence number of the command that it decides.
    @inlinable public var sequence: UInt64 {
        switch self {
        case .pass(let sequence), .refuse(let sequence, _), .place(let sequence, _),
            .cancel(let sequence, _, _), .replace(let sequence, _, _, _, _),
            .cancelAll(let sequence, _):
            sequence
        }
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .pass(let sequence): tag(1, sequence, &writer)
        case .refuse(let sequence, let refusal):
            tag(2, sequence, &writer)
            writer.integer(refusal.rawValue)
        case .place(let sequence, let order):
            tag(3, sequence, &writer)
            order.encode(into: &writer)
        case .cancel(let sequence, let account, let order):
            tag(4, sequence, &writer)
            writer.integer(account.raw)
            writer.integer(order.raw)
        case .replace(let sequence, let account, let order, let price, let quantity):
            tag(5, sequence, &writer)
            writer.integer(account.raw)
            writer.integer(order.raw)
            writer.integer(price.raw)
            writer.integer(quantity.raw)
        case .cancelAll(let sequence, let account):
            tag(6, sequence, &writer)
            writer.integer(account.raw)
        }
    }

    private func tag(_ kind: UInt8, _ sequence: UInt64, _ writer: inout ByteWriter) {
        writer.integer(kind)
        writer.integer(sequence)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Instruction {
        let place = reader.position
        let kind = try reader.integer(UInt8.self)
        let sequence = try reader.integer(UInt64.self)
        switch kind {
        case 1: return .pass(sequence: sequence)
        case 2:
            guard let refusal = Refusal(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known refusal")
            }
            return .refuse(sequence: sequence, refusal)
        case 3: return .place(sequence: sequence, try NewOrder.decode(&reader))
        case 4:
            return .cancel(
                sequence: sequence, AccountID(try reader.integer()),
                OrderID(try reader.integer()))
        case 5:
            let account = AccountID(try reader.integer())
            let order = OrderID(try reader.integer())
            let price = Price(try reader.integer())
            let quantity = Quantity(try reader.integer())
            guard price.raw > 0, quantity.raw > 0 else {
                throw Malformed(at: place, expected: "a price and quantity above zero")
            }
            return .replace(sequence: sequence, account, order, price, quantity)
        case 6: return .cancelAll(sequence: sequence, AccountID(try reader.integer()))
        default: throw Malformed(at: place, expected: "a known instruction")
        }
    }
}

/// The instructions of one block.
public struct Instructions: Sendable, Hashable {
    /// Most blocks that risk has sent and matching has not answered.
    public static let flightsMax = 64

    /// Of the block that it decides.
    public var block: UInt64
    /// The block's time, nanoseconds since 1970.
    public var time: UInt64
    /// One for each command of the block, in its order.
    public var list: [Instruction]

    /// Puts them together.
    public init(block: UInt64, time: UInt64, list: [Instruction]) {
        self.block = block
        self.time = time
        self.list = list
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(block)
        writer.integer(time)
        writer.integer(UInt16(list.count))
        for one in list { one.encode(into: &writer) }
    }

    /// Reads one whole.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Instructions {
        var result = Instructions(
            block: try reader.integer(), time: try reader.integer(), list: [])
        let place = reader.position
        let count = Int(try reader.integer(UInt16.self))
        guard (1...Block.commandsMax).contains(count), result.block > 0 else {
            throw Malformed(at: place, expected: "a block's instructions")
        }
        result.list.reserveCapacity(count)
        for _ in 0..<count { result.list.append(try Instruction.decode(&reader)) }
        return result
    }
}
