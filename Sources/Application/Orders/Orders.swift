// Orders: the sequencer. It takes signed requests and operators' requests, gives each command its
// number, closes blocks of them, and answers when a block is on disk and its results are back.
//
// A state machine without clocks, files or sockets: the door journals what it closes, carries what
// it sends, and hands in what comes back. Every number of it follows from the journal and the
// results. Bounds: `OrdersLimits`, `Block.commandsMax`, `Submission.payloadMax`.

package import AdminTreaty
internal import ClientAPI
internal import Digests
internal import LedgerTreaty
internal import Numerals
package import OrderTreaty
internal import RiskTreaty

/// What orders holds at most.
package struct OrdersLimits: Sendable, Equatable {
    /// Blocks whose results are not back; then new commands are refused as `busy`.
    package var window: UInt64 = 256
    /// Requests that wait for an answer.
    package var waiting = 65_536
    /// Finished orders whose views are kept.
    package var finished = 1_000_000
    /// Nonces of vouchers that have not expired.
    package var nonces = 1 << 20
    /// Blocks that the ledger has not booked; then nothing more is sent to risk.
    package var unbooked = 4_096

    package init() {}
}

/// An answer to the request that came with that ticket.
package enum OrdersAnswer: Sendable, Equatable {
    case order(ticket: UInt64, OrderOutcome)
    case operators(ticket: UInt64, AccountAnswer)
}

/// Whether what a peer sent fits.
package enum OrdersVerdict: Sendable, Equatable {
    case fine
    /// It does not follow from what was said before: close the passage and begin again.
    case outOfOrder
    /// The venue stops taking commands, and why.
    case halted(String)
}

/// Somebody who waits for a block.
struct Waiter: Sendable {
    enum Wish: Sendable {
        /// The order as it is then.
        case order(OrderID)
        /// What became of the command at that place of the block, then the order.
        case change(Int, OrderID)
        case cancelAll(Int)
        /// `done` with that value.
        case operators(Int, UInt64)
    }
    let ticket: UInt64
    let wish: Wish
}

/// A closed block whose results are not applied yet.
struct Flight: Sendable {
    let first: UInt64
    let time: UInt64
    let commands: [Command]
    var waiters: [Waiter] = []
}

/// The sequencer's state.
package struct Orders: ~Copyable {
    let listing: Listing
    let catalogue: Catalogue
    let limits: OrdersLimits
    var hash = SHA256()
    var table: OrderTable
    var nonces: Nonces
    /// The last trade's price of each instrument, at first the listing's reference.
    var references: [Price]
    /// Trades so far: they are numbered from 1 without gaps.
    var trades: UInt64 = 0
    /// Accounts opened so far, those of blocks that are not answered included.
    var accounts: UInt32 = 0
    /// The next command's number.
    var next: UInt64 = 1
    var lastTime: UInt64 = 0
    /// When the last block was closed, by the clock that never goes back; nil before the first.
    var lastSteady: UInt64?
    /// The next block's commands.
    var filling: [Command] = []
    var fillingWaiters: [Waiter] = []
    var flights: [UInt64: Flight] = [:]
    var waiting = 0
    var answers: [OrdersAnswer] = []

    /// Whole results of blocks that are not on disk yet, in order.
    var held: [Results] = []
    /// Results of a block whose last part has not come.
    var parts: [Report] = []
    var receivedDigest: [UInt8]
    /// Digests of results by block, the newest ones, and those that blocks of the journal recorded
    /// before their results were seen.
    var outcomes: [UInt64: [UInt8]] = [:]
    var recorded: [UInt64: [UInt8]] = [:]
    var externals: [UInt64: External] = [:]

    /// The last block of the journal.
    package internal(set) var journaled: UInt64
    /// The last block on disk.
    package internal(set) var synced: UInt64
    /// The last block whose commands are in the state: below `journaled` after a restart, until
    /// `register` has read the journal.
    package internal(set) var registered: UInt64 = 0
    /// The last block whose whole results came.
    package internal(set) var received: UInt64 = 0
    /// The last block whose results are applied: it is on disk too.
    package internal(set) var answered: UInt64 = 0
    /// Running digest of all results up to `answered`; 32 bytes.
    package internal(set) var digest: [UInt8]
    /// The last block that the ledger has on disk, as it said.
    package internal(set) var booked: UInt64 = 0
    /// The last block that the ledger was sent.
    var posted: UInt64 = 0
    /// The last block that this risk was sent, or said that it has.
    package internal(set) var sent: UInt64 = 0
    /// Why the venue takes no commands any more.
    package internal(set) var haltReason: String?

    /// Risk is attached: blocks can be sent.
    package internal(set) var hasRisk = false
    /// Matching is attached: results can come.
    package internal(set) var hasMatching = false
    /// The ledger is attached: it can be told.
    package internal(set) var hasLedger = false
    /// The journal can take another block.
    package var hasRoom = true

    /// Begins behind a journal of that many blocks, all on disk.
    package init(_ listing: Listing, limits: OrdersLimits = OrdersLimits(), journaled: UInt64) {
        self.listing = listing
        catalogue = Catalogue(listing)
        self.limits = limits
        self.journaled = journaled
        synced = journaled
        table = OrderTable(finishedMax: limits.finished)
        nonces = Nonces(countMax: limits.nonces)
        references = listing.instruments.map(\.reference)
        digest = [UInt8](repeating: 0, count: 32)
        receivedDigest = digest
    }

    /// The state is that of the whole journal.
    package var isWhole: Bool { registered == journaled }

    /// New commands would be decided soon: risk and matching are there and have caught up.
    package var isAvailable: Bool {
        hasRisk && hasMatching && isWhole && hasRoom
            && journaled - min(sent, journaled) <= 1
    }

    /// Why no command is taken now.
    var rejection: OrderOutcome.Rejection? {
        if haltReason != nil { return .halted }
        if !isAvailable { return .unavailable }
        let isFull =
            journaled - answered >= limits.window || externals.count >= limits.unbooked
            || filling.count >= Block.commandsMax || waiting >= limits.waiting
        return isFull ? .busy : nil
    }

    /// How the venue is.
    package var state: VenueState {
        VenueState(
            journaled: synced, answered: answered, booked: booked, commands: commands,
            open: UInt64(table.open), accounts: accounts, digest: digest,
            halted: haltReason, isAvailable: isAvailable && haltReason == nil)
    }

    /// Commands numbered so far.
    package var commands: UInt64 { next - 1 }
    /// The next block has commands.
    package var isFilling: Bool { !filling.isEmpty }

    /// Hands over the answers that are ready.
    package mutating func takeAnswers() -> [OrdersAnswer] {
        defer { answers.removeAll(keepingCapacity: true) }
        return answers
    }

    /// Stops taking commands for good; those that are in no block yet are refused.
    package mutating func halt(_ reason: String) {
        guard haltReason == nil else { return }
        haltReason = reason
        next -= UInt64(filling.count)
        for (index, command) in filling.enumerated() {
            if case .place = command { table.remove(OrderID(next + UInt64(index))) }
            if case .open = command { accounts -= 1 }
        }
        filling = []
        for waiter in fillingWaiters { reject(waiter, .halted) }
        fillingWaiters = []
    }

    mutating func reject(_ waiter: Waiter, _ rejection: OrderOutcome.Rejection) {
        waiting -= 1
        if case .operators = waiter.wish {
            answers.append(.operators(ticket: waiter.ticket, .rejected(rejection)))
        } else {
            answers.append(.order(ticket: waiter.ticket, .rejected(rejection)))
        }
    }

    /// SHA-256 over everything that follows from the journal and its results.
    package mutating func stateDigest() -> [UInt8] {
        var writer = StateWriter()
        writer.write([answered, registered, next, UInt64(accounts), lastTime], references, digest)
        for view in table.sorted { writer.write(view) }
        hash.update(writer.bytes)
        return hash.finish()
    }
}
