public import OrderTreaty

/// A posting that the ledger does not book: three services do not agree, so the venue stops.
public struct Objection: Error, Hashable, Sendable, CustomStringConvertible {
    /// What does not fit.
    public enum Reason: Hashable, Sendable {
        /// The block is not the one behind the last.
        case blockOutOfOrder(last: UInt64)
        /// The three parts are of different blocks.
        case partsDisagree
        /// Accounts are opened in the order of their numbers; this one is not the next.
        case accountOutOfOrder(AccountID)
        case unknownAccount(AccountID)
        case unknownCurrency(CurrencyID)
        /// An amount of zero or below, or a fee beyond what is paid.
        case amount
        /// More would be taken than is there.
        case belowZero(there: Int64)
        /// A balance or sum beyond 64 bits.
        case overflow
        /// Trades are numbered without gaps; this is not the next.
        case tradeOutOfOrder(last: UInt64)
        /// Reserves have rising names; this one does not rise.
        case reserveOutOfOrder(last: UInt64)
        /// No pending reserve has that name: never made, or resolved before.
        case unknownReserve(UInt64)
        /// The trades are not those that risk's books have.
        case unwitnessed
        /// More than the bounds of the room.
        case tooMany
        /// The sum of a currency's places is not zero: the book itself is broken.
        case outOfBalance(CurrencyID)
    }

    /// The block.
    public var block: UInt64
    /// Why.
    public var reason: Reason
    /// The movement that was refused, when it was one.
    public var transfer: Transfer?

    /// Puts a refusal together.
    public init(_ block: UInt64, _ reason: Reason, _ transfer: Transfer? = nil) {
        self.block = block
        self.reason = reason
        self.transfer = transfer
    }

    /// One line: block, posting, reason.
    public var description: String {
        guard let transfer else { return "block \(block): \(reasonText)" }
        return "block \(block): \(transfer.kind) \(transfer.reference), \(transfer.amount) of "
            + "currency \(transfer.currency.raw), account \(transfer.debit.account.raw) "
            + "\(transfer.debit.part) to account \(transfer.credit.account.raw) "
            + "\(transfer.credit.part): \(reasonText)"
    }

    private var reasonText: String {
        switch reason {
        case .blockOutOfOrder(let last): "the last block is \(last)"
        case .partsDisagree: "its parts are of different blocks"
        case .accountOutOfOrder(let account): "account \(account.raw) is not the next to open"
        case .unknownAccount(let account): "account \(account.raw) was never opened"
        case .unknownCurrency(let currency): "currency \(currency.raw) is not listed"
        case .amount: "the amount does not fit"
        case .belowZero(let there): "only \(there) is there"
        case .overflow: "beyond 64 bits"
        case .tradeOutOfOrder(let last): "the last trade is \(last)"
        case .reserveOutOfOrder(let last): "the last reserve is \(last)"
        case .unknownReserve(let id): "reserve \(id) is not pending"
        case .unwitnessed: "the trades are not those of risk's books"
        case .tooMany: "beyond the ledger's bounds"
        case .outOfBalance(let currency): "currency \(currency.raw) does not sum to zero"
        }
    }
}
