internal import Digests
public import LedgerTreaty
internal import Numerals
internal import OrderTreaty

extension LedgerBook {
    /// Books one block whole.
    ///
    /// Accounts and deposits, ends of reserves, new reserves, holds, trades, releases. When a
    /// posting is refused, the book is as it was before the block.
    ///
    /// A reserve may be made and resolved in one block; all others end before new ones begin.
    public mutating func apply(
        _ external: External, _ holds: Holds, _ trades: [Settlement]
    ) throws(Objection) {
        let before = Mark(self)
        do throws(Objection) {
            try check(external, holds, trades)
            try open(external)
            try deposit(external)
            try reserve(external)
            for change in holds.held {
                try move(
                    .hold, from: Place(change.account, .available),
                    to: Place(change.account, .held),
                    change)
            }
            for trade in trades { try settle(trade) }
            for change in holds.released {
                try move(
                    .release, from: Place(change.account, .held),
                    to: Place(change.account, .available), change)
            }
            try balance(since: before)
        } catch {
            restore(before, of: external.block)
            throw error
        }
        close(external, since: before)
    }

    private func check(
        _ external: External, _ holds: Holds, _ trades: [Settlement]
    ) throws(Objection) {
        guard external.block == holds.block else { throw Objection(external.block, .partsDisagree) }
        // Who matches could otherwise settle what lies behind orders that never met.
        let seen =
            trades.isEmpty ? Holds.untraded : SHA256.hash(of: Settlements.covered(trades))
        guard holds.witness == seen else { throw Objection(external.block, .unwitnessed) }
        guard position.block < UInt64.max, external.block == position.block + 1 else {
            throw Objection(external.block, .blockOutOfOrder(last: position.block))
        }
    }

    private mutating func open(_ external: External) throws(Objection) {
        for account in external.opened {
            guard account.raw == position.accounts &+ 1, account != Place.fees.account else {
                throw Objection(external.block, .accountOutOfOrder(account))
            }
            position.accounts = account.raw
        }
    }

    private mutating func deposit(_ external: External) throws(Objection) {
        for change in external.credits {
            try move(.deposit, from: .custody, to: Place(change.account, .available), change)
        }
    }

    private mutating func reserve(_ external: External) throws(Objection) {
        var late: [External.Resolution] = []
        for one in external.resolved {
            if reserves[one.id] == nil { late.append(one) } else { try resolve(one) }
        }
        for one in external.reserves {
            let account = one.change.account
            let transfer = Transfer(
                .reserve, one.id, from: Place(account, .available), to: Place(account, .reserved),
                one.change.currency, one.change.amount.raw)
            guard one.id > position.reserve else {
                throw Objection(
                    external.block, .reserveOutOfOrder(last: position.reserve), transfer)
            }
            guard reserves.count < Self.reservesMax else {
                throw Objection(external.block, .tooMany, transfer)
            }
            try move(transfer)
            position.reserve = one.id
            undo.append((one.id, nil))
            reserves[one.id] = one.change
            changes.reserved.append(one.id)
        }
        for one in late { try resolve(one) }
    }

    private mutating func resolve(_ one: External.Resolution) throws(Objection) {
        guard let change = reserves[one.id] else {
            throw Objection(position.block + 1, .unknownReserve(one.id))
        }
        let from = Place(change.account, .reserved)
        let to = one.isPosted ? Place.custody : Place(change.account, .available)
        try move(
            Transfer(
                one.isPosted ? .settle : .void, one.id, from: from, to: to, change.currency,
                change.amount.raw))
        undo.append((one.id, change))
        reserves[one.id] = nil
        changes.resolved.append(one.id)
    }

    private mutating func settle(_ trade: Settlement) throws(Objection) {
        let buyer = Place(trade.buyer, .held)
        let seller = Place(trade.seller, .available)
        let id = trade.trade.raw
        let delivery = Transfer(
            .delivery, id, from: Place(trade.seller, .held), to: Place(trade.buyer, .available),
            trade.base, trade.delivered.raw)
        guard id == position.trade &+ 1 else {
            throw Objection(position.block + 1, .tradeOutOfOrder(last: position.trade), delivery)
        }
        guard trade.buyerFee.raw >= 0, trade.sellerFee.raw >= 0, trade.sellerFee <= trade.paid
        else { throw Objection(position.block + 1, .amount, delivery) }
        position.trade = id
        try move(delivery)
        try move(Transfer(.payment, id, from: buyer, to: seller, trade.quote, trade.paid.raw))
        if trade.buyerFee.raw > 0 {
            try move(
                Transfer(.buyerFee, id, from: buyer, to: .fees, trade.quote, trade.buyerFee.raw))
        }
        if trade.sellerFee.raw > 0 {
            try move(
                Transfer(.sellerFee, id, from: seller, to: .fees, trade.quote, trade.sellerFee.raw))
        }
    }

    private mutating func move(
        _ kind: Transfer.Kind, from debit: Place, to credit: Place, _ change: Change
    ) throws(Objection) {
        try move(Transfer(kind, from: debit, to: credit, change.currency, change.amount.raw))
    }
}
