// Balancer: the door that clients knock at. It takes connections from a listener, speaks TLS 1.3
// and HTTP/1.1 with clients, and asks the API over passages, one request of a client at a time.
//
// It decides nothing about orders or accounts, keeps no client's bytes behind its request, and
// never waits for anybody: each step of a client has a deadline, each buffer a bound, and whoever
// breaks a rule is answered, recorded and cut off alone.
// Bounds: `GateLimits`; 20 events about clients in a second, the rest is counted.

internal import Addresses
package import AuditTreaty
package import Descriptors
package import Findings
internal import HTTPWire
package import Loop
package import Passage
internal import RequestTreaty
internal import Sockets
internal import TLSEngine

/// Every client of the door.
package struct Gate: ~Copyable {
    static let listenerToken: UInt64 = 1 << 61
    static let timerToken: UInt64 = 1 << 61 | 1
    private static let noteKind = "request"
    /// Tokens of clients: this bit, a generation, and 16 bits of the place.
    static let clientBit: UInt64 = 1 << 62

    /// A question that the API has not answered.
    struct Question: Hashable {
        let link: Link
        let correlation: UInt64
    }

    let limits: GateLimits
    let clock: PassageClock
    let listener: Int32
    let timer: Timer
    var clients: [Client?]
    var roll: Roll
    var generation: UInt64 = 0
    var handshakes = 0
    var held = 0
    var isAccepting = true
    var isSweeping = false
    /// Places of clients with something to send or a new phase.
    var dirty: [Int] = []
    /// Links to the API, and whose turn it is.
    var answerers: [Link] = []
    var turn = 0
    var questions: [Question: UInt64] = [:]
    var asked: [UInt64: Question] = [:]
    var complaints = NoteBudget(kind: Gate.noteKind, rest: "requests refused")
    /// From the wire, and for the wire.
    var incoming = [UInt8](repeating: 0, count: 32_768)
    var outgoing: [UInt8] = []
    var dateSecond: Int64 = -1
    var date: [UInt8] = []
    var now: UInt64

    /// A door on a listening socket, which the caller keeps open.
    package init(
        listener: Int32, limits: GateLimits = GateLimits(), clock: PassageClock = .system
    ) throws(Failure) {
        do throws(SystemFailure) {
            try DescriptorIO.setNonBlocking(listener)
            timer = try Timer()
        } catch {
            throw Failure(
                .machine, "gate-listener", "\(error)",
                remedy: "start this program by the supervisor")
        }
        invariant(limits.clientsMax <= 1 << 16, "more clients than a token can name")
        self.listener = listener
        self.limits = limits
        self.clock = clock
        clients = Array(repeating: nil, count: limits.clientsMax)
        roll = Roll(places: limits.clientsMax, perAddress: limits.clientsPerAddressMax)
        now = clock.monotonic()
    }

    /// Words of its treaty with their kinds, for `Passages`.
    package static let names: [(String, UInt16)] = RequestMessage.allCases.map {
        ($0.name, $0.rawValue)
    }

    /// Begins to take connections.
    package mutating func attach(_ loop: borrowing EventLoop) throws(SystemFailure) {
        try loop.add(listener, token: Self.listenerToken, .readable)
        try loop.add(timer.number, token: Self.timerToken, .readable)
    }

    /// How many clients there are.
    package var count: Int { roll.taken }

    /// Call first in each turn of the loop: what follows happens at this time.
    package mutating func begin() {
        now = clock.monotonic()
        let second = clock.wall()
        if second != dateSecond {
            dateSecond = second
            date = Array(HTTPDate.text(second).utf8)
        }
    }

    /// Uses what `wait` reported, if it is ours.
    package mutating func turn(
        _ ready: Ready, _ loop: borrowing EventLoop, _ passages: inout Passages
    ) -> Bool {
        switch ready.token {
        case Self.listenerToken: accept(loop, passages)
        case Self.timerToken:
            _ = try? timer.expirations()
            sweep(loop)
        default:
            guard ready.token & Self.clientBit != 0, ready.token < Passages.firstToken else {
                return false
            }
            move(ready, loop, &passages)
        }
        return true
    }

    /// What is to be recorded about clients.
    package mutating func takeEvents(isLast: Bool = false) -> [Event] {
        complaints.take(now: now, isLast: isLast)
    }

    /// The client of a token, if it is still that one.
    func place(of token: UInt64) -> Int? {
        let place = Int(token & 0xFFFF)
        guard clients.indices.contains(place), clients[place]?.token == token else { return nil }
        return place
    }

    /// Marks a client for `flush`.
    mutating func touch(_ place: Int) {
        guard let client = clients[place], !client.isDirty else { return }
        client.isDirty = true
        dirty.append(place)
    }

    mutating func complain(_ client: Client, _ status: UInt16?, _ why: String) {
        complain(client.address, client.port, status, why)
    }

    /// Tells of one who was refused: who, what it heard, and why.
    mutating func complain(_ address: Address, _ port: UInt16, _ status: UInt16?, _ why: String) {
        let word = "\(status.map { "\($0)" } ?? "-") \(why)"
        complaints.add("\(address):\(port) \(word)", as: word, now: now)
        sweepOn()
    }
}
