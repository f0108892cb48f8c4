// LedgerBook: double entry over accounts in currencies; a block is applied whole or not at all.
//
// Money only moves: every transfer takes from one place what it gives to another, so the sum of all
// places of a currency is zero after each block. Nothing goes below zero but custody, which stands
// for the world outside. A posting that does not fit is refused with its name, and the book is as
// it was. It knows no file, no clock and no peer: the same blocks make the same book and the same
// chain of digests.
// Bounds: 4,194,304 account and currency pairs, 1,048,576 transfers of one block, 1,048,576 pending
// reserves.

internal import Bytes
public import OrderTreaty

/// Where money can be: a part of an account's balance in a currency.
public struct Place: Hashable, Sendable {
    /// Parts of a balance.
    public enum Part: UInt8, Sendable, CaseIterable {
        /// Free to use.
        case available = 0
        /// Behind open orders.
        case held = 1
        /// On its way out.
        case reserved = 2
    }

    /// The world outside: what came in is missing there, so its balance is zero or below.
    public static let custody = Place(AccountID(0), .available)
    /// What the venue earned.
    public static let fees = Place(.fees, .available)

    /// Whose.
    public let account: AccountID
    /// Which part.
    public let part: Part

    /// Names a place.
    @inlinable
    public init(_ account: AccountID, _ part: Part) {
        self.account = account
        self.part = part
    }

    /// The place as one number, for the journal.
    public var raw: Int64 { Int64(account.raw) << 2 | Int64(part.rawValue) }

    /// From its number; nil for what is no place.
    public init?(raw: Int64) {
        guard let account = UInt32(exactly: raw >> 2), let part = Part(rawValue: UInt8(raw & 3))
        else { return nil }
        self.init(AccountID(account), part)
    }
}

/// One movement, as it stays in the journal for ever.
public struct Transfer: Hashable, Sendable {
    /// Why money moves.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// From outside to available.
        case deposit = 1
        /// Available to held: an order.
        case hold = 2
        /// A trade's base currency, seller's held to buyer's available.
        case delivery = 3
        /// A trade's quote currency, buyer's held to seller's available.
        case payment = 4
        /// The buyer's fee out of what is held for it.
        case buyerFee = 5
        /// The seller's fee out of the payment.
        case sellerFee = 6
        /// Held to available: an order's end.
        case release = 7
        /// Available to reserved: pending.
        case reserve = 8
        /// Reserved to outside: the pending transfer is posted.
        case settle = 9
        /// Reserved to available: the pending transfer is void.
        case void = 10
    }

    /// Bytes of its wire form.
    static let bytes = 35

    /// Why.
    public var kind: Kind
    /// The trade or the reserve that it belongs to; 0 for none.
    public var reference: UInt64
    /// Where it is taken.
    public var debit: Place
    /// Where it is given.
    public var credit: Place
    /// Of what.
    public var currency: CurrencyID
    /// Above zero.
    public var amount: Int64

    /// Puts a transfer together.
    public init(
        _ kind: Kind, _ reference: UInt64 = 0, from debit: Place, to credit: Place,
        _ currency: CurrencyID, _ amount: Int64
    ) {
        self.kind = kind
        self.reference = reference
        self.debit = debit
        self.credit = credit
        self.currency = currency
        self.amount = amount
    }

    func encode(into writer: inout ByteWriter) {
        writer.integer(kind.rawValue)
        writer.integer(reference)
        writer.integer(debit.raw)
        writer.integer(credit.raw)
        writer.integer(currency.raw)
        writer.integer(amount)
    }
}
