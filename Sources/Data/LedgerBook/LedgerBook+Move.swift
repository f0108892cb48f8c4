internal import LedgerTreaty
internal import Numerals
internal import OrderTreaty

/// The book before a block, as far as it cannot be told from the transfers.
struct Mark {
    let position: Position
    let entries: Int
    let transfers: Int
    let touched: Int
    let reserved: Int
    let resolved: Int

    init(_ book: LedgerBook) {
        position = book.position
        entries = book.entries.count
        transfers = book.changes.transfers.count
        touched = book.changes.touched.count
        reserved = book.changes.reserved.count
        resolved = book.changes.resolved.count
    }
}

extension Transfer.Kind {
    /// What it gives goes to custody or fees.
    fileprivate var isVenues: Bool { self == .settle || self == .buyerFee || self == .sellerFee }
}

extension LedgerBook {
    /// One movement of both sides, or none.
    mutating func move(_ transfer: Transfer) throws(Objection) {
        let block = position.block + 1
        guard transfer.amount > 0 else { throw Objection(block, .amount, transfer) }
        guard Int(transfer.currency.raw) < currencies else {
            throw Objection(block, .unknownCurrency(transfer.currency), transfer)
        }
        guard isClients(transfer.debit) || transfer.kind == .deposit else {
            throw Objection(block, .unknownAccount(transfer.debit.account), transfer)
        }
        guard isClients(transfer.credit) || transfer.kind.isVenues else {
            throw Objection(block, .unknownAccount(transfer.credit.account), transfer)
        }
        let debit = try place(transfer.debit, transfer)
        let credit = try place(transfer.credit, transfer)
        let there = entries[debit][transfer.debit.part]
        guard let left = there.subtracted(transfer.amount) else {
            throw Objection(block, .overflow, transfer)
        }
        guard left >= 0 || transfer.kind == .deposit else {
            throw Objection(block, .belowZero(there: there), transfer)
        }
        let target = entries[credit][transfer.credit.part]
        guard let grown = target.added(transfer.amount) else {
            throw Objection(block, .overflow, transfer)
        }
        put(left, debit, transfer.debit.part)
        put(grown, credit, transfer.credit.part)
        changes.transfers.append(transfer)
    }

    /// A place of an account that was opened: what services name is never the venue's own.
    private func isClients(_ place: Place) -> Bool {
        (1...max(position.accounts, 1)).contains(place.account.raw) && position.accounts > 0
    }

    /// Where the pair of a place is kept; made when it never had money.
    private mutating func place(_ place: Place, _ transfer: Transfer) throws(Objection) -> Int {
        let key = Entry.key(place.account, transfer.currency)
        if let known = index[key] { return known }
        guard entries.count < Self.entriesMax else {
            throw Objection(position.block + 1, .tooMany, transfer)
        }
        index[key] = entries.count
        entries.append(Entry(place.account, transfer.currency))
        return entries.count - 1
    }

    private mutating func put(_ amount: Int64, _ place: Int, _ part: Place.Part) {
        let currency = Int(entries[place].currency.raw)
        sums[currency] &+= amount &- entries[place][part]
        entries[place][part] = amount
        if !entries[place].isTouched {
            entries[place].isTouched = true
            changes.touched.append(place)
        }
    }

    /// Every currency that moved sums to zero, by what was written and not by what was meant.
    func balance(since mark: Mark) throws(Objection) {
        guard changes.transfers.count - mark.transfers <= Self.transfersMax else {
            throw Objection(position.block + 1, .tooMany)
        }
        for (currency, sum) in sums.enumerated() where sum != 0 {
            throw Objection(position.block + 1, .outOfBalance(CurrencyID(UInt16(currency))))
        }
    }

    /// Takes every movement since the mark back, the last first.
    mutating func restore(_ mark: Mark, of block: UInt64) {
        while changes.transfers.count > mark.transfers, let last = changes.transfers.popLast() {
            if let debit = index[Entry.key(last.debit.account, last.currency)] {
                entries[debit][last.debit.part] &+= last.amount
            }
            if let credit = index[Entry.key(last.credit.account, last.currency)] {
                entries[credit][last.credit.part] &-= last.amount
            }
        }
        for place in changes.touched[mark.touched...] { entries[place].isTouched = false }
        changes.touched.removeLast(changes.touched.count - mark.touched)
        while entries.count > mark.entries, let last = entries.popLast() { index[last.key] = nil }
        changes.reserved.removeLast(changes.reserved.count - mark.reserved)
        changes.resolved.removeLast(changes.resolved.count - mark.resolved)
        while let (id, before) = undo.popLast() { reserves[id] = before }
        position = mark.position
        sums = trialBalance()
    }

    /// The block is booked: its record and the chain behind it.
    mutating func close(_ external: External, since mark: Mark) {
        undo.removeAll(keepingCapacity: true)
        let transfers = changes.transfers[mark.transfers...]
        position.block = external.block
        position.chain = Chain.next(
            position.chain, block: external.block, time: external.time,
            opened: external.opened.count, transfers)
        changes.blocks.append(
            BlockRecord(
                number: external.block, time: external.time, opened: external.opened.count,
                transfers: transfers.count, chain: position.chain))
    }
}
