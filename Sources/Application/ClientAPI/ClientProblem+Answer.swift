public import IdentityTreaty
public import OrderTreaty
public import RequestTreaty

extension ClientProblem {
    /// What orders' rejection means to a client.
    public init(rejected rejection: OrderOutcome.Rejection) {
        switch rejection {
        // Identity vouched for the client: that orders has another key, or none yet after a restart,
        // is no fault of the client's.
        case .voucherInvalid: self.init(.identityUnavailable)
        case .replayed: self.init(.replayed)
        case .malformed: self.init(.malformed)
        case .scopeMissing: self.init(.scopeMissing)
        case .conflict: self.init(.conflict)
        case .unknownOrder: self.init(.unknownOrder)
        case .busy: self.init(.busy)
        case .unavailable: self.init(.unavailable)
        case .halted: self.init(.halted)
        }
    }

    /// What identity's reason means to a client: what would help an attacker is one word.
    ///
    /// `retryAfter` is in seconds, as identity knows it; 0 where waiting changes nothing.
    public init(unvouched reason: IdentityVerdict.Reason, retryAfter: UInt32) {
        switch reason {
        case .unknownKey, .wrongSignature, .addressNotAllowed, .malformed:
            self.init(.notAuthenticated)
        case .outsideWindow:
            self.init(.outsideWindow, "bulkhead-timestamp", "compare your clock with /v1/time")
        case .replayed: self.init(.replayed)
        case .lockedOut: self.init(.lockedOut(Int(retryAfter)))
        case .crowded: self.init(.busy)
        case .starting: self.init(.identityStarting(Int(retryAfter)))
        }
    }

    /// A method that the route does not take; the answer names those that it takes.
    public static func method(for route: Route) -> ClientProblem {
        let names = route.methods.map(\.name).joined(separator: ", ")
        return ClientProblem(.methodNotAllowed, "", names)
    }

    /// As the client gets it.
    public var response: ClientResponse {
        let facts = facts
        var out = AnswerText(capacity: 256)
        out.raw("{\"type\":\"")
        out.raw(facts.word)
        out.raw("\",\"title\":\"")
        out.raw(facts.title)
        out.raw("\",\"status\":")
        out.integer(UInt64(facts.status))
        out.raw(",\"detail\":")
        out.text(detail)
        if !member.isEmpty {
            out.raw(",\"member\":")
            out.text(member)
        }
        out.raw("}")
        var fields = [
            Field(name: "content-type", value: "application/problem+json"),
            Field(name: "cache-control", value: "no-store"),
        ]
        if let seconds = facts.retryAfter {
            fields.append(Field(name: "retry-after", value: String(seconds)))
        }
        if kind == .methodNotAllowed { fields.append(Field(name: "allow", value: hint)) }
        return ClientResponse(status: facts.status, fields: fields, body: out.bytes)
    }

    private var detail: String {
        switch (member.isEmpty, hint.isEmpty) {
        case (true, true): facts.title
        case (true, false): hint
        case (false, true): "\(facts.title): \(member)"
        case (false, false): "\(member): \(hint)"
        }
    }
}
