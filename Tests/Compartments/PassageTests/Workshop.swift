import Addresses
import AuthorityTreaty
import Bytes
import Certificates
import Descriptors
import Enrolment
import Loop
import Passage
import Sockets
import Synchronization
import Testing

/// Words that the test services know.
let words: [(String, UInt16)] = [("place", 1), ("cancel", 2), ("report", 3), ("secret", 4)]

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
