internal import AdminTreaty
internal import AuthorityTreaty
internal import Breach
internal import Certificates
internal import ClientWire
internal import ControlTreaty
internal import Digests
internal import Findings
internal import Glibc
internal import Notation
internal import Numerals
internal import Office
internal import OrderTreaty

/// Who answers which question of a platform that trades, found by the words of its tables.
struct VenuePlan {
    /// Takes orders, and people's requests about accounts.
    let sequencer: String
    /// Verifies signatures, and makes keys for people.
    let verifier: String
    let ledger: String
    /// Who answers clients, and where.
    let door: String
    let front: Endpoint

    /// Nil for a platform that does not trade.
    init?(_ status: PlatformStatus, _ routes: PassageRoutes) {
        func office(_ word: String) -> String? {
            routes.taker(of: word).flatMap { name in
                let isThere = status.compartments.contains {
                    $0.name == name && $0.channels.contains("operator")
                }
                return isThere ? name : nil
            }
        }
        guard let sequencer = office("place"), let verifier = office("verify"),
            let ledger = routes.taker(of: "settlements"),
            let gate = routes.services.first(where: {
                $0.routes.contains { $0.isOpened && $0.words.contains("request") }
            })?.name,
            let place = status.published.first(where: { $0.hasPrefix(gate + ".") })?
                .split(separator: " ").last, let front = Endpoint(place)
        else { return nil }
        self.sequencer = sequencer
        self.verifier = verifier
        self.ledger = ledger
        door = gate
        self.front = front
    }
}

/// Brings about something to be sequenced, decided and posted.
struct Commander {
    private let plan: VenuePlan
    private let account: AccountID
    private let control: String

    init(_ plan: VenuePlan, _ account: UInt32, _ control: String) {
        self.plan = plan
        self.account = AccountID(account)
        self.control = control
    }

    /// A command that gives the account one unit; a venue that stopped takes none.
    func command() {
        _ = try? Clients.done(plan, control, .credit(account, CurrencyID(0), Amount(1)))
    }
}

/// Clients of a copy's venue: two accounts with money, their keys, and what became of their orders.
final class Clients {
    /// An account with the key of its owner.
    struct Client {
        let account: UInt32
        let key: String
        let secret: [UInt8]
    }

    private static let patience: UInt64 = 15_000_000_000
    private static let window: UInt32 = 60_000
    private static let money: Int64 = 1_000_000_000_000_000

    let plan: VenuePlan
    let listing: Listing
    /// Whose requests are attacked, and who must lose nothing.
    let trader: Client
    let victim: Client
    /// A key of the trader that may only read.
    let reader: Client
    private let control: String
    private var pool: ClientPool

    /// Opens both accounts, makes their keys and gives them money in every currency.
    init(_ plan: VenuePlan, at control: String) throws(Failure) {
        var desk = try OfficeDesk(Embassy.authority, at: control)
        guard case .certificate(let pem) = try desk.ask(TrustRequest.publicRoot),
            let root = Certificate(pem: pem)
        else { throw Self.failed("the authority gives no root") }
        var pool = try ClientPool(plan.front, root: root, connections: 1)
        let listing = try Self.listing(plan, &pool)
        let trading: Scopes = [.read, .trade]
        let trader = try Self.open(plan, control, trading, listing)
        let victim = try Self.open(plan, control, trading, listing)
        reader = try Self.key(plan, control, trader.account, .read)
        self.plan = plan
        self.control = control
        self.listing = listing
        self.trader = trader
        self.victim = victim
        self.pool = pool
    }

    /// What is traded; services that just started may have to find one another first.
    private static func listing(
        _ plan: VenuePlan, _ pool: inout ClientPool
    ) throws(Failure) -> Listing {
        let request = RequestText(plan.front).plain(.get, "/v1/instruments")
        let end = Moment.now + patience
        while true {
            if let answer = try? pool.answer(to: request, seconds: 2), answer.status == 200 {
                return try PublicListing.parse(try json(answer))
            }
            guard Moment.now < end, !Interruption.isRaised else {
                throw failed("the front door does not say what is traded")
            }
            usleep(20_000)
        }
    }

    private static func failed(_ problem: String) -> Failure {
        Failure(.machine, "drill-clients", problem, remedy: "run the drill again")
    }

    private static func open(
        _ plan: VenuePlan, _ control: String, _ scopes: Scopes, _ listing: Listing
    ) throws(Failure) -> Client {
        let number = try done(plan, control, .open)
        let account = AccountID(UInt32(truncatingIfNeeded: number))
        for index in listing.currencies.indices {
            _ = try done(
                plan, control, .credit(account, CurrencyID(UInt16(index)), Amount(money)))
        }
        return try key(plan, control, account.raw, scopes)
    }

    private static func key(
        _ plan: VenuePlan, _ control: String, _ account: UInt32, _ scopes: Scopes
    ) throws(Failure) -> Client {
        var desk = try OfficeDesk(plan.verifier, at: control)
        let request = KeyRequest.symmetric(AccountID(account), scopes, allowed: [])
        guard case .made(let name, let secret) = try desk.ask(request) else {
            throw failed("\(plan.verifier) makes no key")
        }
        return Client(account: account, key: name, secret: secret)
    }

    /// Asks until the venue takes it: what is rejected as unavailable did not happen.
    fileprivate static func done(
        _ plan: VenuePlan, _ control: String, _ request: AccountRequest
    ) throws(Failure) -> UInt64 {
        let end = Moment.now + patience
        while true {
            var desk = try OfficeDesk(plan.sequencer, at: control)
            let answer = try desk.ask(request)
            if case .done(let number) = answer { return number }
            guard case .rejected(.unavailable) = answer, Moment.now < end,
                !Interruption.isRaised
            else { throw failed("\(plan.sequencer) does not take \(request): \(answer)") }
            usleep(20_000)
        }
    }

    /// How the venue is.
    func state() -> VenueState? {
        guard var desk = try? OfficeDesk(plan.sequencer, at: control),
            case .state(let state)? = try? desk.ask(AccountRequest.state)
        else { return nil }
        return state
    }

    /// Waits for a state of the venue.
    func waits(seconds: UInt64 = 10, until holds: (VenueState) -> Bool) -> Bool {
        let end = Moment.now + seconds * 1_000_000_000
        while Moment.now < end, !Interruption.isRaised {
            if let state = state(), holds(state) { return true }
            usleep(20_000)
        }
        return false
    }

    /// The venue takes commands, and the ledger has every block.
    func isOpen() -> Bool {
        waits { $0.isAvailable && !$0.isHalted && $0.booked == $0.journaled }
    }

    private static func json(_ answer: ReceivedAnswer) throws(Failure) -> JSON {
        var bounds = JSON.Bounds()
        bounds.depth = 8
        guard let json = try? JSON.parse(answer.body, within: bounds) else {
            throw failed("the front door answers \(answer.status) without JSON")
        }
        return json
    }

    /// What the front door answers a client.
    private func ask(
        _ method: ClientMethod, _ target: String, _ body: [UInt8] = [], as client: Client
    ) throws(Failure) -> (status: UInt16, json: JSON) {
        let key = ClientKey(name: client.key, secret: client.secret)
        let end = Moment.now + Self.patience
        while true {
            let text = RequestText(plan.front).signed(
                method, target, body, by: key, time: Moment.real / 1_000_000)
            // Services that had a guest find one another again; an order of the same name is the
            // same order.
            if let answer = try? pool.answer(to: text, seconds: 2), answer.status < 500,
                answer.status != 401
            {
                return (answer.status, try Self.json(answer))
            }
            guard Moment.now < end, !Interruption.isRaised else {
                throw Self.failed("the front door does not answer a client")
            }
            usleep(50_000)
        }
    }

    /// An account's money as the ledger has it, as a text to compare.
    func balances(of client: Client) -> String? {
        guard let (status, json) = try? ask(.get, "/v1/account", as: client), status == 200 else {
            return nil
        }
        return json["balances"]?.render()
    }

    /// The victim's money, to compare.
    func victimBalances() -> String? { balances(of: victim) }

    /// The quantity of the account's order of that name; empty when it has none, nil when nobody
    /// tells.
    private func quantity(_ name: String, of client: Client) -> String? {
        guard let (status, json) = try? ask(.get, "/v1/orders/\(name)", as: client) else {
            return nil
        }
        return status == 200 ? json["quantity"]?.asText : status == 404 ? "" : nil
    }

    /// What became of an attacked order, when that is not what the trader signed; nil when it is.
    func harm(_ label: String, isHonest: Bool) -> String? {
        let wanted = isHonest ? quantityText(Self.lots) : ""
        switch quantity(label, of: trader) {
        case nil: return "nobody tells what became of order \(label)"
        case let found? where found != wanted:
            return "order \(label) has the quantity \(found), not \(wanted)"
        default: break
        }
        guard quantity(label, of: victim) == "" else {
            return "another account has the order \(label)"
        }
        return nil
    }

    private static let lots: Int64 = 100
    private static let triesMax = 3

    private func quantityText(_ lots: Int64) -> String {
        let one = listing.instruments[0]
        return FixedPoint.render(one.lot.raw * lots, digits: one.quantityDigits)
    }

    /// The text of an order that rests: a tenth of the smallest unit's worth above the least value.
    private func order(_ name: String, side: Side, at price: Price, lots: Int64) -> [UInt8] {
        let one = listing.instruments[0]
        let quantity = quantityText(lots)
        let limit = FixedPoint.render(price.raw, digits: one.priceDigits)
        return Array(
            """
            {"clientOrderId":"\(name)","symbol":"\(one.symbol)","side":"\(side == .buy ? "buy" : "sell")",\
            "type":"limit","price":"\(limit)","quantity":"\(quantity)"}
            """.utf8)
    }

    /// Two orders that rest, one of each client, so that goods and money lie behind them; how much
    /// the trader's holds.
    func rest(into orders: inout EnvoyOrders) throws(Failure) -> Int64 {
        let one = listing.instruments[0]
        let lots = 1_000 as Int64
        let apart = one.reference.raw / 20 / one.tick.raw * one.tick.raw
        let sell = order("rests", side: .sell, at: Price(one.reference.raw + apart), lots: lots)
        let buy = order("rests", side: .buy, at: Price(one.reference.raw - apart), lots: lots)
        for (client, body) in [(trader, sell), (victim, buy)] {
            let (status, json) = try ask(.post, "/v1/orders", body, as: client)
            guard status == 201 else {
                throw Self.failed("an order is not taken: \(json.render())")
            }
            if client.account == trader.account {
                guard let id = json["orderId"]?.asText.flatMap({ UInt64($0) }) else {
                    throw Self.failed("an order has no number: \(json.render())")
                }
                orders.resting = id
            }
        }
        orders.price = one.reference.raw + apart
        orders.tick = one.tick.raw
        orders.divisor = one.divisor
        return one.lot.raw * lots
    }

    /// The victim's order that meets the trader's: the status that it is answered with, nil when
    /// nobody answers it.
    func meets() -> UInt16? {
        let one = listing.instruments[0]
        let apart = one.reference.raw / 20 / one.tick.raw * one.tick.raw
        let body = order(
            "meets", side: .buy, at: Price(one.reference.raw + apart), lots: Self.lots)
        return once(.post, "/v1/orders", body, as: victim)
    }

    /// What an order gets now: the first status that anybody answers it with, nil for none.
    func tries(_ label: String) -> UInt16? {
        let one = listing.instruments[0]
        let apart = one.reference.raw / 20 / one.tick.raw * one.tick.raw
        let body = order(
            label, side: .buy, at: Price(one.reference.raw - apart), lots: Self.lots)
        for _ in 0..<Self.triesMax {
            if let status = once(.post, "/v1/orders", body, as: trader) { return status }
            guard !Interruption.isRaised else { break }
        }
        return nil
    }

    private func once(
        _ method: ClientMethod, _ target: String, _ body: [UInt8], as client: Client
    ) -> UInt16? {
        let key = ClientKey(name: client.key, secret: client.secret)
        let text = RequestText(plan.front).signed(
            method, target, body, by: key, time: Moment.real / 1_000_000)
        return (try? pool.answer(to: text, seconds: 2))?.status
    }

    /// A new order of the trader, signed as it passes by; its name is the label.
    func passing(_ label: String, by client: Client? = nil) -> PassingRequest {
        let one = listing.instruments[0]
        let apart = one.reference.raw / 20 / one.tick.raw * one.tick.raw
        let body = order(
            label, side: .buy, at: Price(one.reference.raw - apart), lots: Self.lots)
        let payload =
            Array("\(Moment.real / 1_000_000)\n\(Self.window)\nPOST\n/v1/orders\n".utf8) + body
        let signer = client ?? trader
        return PassingRequest(
            label: label, account: signer.account, key: signer.key,
            signature: HMAC(key: signer.secret).code(over: payload), payload: payload)
    }
}
