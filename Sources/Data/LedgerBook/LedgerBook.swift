internal import Bytes
internal import Digests
public import LedgerTreaty
internal import Numerals
public import OrderTreaty

/// One account in one currency.
public struct Entry: Hashable, Sendable {
    /// Whose; 0 is custody, the highest number is fees.
    public let account: AccountID
    /// Of what.
    public let currency: CurrencyID
    /// Free to use.
    public internal(set) var available: Int64
    /// Behind open orders.
    public internal(set) var held: Int64
    /// On its way out.
    public internal(set) var reserved: Int64
    /// It changed since the last `takeChanges`.
    var isTouched = false

    /// Puts an entry together.
    public init(
        _ account: AccountID, _ currency: CurrencyID, available: Int64 = 0, held: Int64 = 0,
        reserved: Int64 = 0
    ) {
        self.account = account
        self.currency = currency
        self.available = available
        self.held = held
        self.reserved = reserved
    }

    /// Account and currency as one number, for the store.
    public var key: Int64 { Self.key(account, currency) }

    static func key(_ account: AccountID, _ currency: CurrencyID) -> Int64 {
        Int64(account.raw) << 16 | Int64(currency.raw)
    }

    /// From its key; nil for what is none.
    public init?(key: Int64, available: Int64, held: Int64, reserved: Int64) {
        guard let account = UInt32(exactly: key >> 16) else { return nil }
        self.init(
            AccountID(account), CurrencyID(UInt16(key & 0xFFFF)), available: available, held: held,
            reserved: reserved)
    }

    subscript(part: Place.Part) -> Int64 {
        get {
            switch part {
            case .available: available
            case .held: held
            case .reserved: reserved
            }
        }
        set {
            switch part {
            case .available: available = newValue
            case .held: held = newValue
            case .reserved: reserved = newValue
            }
        }
    }
}

/// Where the book stands: with the balances this is all that it is.
public struct Position: Hashable, Sendable {
    /// The last block applied; 0 for none.
    public var block: UInt64 = 0
    /// Accounts opened, numbered from 1.
    public var accounts: UInt32 = 0
    /// The last trade booked.
    public var trade: UInt64 = 0
    /// The last reserve made.
    public var reserve: UInt64 = 0
    /// Running SHA-256 over every block's transfers, 32 bytes.
    public var chain = [UInt8](repeating: 0, count: 32)

    /// The beginning.
    public init() {}
}

/// All balances and pending reserves after a block.
public struct LedgerBook: Sendable {
    /// Most pairs of account and currency.
    public static let entriesMax = 1 << 22
    /// Most transfers of one block: when all orders that may be open at once are traded in it, four
    /// for each trade, and what is held for them is released.
    public static let transfersMax = 1 << 23
    /// Most reserves that are pending.
    public static let reservesMax = 1 << 20

    /// Where the book stands.
    public internal(set) var position: Position
    /// Currencies of the listing.
    public let currencies: Int
    /// Every pair that ever had money, in the order of the first; custody and fees among them.
    public internal(set) var entries: [Entry]
    /// Pending reserves by name.
    public internal(set) var reserves: [UInt64: Change]
    /// What was applied and not yet taken by the store.
    var changes: Changes
    /// What the block that is being applied changed in `reserves`.
    var undo: [(id: UInt64, before: Change?)] = []
    /// Places in `entries` by key.
    var index: [Int64: Int]
    /// The sum of all places of a currency, kept with each movement of either side.
    var sums: [Int64]

    /// An empty book.
    public init(currencies: Int) {
        self.currencies = currencies
        position = Position()
        entries = []
        reserves = [:]
        changes = Changes()
        index = [:]
        sums = [Int64](repeating: 0, count: currencies)
    }

    /// A book as a store kept it; nil when it does not balance or holds what no book can hold.
    public init?(
        currencies: Int, position: Position, entries: [Entry], reserves: [UInt64: Change]
    ) {
        self.init(currencies: currencies)
        guard position.chain.count == 32, entries.count <= Self.entriesMax else { return nil }
        self.position = position
        self.reserves = reserves
        self.entries = entries
        for (place, entry) in entries.enumerated() {
            let currency = Int(entry.currency.raw)
            guard currency < currencies, isOpen(entry.account), index[entry.key] == nil,
                entry.account == Place.custody.account || entry.available >= 0, entry.held >= 0,
                entry.reserved >= 0,
                let sum = sums[currency].added(entry.available)?.added(entry.held)?
                    .added(entry.reserved)
            else { return nil }
            sums[currency] = sum
            index[entry.key] = place
        }
        guard sums.allSatisfy({ $0 == 0 }), reservesFit else { return nil }
    }

    /// What is reserved in each balance is the sum of its pending reserves.
    private var reservesFit: Bool {
        var expected: [Int64: Int64] = [:]
        for change in reserves.values {
            let key = Entry.key(change.account, change.currency)
            guard let sum = expected[key, default: 0].added(change.amount.raw) else { return false }
            expected[key] = sum
        }
        return entries.allSatisfy { $0.reserved == expected[$0.key, default: 0] }
            && expected.keys.allSatisfy { index[$0] != nil }
    }

    /// Opened, or one of the venue's own.
    func isOpen(_ account: AccountID) -> Bool {
        account.raw <= position.accounts || account == Place.fees.account
    }

    /// What is there; nothing for a pair that never had money.
    public func amount(_ place: Place, _ currency: CurrencyID) -> Int64 {
        index[Entry.key(place.account, currency)].map { entries[$0][place.part] } ?? 0
    }

    /// An account's balances, by currency.
    public func balances(_ account: AccountID) -> Balances {
        var list: [Balance] = []
        for currency in 0..<currencies {
            let currency = CurrencyID(UInt16(currency))
            guard let place = index[Entry.key(account, currency)] else { continue }
            let entry = entries[place]
            list.append(
                Balance(
                    currency: currency, available: Amount(entry.available),
                    held: Amount(entry.held), reserved: Amount(entry.reserved)))
        }
        return Balances(account: account, block: position.block, list: list)
    }

    /// The sum of each currency's places, added up anew: zero everywhere, or the book is broken.
    public func trialBalance() -> [Int64] {
        var sums = [Int64](repeating: 0, count: currencies)
        for entry in entries {
            sums[Int(entry.currency.raw)] &+= entry.available &+ entry.held &+ entry.reserved
        }
        return sums
    }
}
