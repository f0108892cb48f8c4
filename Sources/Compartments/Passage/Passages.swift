// Passage: framed mutual-TLS connections between services, by a table of who may say what to whom.
//
// It listens and dials as the table says, proves names by certificates that it gets from the
// authority and renews before they end, checks frames against the table, and keeps every queue
// bounded. It never reads a body, never waits in the loop, and knows no service by name. A broken
// rule ends the connection; the service hears why and writes the event.
// Bounds: 256 lines, frames of 1 MiB, 8 MiB queued and 65,536 open questions for each link, 4
// connections for each line, 64 that have not yet proved themselves.

package import Addresses
internal import AuthorityTreaty
internal import Descriptors
package import Findings
package import Loop
internal import Sockets
package import TLSEngine

/// One end of a passage as this service keeps it.
///
/// A class: the set of questions is changed in place, whoever looks at the rest.
final class LinkState {
    let generation: UInt64
    let line: Int
    let isOpener: Bool
    /// Monotonic time of its beginning.
    let since: UInt64
    /// The connection that frames arrive on.
    var transport: Int
    /// The connection that it moves to; -1 for none.
    var next = -1
    /// Where frames are written: `transport`, or `next` once our last word on the old one is said.
    var writer: Int
    /// Questions without their last answer.
    var asked: Set<UInt64> = []
    var lastCorrelation: UInt64 = 0

    init(generation: UInt64, line: Int, isOpener: Bool, since: UInt64, transport: Int) {
        self.generation = generation
        self.line = line
        self.isOpener = isOpener
        self.since = since
        self.transport = transport
        writer = transport
    }
}

/// A passage that we open: what there is of it, and when to try again.
struct Dial {
    let line: Int
    /// A connection that does not yet carry the link, or shall take it over; -1 for none.
    var attempt = -1
    /// Monotonic time of the next attempt.
    var due: UInt64 = 0
    var backoff = Passages.backoffMin
}

/// Every passage of one service.
package struct Passages: ~Copyable {
    /// Tokens of the loop from here on are ours.
    package static let firstToken: UInt64 = 1 << 63
    /// Questions without an answer on one link.
    package static let askedMax = 65_536
    /// Above this much to send, nothing more is taken from that peer; half of it opens again.
    package static let queueHigh = 4 << 20
    /// Above this much to send, the link is closed.
    package static let queueMax = 8 << 20

    static let timerToken = firstToken
    static let authorityToken = firstToken + 1
    static let listenerToken = firstToken | 1 << 62
    static let backoffMin: UInt64 = 20_000_000
    static let backoffMax: UInt64 = 500_000_000
    static let handshakeNanoseconds: UInt64 = 5_000_000_000
    static let enrolMilliseconds: Int32 = 15_000
    static let transportsMax = 1_024
    static let unprovenMax = 64
    static let perLineMax = 4
    static let backlog: Int32 = 128

    let table: PassageTable
    let clock: PassageClock
    /// Kinds that the opener of each line may say.
    let permitted: [[UInt16]]
    /// Kinds that this program knows.
    let known: [UInt16]
    let isPublic: Bool
    let timer: Timer
    var enrolment: Enrolment
    var identity: Identity?
    /// For sessions of the published side, `TLSSession(server:)`; nil until it is there.
    package internal(set) var publicContext: TLSContext?
    var listeners: [(descriptor: SharedDescriptor, port: UInt16)] = []
    var transports: [Transport?] = []
    var links: [LinkState?] = []
    /// The link of each line; -1 for none.
    var lineLinks: [Int]
    var dials: [Dial]
    var generations: UInt64 = 0
    /// Transports with something new to send.
    var dirty: [Int] = []
    /// Links that end at the next flush.
    var doomed: [(link: Link, why: PassageEnd)] = []
    var room = [UInt8](repeating: 0, count: TLSSession.takeMax)
    /// Monotonic time for which the timer is set; 0 when it is not.
    var armed: UInt64 = 0
    /// Monotonic time until which listeners are left alone; 0 when they are watched.
    var mutedUntil: UInt64 = 0
    /// When the next certificates are asked for, or asked for again.
    var renewal: UInt64 = 0
    var publicRenewal: UInt64 = .max

    /// Reads the table against the words that the program knows, and asks for a certificate.
    ///
    /// `names` are all words with their kinds, answers included; a word of the table that is not
    /// among them is a failure. `isPublic` asks for a certificate of the published side too.
    package init(
        _ table: PassageTable, authority: Int32, names: [(String, UInt16)],
        isPublic: Bool = false, clock: PassageClock = .system
    ) throws(Failure) {
        let permitted = try Self.permitted(table, names)
        let timer = try Self.timer(for: authority)
        self.timer = timer
        self.table = table
        self.clock = clock
        self.permitted = permitted
        self.isPublic = isPublic
        known = names.map(\.1)
        enrolment = Enrolment(authority, name: table.name)
        lineLinks = Array(repeating: -1, count: table.lines.count)
        dials = table.lines.indices.filter { table.lines[$0].direction == .open }
            .map { Dial(line: $0) }
        enrolment.ask(.passage)
        if isPublic { enrolment.ask(.open) }
        renewal = clock.monotonic() &+ Enrolment.patience
    }

    private static func permitted(
        _ table: PassageTable, _ names: [(String, UInt16)]
    ) throws(Failure) -> [[UInt16]] {
        var permitted: [[UInt16]] = []
        for line in table.lines {
            var kinds: [UInt16] = []
            for word in line.messages {
                guard let kind = names.first(where: { $0.0 == word })?.1, kind != 0 else {
                    throw PassageTable.wrong("this program knows no message `\(word)`")
                }
                kinds.append(kind)
            }
            permitted.append(kinds)
        }
        return permitted
    }

    private static func timer(for authority: Int32) throws(Failure) -> Timer {
        do throws(SystemFailure) {
            try DescriptorIO.setNonBlocking(authority)
            return try Timer()
        } catch {
            throw Failure(
                .machine, "passage-authority", "\(error)",
                remedy: "start this program by the supervisor")
        }
    }

    /// Waits for the certificate (15 seconds at most), listens and dials; before `ready`.
    package mutating func attach(_ loop: borrowing EventLoop) throws(Failure) {
        do throws(SystemFailure) {
            try awaitCertificates()
            for port in Set(table.lines.filter { $0.direction == .accept }.map(\.port)).sorted() {
                let listener = SharedDescriptor(
                    try StreamSocket.listen(table.address, port: port, backlog: Self.backlog))
                try loop.add(
                    listener.number, token: Self.listenerToken + UInt64(listeners.count),
                    .readable)
                listeners.append((listener, port))
            }
            try loop.add(timer.number, token: Self.timerToken, .readable)
            try loop.add(enrolment.authority, token: Self.authorityToken, .readable)
        } catch {
            throw Failure(
                .machine, "passage-start", "\(error)", remedy: "look at the platform's status")
        }
        for index in dials.indices { dial(index, loop) }
        arm()
    }

    private mutating func awaitCertificates() throws(SystemFailure) {
        var waiting = try EventLoop(capacity: 1)
        try waiting.add(enrolment.authority, token: 0, .readable)
        let end = clock.monotonic() &+ UInt64(Self.enrolMilliseconds) * 1_000_000
        while identity == nil || (isPublic && publicContext == nil) {
            let now = clock.monotonic()
            guard now < end, enrolment.refusal == nil, let news = enrolment.receive() else {
                throw SystemFailure(
                    "enrol", enrolment.refusal?.text ?? "the authority did not answer", errno: 110)
            }
            for one in news { _ = take(one) }
            if news.isEmpty {
                _ = try waiting.wait(
                    timeoutMilliseconds: Int32((end - now) / 1_000_000 + 1))
            }
        }
    }

    /// Uses what `wait` reported, if it is ours.
    package mutating func turn(
        _ ready: Ready, _ loop: borrowing EventLoop, into arrivals: inout [Arrival]
    ) -> Bool {
        guard ready.token >= Self.firstToken else { return false }
        switch ready.token {
        case Self.timerToken:
            _ = try? timer.expirations()
            armed = 0
            tick(loop, into: &arrivals)
        case Self.authorityToken: enrolled(loop, into: &arrivals)
        case Self.listenerToken...:
            accept(Int(ready.token - Self.listenerToken), loop, into: &arrivals)
        default: move(ready, loop, into: &arrivals)
        }
        return true
    }

    /// Sends what was written since the last time, and ends what must end.
    package mutating func flush(
        _ loop: borrowing EventLoop, into arrivals: inout [Arrival]
    ) {
        while let (link, why) = doomed.popLast() {
            if let slot = index(of: link) { drop(link: slot, why, into: &arrivals) }
        }
        let writing = dirty
        dirty.removeAll(keepingCapacity: true)
        for slot in writing {
            transports[slot]?.isDirty = false
            pump(slot, loop, into: &arrivals)
        }
        arm()
    }

    /// The link to a peer, while there is one.
    package func link(to peer: Peer) -> Link? {
        guard lineLinks.indices.contains(peer.line), lineLinks[peer.line] >= 0,
            let state = links[lineLinks[peer.line]]
        else { return nil }
        return Link(slot: lineLinks[peer.line], generation: state.generation)
    }

    /// Every line of the table with that name.
    package func peers(named name: String) -> [Peer] {
        table.lines.indices.filter { table.lines[$0].peer == name }.map { Peer(line: $0) }
    }

    /// The line behind a peer.
    package func line(of peer: Peer) -> PassageTable.Line { table.lines[peer.line] }

    /// The name that a peer has proved.
    package func name(of peer: Peer) -> String { table.lines[peer.line].peer }

    /// Whom a record blames: the name that was proved, else the address, for which the fabric vouches.
    ///
    /// Never a word that many share: what is counted under it would speak of nobody.
    package func blamed(_ peer: Peer?, at address: Address) -> String {
        peer.map { name(of: $0) } ?? "\(address)"
    }

    /// Bytes that wait to leave on a link.
    package func queued(_ link: Link) -> Int {
        guard let slot = index(of: link), let state = links[slot] else { return 0 }
        return (transports[state.transport]?.queued ?? 0)
            + (state.next >= 0 ? transports[state.next]?.queued ?? 0 : 0)
    }

    func index(of link: Link) -> Int? {
        guard links.indices.contains(link.slot),
            links[link.slot]?.generation == link.generation
        else { return nil }
        return link.slot
    }
}
