public import Bytes
public import Numerals
public import OrderTreaty

/// Kinds of messages that the ledger takes and gives.
public enum LedgerMessage: UInt16, Sendable, CaseIterable {
    /// `External`, from orders.
    case external = 0x0501
    /// `Holds`, from risk.
    case holds = 0x0502
    /// `Settlements`, from matching.
    case settlements = 0x0503
    /// Answer to each of them: `Applied`; the block is on disk.
    case applied = 0x0504
    /// Answer instead: a posting was refused. Text: which and why; the venue stops.
    case halt = 0x0505
    /// A `Submission` that asks for its account's balances.
    case balances = 0x0506
    /// Answer: `Balances`.
    case balance = 0x0507
    /// Answer instead, empty: its voucher does not hold, or is for something else.
    case denied = 0x0508

    /// The word under `messages`.
    public var name: String {
        switch self {
        case .external: "external"
        case .holds: "holds"
        case .settlements: "settlements"
        case .applied: "applied"
        case .halt: "halt"
        case .balances: "balances"
        case .balance: "balance"
        case .denied: "denied"
        }
    }
}

/// One currency of an account.
public struct Balance: Sendable, Hashable {
    /// Of what.
    public var currency: CurrencyID
    /// Free to use.
    public var available: Amount
    /// Behind open orders.
    public var held: Amount
    /// On its way out.
    public var reserved: Amount

    /// Puts a balance together.
    public init(currency: CurrencyID, available: Amount, held: Amount, reserved: Amount) {
        self.currency = currency
        self.available = available
        self.held = held
        self.reserved = reserved
    }
}

/// All balances of an account after a block.
public struct Balances: Sendable, Hashable {
    /// Whose.
    public var account: AccountID
    /// The last block that is in them.
    public var block: UInt64
    /// By currency, ascending; currencies that it never had are left out.
    public var list: [Balance]

    /// Puts balances together.
    public init(account: AccountID, block: UInt64, list: [Balance]) {
        self.account = account
        self.block = block
        self.list = list
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(account.raw)
        writer.integer(block)
        writer.integer(UInt16(list.count))
        for one in list {
            writer.integer(one.currency.raw)
            writer.integer(one.available.raw)
            writer.integer(one.held.raw)
            writer.integer(one.reserved.raw)
        }
    }

    /// Reads one whole.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Balances {
        var result = Balances(
            account: AccountID(try reader.integer()), block: try reader.integer(), list: [])
        let place = reader.position
        let count = Int(try reader.integer(UInt16.self))
        guard count <= Listing.countMax else {
            throw Malformed(at: place, expected: "at most one balance for each currency")
        }
        for _ in 0..<count {
            result.list.append(
                Balance(
                    currency: CurrencyID(try reader.integer()),
                    available: Amount(try reader.integer()), held: Amount(try reader.integer()),
                    reserved: Amount(try reader.integer())))
        }
        return result
    }
}
