import Addresses
import AuditTreaty
import Balancer
import Bytes
import Descriptors
import Enrolment
import Loop
import Passage
import RequestTreaty
import Sockets
import Synchronization
import TLSEngine
import Testing

/// The door, an API behind it that repeats what it hears, and clients in front.
struct House: ~Copyable {
    static let here = Address(127 << 24 | 1)
    static let behind = Address(127 << 24 | 2)

    let office: Office
    let clock: TestClock
    let port: UInt16
    private let listener: SharedDescriptor
    private let pairs: [SharedDescriptor]
    private var loop: EventLoop
    private var passages: Passages
    var gate: Gate
    private var arrivals: [Arrival] = []
    private var backLoop: EventLoop
    private var back: Passages
    private var backArrivals: [Arrival] = []
    /// The API says nothing while it is silent.
    var isSilent = false
    /// What the API says instead of repeating.
    var fixed: ClientResponse?
    var seen: [ClientRequest] = []
    var events: [String] = []

    init(_ limits: GateLimits = GateLimits()) throws {
        var limits = limits
        limits.sweep = 1_000_000
        let clock = TestClock()
        var office = try Office(clock)
        let inner = try Self.freePort()
        let pairs = [try office.pair("api"), try office.pair("gateway")]
        var back = try Passages(
            PassageTable(
                name: "api", address: Self.behind,
                lines: [.init(.accept, "gateway", Self.here, inner, ["request"])]),
            authority: pairs[0].number, names: Gate.names)
        var passages = try Passages(
            PassageTable(
                name: "gateway", address: Self.here, published: [Self.here],
                lines: [.init(.open, "api", Self.behind, inner, ["request"])]),
            authority: pairs[1].number, names: Gate.names, isPublic: true)
        try office.serve()
        let backLoop = try EventLoop()
        try back.attach(backLoop)
        let loop = try EventLoop(capacity: 256)
        try passages.attach(loop)
        let listener = SharedDescriptor(try StreamSocket.listen(Self.here, port: 0, backlog: 512))
        let port = try StreamSocket.port(of: listener.number)
        var gate = try Gate(listener: listener.number, limits: limits, clock: clock.passages)
        try gate.attach(loop)
        self.clock = clock
        self.office = office
        self.pairs = pairs
        self.backLoop = backLoop
        self.back = back
        self.loop = loop
        self.passages = passages
        self.listener = listener
        self.port = port
        self.gate = gate
    }

    static func freePort() throws -> UInt16 {
        let socket = try StreamSocket.listen(behind, port: 0, backlog: 1)
        return try StreamSocket.port(of: socket.number)
    }

    /// One round of the door and of the API.
    mutating func round() throws {
        let ready = try loop.wait(timeoutMilliseconds: 1)
        gate.begin()
        for one in ready where !passages.turn(one, loop, into: &arrivals) {
            _ = gate.turn(one, loop, &passages)
        }
        for arrival in arrivals { gate.take(arrival, loop, &passages) }
        arrivals.removeAll()
        gate.flush(loop, &passages)
        passages.flush(loop, into: &arrivals)
        for event in gate.takeEvents() {
            if case .note("request", let text) = event { events.append(text) }
        }
        for one in try backLoop.wait(timeoutMilliseconds: 0) {
            _ = back.turn(one, backLoop, into: &backArrivals)
        }
        for case .message(let message) in backArrivals { try answer(message) }
        backArrivals.removeAll()
        back.flush(backLoop, into: &backArrivals)
    }

    private mutating func answer(_ message: Message) throws {
        var reader = message.body
        let request = try ClientRequest.decode(&reader)
        try reader.finish()
        seen.append(request)
        guard !isSilent else { return }
        let text = "\(request.method.name) \(request.target) "
        let response =
            fixed
            ?? ClientResponse(
                status: 200, fields: [Field(name: "content-type", value: "text/plain")],
                body: Array(text.utf8) + request.body)
        _ = back.answer(
            RequestMessage.response.rawValue, to: message.correlation, on: message.link
        ) { response.encode(into: &$0) }
    }

    /// Loses the passage, and whatever was asked on it.
    mutating func cut() {
        for peer in back.peers(named: "gateway") {
            if let link = back.link(to: peer) { back.close(link) }
        }
    }

    /// Whether the API can be asked.
    var stands: Bool { passages.peers(named: "api").contains { passages.link(to: $0) != nil } }

    /// Turns until something holds; false when it does not.
    mutating func run(
        _ visitors: [Visitor], until holds: (borrowing House) throws -> Bool
    ) throws -> Bool {
        for _ in 0..<4_000 {
            if try holds(self) { return true }
            try round()
            for visitor in visitors { try visitor.pump() }
        }
        return try holds(self)
    }
}

/// A client over TLS, or of bare bytes.
final class Visitor {
    private let socket: Descriptor
    private var tls: TLSSession?
    private var queue: [UInt8] = []
    private(set) var heard: [UInt8] = []
    /// The door has ended the connection.
    private(set) var isOver = false
    private var room = [UInt8](repeating: 0, count: 65_536)
    var isReading = true

    init(_ house: borrowing House, speaksTLS: Bool = true) throws {
        socket = try StreamSocket.connect(to: House.here, port: house.port)
        if speaksTLS {
            let context = try #require(TLSContext(anonymousUnder: house.office.root))
            tls = TLSSession(client: context, name: "gateway", time: Clocks.wallSeconds())
        }
    }

    var text: String { String(decoding: heard, as: UTF8.self) }
    /// Status lines that were heard, the numbers only.
    var statuses: [String] {
        text.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
    }
    var isEstablished: Bool { tls?.isEstablished ?? false }

    func say(_ text: String) { queue += Array(text.utf8) }

    /// Moves bytes both ways.
    func pump() throws {
        if tls == nil {
            try raw()
            return
        }
        if isReading, !isOver {
            switch try StreamSocket.receive(into: &room, on: socket.number) {
            case .bytes(let count): tls?.take(room, in: 0..<count)
            case .end: isOver = true
            case .wouldBlock: break
            }
        }
        reading: while let progress = tls?.plain(into: &heard, limit: 1 << 20) {
            switch progress {
            case .bytes: continue
            case .blocked: break reading
            case .end, .failed:
                isOver = true
                break reading
            }
        }
        if isEstablished, !queue.isEmpty, !isOver {
            _ = tls?.write(queue, in: 0..<queue.count)
            queue = []
        }
        var cipher: [UInt8] = []
        tls?.drain(into: &cipher)
        unsent += cipher
        if !unsent.isEmpty {
            if case .bytes(let count) = try StreamSocket.send(
                unsent, in: 0..<unsent.count, on: socket.number)
            {
                unsent.removeSubrange(..<count)
            }
        }
    }

    private var unsent: [UInt8] = []

    private func raw() throws {
        if !queue.isEmpty,
            case .bytes(let count) = try StreamSocket.send(
                queue, in: 0..<queue.count, on: socket.number)
        {
            queue.removeSubrange(..<count)
        }
        switch try StreamSocket.receive(into: &room, on: socket.number) {
        case .bytes(let count): heard += room[..<count]
        case .end: isOver = true
        case .wouldBlock: break
        }
    }
}
