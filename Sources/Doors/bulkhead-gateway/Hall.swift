internal import AuditTreaty
internal import Balancer
internal import Findings
internal import Loop
internal import Passage
internal import Tenancy

/// The gateway's loop: take all that is ready, answer it, write once.
struct Hall: ~Copyable {
    private static let signals: UInt64 = 1

    private let tenancy: Tenancy
    private var loop: EventLoop
    private var passages: Passages
    private var gate: Gate
    private var batch = EventBatch()
    private let events: Int32?
    private var arrivals: [Arrival] = []
    private var ends = NoteBudget(kind: "passage", rest: "ends of passages")

    init(_ tenancy: consuming Tenancy) throws {
        guard let listener = tenancy.descriptor("https"),
            let authority = tenancy.descriptor("authority"),
            let table = try tenancy.table(
                PassageTable.descriptor, limit: PassageTable.bytesMax)
        else {
            throw Failure(
                .usage, "gateway-descriptors",
                "no descriptor named `https`, `authority` or `passages` was handed",
                remedy: "start this program by the supervisor")
        }
        let events = tenancy.descriptor("events")
        let loop = try EventLoop(capacity: 256)
        var passages = try Passages(
            PassageTable(parsing: table), authority: authority, names: Gate.names, isPublic: true)
        try passages.attach(loop)
        let gate = try Gate(listener: listener)
        self.loop = loop
        self.passages = passages
        self.gate = gate
        self.tenancy = tenancy
        self.events = events
    }

    /// Runs until it is told to stop.
    mutating func work() throws {
        try gate.attach(loop)
        try loop.add(tenancy.signals.number, token: Self.signals, .readable)
        try tenancy.ready()
        while true {
            let ready = try loop.wait(timeoutMilliseconds: arrivals.isEmpty ? nil : 0)
            gate.begin()
            for one in ready {
                if one.token == Self.signals {
                    record(isLast: true)
                    return
                }
                if !passages.turn(one, loop, into: &arrivals) {
                    _ = gate.turn(one, loop, &passages)
                }
            }
            for arrival in arrivals {
                gate.take(arrival, loop, &passages)
                note(arrival)
            }
            arrivals.removeAll(keepingCapacity: true)
            gate.flush(loop, &passages)
            passages.flush(loop, into: &arrivals)
            record()
        }
    }

    private mutating func note(_ arrival: Arrival) {
        switch arrival {
        case .closed(_, let peer, let why):
            let name = passages.name(of: peer)
            ends.add("to \(name): \(why.text)", as: name, now: Clocks.monotonic())
        case .refused(let peer, let address, let why):
            let name = passages.blamed(peer, at: address)
            ends.add("with \(name): \(why.text)", as: name, now: Clocks.monotonic())
        case .opened, .message, .publicIdentity: break
        }
    }

    private mutating func record(isLast: Bool = false) {
        for event in gate.takeEvents(isLast: isLast) { add(event) }
        for event in ends.take(now: Clocks.monotonic(), isLast: isLast) { add(event) }
        if ends.isBusy { gate.sweepOn() }
        send()
    }

    private mutating func add(_ event: Event) {
        if batch.append(event) { return }
        send()
        _ = batch.append(event)
    }

    /// A channel that is full loses the message, and the trail records the gap.
    private mutating func send() {
        guard let events, let message = batch.take() else { return }
        _ = try? EventSocket.send(message, on: events)
    }
}
