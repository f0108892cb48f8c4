// Errands: clients' requests on their way through api, from the question to the answer.
//
// Pure: it says whom to ask what, and is told what they answered; it never sends, and knows the time
// only by its calls. It vouches for nothing: orders gets the signed bytes as they came and identity's
// voucher. Each request gets exactly one answer. Bounds: 16,384 requests at a time with 16 MiB of
// payloads, 8 seconds each.

internal import ClientAPI
package import IdentityTreaty
package import LedgerTreaty
package import MarketTreaty
package import OrderTreaty
package import RequestTreaty

/// A request that is under way; a number that was used before is another one.
package struct ErrandID: Sendable, Hashable {
    let slot: Int32
    let generation: UInt32
}

/// Who is asked on the way.
package enum Witness: Int, Sendable, Hashable, CaseIterable {
    case identity, orders, market, ledger
}

/// What must be done next.
package enum Step: Sendable {
    /// The client has its answer, and the errand is over.
    case answer(ClientResponse)
    case ask(ErrandID, Question)
}

/// What a peer is asked.
package enum Question: Sendable {
    case verify(SignedRequest)
    case submit(OrderMessage, Submission)
    case book(MarketQuery)
    case trades(MarketQuery)
    case balances(Submission)

    /// Who is asked.
    package var witness: Witness {
        switch self {
        case .verify: .identity
        case .submit: .orders
        case .book, .trades: .market
        case .balances: .ledger
        }
    }
}

/// What a peer answered.
package enum Evidence: Sendable {
    case verdict(IdentityVerdict)
    case outcome(OrderOutcome)
    case depth(Depth)
    case tape(Tape)
    case balances(Balances)
    /// The ledger does not believe the voucher.
    case denied
    /// Bytes that are no answer to what was asked.
    case nonsense
}

/// What an errand waits for.
enum Stage: Sendable {
    case verdict(ClientAction, [UInt8])
    case outcome(ClientAction)
    case balances(AccountID)
    case depth(MarketQuery)
    case tape(MarketQuery)

    /// The answer when the one who was asked is away, or takes too long.
    ///
    /// `wasAsked` is false when the question never left.
    func failure(wasAsked: Bool) -> ClientProblem {
        switch self {
        case .verdict: ClientProblem(.identityUnavailable)
        case .outcome(.query): ClientProblem(.unavailable)
        case .outcome:
            wasAsked
                ? ClientProblem(.outcomeUnknown, "", "ask for the order by its client order id")
                : ClientProblem(.unavailable)
        case .balances: ClientProblem(.balancesUnavailable)
        case .depth, .tape: ClientProblem(.marketUnavailable)
        }
    }

    var witness: Witness {
        switch self {
        case .verdict: .identity
        case .outcome: .orders
        case .balances: .ledger
        case .depth, .tape: .market
        }
    }

    var bytes: Int {
        if case .verdict(_, let payload) = self { payload.count } else { 0 }
    }
}
