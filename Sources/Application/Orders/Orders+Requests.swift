package import AdminTreaty
internal import ClientAPI
internal import Digests
internal import Numerals
package import OrderTreaty

extension Orders {
    /// Takes a client's request; the answer comes by `takeAnswers`, at once or later.
    ///
    /// `now` is milliseconds of a clock that never goes back, `verify` whether the voucher's code is one of identity's.
    package mutating func submit(
        _ submission: Submission, as message: OrderMessage, ticket: UInt64, now: UInt64,
        verify: (Voucher) -> Bool
    ) {
        let outcome: OrderOutcome?
        switch admit(submission, now, verify) {
        case .failure(let rejection): outcome = .rejected(rejection)
        case .success(let action):
            if action.message != message {
                outcome = .rejected(.malformed)
            } else if !Scopes(rawValue: submission.voucher.scopes).contains(action.scope) {
                outcome = .rejected(.scopeMissing)
            } else if haltReason != nil, !isWhole {
                outcome = .rejected(.halted)
            } else if !isWhole {
                outcome = .rejected(.unavailable)
            } else {
                outcome = act(action, submission.voucher.account, ticket)
            }
        }
        if let outcome { answers.append(.order(ticket: ticket, outcome)) }
    }

    private enum Admission {
        case success(ClientAction)
        case failure(OrderOutcome.Rejection)
    }

    private mutating func admit(
        _ submission: Submission, _ now: UInt64, _ verify: (Voucher) -> Bool
    ) -> Admission {
        let voucher = submission.voucher
        guard voucher.expires > now, voucher.expires - now <= Nonces.lifeMax,
            voucher.account.raw > 0
        else { return .failure(.voucherInvalid) }
        hash.update(submission.payload)
        guard hash.finish() == voucher.digest, verify(voucher) else {
            return .failure(.voucherInvalid)
        }
        switch nonces.take(voucher.nonce, expires: voucher.expires, now: now) {
        case .seen: return .failure(.replayed)
        case .full: return .failure(.busy)
        case .fresh: break
        }
        do throws(ClientProblem) {
            return .success(
                try ClientAction.parse(try SignedPayload.parse(submission.payload), catalogue))
        } catch { return .failure(.malformed) }
    }

    /// Nil when the answer comes later.
    private mutating func act(
        _ action: ClientAction, _ account: AccountID, _ ticket: UInt64
    ) -> OrderOutcome? {
        switch action {
        case .account: return .rejected(.malformed)
        case .place(let request): return place(request, account, ticket)
        case .query(let client):
            guard let entry = table.find(ClientKey(account: account, client: client)) else {
                return .rejected(.unknownOrder)
            }
            return entry.block <= synced ? .order(entry.view) : show(entry, ticket)
        case .cancelAll:
            if let rejection { return .rejected(rejection) }
            enter(.cancelAll(account), ticket) { .cancelAll($0) }
        case .cancel(let client):
            guard let entry = table.find(ClientKey(account: account, client: client)) else {
                return .rejected(.unknownOrder)
            }
            if let rejection { return .rejected(rejection) }
            let id = entry.view.id
            enter(.cancel(account, id), ticket) { .change($0, id) }
        case .replace(let client, let change):
            guard let entry = table.find(ClientKey(account: account, client: client)) else {
                return .rejected(.unknownOrder)
            }
            guard let instrument = listing.instrument(entry.view.order.instrument),
                let (price, quantity) = change.resolve(instrument)
            else { return .rejected(.malformed) }
            if let rejection { return .rejected(rejection) }
            let id = entry.view.id
            enter(.replace(account, id, price, quantity), ticket) { .change($0, id) }
        }
        return nil
    }

    private mutating func place(
        _ request: OrderRequest, _ account: AccountID, _ ticket: UInt64
    ) -> OrderOutcome? {
        let key = ClientKey(account: account, client: request.client)
        if let entry = table.find(key) {
            return entry.matches(request) ? show(entry, ticket) : .rejected(.conflict)
        }
        if table.isForgotten(key) { return .refused(.duplicate) }
        if let rejection { return .rejected(rejection) }
        guard table.hasRoom else { return .rejected(.busy) }
        guard let price = request.price ?? protection(request) else {
            return .refused(.noLiquidity)
        }
        let order = NewOrder(
            account: account, instrument: request.instrument, side: request.side,
            kind: request.kind, price: price, quantity: request.quantity, client: request.client)
        let id = OrderID(next)
        enter(.place(order), ticket) { _ in .order(id) }
        return nil
    }

    /// How far a market order without a price of its own may trade: to the collar around the last
    /// trade, a multiple of the tick inside of it.
    private func protection(_ request: OrderRequest) -> Price? {
        guard let instrument = listing.instrument(request.instrument) else { return nil }
        let reference = references[Int(request.instrument.raw)].raw
        let collar = Int64(instrument.collarBasisPoints)
        let tick = instrument.tick.raw
        let factor = request.side == .buy ? 10_000 + collar : 10_000 - collar
        guard let scaled = reference.multiplied(by: factor) else { return nil }
        let price =
            request.side == .buy
            ? scaled / 10_000 / tick * tick
            : ((scaled + 9_999) / 10_000 + tick - 1) / tick * tick
        return price > 0 ? Price(price) : Price(tick)
    }

    /// The order as it is, as soon as it is durable that it is there at all.
    private mutating func show(_ entry: Entry, _ ticket: UInt64) -> OrderOutcome? {
        guard entry.block > answered else { return .order(entry.view) }
        guard waiting < limits.waiting else { return .rejected(.busy) }
        wait(Waiter(ticket: ticket, wish: .order(entry.view.id)), entry.block)
        return nil
    }

    private mutating func wait(_ waiter: Waiter, _ block: UInt64) {
        waiting += 1
        if block > journaled {
            fillingWaiters.append(waiter)
        } else {
            flights[block]?.waiters.append(waiter)
        }
    }

    /// Takes an operator's request.
    package mutating func submit(_ request: AccountRequest, ticket: UInt64) {
        let command: Command
        switch request {
        case .state:
            answers.append(.operators(ticket: ticket, .state(state)))
            return
        case .open: command = .open(AccountID(accounts &+ 1))
        case .credit(let account, let currency, let amount):
            command = .credit(account, currency, amount)
        case .reserve(let account, let currency, let amount):
            command = .reserve(account, currency, amount)
        case .settle(let reserve): command = .settle(reserve: reserve)
        case .release(let reserve): command = .release(reserve: reserve)
        case .stop(let account): command = .stop(account)
        case .resume(let account): command = .resume(account)
        }
        if let rejected = rejection ?? problem(command) {
            answers.append(.operators(ticket: ticket, .rejected(rejected)))
            return
        }
        let value = request == .open ? UInt64(accounts) + 1 : next
        enter(command, ticket) { .operators($0, value) }
    }

    private func problem(_ command: Command) -> OrderOutcome.Rejection? {
        switch command {
        case .open: accounts == .max ? .busy : nil
        case .credit(_, let currency, _), .reserve(_, let currency, _):
            listing.currency(currency) == nil ? .malformed : nil
        default: nil
        }
    }

    private mutating func enter(
        _ command: Command, _ ticket: UInt64, _ wish: (Int) -> Waiter.Wish
    ) {
        waiting += 1
        fillingWaiters.append(Waiter(ticket: ticket, wish: wish(filling.count)))
        note(command, next, journaled + 1)
        filling.append(command)
        next += 1
    }

    /// What a command changes before it is decided.
    mutating func note(_ command: Command, _ sequence: UInt64, _ block: UInt64) {
        switch command {
        case .open: accounts += 1
        case .place(let order): table.insert(OrderID(sequence), order, block: block)
        default: break
        }
    }
}

extension Entry {
    /// Whether a request is the one that placed this order.
    ///
    /// The protection price of a market order does not count: the venue may have chosen it.
    fileprivate func matches(_ request: OrderRequest) -> Bool {
        let order = view.order
        return order.instrument == request.instrument && order.side == request.side
            && order.kind == request.kind && quantity == request.quantity
            && (order.kind == .market || price == request.price)
    }
}
