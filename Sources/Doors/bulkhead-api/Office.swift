internal import AuditTreaty
internal import Bytes
internal import ClientAPI
internal import Errands
internal import Findings
internal import IdentityTreaty
internal import LedgerTreaty
internal import Loop
internal import MarketTreaty
internal import OrderTreaty
internal import Passage
internal import RequestTreaty
internal import Tenancy

/// The loop of api: requests from gateways, questions to those who know, one answer each.
struct Office: ~Copyable {
    private enum Token {
        static let signals: UInt64 = 1
        static let timer: UInt64 = 2
    }

    /// Who waits for an answer.
    private struct Origin {
        let link: Link
        let correlation: UInt64
    }

    private static let tickNanoseconds: UInt64 = 250_000_000
    private static let names: [(String, UInt16)] =
        RequestMessage.allCases.map { ($0.name, $0.rawValue) }
        + IdentityMessage.allCases.map { ($0.name, $0.rawValue) }
        + OrderMessage.allCases.map { ($0.name, $0.rawValue) }
        + MarketMessage.allCases.map { ($0.name, $0.rawValue) }
        + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }

    private let tenancy: Tenancy
    private var loop: EventLoop
    private let timer: Timer
    private var passages: Passages
    private var errands: Errands
    private var arrivals: [Arrival] = []
    private var origins: [ErrandID: Origin] = [:]
    /// The link to each of those who are asked, and what was asked on it, by correlation.
    private var links: [Witness: Link] = [:]
    private var asked: [Link: [UInt64: ErrandID]] = [:]
    private var events = EventBatch()
    private var ends = NoteBudget(kind: "passage", rest: "ends of passages")
    private var isArmed = false

    private static var now: UInt64 { Clocks.monotonic() / 1_000_000 }

    init(_ tenancy: consuming Tenancy, _ table: PassageTable, _ catalogue: Catalogue) throws {
        let loop = try EventLoop()
        let timer = try Timer()
        let passages = try Passages(
            table, authority: tenancy.descriptor("authority") ?? -1, names: Self.names)
        self.loop = loop
        self.timer = timer
        self.passages = passages
        errands = Errands(catalogue)
        self.tenancy = tenancy
    }

    /// Runs until it is told to stop.
    mutating func work() throws {
        try loop.add(tenancy.signals.number, token: Token.signals, .readable)
        try loop.add(timer.number, token: Token.timer, .readable)
        try passages.attach(loop)
        try tenancy.ready()
        while true {
            for ready in try loop.wait(timeoutMilliseconds: nil) {
                if passages.turn(ready, loop, into: &arrivals) { continue }
                guard ready.token == Token.timer else {
                    report(isLast: true)
                    return
                }
                _ = try timer.expirations()
                isArmed = false
                expire()
                report()
            }
            // Closures that a flush reports are seen to before the loop waits again.
            repeat {
                var arrived: [Arrival] = []
                swap(&arrived, &arrivals)
                for arrival in arrived { take(arrival) }
                passages.flush(loop, into: &arrivals)
            } while !arrivals.isEmpty
            // Whoever can end this program could else take what it did with it.
            report()
            try arm()
        }
    }

    private mutating func take(_ arrival: Arrival) {
        switch arrival {
        case .opened(let link, let peer):
            let line = passages.line(of: peer)
            guard line.direction == .open else { return }
            asked[link] = [:]
            for one in Witness.allCases where line.messages.contains(one.word) {
                links[one] = link
            }
        case .message(let message) where message.isAnswer: answered(message)
        case .message(let message): requested(message)
        case .closed(let link, let peer, let why):
            note(passages.name(of: peer), why.text)
            closed(link)
        case .refused(let peer, let address, let why):
            note(passages.blamed(peer, at: address), why.text)
        case .publicIdentity: break
        }
    }

    private mutating func closed(_ link: Link) {
        for one in Witness.allCases where links[one] == link { links[one] = nil }
        for id in (asked.removeValue(forKey: link) ?? [:]).values {
            if let response = errands.fail(id, wasAsked: true) { answer(response, to: id) }
        }
    }

    private mutating func requested(_ message: Message) {
        var reader = message.body
        do throws(Malformed) {
            let request = try ClientRequest.decode(&reader)
            try reader.finish()
            let origin = Origin(link: message.link, correlation: message.correlation)
            switch errands.take(request, now: Self.now, wall: WallClock.now() / 1_000_000) {
            case .answer(let response): answer(response, origin)
            case .ask(let id, let question):
                origins[id] = origin
                ask(question, for: id)
            }
        } catch { broken(message, "a malformed request") }
    }

    private mutating func answered(_ message: Message) {
        // Without an errand its time was over, and its client has an answer.
        guard let id = asked[message.link]?.removeValue(forKey: message.correlation) else { return }
        let evidence = Evidence(message)
        if case .nonsense = evidence { broken(message, "a malformed answer") }
        switch errands.take(evidence, for: id) {
        case nil: break
        case .answer(let response): answer(response, to: id)
        case .ask(_, let question): ask(question, for: id)
        }
    }

    private mutating func ask(_ question: Question, for id: ErrandID) {
        if let link = links[question.witness],
            let correlation = passages.ask(
                question.kind, on: link, { question.encode(into: &$0) })
        {
            asked[link]?[correlation] = id
        } else if let response = errands.fail(id, wasAsked: false) {
            answer(response, to: id)
        }
    }

    private mutating func answer(_ response: ClientResponse, to id: ErrandID) {
        if let origin = origins.removeValue(forKey: id) { answer(response, origin) }
    }

    private mutating func answer(_ response: ClientResponse, _ origin: Origin) {
        // A gateway that is gone has no client any more.
        _ = passages.answer(
            RequestMessage.response.rawValue, to: origin.correlation, on: origin.link
        ) { response.encode(into: &$0) }
    }

    private mutating func expire() {
        let now = Self.now
        while let (id, response) = errands.expire(now) { answer(response, to: id) }
    }

    private mutating func broken(_ message: Message, _ what: String) {
        note(passages.name(of: message.peer), what)
        passages.close(message.link)
    }

    private mutating func note(_ name: String, _ what: String) {
        ends.add("\(name): \(what)", as: name, now: Clocks.monotonic())
    }

    private mutating func report(isLast: Bool = false) {
        let told =
            errands.takeEvents(now: Self.now, isLast: isLast)
            + ends.take(now: Clocks.monotonic(), isLast: isLast)
        for event in told where !events.append(event) {
            send()
            _ = events.append(event)
        }
        send()
    }

    /// At once: whoever can end this program could else take what it did with it.
    private mutating func send() {
        guard let message = events.take(), let number = tenancy.descriptor("events") else { return }
        // A full channel loses the message; its numbers are missing, and the writer records that.
        _ = try? EventSocket.send(message, on: number)
    }

    /// Wakes up while something can run out or waits to be reported, and never otherwise.
    private mutating func arm() throws {
        guard !isArmed, errands.due != nil || errands.hasNews || ends.isBusy else { return }
        isArmed = true
        try timer.arm(afterNanoseconds: Self.tickNanoseconds)
    }
}
