internal import Breach
internal import LedgerTreaty
internal import Numerals
internal import OrderTreaty
internal import Passage

/// False words to the ledger; ids as in `Technique.postings`.
enum PostingAttempts {
    static let all: [(String, Attempt)] = [
        ("book.below-zero", belowZero), ("book.from-nothing", fromNothing),
        ("book.false-hold", falseHold), ("book.false-release", falseRelease),
        ("book.false-trade", falseTrade), ("book.stolen-trade", stolenTrade),
    ]

    /// More than anybody has.
    private static let much = Amount(1 << 60)
    private static let little = Amount(1)

    private static func role(
        _ mission: Mission, _ word: LedgerMessage, _ play: (inout Role) -> Finding
    ) -> Finding {
        guard mission.opened.contains(where: { $0.messages.contains(word.name) }) else {
            return Finding(.inapplicable("it does not say `\(word.name)` to anybody"))
        }
        guard var role = Role(mission, word) else {
            return Finding(.couldNotRun("nobody takes `\(word.name)` from it"))
        }
        return play(&role)
    }

    private static func change(_ mission: Mission, _ amount: Amount) -> Change {
        Change(
            account: AccountID(mission.orders.account), currency: CurrencyID(0), amount: amount)
    }

    /// More is reserved to leave than is there.
    private static func belowZero(_ mission: Mission) -> Finding {
        role(mission, .external) { role in
            role.sequence { number in
                let reserve = External.Reserve(
                    id: mission.orders.sequence + 1, change: change(mission, much))
                return {
                    External(block: number, time: 1, reserves: [reserve]).encode(into: &$0)
                }
            }
        }
    }

    /// A reserve that nobody made is given back.
    private static func fromNothing(_ mission: Mission) -> Finding {
        role(mission, .external) { role in
            role.sequence { number in
                let back = External.Resolution(id: 1 << 40, isPosted: false)
                return { External(block: number, time: 1, resolved: [back]).encode(into: &$0) }
            }
        }
    }

    /// More is held than is there.
    private static func falseHold(_ mission: Mission) -> Finding {
        role(mission, .holds) { role in
            role.decide { number in
                let holds = Holds(block: number, held: [change(mission, much)], released: [])
                return { holds.encode(into: &$0) }
            }
        }
    }

    /// What was never held is released.
    private static func falseRelease(_ mission: Mission) -> Finding {
        role(mission, .holds) { role in
            role.decide { number in
                let holds = Holds(block: number, held: [], released: [change(mission, much)])
                return { holds.encode(into: &$0) }
            }
        }
    }

    private static func trade(_ mission: Mission, _ delivered: Amount, _ paid: Amount) -> Settlement
    {
        Settlement(
            trade: TradeID(1), buyer: AccountID(mission.orders.victim),
            seller: AccountID(mission.orders.account), base: CurrencyID(mission.orders.base),
            quote: CurrencyID(mission.orders.quote), delivered: delivered, paid: paid,
            buyerFee: Amount(0), sellerFee: Amount(0))
    }

    /// A trade of what nobody has.
    private static func falseTrade(_ mission: Mission) -> Finding {
        settle(mission, trade(mission, much, much))
    }

    /// A trade that nobody ordered, of what lies behind open orders of others: all of one's goods
    /// for next to nothing.
    private static func stolenTrade(_ mission: Mission) -> Finding {
        settle(mission, trade(mission, Amount(mission.orders.held), little))
    }

    private static func settle(_ mission: Mission, _ trade: Settlement) -> Finding {
        role(mission, .settlements) { role in
            role.match { number in
                { Settlements(block: number, isPart: false, trades: [trade]).encode(into: &$0) }
            }
        }
    }
}
