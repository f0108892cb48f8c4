// MarketData: the public picture of every book, rebuilt from what matching reports.
//
// A pure function of results: integers only, no clock, no I/O. It names no account and no order to
// anybody, and believes nothing that does not follow from the reports before. Bounds:
// `MarketData.Bounds`, and 1,000 trades of each instrument.

internal import MarketTreaty
internal import Numerals
public import OrderTreaty
public import RiskTreaty
internal import Tables

/// Results that cannot follow what came before: the picture is worth nothing from here on.
public struct Contradiction: Error, Sendable, Equatable {
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
    public static func == (left: Contradiction, right: Contradiction) -> Bool {
        left.block == right.block && left.reason.description == right.reason.description
    }
}

/// Depth and last trades of all instruments, as of the last whole block.
public struct MarketData: Sendable {
    /// How much it may hold: as much as matching, whose results it follows.
    public struct Bounds: Sendable {
        /// Open orders of all books.
        public var orders = 1_000_000
        /// Price levels of all books.
        public var levels = 262_144
        /// Nodes of the levels' ladders, 268 bytes each.
        public var nodes = 1 << 20

        /// The bounds of a venue.
        public init() {}
    }

    let bounds: Bounds
    var books: [PublicBook]
    var tapes: [PrintRing]
    var orders: [PublicOrder] = []
    var freeOrder = none
    var openCount = 0
    var levels: [PublicLevel] = []
    var freeLevel = none
    var levelCount = 0
    var ladders: Ladders
    var index = IndexTable()
    /// The order that trades now and is in no level yet.
    var incoming = none
    /// Orders that are filled and have not left yet.
    var emptied = 0
    /// The last block that is in the picture whole, 0 before the first.
    public private(set) var block: UInt64 = 0
    /// A part of the next block is here and its end is not: the picture is between two blocks.
    public private(set) var isPartial = false
    /// A contradiction was found: only a new picture from block 1 is of use.
    public private(set) var isBroken = false
    /// The block whose reports are taken.
    var current: UInt64 = 0
    var sequence: UInt64 = 0
    var trade: UInt64 = 0
    /// After a snapshot the next trade may have any higher number.
    var isTradeKnown = true

    /// Empty books for everything that the listing names.
    public init(_ listing: Listing, bounds: Bounds = Bounds()) {
        self.bounds = bounds
        books = listing.instruments.map(PublicBook.init)
        tapes = listing.instruments.map { _ in PrintRing() }
        // Matching looks for room before an order trades, this after it: one order's nodes more.
        ladders = Ladders(nodesMax: bounds.nodes + 2 * Ladders.storeysMax)
    }

    /// Takes the results of the next block, or the next part of them.
    public mutating func take(_ results: Results) throws(Contradiction) {
        guard !isBroken, results.block == block + 1 else {
            throw Contradiction(
                block: results.block, "the results do not follow those of the block before")
        }
        current = results.block
        isBroken = true
        for report in results.reports { try take(report, at: results.time) }
        isPartial = results.isPart
        if !results.isPart {
            try endCommand()
            block = results.block
        }
        isBroken = false
    }
    /// Empties every book and keeps the tapes: the next results are those of that block, and hold
    /// one `accepted` for each order that was open then, by ascending id.
    public mutating func begin(at block: UInt64) {
        for index in books.indices {
            books[index].bids = Ladders.Root()
            books[index].asks = Ladders.Root()
        }
        orders.removeAll(keepingCapacity: true)
        freeOrder = none
        openCount = 0
        levels.removeAll(keepingCapacity: true)
        freeLevel = none
        levelCount = 0
        ladders = Ladders(nodesMax: bounds.nodes + 2 * Ladders.storeysMax)
        index = IndexTable()
        incoming = none
        emptied = 0
        self.block = block == 0 ? 0 : block - 1
        isPartial = false
        isBroken = false
        sequence = 0
        isTradeKnown = false
    }
}
