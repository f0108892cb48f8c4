internal import Addresses
package import AuditTreaty
package import ClientAPI
internal import IdentityTreaty
internal import LedgerTreaty
internal import MarketTreaty
internal import OrderTreaty
package import RequestTreaty

/// Every request that is under way, in the order in which they came.
package struct Errands: Sendable {
    /// Most requests at a time.
    package static let countMax = 16_384
    /// Most bytes of payloads that wait for identity.
    package static let bytesMax = 16 << 20
    /// How long a request may take.
    package static let lifeMilliseconds: UInt64 = 8_000

    private struct Slot: Sendable {
        var generation: UInt32 = 0
        var stage: Stage?
        var client = Address(0)
        var port: UInt16 = 0
        var due: UInt64 = 0
        var previous: Int32 = -1
        var next: Int32 = -1
    }

    private let catalogue: Catalogue
    private let instruments: ClientResponse
    private var slots: [Slot] = []
    private var free: [Int32] = []
    private var oldest: Int32 = -1
    private var newest: Int32 = -1
    private var bytes = 0
    /// Monotonic milliseconds, as of the last call that said it.
    private var now: UInt64 = 0
    private var refusals = NoteBudget(kind: "request", rest: "requests refused")

    /// Starts without requests.
    package init(_ catalogue: Catalogue) {
        self.catalogue = catalogue
        instruments = Answer.instruments(catalogue)
    }

    /// Requests under way.
    package var count: Int { slots.count - free.count }

    /// When the oldest request has had its time; nil while there is none.
    package var due: UInt64? { oldest >= 0 ? slots[Int(oldest)].due : nil }

    /// Takes a request up.
    ///
    /// `now` is a clock that never goes back, `wall` milliseconds since 1970.
    package mutating func take(_ request: ClientRequest, now: UInt64, wall: UInt64) -> Step {
        self.now = max(self.now, now)
        do throws(ClientProblem) {
            let route = try Route.parse(request.target, catalogue)
            guard route.methods.contains(request.method) else {
                throw ClientProblem.method(for: route)
            }
            if route.isSigned { return try signed(route, request) }
            guard request.body.isEmpty else {
                throw ClientProblem(.malformedBody, "", "the request takes no body")
            }
            switch route {
            case .instruments: return .answer(instruments)
            case .book(let instrument, let count):
                let query = MarketQuery(instrument: instrument, count: count)
                return .ask(try begin(.depth(query), request), .book(query))
            case .trades(let instrument, let count):
                let query = MarketQuery(instrument: instrument, count: count)
                return .ask(try begin(.tape(query), request), .trades(query))
            default: return .answer(Answer.time(wall))
            }
        } catch { return .answer(refuse(error, request.client, request.clientPort)) }
    }

    /// What the client hears, and a note of it.
    private mutating func refuse(
        _ problem: ClientProblem, _ client: Address, _ port: UInt16
    ) -> ClientResponse {
        let word = "\(problem.facts.status) \(problem.facts.word)"
        refusals.add("\(client):\(port) \(word)", as: word, now: nanoseconds)
        return problem.response
    }

    /// Something that was refused is counted, or waits to be told.
    package var hasNews: Bool { refusals.isBusy }

    /// What was refused since the last call, at a bounded rate; `now` as for requests.
    package mutating func takeEvents(now: UInt64, isLast: Bool = false) -> [Event] {
        self.now = max(self.now, now)
        return refusals.take(now: nanoseconds, isLast: isLast)
    }

    private var nanoseconds: UInt64 { min(now, .max / 1_000_000) * 1_000_000 }

    private mutating func signed(
        _ route: Route, _ request: ClientRequest
    ) throws(ClientProblem) -> Step {
        guard let key = request.field("bulkhead-key") else {
            throw ClientProblem(.unsigned, "bulkhead-key", "the field is missing")
        }
        guard let text = request.field("bulkhead-signature") else {
            throw ClientProblem(.unsigned, "bulkhead-signature", "the field is missing")
        }
        guard (1...SignedRequest.keyMax).contains(key.utf8.count),
            let signature = Signature.parse(text)
        else { throw ClientProblem(.notAuthenticated) }
        let payload = try SignedPayload.build(request)
        let action = try ClientAction(route, payload, catalogue)
        let id = try begin(.verdict(action, payload.bytes), request)
        return .ask(
            id,
            .verify(
                SignedRequest(
                    key: key, signature: signature, payload: payload.bytes, client: request.client)
            ))
    }

    /// Takes an answer; nil when the errand is over already.
    package mutating func take(_ answer: Evidence, for id: ErrandID) -> Step? {
        guard let stage = stage(id) else { return nil }
        do throws(ClientProblem) {
            if case (.verdict(let action, let payload), .verdict(.vouched(let voucher))) =
                (stage, answer)
            {
                return try proceed(id, action, payload, voucher)
            }
            let response = try response(stage, answer)
            end(id)
            return .answer(response)
        } catch { return .answer(refuse(error, id)) }
    }

    private func response(
        _ stage: Stage, _ answer: Evidence
    ) throws(ClientProblem) -> ClientResponse {
        switch (stage, answer) {
        case (.verdict, .verdict(.refused(let reason, let retryAfter))):
            throw ClientProblem(unvouched: reason, retryAfter: retryAfter)
        case (.outcome(let action), .outcome(let outcome)):
            try Answer.outcome(outcome, of: action, catalogue)
        case (.depth(let query), .depth(let depth)) where depth.instrument == query.instrument:
            try Answer.depth(depth, catalogue)
        case (.tape(let query), .tape(let tape)) where tape.instrument == query.instrument:
            try Answer.tape(tape, catalogue)
        case (.balances(let account), .balances(let balances)) where balances.account == account:
            try Answer.balances(balances, catalogue)
        case (.balances, .denied): throw ClientProblem(rejected: .voucherInvalid)
        default: throw ClientProblem(.peerAnswer)
        }
    }

    /// Ends an errand with a problem.
    private mutating func refuse(_ problem: ClientProblem, _ id: ErrandID) -> ClientResponse {
        let slot = slots[Int(id.slot)]
        end(id)
        return refuse(problem, slot.client, slot.port)
    }

    /// From identity's word to whom the action concerns.
    private mutating func proceed(
        _ id: ErrandID, _ action: ClientAction, _ payload: [UInt8], _ voucher: Voucher
    ) throws(ClientProblem) -> Step {
        // Orders and ledger check this again where it counts.
        guard Scopes(rawValue: voucher.scopes).contains(action.scope) else {
            throw ClientProblem(.scopeMissing)
        }
        let submission = Submission(payload: payload, voucher: voucher)
        guard let message = action.message else {
            move(id, to: .balances(voucher.account))
            return .ask(id, .balances(submission))
        }
        move(id, to: .outcome(action))
        return .ask(id, .submit(message, submission))
    }

    /// What the client is told when the question could not be asked (`wasAsked` false), or the one
    /// who was asked is gone; nil when the errand is over already.
    package mutating func fail(_ id: ErrandID, wasAsked: Bool) -> ClientResponse? {
        guard let stage = stage(id) else { return nil }
        return refuse(stage.failure(wasAsked: wasAsked), id)
    }

    /// The oldest request that has had its time by `now`, with its answer; nil when there is none.
    package mutating func expire(_ now: UInt64) -> (ErrandID, ClientResponse)? {
        self.now = max(self.now, now)
        guard oldest >= 0, slots[Int(oldest)].due <= now else { return nil }
        let id = ErrandID(slot: oldest, generation: slots[Int(oldest)].generation)
        guard let response = fail(id, wasAsked: true) else { return nil }
        return (id, response)
    }

    private func stage(_ id: ErrandID) -> Stage? {
        let slot = slots[Int(id.slot)]
        return slot.generation == id.generation ? slot.stage : nil
    }

    private mutating func begin(
        _ stage: Stage, _ request: ClientRequest
    ) throws(ClientProblem) -> ErrandID {
        guard count < Self.countMax, bytes + stage.bytes <= Self.bytesMax else {
            throw ClientProblem(.busy)
        }
        let place: Int32
        if let used = free.popLast() {
            place = used
        } else {
            place = Int32(slots.count)
            slots.append(Slot())
        }
        bytes += stage.bytes
        let index = Int(place)
        slots[index].stage = stage
        slots[index].client = request.client
        slots[index].port = request.clientPort
        slots[index].due = now + Self.lifeMilliseconds
        slots[index].previous = newest
        slots[index].next = -1
        if newest >= 0 { slots[Int(newest)].next = place } else { oldest = place }
        newest = place
        return ErrandID(slot: place, generation: slots[index].generation)
    }

    private mutating func move(_ id: ErrandID, to stage: Stage) {
        let index = Int(id.slot)
        bytes += stage.bytes - (slots[index].stage?.bytes ?? 0)
        slots[index].stage = stage
    }

    private mutating func end(_ id: ErrandID) {
        let index = Int(id.slot)
        let (previous, next) = (slots[index].previous, slots[index].next)
        if previous >= 0 { slots[Int(previous)].next = next } else { oldest = next }
        if next >= 0 { slots[Int(next)].previous = previous } else { newest = previous }
        bytes -= slots[index].stage?.bytes ?? 0
        slots[index].stage = nil
        slots[index].generation &+= 1
        free.append(id.slot)
    }
}
