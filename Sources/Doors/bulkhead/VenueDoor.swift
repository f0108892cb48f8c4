internal import Addresses
internal import AdminTreaty
internal import Arguments
internal import AuthorityTreaty
internal import Certificates
internal import ClientWire
internal import ControlTreaty
internal import Findings
internal import Glibc
internal import Loop
internal import Notation
internal import Numerals
internal import Office
internal import Operator
internal import OrderTreaty

/// Flags of every verb that asks a running exchange.
enum VenueFlags {
    static let state = Flag("state", value: "DIR", "the instance with its state there")
    static let platform = Flag("platform", value: "NAME", "which, when several run")
    static let all: [Flag] = [.json, platform, state]
}

/// A running exchange as the verbs see it: its channels for people, and its front door.
struct Venue {
    let control: String
    /// Longer than services of a platform that just came up need to reach one another.
    private static let patience: UInt64 = 10_000_000_000

    init(_ arguments: Arguments) throws(Failure) {
        control = try running(arguments).control
    }

    /// What orders answers.
    ///
    /// Waits while its peers find one another, after a start or a death: what is rejected as
    /// unavailable did not happen, so asking again is safe.
    func orders(_ request: AccountRequest) throws(Failure) -> AccountAnswer {
        var desk = try OfficeDesk("orders", at: control)
        let end = Clocks.monotonic() + Self.patience
        while true {
            let answer = try desk.ask(request)
            guard case .rejected(.unavailable) = answer, Clocks.monotonic() < end else {
                return answer
            }
            usleep(20_000)
        }
    }

    /// How the venue is, once it is as hoped for or ten seconds have passed.
    func state(_ isHoped: (VenueState) -> Bool) throws(Failure) -> VenueState {
        let end = Clocks.monotonic() + Self.patience
        while true {
            guard case .state(let state) = try orders(.state) else {
                throw Failure(
                    .machine, "reply", "orders answered something else", remedy: "try again")
            }
            if isHoped(state) || Clocks.monotonic() >= end { return state }
            usleep(20_000)
        }
    }

    /// What identity answers.
    func identity(_ request: KeyRequest) throws(Failure) -> KeyAnswer {
        var desk = try OfficeDesk("identity", at: control)
        return try desk.ask(request)
    }

    /// The certificate under which clients find the front door, as text.
    func root() throws(Failure) -> String {
        var desk = try OfficeDesk("authority", at: control)
        guard case .certificate(let pem) = try desk.ask(TrustRequest.publicRoot) else {
            throw Failure(.refused, "trust", "the authority gives no root", remedy: "")
        }
        return pem
    }

    /// A connection pool to the published front door, under the root of the authority.
    func front(connections: Int = 1) throws(Failure) -> ClientPool {
        guard let root = Certificate(pem: try root()) else {
            throw Failure(.machine, "trust", "the authority's root is no certificate", remedy: "")
        }
        return try ClientPool(try endpoint(), root: root, connections: connections)
    }

    private func endpoint() throws(Failure) -> Endpoint {
        let reply = try ControlClient.ask(.status, at: control)
        guard case .status(let status) = reply else {
            try expectDone(reply)
            throw Failure(.refused, "status", "the supervisor told no status", remedy: "")
        }
        let doors = status.published.filter { $0.hasPrefix("gateway.") }
        guard let place = doors.first?.split(separator: " ").last, let found = Endpoint(place)
        else {
            throw Failure(
                .refused, "no-front-door", "\(status.platform) publishes no gateway",
                remedy: "publish it in the platform file: `publish: {gateway.https: ...}`")
        }
        return found
    }

    /// What the venue trades, as its front door says.
    func listing(_ pool: inout ClientPool) throws(Failure) -> Listing {
        let document = try json("/v1/instruments", &pool)
        return try PublicListing.parse(document)
    }

    /// A public document.
    func json(_ target: String, _ pool: inout ClientPool) throws(Failure) -> JSON {
        let request = RequestText(pool.endpoint).plain(.get, target)
        return try Self.document(try pool.answer(to: request))
    }

    /// The content of a good answer; the problem of any other as a failure.
    static func document(_ answer: ReceivedAnswer) throws(Failure) -> JSON {
        var bounds = JSON.Bounds()
        bounds.depth = 8
        guard let json = try? JSON.parse(answer.body, within: bounds) else {
            throw Failure(
                .machine, "front-door", "the front door answered \(answer.status) without JSON",
                remedy: "see `bulkhead logs gateway`")
        }
        guard answer.status < 300 else {
            let word = json["type"]?.asText ?? "\(answer.status)"
            let detail = json["detail"]?.asText ?? ""
            throw Failure(
                .refused, Excerpt.of(word),
                "the venue answered \(answer.status) "
                    + "\(Excerpt.of(word)): \(Excerpt.of(detail, limit: 200))", remedy: "")
        }
        return json
    }
}

/// Says what orders refused; `done` gives its number.
func expectNumber(_ answer: AccountAnswer) throws(Failure) -> UInt64 {
    switch answer {
    case .done(let number): return number
    case .refused(let refusal):
        throw Failure(.refused, refusal.word, "the venue refused: \(refusal.word)", remedy: "")
    case .rejected(let rejection):
        throw Failure(
            .refused, "\(rejection)", "orders did not take it: \(rejection)",
            remedy: "see `bulkhead venue`")
    case .state:
        throw Failure(.machine, "reply", "orders answered something else", remedy: "try again")
    }
}

/// An account's number as a word of the command line.
func account(_ word: String?) throws(Failure) -> AccountID {
    if word == "fees" { return .fees }
    guard let word, let number = UInt32(word), number > 0 else {
        throw Failure(
            .usage, "account", "`\(Excerpt.of(word ?? ""))` is no account",
            remedy: "give its number, as `bulkhead account open` printed it, or `fees`")
    }
    return AccountID(number)
}
