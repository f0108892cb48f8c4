internal import Bytes
internal import Errands
internal import IdentityTreaty
internal import LedgerTreaty
internal import MarketTreaty
internal import OrderTreaty
internal import Passage

// Questions and answers as the treaties have them.

extension Witness {
    /// A word of the table that only the passage to this one carries.
    var word: String {
        switch self {
        case .identity: IdentityMessage.verify.name
        case .orders: OrderMessage.place.name
        case .market: MarketMessage.book.name
        case .ledger: LedgerMessage.balances.name
        }
    }
}

extension Question {
    var kind: UInt16 {
        switch self {
        case .verify: IdentityMessage.verify.rawValue
        case .submit(let message, _): message.rawValue
        case .book: MarketMessage.book.rawValue
        case .trades: MarketMessage.trades.rawValue
        case .balances: LedgerMessage.balances.rawValue
        }
    }

    func encode(into writer: inout ByteWriter) {
        switch self {
        case .verify(let request): request.encode(into: &writer)
        case .submit(_, let submission): submission.encode(into: &writer)
        case .book(let query), .trades(let query): query.encode(into: &writer)
        case .balances(let submission): submission.encode(into: &writer)
        }
    }
}

extension Evidence {
    /// Reads an answer; whether it fits the question, the errand knows.
    init(_ message: Message) {
        var reader = message.body
        do throws(Malformed) {
            let answer: Evidence
            switch message.kind {
            case IdentityMessage.verdict.rawValue:
                answer = .verdict(try IdentityVerdict.decode(&reader))
            case OrderMessage.outcome.rawValue: answer = .outcome(try OrderOutcome.decode(&reader))
            case MarketMessage.depth.rawValue: answer = .depth(try Depth.decode(&reader))
            case MarketMessage.tape.rawValue: answer = .tape(try Tape.decode(&reader))
            case LedgerMessage.balance.rawValue:
                answer = .balances(try Balances.decode(&reader))
            case LedgerMessage.denied.rawValue: answer = .denied
            default:
                self = .nonsense
                return
            }
            try reader.finish()
            self = answer
        } catch { self = .nonsense }
    }
}
