internal import Addresses
internal import Breach
internal import Bytes
internal import Digests
internal import IdentityTreaty
internal import Loop
internal import OrderTreaty
internal import Passage
internal import RequestTreaty

/// Attacks on clients' requests by those who carry them; ids as in `Technique.requests`.
enum OrderAttempts {
    static let all: [(String, Attempt)] = [
        ("order.altered", altered), ("order.repeated", repeated),
        ("order.forged-voucher", forgedVoucher), ("order.other-account", otherAccount),
        ("order.edited-payload", editedPayload), ("order.replayed-voucher", replayedVoucher),
        ("order.raised-scope", raisedScope), ("order.other-kind", otherKind),
    ]

    private static func stopped(
        _ texts: [String], by targets: [String], control: String
    ) -> Finding {
        var finding = Finding(
            .stopped(Refusal(call: nil, errno: 0, detail: texts.joined(separator: ", "))))
        finding.targets = targets
        finding.control = control
        return finding
    }

    // MARK: As the one who forwards requests

    /// Where requests are forwarded to, and requests of that label.
    private static func gate(
        _ mission: Mission, _ label: String,
        _ attack: (PassageTable.Line, PassingRequest) -> Finding
    ) -> Finding {
        guard
            let line = mission.opened.first(where: {
                $0.messages.contains(RequestMessage.request.name)
            })
        else { return Finding(.inapplicable("it forwards no requests")) }
        guard let request = mission.request(label) else {
            return Finding(.couldNotRun("no client's request passes by"))
        }
        return attack(line, request)
    }

    /// What is answered to a request, forwarded as the parts say.
    private static func forward(
        _ mission: Mission, _ line: PassageTable.Line, _ request: PassingRequest,
        key: String? = nil, edit: (String) -> String = { $0 }
    ) -> UInt16? {
        let parts = String(decoding: request.payload, as: UTF8.self).split(
            separator: "\n", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5,
            let method = Method.allCases.first(where: { $0.name == parts[2] })
        else { return nil }
        let body = edit(String(parts[4]))
        let forwarded = ClientRequest(
            method: method, target: String(parts[3]),
            fields: [
                Field(name: "bulkhead-key", value: key ?? request.key),
                Field(name: "bulkhead-timestamp", value: String(parts[0])),
                Field(name: "bulkhead-window", value: String(parts[1])),
                Field(name: "bulkhead-signature", value: Hexadecimal.render(request.signature)),
                Field(name: "content-type", value: "application/json"),
            ], body: Array(body.utf8), client: Address(127 << 24 | 1), clientPort: 1)
        let answer = mission.question(line, RequestMessage.request.rawValue) {
            forwarded.encode(into: &$0)
        }
        guard var reader = answer else { return nil }
        return (try? ClientResponse.decode(&reader))?.status
    }

    private static func altered(_ mission: Mission) -> Finding {
        gate(mission, "altered") { line, request in
            let more = forward(mission, line, request) {
                $0.replacingFirst("\"quantity\":\"0", with: "\"quantity\":\"1")
            }
            let other = forward(mission, line, request, key: mission.orders.otherKey)
            for status in [more, other] {
                guard let status else { return Finding(.couldNotRun("no answer")) }
                guard status == 401 else {
                    return Finding(.through("a request that nobody signed got \(status)"))
                }
            }
            let honest = forward(mission, line, request)
            guard honest == 201 else {
                return Finding(.couldNotRun("the honest request got \(honest ?? 0)"))
            }
            return stopped(
                ["401 for a changed body", "401 under another's key"],
                by: [mission.orders.verifier], control: "201 for what was signed")
        }
    }

    private static func repeated(_ mission: Mission) -> Finding {
        gate(mission, "repeated") { line, request in
            let first = forward(mission, line, request)
            guard first == 201 else {
                return Finding(.couldNotRun("the honest request got \(first ?? 0)"))
            }
            guard let again = forward(mission, line, request) else {
                return Finding(.couldNotRun("no answer"))
            }
            guard again == 401 else { return Finding(.through("the repetition got \(again)")) }
            return stopped(
                ["401 for the second time"], by: [mission.orders.verifier],
                control: "201 for the first time")
        }
    }

    // MARK: As the one who carries vouchers

    private struct Desk {
        let mission: Mission
        let verify: PassageTable.Line
        let place: PassageTable.Line

        /// Identity's voucher for what a client signed.
        func voucher(_ request: PassingRequest) -> Voucher? {
            let signed = SignedRequest(
                key: request.key, signature: request.signature, payload: request.payload,
                client: Address(127 << 24 | 1))
            let answer = mission.question(verify, IdentityMessage.verify.rawValue) {
                signed.encode(into: &$0)
            }
            guard var reader = answer,
                case .vouched(let voucher)? = try? IdentityVerdict.decode(&reader)
            else { return nil }
            return voucher
        }

        func submit(
            _ payload: [UInt8], _ voucher: Voucher, as kind: OrderMessage = .place
        ) -> OrderOutcome? {
            let answer = mission.question(place, kind.rawValue) {
                Submission(payload: payload, voucher: voucher).encode(into: &$0)
            }
            guard var reader = answer else { return nil }
            return try? OrderOutcome.decode(&reader)
        }
    }

    /// A desk, a request of that label, and identity's voucher for it.
    private static func desk(
        _ mission: Mission, _ label: String, _ attack: (Desk, PassingRequest, Voucher) -> Finding
    ) -> Finding {
        guard
            let verify = mission.opened.first(where: {
                $0.messages.contains(IdentityMessage.verify.name)
            }),
            let place = mission.opened.first(where: {
                $0.messages.contains(OrderMessage.place.name)
            })
        else { return Finding(.inapplicable("it carries no vouchers")) }
        let desk = Desk(mission: mission, verify: verify, place: place)
        guard let request = mission.request(label), let voucher = desk.voucher(request) else {
            return Finding(.couldNotRun("no voucher for a client's request"))
        }
        return attack(desk, request, voucher)
    }

    /// What is submitted must be rejected; then the honest submission must be taken.
    private static func rejected(
        _ desk: Desk, _ attempts: [(String, [UInt8], Voucher)], _ request: PassingRequest,
        _ voucher: Voucher
    ) -> Finding {
        var texts: [String] = []
        for (what, payload, voucher) in attempts {
            guard let outcome = desk.submit(payload, voucher) else {
                return Finding(.couldNotRun("no answer to \(what)"))
            }
            guard case .rejected(let why) = outcome else {
                return Finding(.through("\(what) was taken"))
            }
            texts.append("\(what): \(why)")
        }
        return honestly(desk, texts, request, voucher)
    }

    private static func honestly(
        _ desk: Desk, _ texts: [String], _ request: PassingRequest, _ voucher: Voucher
    ) -> Finding {
        guard case .order(let view)? = desk.submit(request.payload, voucher),
            view.order.account.raw == request.account
        else { return Finding(.couldNotRun("the honest submission is not taken")) }
        return stopped(
            texts, by: [desk.place.peer],
            control: "\(desk.place.peer) takes what was vouched for")
    }

    private static func forgedVoucher(_ mission: Mission) -> Finding {
        desk(mission, "forged") { desk, request, voucher in
            var own = voucher
            own.account = AccountID(mission.orders.victim)
            own.nonce = Randomness.bytes(16)
            own.code = Randomness.bytes(32)
            var empty = own
            empty.code = [UInt8](repeating: 0, count: 32)
            return rejected(
                desk,
                [
                    ("a voucher of its own", request.payload, own),
                    ("one without a code", request.payload, empty),
                ], request, voucher)
        }
    }

    private static func otherAccount(_ mission: Mission) -> Finding {
        desk(mission, "other") { desk, request, voucher in
            var other = voucher
            other.account = AccountID(mission.orders.victim)
            return rejected(
                desk, [("an order for another account", request.payload, other)], request, voucher)
        }
    }

    private static func editedPayload(_ mission: Mission) -> Finding {
        desk(mission, "edited") { desk, request, voucher in
            let text = String(decoding: request.payload, as: UTF8.self)
            let edited = Array(
                text.replacingFirst("\"quantity\":\"0", with: "\"quantity\":\"1").utf8)
            var refitted = voucher
            refitted.digest = SHA256.hash(of: edited)
            return rejected(
                desk,
                [
                    ("a changed order", edited, voucher),
                    ("a changed order with its digest", edited, refitted),
                ], request, voucher)
        }
    }

    private static func replayedVoucher(_ mission: Mission) -> Finding {
        desk(mission, "replayed") { desk, request, voucher in
            let first = honestly(desk, [], request, voucher)
            guard case .stopped = first.outcome else { return first }
            guard let outcome = desk.submit(request.payload, voucher) else {
                return Finding(.couldNotRun("no answer to the second submission"))
            }
            guard case .rejected(let why) = outcome else {
                return Finding(.through("the second submission was taken"))
            }
            return stopped(
                ["the second submission: \(why)"], by: [desk.place.peer], control: first.control)
        }
    }

    private static func raisedScope(_ mission: Mission) -> Finding {
        desk(mission, "reader") { desk, request, voucher in
            var raised = voucher
            raised.scopes = Scopes.known.rawValue
            let attempts = [
                ("a reader's order with raised scopes", request.payload, raised),
                ("a reader's order", request.payload, voucher),
            ]
            var texts: [String] = []
            for (what, payload, voucher) in attempts {
                guard case .rejected(let why)? = desk.submit(payload, voucher) else {
                    return Finding(.through("\(what) was taken"))
                }
                texts.append("\(what): \(why)")
            }
            guard let trader = mission.request("trader"), let good = desk.voucher(trader) else {
                return Finding(.couldNotRun("no voucher for a trader's request"))
            }
            return honestly(desk, texts, trader, good)
        }
    }

    private static func otherKind(_ mission: Mission) -> Finding {
        desk(mission, "kind") { desk, request, voucher in
            guard case .rejected(let why)? = desk.submit(request.payload, voucher, as: .cancel)
            else { return Finding(.through("an order that is called a cancel was taken")) }
            guard let next = mission.request("kind-honest"), let good = desk.voucher(next) else {
                return Finding(.couldNotRun("no voucher for a client's request"))
            }
            return honestly(desk, ["an order that is called a cancel: \(why)"], next, good)
        }
    }
}

extension String {
    /// With the first occurrence replaced.
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        let bytes = Array(utf8)
        let wanted = Array(part.utf8)
        for start in 0..<max(0, bytes.count - wanted.count + 1)
        where Array(bytes[start..<start + wanted.count]) == wanted {
            let whole = bytes[..<start] + Array(other.utf8) + bytes[(start + wanted.count)...]
            return String(decoding: whole, as: UTF8.self)
        }
        return self
    }
}
