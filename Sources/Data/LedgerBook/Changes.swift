internal import Bytes
internal import Digests

/// A block as the journal keeps it.
public struct BlockRecord: Hashable, Sendable {
    /// Its number.
    public var number: UInt64
    /// Its time, nanoseconds since 1970.
    public var time: UInt64
    /// How many accounts it opened.
    public var opened: Int
    /// Its transfers are those behind the ones of the block before.
    public var transfers: Int
    /// The chain behind it.
    public var chain: [UInt8]
}

/// What a store has not yet written: everything that was applied since it last took changes.
public struct Changes: Sendable {
    /// Blocks, ascending.
    public internal(set) var blocks: [BlockRecord] = []
    /// Their transfers, in the order of applying.
    public internal(set) var transfers: [Transfer] = []
    /// Places of changed entries, each once.
    public internal(set) var touched: [Int] = []
    /// Reserves made.
    public internal(set) var reserved: [UInt64] = []
    /// Reserves resolved.
    public internal(set) var resolved: [UInt64] = []

    /// Nothing.
    public init() {}
}

/// The running digest over all transfers.
public enum Chain {
    /// SHA-256 of the digest before, the block's number and time, the accounts opened, and its
    /// transfers.
    public static func next(
        _ before: [UInt8], block: UInt64, time: UInt64, opened: Int,
        _ transfers: ArraySlice<Transfer>
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + transfers.count * Transfer.bytes)
        writer.append(before)
        writer.integer(block)
        writer.integer(time)
        writer.integer(UInt32(opened))
        writer.integer(UInt32(transfers.count))
        for transfer in transfers { transfer.encode(into: &writer) }
        return SHA256.hash(of: writer.bytes)
    }
}

extension LedgerBook {
    /// Gives what was applied since the last time; afterwards the book counts it as written.
    public mutating func takeChanges() -> Changes {
        for place in changes.touched { entries[place].isTouched = false }
        var taken = Changes()
        swap(&taken, &changes)
        return taken
    }

    /// Transfers and blocks that wait for the store.
    public var pendingCount: Int { changes.transfers.count + changes.blocks.count }
}
