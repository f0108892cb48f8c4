import Addresses
import AuthorityTreaty
import Bytes
import Certificates
import Descriptors
import Loop
import Passage
import Sockets
import Synchronization
import Testing

/// A clock that tests turn; monotonic and wall time move together.
final class TestClock: Sendable {
    private let ahead = Mutex<Int64>(0)

    /// Moves on.
    func turn(seconds: Int64) { ahead.withLock { $0 += seconds } }
    var wall: Int64 { Clocks.wallSeconds() + ahead.withLock { $0 } }
    var monotonic: UInt64 {
        Clocks.monotonic() + UInt64(ahead.withLock { $0 }) * 1_000_000_000
    }
    var passages: PassageClock {
        PassageClock(monotonic: { self.monotonic }, wall: { self.wall })
    }
}

/// Words that the test services know.
let words: [(String, UInt16)] = [("place", 1), ("cancel", 2), ("report", 3), ("secret", 4)]

struct Missing: Error {}

/// A small authority with labelled pairs, answered by hand.
struct Office: ~Copyable {
    private let key = KeyPair()
    private let root: Certificate
    private var pairs: [(name: String, end: SharedDescriptor)] = []
    let clock: TestClock

    init(_ clock: TestClock) throws {
        guard
            let root = key.root(
                name: "root", notBefore: clock.wall - 60, notAfter: clock.wall + 1_000_000)
        else { throw Missing() }
        self.root = root
        self.clock = clock
    }

    private func answer(_ bytes: [UInt8], _ name: String) throws -> EnrolAnswer {
        let request = try EnrolRequest.decode(bytes)
        let isPublic = request.purpose == .open
        let wanted = CertificateRequest(
            commonName: name, names: [name], notBefore: clock.wall - 60,
            notAfter: clock.wall + 3_600, use: isPublic ? .server : .clientAndServer)
        guard let issued = key.issue(wanted, for: request.publicKey, under: root) else {
            return .refused(request.purpose, .key)
        }
        return .issued(
            request.purpose, certificate: issued.der, root: root.der, notAfter: issued.notAfter)
    }

    /// The service's end of a pair labelled with that name.
    mutating func pair(_ name: String) throws -> SharedDescriptor {
        let ends = try LocalSocket.pair().split { SharedPair($0, $1) }
        pairs.append((name, ends.first))
        try ends.first.descriptor.setNonBlocking()
        return ends.second
    }

    /// Answers everything that waits.
    mutating func serve() throws {
        for (name, end) in pairs {
            while case .message(let message) = try LocalSocket.receive(on: end.number) {
                let answer = try answer(message.bytes, name)
                _ = try LocalSocket.send(answer.encode(), on: end.number)
            }
        }
    }
}

struct SharedPair {
    let first: SharedDescriptor
    let second: SharedDescriptor

    init(_ first: consuming Descriptor, _ second: consuming Descriptor) {
        self.first = SharedDescriptor(first)
        self.second = SharedDescriptor(second)
    }
}

/// A service of the tests: its loop, its passages, and what arrived.
struct Station: ~Copyable {
    var loop: EventLoop
    var passages: Passages
    var arrivals: [Arrival] = []
    private let authority: SharedDescriptor

    /// Enrols at the office, listens and dials.
    init(
        _ table: PassageTable, _ office: inout Office, as label: String? = nil,
        isPublic: Bool = false
    ) throws {
        let authority = try office.pair(label ?? table.name)
        var passages = try Passages(
            table, authority: authority.number, names: words, isPublic: isPublic,
            clock: office.clock.passages)
        let loop = try EventLoop()
        try office.serve()
        try passages.attach(loop)
        self.authority = authority
        self.loop = loop
        self.passages = passages
    }

    /// One round of the loop.
    mutating func round(_ milliseconds: Int32 = 0) throws {
        for ready in try loop.wait(timeoutMilliseconds: milliseconds) {
            _ = passages.turn(ready, loop, into: &arrivals)
        }
        passages.flush(loop, into: &arrivals)
    }

    /// What the timer would do now.
    mutating func tick() { passages.tick(loop, into: &arrivals) }

    var opened: [Link] {
        arrivals.compactMap { if case .opened(let link, _) = $0 { link } else { nil } }
    }
    var closed: [PassageEnd] {
        arrivals.compactMap { if case .closed(_, _, let why) = $0 { why } else { nil } }
    }
    var refused: [PassageEnd] {
        arrivals.compactMap { if case .refused(_, _, let why) = $0 { why } else { nil } }
    }
    var messages: [Message] {
        arrivals.compactMap { if case .message(let message) = $0 { message } else { nil } }
    }
}

/// Addresses and ports of the tests: all on loopback.
enum Ground {
    static let dialler = Address(127 << 24 | 1)
    static let listener = Address(127 << 24 | 2)

    /// A port that nobody listens on now.
    static func port() throws -> UInt16 {
        let socket = try StreamSocket.listen(listener, port: 0, backlog: 1)
        return try StreamSocket.port(of: socket.number)
    }

    static func back(_ port: UInt16, peer: String = "front") -> PassageTable {
        PassageTable(
            name: "back", address: listener,
            lines: [.init(.accept, peer, dialler, port, ["place", "cancel"])])
    }

    static func front(_ port: UInt16, name: String = "front") -> PassageTable {
        PassageTable(
            name: name, address: dialler,
            lines: [.init(.open, "back", listener, port, ["place", "cancel"])])
    }
}

/// Turns two stations until something holds; false when it does not within some seconds.
func run(
    _ left: inout Station, _ right: inout Station,
    until holds: (borrowing Station, borrowing Station) -> Bool
) throws -> Bool {
    for _ in 0..<2_000 {
        if holds(left, right) { return true }
        try left.round(1)
        try right.round(1)
    }
    return holds(left, right)
}
