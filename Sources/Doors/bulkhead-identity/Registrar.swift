internal import AuditTreaty
internal import Bytes
internal import Descriptors
internal import Digests
internal import Findings
internal import Identity
internal import IdentityTreaty
internal import Loop
internal import Passage
internal import Sockets
internal import Tenancy

/// Identity's loop: verdicts for api, the voucher's key for orders, keys for people of the venue.
struct Registrar: ~Copyable {
    enum Token {
        static let signals: UInt64 = 1
        static let operators: UInt64 = 2
        static let timer: UInt64 = 3
        /// From here on people who are connected.
        static let visitors: UInt64 = 1_000
    }

    /// Operators who are connected at once; one more is turned away.
    private static let visitorsMax = 16
    private static let reportNanoseconds: UInt64 = 1_000_000_000

    private let tenancy: Tenancy
    private var loop: EventLoop
    private let timer: Timer
    private var passages: Passages
    private var identity: Identity
    private var desk: KeyDesk
    private var arrivals: [Arrival] = []
    private var visitors: [UInt64: SharedDescriptor] = [:]
    private var nextVisitor = Token.visitors
    /// Those who check vouchers.
    private var checkers: Set<Link> = []
    /// The key on its way to them, empty for none, and the questions that it travels in.
    private var key: [UInt8] = []
    private var offered: [Link: UInt64] = [:]
    private var events = EventBatch()
    private var ends = NoteBudget(kind: "passage", rest: "ends of passages")
    private var isArmed = false

    static var now: Moment {
        Moment(wall: WallClock.now() / 1_000_000, steady: Clocks.monotonic() / 1_000_000)
    }

    init(_ tenancy: consuming Tenancy, _ table: PassageTable, _ directory: String) throws {
        let loop = try EventLoop()
        let timer = try Timer()
        let names = IdentityMessage.allCases.map { ($0.name, $0.rawValue) }
        let passages = try Passages(
            table, authority: tenancy.descriptor("authority") ?? -1, names: names)
        var identity = Identity(now: Self.now)
        let desk = try KeyDesk(directory + "/keys.sqlite", into: &identity)
        self.loop = loop
        self.timer = timer
        self.passages = passages
        self.identity = identity
        self.desk = desk
        self.tenancy = tenancy
    }

    /// Runs until it is told to stop.
    mutating func work() throws {
        try loop.add(tenancy.signals.number, token: Token.signals, .readable)
        try loop.add(timer.number, token: Token.timer, .readable)
        if let number = tenancy.descriptor("operator") {
            try loop.add(number, token: Token.operators, .readable)
        }
        try passages.attach(loop)
        try tenancy.ready()
        while true {
            for ready in try loop.wait(timeoutMilliseconds: nil) {
                if passages.turn(ready, loop, into: &arrivals) { continue }
                switch ready.token {
                case Token.signals:
                    report(isLast: true)
                    return
                case Token.operators: try welcome()
                case Token.timer:
                    _ = try timer.expirations()
                    isArmed = false
                    report()
                default: try visit(ready.token)
                }
            }
            // Closures that a flush reports are seen to before the loop waits again.
            repeat {
                var arrived: [Arrival] = []
                swap(&arrived, &arrivals)
                for arrival in arrived { take(arrival) }
                passages.flush(loop, into: &arrivals)
            } while !arrivals.isEmpty
            // Whoever can end this program could else take what it did with it.
            tell()
            try arm()
        }
    }

    private mutating func take(_ arrival: Arrival) {
        switch arrival {
        case .opened(let link, let peer):
            if passages.line(of: peer).messages.contains(IdentityMessage.share.name) {
                checkers.insert(link)
                renew()
            }
        case .message(let message) where message.isAnswer: accepted(message)
        case .message(let message): verify(message)
        case .closed(let link, let peer, let why):
            checkers.remove(link)
            offered[link] = nil
            settle()
            note(passages.name(of: peer), why.text)
        case .refused(let peer, let address, let why):
            note(passages.blamed(peer, at: address), why.text)
        case .publicIdentity: break
        }
    }

    private mutating func verify(_ message: Message) {
        var reader = message.body
        do throws(Malformed) {
            let request = try SignedRequest.decode(&reader)
            try reader.finish()
            let verdict = identity.verify(request, now: Self.now)
            _ = passages.answer(
                IdentityMessage.verdict.rawValue, to: message.correlation, on: message.link
            ) { verdict.encode(into: &$0) }
        } catch {
            note(passages.name(of: message.peer), "a malformed question")
            passages.close(message.link)
        }
    }

    /// A fresh key for everybody whenever somebody comes who checks vouchers: what it has forgotten
    /// of used ones is then worth nothing.
    private mutating func renew() {
        SecretBytes.wipe(&key)
        key = Randomness.bytes(HMAC.bytes)
        offered.removeAll()
        for link in checkers {
            let fresh = key
            let question = passages.ask(
                IdentityMessage.share.rawValue, on: link, { $0.append(fresh) })
            // One that cannot be asked has too much in its queue: it comes again.
            guard let question else {
                passages.close(link)
                continue
            }
            offered[link] = question
        }
    }

    private mutating func accepted(_ message: Message) {
        guard message.kind == IdentityMessage.shared.rawValue else {
            return passages.close(message.link)
        }
        // That of an earlier key says nothing about this one.
        guard offered[message.link] == message.correlation else { return }
        offered[message.link] = nil
        settle()
    }

    /// The key counts from the moment that all say that they have it; those who have gone need none.
    private mutating func settle() {
        guard offered.isEmpty, !key.isEmpty else { return }
        identity.share(key)
        SecretBytes.wipe(&key)
        key = []
    }

    private mutating func welcome() throws {
        guard let number = tenancy.descriptor("operator") else { return }
        let listener = try Descriptor(copying: number)
        guard let visitor = try? LocalSocket.accept(on: listener),
            visitors.count < Self.visitorsMax
        else { return }
        try visitor.setNonBlocking()
        let shared = SharedDescriptor(visitor)
        try loop.add(shared.number, token: nextVisitor, .readable)
        visitors[nextVisitor] = shared
        nextVisitor += 1
    }

    private mutating func visit(_ token: UInt64) throws {
        guard let visitor = visitors[token] else { return }
        switch try? EventSocket.receive(on: visitor.number) {
        case .some(.none): return
        case .some(.message(let bytes)):
            let (answer, text) = try desk.answer(bytes, &identity, now: Self.now.wall)
            if let text { note(text) }
            var message = answer
            defer { SecretBytes.wipe(&message) }
            if (try? EventSocket.send(message, on: visitor.number)) == true { return }
        case .some(.end), nil: break
        }
        try loop.remove(visitor.number)
        visitors[token] = nil
    }

    private mutating func note(_ name: String, _ what: String) {
        ends.add("\(name): \(what)", as: name, now: Clocks.monotonic())
    }

    private mutating func note(_ text: String) { add(.note(kind: "identity", text: text)) }

    private mutating func add(_ event: Event) {
        guard !events.append(event) else { return }
        send()
        _ = events.append(event)
    }

    /// What was counted, and everything that waits, to the trail.
    private mutating func report(isLast: Bool = false) {
        for notice in identity.takeNotices() {
            switch notice {
            case .keyLocked(let name): note("key \(name) locked after failures")
            case .addressLocked(let address): note("address \(address) locked after failures")
            }
        }
        let counts = identity.takeCounts().map { "\($0.reason) \($0.count)" }
        if !counts.isEmpty { note("refused: " + counts.joined(separator: ", ")) }
        tell(isLast: isLast)
    }

    private mutating func tell(isLast: Bool = false) {
        for event in ends.take(now: Clocks.monotonic(), isLast: isLast) { add(event) }
        send()
    }

    private mutating func send() {
        guard let message = events.take(), let number = tenancy.descriptor("events") else { return }
        // A full channel loses the message; its numbers are missing, and the writer records that.
        _ = try? EventSocket.send(message, on: number)
    }

    /// One report a second while there is something to report.
    private mutating func arm() throws {
        guard !isArmed, identity.hasNews || events.count > 0 || ends.isBusy else { return }
        isArmed = true
        try timer.arm(afterNanoseconds: Self.reportNanoseconds)
    }
}
