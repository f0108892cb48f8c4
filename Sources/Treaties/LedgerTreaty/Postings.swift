// LedgerTreaty: what the ledger is told about each block by three services, none trusted alone.
//
// `orders` says what came from outside, `risk` what is held and released, `matching` what was
// traded. The ledger applies a block when it has all three. Types and codecs only.

public import Bytes
public import Numerals
public import OrderTreaty

/// One change of one account in one currency; the amount is above zero.
public struct Change: Sendable, Hashable {
    /// Whose.
    public var account: AccountID
    /// Of what.
    public var currency: CurrencyID
    /// How much.
    public var amount: Amount

    /// Puts a change together.
    public init(account: AccountID, currency: CurrencyID, amount: Amount) {
        self.account = account
        self.currency = currency
        self.amount = amount
    }

    func encode(into writer: inout ByteWriter) {
        writer.integer(account.raw)
        writer.integer(currency.raw)
        writer.integer(amount.raw)
    }

    static func decode(_ reader: inout ByteReader) throws(Malformed) -> Change {
        let place = reader.position
        let change = Change(
            account: AccountID(try reader.integer()), currency: CurrencyID(try reader.integer()),
            amount: Amount(try reader.integer()))
        guard change.amount.raw > 0 else {
            throw Malformed(at: place, expected: "an amount above zero")
        }
        return change
    }

    static func encode(_ list: [Change], into writer: inout ByteWriter) {
        writer.integer(UInt32(list.count))
        for one in list { one.encode(into: &writer) }
    }

    static func list(_ reader: inout ByteReader) throws(Malformed) -> [Change] {
        let place = reader.position
        let count = Int(try reader.integer(UInt32.self))
        guard count <= reader.remaining / 14 else {
            throw Malformed(at: place, expected: "a count of changes that are there")
        }
        var list: [Change] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try decode(&reader)) }
        return list
    }
}

/// What orders says of a block: what came from outside and what left, and what is reserved to leave.
public struct External: Sendable, Hashable {
    /// The block.
    public var block: UInt64
    /// The block's time, nanoseconds since 1970.
    public var time: UInt64
    /// Accounts opened in this block.
    public var opened: [AccountID]
    /// Came in: custody to available.
    public var credits: [Change]
    /// Reserved: pending transfers from available; each with its command's sequence number.
    public var reserves: [Reserve]
    /// Reserves posted (true) or voided.
    public var resolved: [Resolution]

    /// A pending transfer out.
    public struct Reserve: Sendable, Hashable {
        /// The sequence number of its command: its name.
        public var id: UInt64
        /// From whom, and how much.
        public var change: Change

        /// Puts a reserve together.
        public init(id: UInt64, change: Change) {
            self.id = id
            self.change = change
        }
    }

    /// The end of a pending transfer.
    public struct Resolution: Sendable, Hashable {
        /// The reserve's name.
        public var id: UInt64
        /// Posted, the money left; otherwise voided, it is available again.
        public var isPosted: Bool

        /// Puts a resolution together.
        public init(id: UInt64, isPosted: Bool) {
            self.id = id
            self.isPosted = isPosted
        }
    }

    /// Puts it together.
    public init(
        block: UInt64, time: UInt64, opened: [AccountID] = [], credits: [Change] = [],
        reserves: [Reserve] = [], resolved: [Resolution] = []
    ) {
        self.block = block
        self.time = time
        self.opened = opened
        self.credits = credits
        self.reserves = reserves
        self.resolved = resolved
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(block)
        writer.integer(time)
        writer.integer(UInt16(opened.count))
        for account in opened { writer.integer(account.raw) }
        Change.encode(credits, into: &writer)
        writer.integer(UInt16(reserves.count))
        for one in reserves {
            writer.integer(one.id)
            one.change.encode(into: &writer)
        }
        writer.integer(UInt16(resolved.count))
        for one in resolved {
            writer.integer(one.id)
            writer.integer(UInt8(one.isPosted ? 1 : 0))
        }
    }

    /// Reads one whole.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> External {
        var result = External(block: try reader.integer(), time: try reader.integer())
        for _ in 0..<(try count(&reader)) {
            result.opened.append(AccountID(try reader.integer()))
        }
        result.credits = try Change.list(&reader)
        for _ in 0..<(try count(&reader)) {
            result.reserves.append(
                Reserve(id: try reader.integer(), change: try Change.decode(&reader)))
        }
        for _ in 0..<(try count(&reader)) {
            let id = try reader.integer(UInt64.self)
            let place = reader.position
            let posted = try reader.integer(UInt8.self)
            guard posted <= 1 else { throw Malformed(at: place, expected: "0 or 1") }
            result.resolved.append(Resolution(id: id, isPosted: posted == 1))
        }
        return result
    }

    private static func count(_ reader: inout ByteReader) throws(Malformed) -> Int {
        let place = reader.position
        let count = Int(try reader.integer(UInt16.self))
        guard count <= Block.commandsMax else {
            throw Malformed(at: place, expected: "at most a block's commands")
        }
        return count
    }
}

/// What risk says of a block: summed for each account and currency, sorted by both; a long block
/// travels in parts.
public struct Holds: Sendable, Hashable {
    /// Changes of one part: it stays well below a frame's 1 MiB.
    public static let partMax = 65_536

    /// The block.
    public var block: UInt64
    /// More parts of the same block follow.
    public var isPart: Bool
    /// Available to held, before the block's trades.
    public var held: [Change]
    /// Held to available, after the block's trades.
    public var released: [Change]
    /// SHA-256 over `Settlements.covered` of the block's trades as risk's own books give them.
    public var witness: [UInt8]

    /// The witness of a block without trades: SHA-256 over nothing.
    public static let untraded: [UInt8] = [
        0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14, 0x9A, 0xFB, 0xF4, 0xC8, 0x99, 0x6F, 0xB9,
        0x24,
        0x27, 0xAE, 0x41, 0xE4, 0x64, 0x9B, 0x93, 0x4C, 0xA4, 0x95, 0x99, 0x1B, 0x78, 0x52, 0xB8,
        0x55,
    ]
    private static let witnessBytes = 32

    /// Puts it together.
    public init(
        block: UInt64, isPart: Bool = false, held: [Change], released: [Change],
        witness: [UInt8] = untraded
    ) {
        self.witness = witness
        self.block = block
        self.isPart = isPart
        self.held = held
        self.released = released
    }

    /// The same in parts that fit into frames, at least one, with no more than `most` changes each.
    public func parts(_ most: Int = partMax) -> [Holds] {
        var parts: [Holds] = []
        var (held, released) = (held[...], released[...])
        repeat {
            let first = held.prefix(most)
            let second = released.prefix(most - first.count)
            held = held.dropFirst(first.count)
            released = released.dropFirst(second.count)
            parts.append(
                Holds(
                    block: block, isPart: !held.isEmpty || !released.isEmpty, held: Array(first),
                    released: Array(second), witness: witness))
        } while parts.last?.isPart == true
        return parts
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(block)
        writer.integer(UInt8(isPart ? 1 : 0))
        Change.encode(held, into: &writer)
        Change.encode(released, into: &writer)
        writer.block(witness)
    }

    /// Reads one whole.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Holds {
        let block = try reader.integer(UInt64.self)
        let place = reader.position
        let part = try reader.integer(UInt8.self)
        guard part <= 1 else { throw Malformed(at: place, expected: "0 or 1") }
        let held = try Change.list(&reader)
        let released = try Change.list(&reader)
        let end = reader.position
        let witness = try reader.block(limit: witnessBytes)
        guard witness.count == witnessBytes else {
            throw Malformed(at: end, expected: "a witness of 32 bytes")
        }
        return Holds(
            block: block, isPart: part == 1, held: held, released: released, witness: witness)
    }
}
