internal import AdminTreaty
internal import LedgerTreaty
internal import Numerals
internal import OrderTreaty
package import RiskTreaty

extension Orders {
    /// Matching attached: it goes on behind the last block whose results came, or begins anew.
    package mutating func attachMatching() -> Resume {
        hasMatching = true
        parts = []
        return Resume(block: received, digest: receivedDigest)
    }

    package mutating func detachMatching() {
        hasMatching = false
        parts = []
    }

    /// Takes results, or a part of them.
    ///
    /// Those of blocks that came before are compared and passed over: matching was rebuilt.
    package mutating func take(_ results: Results) -> OrdersVerdict {
        guard results.block <= received + 1, results.block <= registered else {
            return .outOfOrder
        }
        let isNew = results.block > received
        if isNew {
            guard parts.count + results.reports.count <= Results.reportsMax else {
                return .outOfOrder
            }
            parts += results.reports
        }
        guard !results.isPart else { return .fine }
        if let known = recorded.removeValue(forKey: results.block) ?? outcomes[results.block],
            known != results.digest
        {
            return differs(results.block)
        }
        outcomes[results.block] = results.digest
        if results.block > 4 * limits.window {
            outcomes[results.block - 4 * limits.window] = nil
        }
        guard isNew else { return .fine }
        var whole = results
        whole.reports = parts
        parts = []
        received = results.block
        receivedDigest = results.digest
        held.append(whole)
        return settle()
    }

    /// Applies what came back of blocks that are on disk: nobody hears of any other.
    mutating func settle() -> OrdersVerdict {
        while let results = held.first, results.block <= synced {
            held.removeFirst()
            guard let flight = flights.removeValue(forKey: results.block) else {
                return stop("results of block \(results.block), which is not under way")
            }
            var fates = Fates(flight)
            for report in results.reports {
                do throws(Misfit) { try apply(report, &fates) } catch {
                    return stop("results of block \(results.block): \(error.reason)")
                }
            }
            guard fates.isWhole else {
                return stop("results of block \(results.block): they do not decide each command")
            }
            answered = results.block
            digest = results.digest
            if answered > booked {
                externals[answered] = fates.external(answered)
            }
            for waiter in flight.waiters { answer(waiter, fates) }
        }
        return .fine
    }

    private mutating func answer(_ waiter: Waiter, _ fates: Fates) {
        waiting -= 1
        let ticket = waiter.ticket
        let outcome: OrderOutcome
        switch waiter.wish {
        case .operators(let index, let value):
            let refusal = fates.refusals[index]
            answers.append(
                .operators(ticket: ticket, refusal.map { .refused($0) } ?? .done(value)))
            return
        case .order(let id): outcome = view(id)
        case .change(let index, let id):
            outcome = fates.refusals[index].map { .refused($0) } ?? view(id)
        case .cancelAll(let index):
            outcome =
                fates.refusals[index].map { .refused($0) } ?? .cancelled(fates.cancelled[index])
        }
        answers.append(.order(ticket: ticket, outcome))
    }

    private func view(_ id: OrderID) -> OrderOutcome {
        table[id].map { .order($0.view) } ?? .rejected(.unknownOrder)
    }
}

/// What became of each command of a block.
struct Fates {
    private let flight: Flight
    private var decided = 0
    private(set) var refusals: [Refusal?]
    /// Orders that left after each command.
    private(set) var cancelled: [UInt32]

    init(_ flight: Flight) {
        self.flight = flight
        refusals = Array(repeating: nil, count: flight.commands.count)
        cancelled = Array(repeating: 0, count: flight.commands.count)
    }

    /// Each command was decided.
    var isWhole: Bool { decided == flight.commands.count }

    /// The command that was decided last.
    var last: Command? { decided > 0 ? flight.commands[decided - 1] : nil }

    /// Takes a command's fate; commands are decided in their order, each once.
    mutating func decide(_ sequence: UInt64, _ refusal: Refusal?) -> Bool {
        guard decided < flight.commands.count, sequence == flight.first + UInt64(decided) else {
            return false
        }
        refusals[decided] = refusal
        decided += 1
        return true
    }

    mutating func countCancelled() {
        if decided > 0 { cancelled[decided - 1] += 1 }
    }

    /// What the ledger hears: what risk did not refuse.
    func external(_ block: UInt64) -> External {
        var external = External(block: block, time: flight.time)
        for (index, command) in flight.commands.enumerated() where refusals[index] == nil {
            switch command {
            case .open(let account): external.opened.append(account)
            case .credit(let account, let currency, let amount):
                external.credits.append(
                    Change(account: account, currency: currency, amount: amount))
            case .reserve(let account, let currency, let amount):
                let change = Change(account: account, currency: currency, amount: amount)
                external.reserves.append(
                    External.Reserve(id: flight.first + UInt64(index), change: change))
            case .settle(let reserve):
                external.resolved.append(External.Resolution(id: reserve, isPosted: true))
            case .release(let reserve):
                external.resolved.append(External.Resolution(id: reserve, isPosted: false))
            default: break
            }
        }
        return external
    }
}
