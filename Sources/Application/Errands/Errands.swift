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
        do throws(ClientProblem) {
            let route = try Route.parse(request.target, catalogue)
            guard route.methods.contains(request.method) else {
                throw ClientProblem.method(for: route)
            }
            if route.isSigned { return try signed(route, request, now) }
            guard request.body.isEmpty else {
                throw ClientProblem(.malformedBody, "", "the request takes no body")
            }
            switch route {
            case .instruments: return .answer(instruments)
            case .book(let instrument, let count):
                let query = MarketQuery(instrument: instrument, count: count)
                return .ask(try begin(.depth(query), now), .book(query))
            case .trades(let instrument, let count):
                let query = MarketQuery(instrument: instrument, count: count)
                return .ask(try begin(.tape(query), now), .trades(query))
            default: return .answer(Answer.time(wall))
            }
        } catch { return .answer(error.response) }
    }

    private mutating func signed(
        _ route: Route, _ request: ClientRequest, _ now: UInt64
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
        let id = try begin(.verdict(action, payload.bytes), now)
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
        let response: ClientResponse
        switch (stage, answer) {
        case (.verdict(let action, let payload), .verdict(.vouched(let voucher))):
            return proceed(id, action, payload, voucher)
        case (.verdict, .verdict(.refused(let reason))):
            response = ClientProblem(unvouched: reason).response
        case (.outcome(let action), .outcome(let outcome)):
            response = Answer.outcome(outcome, of: action, catalogue)
        case (.depth(let query), .depth(let depth)) where depth.instrument == query.instrument:
            response = Answer.depth(depth, catalogue)
        case (.tape(let query), .tape(let tape)) where tape.instrument == query.instrument:
            response = Answer.tape(tape, catalogue)
        case (.balances(let account), .balances(let balances)) where balances.account == account:
            response = Answer.balances(balances, catalogue)
        default: response = ClientProblem(.peerAnswer).response
        }
        end(id)
        return .answer(response)
    }

    /// From identity's word to whom the action concerns.
    private mutating func proceed(
        _ id: ErrandID, _ action: ClientAction, _ payload: [UInt8], _ voucher: Voucher
    ) -> Step {
        // Orders checks this again where it counts; what it never sees is checked here.
        guard Scopes(rawValue: voucher.scopes).contains(action.scope) else {
            end(id)
            return .answer(ClientProblem(.scopeMissing).response)
        }
        guard let message = action.message else {
            move(id, to: .balances(voucher.account))
            return .ask(id, .balances(voucher.account))
        }
        move(id, to: .outcome(action))
        return .ask(id, .submit(message, Submission(payload: payload, voucher: voucher)))
    }

    /// What the client is told when the question could not be asked (`wasAsked` false), or the one
    /// who was asked is gone; nil when the errand is over already.
    package mutating func fail(_ id: ErrandID, wasAsked: Bool) -> ClientResponse? {
        guard let stage = stage(id) else { return nil }
        end(id)
        return stage.failure(wasAsked: wasAsked).response
    }

    /// The oldest request that has had its time by `now`, with its answer; nil when there is none.
    package mutating func expire(_ now: UInt64) -> (ErrandID, ClientResponse)? {
        guard oldest >= 0, slots[Int(oldest)].due <= now else { return nil }
        let id = ErrandID(slot: oldest, generation: slots[Int(oldest)].generation)
        guard let response = fail(id, wasAsked: true) else { return nil }
        return (id, response)
    }

    private func stage(_ id: ErrandID) -> Stage? {
        let slot = slots[Int(id.slot)]
        return slot.generation == id.generation ? slot.stage : nil
    }

    private mutating func begin(_ stage: Stage, _ now: UInt64) throws(ClientProblem) -> ErrandID {
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
