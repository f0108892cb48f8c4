internal import Addresses
internal import Bytes
internal import HTTPWire
internal import RequestTreaty

/// One client's requests and answers, in order and one at a time; no sockets, no clock.
struct Conversation {
    /// What is to be done next.
    enum Step {
        /// Nothing until more bytes or an answer come.
        case wait
        /// Ask the API, then say `asked` or answer.
        case forward(Forward)
        /// It was refused, and its answer waits in `output`.
        case refused(Refusal)
    }

    private let limits: GateLimits
    /// Decrypted bytes; those before `start` are done with.
    var input: [UInt8] = []
    private var start = 0
    private var parser = RequestParser()
    /// Plain bytes for the client.
    var output: [UInt8] = []
    /// A request is with the API.
    private(set) var isAsked = false
    /// What was asked changes something.
    private(set) var changes = false
    /// Bytes of the request that `next` gave last.
    private var pending = 0
    private var keepsAlive = true
    private var toldToGoOn = false
    /// No further request is taken: after what waits is sent, the connection ends.
    private(set) var isEnding = false
    /// The client writes nothing more.
    private(set) var hasPeerEnded = false
    /// Requests that were begun, so that each has its own deadline.
    private(set) var requests: UInt64 = 0

    init(_ limits: GateLimits) { self.limits = limits }

    /// Bytes that may still be taken.
    var room: Int {
        if isEnding || hasPeerEnded { return 0 }
        let bound = isAsked ? limits.pipelinedBytesMax : RequestLimits().requestBytesMax
        return max(0, bound - (input.count - start))
    }

    /// What it waits for.
    var phase: ClientPhase {
        if isAsked { return .answer }
        if input.count == start && parser.isUntouched { return .idle }
        return parser.isInBody ? .body : .head
    }

    /// Part of a request has come.
    var isHalfway: Bool { phase == .head || phase == .body }

    /// Looks at the next request.
    mutating func next(date: [UInt8]) -> Step {
        guard !isAsked, !isEnding, output.count < limits.backlogMax else { return .wait }
        switch parser.advance(input, from: start) {
        case .incomplete:
            if hasPeerEnded { isEnding = true }
            if parser.awaitsContinue && !toldToGoOn {
                toldToGoOn = true
                output += ResponseWriter.goOn
            }
            return .wait
        case .refused(let refusal):
            refuse(refusal, date: date)
            return .refused(refusal)
        case .complete(let request):
            do throws(Forward.Refused) {
                let forward = try Forward(request, parser, in: &input, from: start)
                keepsAlive = request.keepsAlive
                changes = request.method != .get
                pending = request.count
                return .forward(forward)
            } catch {
                refuse(error.why, date: date)
                return .refused(error.why)
            }
        }
    }

    /// The API has the request.
    mutating func asked() {
        consume()
        isAsked = true
    }

    private mutating func consume() {
        start += pending
        pending = 0
        requests += 1
        toldToGoOn = false
        parser.reset()
        if start == input.count {
            if input.capacity > 8_192 { input = [] } else { input.removeAll(keepingCapacity: true) }
            start = 0
        } else if start >= 4_096 {
            input.removeSubrange(..<start)
            start = 0
        }
    }

    /// Appends the wire form of a request.
    func encode(
        _ forward: Forward, client: Address, port: UInt16, into writer: inout ByteWriter
    ) {
        ClientRequest.encode(
            forward.method, target: forward.target, fields: forward.fields, in: input,
            body: forward.isChunked ? parser.content : input, bodyRange: forward.body,
            client: client, clientPort: port, into: &writer)
    }

    /// Answers the request that was asked, or that cannot be; false when the answer is unfit, and
    /// then the client hears that instead.
    mutating func answer(_ response: ClientResponse, date: [UInt8]) -> Bool {
        if !isAsked { consume() }
        isAsked = false
        let isLast = !keepsAlive || hasPeerEnded && input.count == start
        let isFit = ResponseWriter.append(
            status: response.status, fields: response.fields.lazy.map { ($0.name, $0.value) },
            body: response.body, date: date, keepsAlive: !isLast, to: &output)
        if !isFit { write(Problem.unfit, date: date, keepsAlive: !isLast) }
        if isLast { isEnding = true }
        return isFit
    }

    /// Answers with a problem of the door's own.
    mutating func answer(_ problem: Problem, date: [UInt8]) {
        if !isAsked { consume() }
        isAsked = false
        let isLast = !keepsAlive || hasPeerEnded && input.count == start
        write(problem, date: date, keepsAlive: !isLast)
        if isLast { isEnding = true }
    }

    /// Says why, and takes nothing more: what follows could be anything.
    mutating func refuse(_ refusal: Refusal, date: [UInt8]) {
        let asksForHead = refusal == .methodNotAllowed && isHead
        end(with: Problem(refusal), date: date, isHead: asksForHead)
    }

    /// The request, behind an empty line that may stand before it, is for a head alone.
    private var isHead: Bool {
        let rest = input[min(start, input.count)...]
        let empty = Array("\r\n".utf8)
        return (rest.starts(with: empty) ? rest.dropFirst(2) : rest).starts(with: "HEAD ".utf8)
    }

    /// The last word to this client.
    mutating func end(with problem: Problem, date: [UInt8], isHead: Bool = false) {
        write(problem, date: date, keepsAlive: false, isHead: isHead)
        isAsked = false
        isEnding = true
        input = []
        start = 0
    }

    /// The other side does not speak TLS: nothing more can be said.
    mutating func abandon() {
        output = []
        input = []
        start = 0
        isEnding = true
    }

    /// The client said that it writes nothing more.
    mutating func peerEnded() { hasPeerEnded = true }

    private mutating func write(
        _ problem: Problem, date: [UInt8], keepsAlive: Bool, isHead: Bool = false
    ) {
        _ = ResponseWriter.append(
            status: problem.status, fields: problem.fields, body: problem.body, date: date,
            keepsAlive: keepsAlive, isHead: isHead, to: &output)
    }
}
