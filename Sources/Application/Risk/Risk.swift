// Risk: decides what each command may do, and holds the money behind every open order.
//
// A pure function of blocks and of the results of the blocks before: no clock but the block's time,
// no I/O, integers only, every sum checked. It believes matching nothing that it can recompute.
// Bounds: `Risk.Limits`.

public import LedgerTreaty
internal import Numerals
public import OrderTreaty
public import RiskTreaty
internal import Tables

/// A block or results that cannot follow, or cannot be true: nothing more can be decided.
public struct Divergence: Error, Sendable, Equatable {
    /// The block.
    public let block: UInt64
    /// What did not fit, a fixed text.
    public let reason: StaticString

    /// Names the block and the misfit.
    public init(block: UInt64, _ reason: StaticString) {
        self.block = block
        self.reason = reason
    }

    /// Equal when block and reason are the same.
    public static func == (left: Divergence, right: Divergence) -> Bool {
        left.block == right.block && left.reason.description == right.reason.description
    }
}

/// The risk engine: accounts, funds and holds.
public struct Risk: Sendable {
    /// What an account and the venue may have at once.
    public struct Limits: Sendable {
        /// Open orders of one account.
        public var openOrders: Int32 = 1_000
        /// Orders and replacements of one account in one second of block time; as many cancels.
        public var messagesPerSecond: Int32 = 2_000
        /// Open orders of all accounts.
        public var orders = 1_000_000
        /// Accounts, and currencies of all accounts together.
        public var accounts = 1 << 20
        /// Currencies of all accounts together.
        public var funds = 1 << 22
        /// Reserves that are pending.
        public var reserves = 1 << 16

        /// The limits of a venue.
        public init() {}
    }

    let limits: Limits
    var markets: [Market]
    let currencyCount: Int
    var accounts: [Account] = []
    var funds: [Funds] = []
    var holds: [Hold] = []
    var freeHold = none
    var openCount = 0
    var index = IndexTable()
    var reserves: [UInt64: Reserve] = [:]
    /// By currency: all that came in and has not left, so that no sum of balances overflows.
    var issued: [Int64]
    /// By currency: fees taken so far.
    var fees: [Int64]
    var isStopped = false
    /// The last block decided, and whether its results are still to come.
    public private(set) var block: UInt64 = 0
    /// Instructions were given and their results are not all here.
    public private(set) var isWaiting = false
    var now: UInt64 = 0
    var sequence: UInt64 = 0
    /// Trades so far: they are numbered without gaps.
    var trades: UInt64 = 0
    /// What was let through in this block, and how much of it is answered.
    var instructions: [Instruction] = []
    var answered = 0
    /// The order, and the account (0 for all), whose open orders must be gone before the next answer.
    var leaving: UInt64 = 0
    var emptying: UInt32?
    /// Open orders that matching has told of.
    var enteredCount: Int32 = 0
    var touchedHolds: [UInt32] = []
    var touchedFunds: [UInt32] = []
    /// Voided reserves of this block: available after it, as in the ledger.
    var voided: [Reserve] = []

    /// No accounts yet.
    public init(_ listing: Listing, limits: Limits = Limits()) {
        self.limits = limits
        markets = listing.instruments.map(Market.init)
        currencyCount = listing.currencies.count
        issued = [Int64](repeating: 0, count: listing.currencies.count)
        fees = [Int64](repeating: 0, count: listing.currencies.count)
    }

    /// Decides a block; the results of the one before must be here, otherwise nothing is changed.
    public mutating func decide(_ block: Block) throws(Divergence) -> Instructions {
        guard !isWaiting, block.number == self.block + 1, block.first > sequence,
            !block.commands.isEmpty
        else { throw Divergence(block: block.number, "the block does not follow the one before") }
        self.block = block.number
        isWaiting = true
        // Time never goes back, whatever the clock of the sequencer did.
        now = max(now, block.time)
        instructions.removeAll(keepingCapacity: true)
        answered = 0
        sequence = block.first - 1
        for command in block.commands {
            sequence += 1
            instructions.append(decide(command))
        }
        return Instructions(block: block.number, time: block.time, list: instructions)
    }

    /// Takes reports of the block that was decided last, all of them or a part, in their order.
    public mutating func take(_ reports: [Report], of block: UInt64) throws(Divergence) {
        guard isWaiting, block == self.block else {
            throw Divergence(block: block, "results of another block")
        }
        for report in reports { try take(report) }
    }

    /// All reports of the block are here: what was held and released in it.
    public mutating func finish() throws(Divergence) -> Holds {
        guard isWaiting, answered == instructions.count else {
            throw Divergence(block: block, "commands are not answered")
        }
        try checkLeft()
        for node in touchedHolds where holds[Int(node)].id != 0 {
            let hold = holds[Int(node)]
            guard hold.rest > 0, hold.kind == .limit || hold.kind == .postOnly else {
                throw Divergence(block: block, "an order that cannot stay did not leave")
            }
            settle(node)
        }
        touchedHolds.removeAll(keepingCapacity: true)
        for reserve in voided {
            if let place = fundsOf(reserve.account, reserve.currency) {
                funds[Int(place)].available += reserve.amount
            }
        }
        voided.removeAll(keepingCapacity: true)
        touchedFunds.sort { left, right in
            let (left, right) = (funds[Int(left)], funds[Int(right)])
            return (left.account, left.currency) < (right.account, right.currency)
        }
        var result = Holds(block: block, held: [], released: [])
        for place in touchedFunds {
            let one = funds[Int(place)]
            let account = AccountID(one.account)
            let currency = CurrencyID(one.currency)
            if one.blockHeld > 0 {
                result.held.append(
                    Change(account: account, currency: currency, amount: Amount(one.blockHeld)))
            }
            if one.blockReleased > 0 {
                result.released.append(
                    Change(account: account, currency: currency, amount: Amount(one.blockReleased)))
            }
            funds[Int(place)].blockHeld = 0
            funds[Int(place)].blockReleased = 0
            funds[Int(place)].isTouched = false
        }
        touchedFunds.removeAll(keepingCapacity: true)
        isWaiting = false
        return result
    }
}
