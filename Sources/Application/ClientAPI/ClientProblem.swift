public import OrderTreaty

/// Why a request got no answer that it wanted: problem details of RFC 9457.
///
/// The word is for programs and never changes its meaning; member and detail help people. Nothing
/// of a request is repeated but a member's name of harmless characters.
public struct ClientProblem: Error, Sendable, Hashable {
    /// What kind of problem.
    public enum Kind: Sendable, Hashable {
        /// Fields, target or payload are not as the API says.
        case malformed
        /// The body is not the JSON object that the route takes.
        case malformedBody
        /// A member or parameter has a value that it cannot have.
        case malformedValue
        case unknownMember
        case duplicateMember
        case missingMember
        /// A field of the signature is missing.
        case unsigned
        case notAuthenticated
        case outsideWindow
        case replayed
        /// For so many seconds.
        case lockedOut(Int)
        case scopeMissing
        case unknownRoute
        case unknownInstrument
        case unknownOrder
        case methodNotAllowed
        case conflict
        case tooLarge
        /// A rule of the venue refused the command.
        case refused(Refusal)
        /// A peer answered something that makes no sense.
        case peerAnswer
        case busy
        /// Orders, or something behind it, is away; nothing happened.
        case unavailable
        case identityUnavailable
        /// The same for so many seconds: what is signed until then may have been accepted before.
        case identityStarting(Int)
        case marketUnavailable
        case balancesUnavailable
        case halted
        /// The command was passed on and no answer came in time: ask by its client order id.
        case outcomeUnknown
    }

    /// What kind of problem.
    public var kind: Kind
    /// The member, parameter or field that it is about; empty for none.
    public var member: String
    /// What should have been there, or what to do.
    public var hint: String

    /// Puts a problem together.
    public init(_ kind: Kind, _ member: String = "", _ hint: String = "") {
        self.kind = kind
        self.member = member
        self.hint = hint
    }

    /// A payload that has not the form that is signed.
    static var payload: ClientProblem {
        ClientProblem(.malformed, "", "timestamp, window, method, target and body, a line each")
    }
    static var tooLarge: ClientProblem {
        ClientProblem(.tooLarge, "", "a signed request has at most 8192 bytes in all")
    }
    static var body: ClientProblem {
        ClientProblem(.malformedBody, "", "one JSON object of plain texts without escapes")
    }

    /// The stable word, the HTTP status, a title, and seconds after which to try again.
    public var facts: (word: String, status: UInt16, title: String, retryAfter: Int?) {
        switch kind {
        case .malformed: ("malformed", 400, "The request is malformed", nil)
        case .malformedBody: ("malformed-body", 400, "The body is malformed", nil)
        case .malformedValue: ("malformed-value", 400, "A value is malformed", nil)
        case .unknownMember: ("unknown-member", 400, "A member is not known", nil)
        case .duplicateMember: ("duplicate-member", 400, "A member is there twice", nil)
        case .missingMember: ("missing-member", 400, "A member is missing", nil)
        case .unsigned, .notAuthenticated:
            ("not-authenticated", 401, "The request is nobody's", nil)
        case .outsideWindow: ("outside-window", 401, "The timestamp is outside the window", nil)
        case .replayed: ("replayed", 401, "The same signed request came before", nil)
        case .lockedOut(let seconds): ("locked-out", 429, "Too many failures", seconds)
        case .scopeMissing: ("scope-missing", 403, "The key may not do this", nil)
        case .unknownRoute: ("unknown-route", 404, "There is nothing here", nil)
        case .unknownInstrument: ("unknown-instrument", 404, "The instrument is not listed", nil)
        case .unknownOrder: ("unknown-order", 404, "There is no such order", nil)
        case .methodNotAllowed: ("method-not-allowed", 405, "The method is not for this", nil)
        case .conflict: ("conflict", 409, "The client order id has another order", nil)
        case .tooLarge: ("too-large", 413, "The request is too large", nil)
        case .refused(let refusal): (refusal.word, 422, "The venue refused the command", nil)
        case .peerAnswer: ("peer-answer", 502, "A service answered nonsense", nil)
        case .busy: ("venue-busy", 503, "Too much waits already", 1)
        case .unavailable: ("venue-unavailable", 503, "The venue takes no commands now", 1)
        case .identityUnavailable:
            ("identity-unavailable", 503, "Requests cannot be authenticated now", 1)
        case .identityStarting(let seconds):
            ("identity-unavailable", 503, "Requests cannot be authenticated now", seconds)
        case .marketUnavailable: ("market-unavailable", 503, "Market data is away", 1)
        case .balancesUnavailable: ("balances-unavailable", 503, "Balances are away", 1)
        case .halted: ("venue-halted", 503, "The venue is halted", 60)
        case .outcomeUnknown:
            ("outcome-unknown", 504, "What became of the command is not known", nil)
        }
    }
}
