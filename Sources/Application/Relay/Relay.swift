// Relay: what the services on an order's way share: the loop around their passages, and windows of
// blocks that a consumer may not have yet.
//
// It knows no message and no service; a `Desk` does. It keeps nothing on disk and has one thread.
// Bounds: `Window`, one event note for each thing that arrived.

internal import AuditTreaty
package import Bytes
internal import Findings
internal import Loop
package import Passage
package import Tenancy

/// What one service does with what arrives on its passages.
package protocol Desk {
    /// Every message that it understands, answers included.
    static var names: [(String, UInt16)] { get }
    /// Both ends of a passage have proved who they are.
    mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages)
    /// A passage ended; nothing more comes on it and nothing leaves.
    mutating func closed(_ link: Link, _ passages: inout Passages)
    /// Takes a message; a body that does not decode ends the passage.
    mutating func take(_ message: Message, _ passages: inout Passages) throws(Malformed)
    /// Everything that can be done now, after all that arrived.
    mutating func advance(_ passages: inout Passages)
    /// There is more to do at once, without anything arriving.
    func isEager(_ passages: borrowing Passages) -> Bool
    /// What people should know, since the last time.
    mutating func takeNotes() -> [String]
}

extension Desk {
    /// Nothing more is put on a link while this much waits to leave.
    package static var queueMax: Int { 1 << 20 }
}

/// A desk with its passages, its loop and its events.
package struct Relay<Work: Desk>: ~Copyable {
    private static var signals: UInt64 { 1 }

    package var desk: Work
    private let kind: String
    private let channel: Int32?
    private var loop: EventLoop
    private var passages: Passages
    private var arrivals: [Arrival] = []
    private var events = EventBatch()
    private var ends: NoteBudget

    /// Asks for a certificate; `kind` is what its events are called.
    package init(
        _ desk: Work, _ kind: String, _ table: PassageTable, authority: Int32, events: Int32?,
        clock: PassageClock = .system
    ) throws {
        let passages = try Passages(table, authority: authority, names: Work.names, clock: clock)
        let loop = try EventLoop()
        self.desk = desk
        self.kind = kind
        ends = NoteBudget(kind: kind, rest: "ends of passages")
        channel = events
        self.loop = loop
        self.passages = passages
    }

    /// Takes what the supervisor handed over.
    package init(_ desk: Work, _ kind: String, _ tenancy: borrowing Tenancy) throws {
        guard let table = try tenancy.table(PassageTable.descriptor, limit: PassageTable.bytesMax)
        else {
            throw Failure(
                .usage, "\(kind)-passages", "no table named `passages` was handed",
                remedy: "start this program by the supervisor")
        }
        try self.init(
            desk, kind, PassageTable(parsing: table),
            authority: tenancy.descriptor("authority") ?? -1, events: tenancy.descriptor("events"))
    }

    /// Waits for the certificate, listens and dials.
    package mutating func attach() throws { try passages.attach(loop) }

    /// Runs until it is told to stop; it ends at once, because it has nothing to write.
    package mutating func work(_ tenancy: borrowing Tenancy) throws {
        try loop.add(tenancy.signals.number, token: Self.signals, .readable)
        try attach()
        try tenancy.ready()
        while try round(timeoutMilliseconds: nil) {}
    }

    /// One turn of the loop; false when a signal came.
    package mutating func round(timeoutMilliseconds: Int32?) throws -> Bool {
        let isBusy = !arrivals.isEmpty || desk.isEager(passages)
        // What is counted is told when its second is over, though nothing else happens.
        let patience = ends.isBusy ? timeoutMilliseconds ?? 1_000 : timeoutMilliseconds
        for ready in try loop.wait(timeoutMilliseconds: isBusy ? 0 : patience) {
            if passages.turn(ready, loop, into: &arrivals) { continue }
            report(isLast: true)
            return false
        }
        let now = arrivals
        arrivals.removeAll(keepingCapacity: true)
        for arrival in now { take(arrival) }
        desk.advance(&passages)
        passages.flush(loop, into: &arrivals)
        report()
        return true
    }

    private mutating func take(_ arrival: Arrival) {
        switch arrival {
        case .opened(let link, let peer):
            desk.opened(link, passages.line(of: peer), &passages)
        case .closed(let link, let peer, let why):
            desk.closed(link, &passages)
            let name = passages.name(of: peer)
            ended("the passage with \(name) ended: \(why.text)", name)
        case .refused(let peer, let address, let why):
            let name = passages.blamed(peer, at: address)
            ended("the passage of \(name) was refused: \(why.text)", name)
        case .publicIdentity: break
        case .message(let message):
            do throws(Malformed) {
                try desk.take(message, &passages)
            } catch {
                let name = passages.name(of: message.peer)
                ended("\(name) sent a malformed message: \(error)", name)
                passages.close(message.link)
            }
        }
    }

    private mutating func ended(_ text: @autoclosure () -> String, _ name: String) {
        ends.add(text(), as: name, now: Clocks.monotonic())
    }

    private mutating func add(_ event: Event) {
        guard !events.append(event) else { return }
        send()
        _ = events.append(event)
    }

    private mutating func report(isLast: Bool = false) {
        for text in desk.takeNotes() { add(.note(kind: kind, text: text)) }
        for event in ends.take(now: Clocks.monotonic(), isLast: isLast) { add(event) }
        send()
    }

    private mutating func send() {
        guard let message = events.take(), let channel else { return }
        // A full channel loses the message; its numbers are missing, and the writer records that.
        _ = try? EventSocket.send(message, on: channel)
    }
}
