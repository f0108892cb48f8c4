internal import AuditTreaty
internal import Bytes
internal import Findings
internal import IdentityTreaty
internal import LedgerBook
internal import LedgerStore
internal import LedgerTreaty
internal import Loop
internal import OrderTreaty
internal import Passage
internal import RiskTreaty
internal import SQLiteStore
internal import Tenancy

/// The ledger's loop: take what the three say, commit once, answer once.
struct Clerk: ~Copyable {
    private static let signals: UInt64 = 1
    private static let timer: UInt64 = 2
    /// How long whole blocks wait for more: nobody's answer waits for a commit, but whoever waits
    /// for the disk waits behind it.
    private static let lingerNanoseconds: UInt64 = 10_000_000
    /// So many whole blocks wait no longer.
    private static let groupBlocks = 64
    /// What waits to leave for one peer before its questions about balances wait too.
    static let queueMax = 2 << 20

    let tenancy: Tenancy
    var loop: EventLoop
    private let timer: Timer
    private var isLingering = false
    private var isDue = false
    var passages: Passages
    var teller: Teller
    var permits = Permits()
    /// Which stream a peer's messages are, by the table.
    let streams: [Peer: Intake.Stream]
    /// The passage of each attached stream.
    var links: [Intake.Stream: Link] = [:]
    /// Frames whose blocks are not on disk, in their order.
    var waiting: [Intake.Stream: [(block: UInt64, correlation: UInt64)]] = [:]
    var events = EventBatch()
    private var ends = NoteBudget(kind: "ledger", rest: "ends of passages")
    var isHaltNoted = false

    init(_ tenancy: consuming Tenancy, _ listing: Listing, _ path: String) throws {
        guard let bytes = try tenancy.table(PassageTable.descriptor, limit: PassageTable.bytesMax)
        else {
            throw Failure(
                .usage, "ledger-passages", "no table named `passages` was handed",
                remedy: "start this program by the supervisor")
        }
        let table = try PassageTable(parsing: bytes)
        let names =
            StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
            + IdentityMessage.allCases.map { ($0.name, $0.rawValue) }
        let passages = try Passages(
            table, authority: tenancy.descriptor("authority") ?? -1, names: names)
        let streams = try Self.streams(table, passages)
        let loop = try EventLoop(capacity: 64)
        let timer = try Timer()
        let teller = try Teller(path, currencies: listing.currencies.count)
        self.streams = streams
        self.teller = teller
        self.loop = loop
        self.timer = timer
        self.passages = passages
        self.tenancy = tenancy
    }

    /// Three peers, one stream each: who says two parts of a block would be trusted alone.
    private static func streams(
        _ table: PassageTable, _ passages: borrowing Passages
    ) throws(Failure) -> [Peer: Intake.Stream] {
        var streams: [Peer: Intake.Stream] = [:]
        let words: [(LedgerMessage, Intake.Stream)] = [
            (.external, .orders), (.holds, .risk), (.settlements, .matching),
        ]
        for name in Set(table.lines.map(\.peer)).sorted() {
            for peer in passages.peers(named: name) {
                let spoken = words.filter {
                    passages.line(of: peer).messages.contains($0.0.name)
                }
                guard let first = spoken.first else { continue }
                guard spoken.count == 1, !streams.values.contains(first.1) else {
                    throw Failure(
                        .usage, "ledger-streams",
                        "\(name) would say what another says, or two parts of a block",
                        remedy: "let external, holds and settlements come from one service each")
                }
                streams[peer] = first.1
            }
        }
        return streams
    }

    /// Runs until it is told to stop; what was answered is on disk at any moment.
    mutating func work() throws {
        note("opened at block \(teller.last), chain \(Hexadecimal.render(teller.chain))")
        noteHalt()
        try loop.add(tenancy.signals.number, token: Self.signals, .readable)
        try loop.add(timer.number, token: Self.timer, .readable)
        try passages.attach(loop)
        try tenancy.ready()
        var arrivals: [Arrival] = []
        while true {
            // What is counted is told when its second is over, though nothing else happens.
            let patience: Int32? = ends.isBusy ? 1_000 : nil
            for ready in try loop.wait(timeoutMilliseconds: arrivals.isEmpty ? patience : 0) {
                if passages.turn(ready, loop, into: &arrivals) { continue }
                guard ready.token == Self.timer else { return report(isLast: true) }
                _ = try timer.expirations()
                isDue = isLingering
            }
            for arrival in arrivals { take(arrival) }
            arrivals.removeAll(keepingCapacity: true)
            try commit()
            passages.flush(loop, into: &arrivals)
            report()
        }
    }

    /// Commits what is whole when it has waited long enough, or is enough.
    private mutating func commit() throws {
        guard teller.ready > 0 else { return }
        guard isDue || teller.ready >= Self.groupBlocks else {
            if !isLingering { try timer.arm(afterNanoseconds: Self.lingerNanoseconds) }
            isLingering = true
            return
        }
        isDue = false
        isLingering = false
        if try teller.advance() { acknowledge() }
    }

    /// Tells the three what is on disk now, and orders when a posting was refused.
    private mutating func acknowledge() {
        for stream in Intake.Stream.allCases {
            guard let link = links[stream], var list = waiting.removeValue(forKey: stream) else {
                continue
            }
            let done = list.firstIndex { $0.block > teller.last } ?? list.count
            for one in list[..<done] { applied(one.block, one.correlation, link) }
            list.removeFirst(done)
            if let reason = teller.halted, stream == .orders, let first = list.first {
                halt(reason, first.correlation, link)
                list.removeFirst()
            }
            waiting[stream] = list
        }
        noteHalt()
    }

    /// The block is on disk.
    mutating func applied(_ block: UInt64, _ correlation: UInt64, _ link: Link) {
        _ = passages.answer(LedgerMessage.applied.rawValue, to: correlation, on: link) {
            $0.integer(block)
        }
    }

    /// The ledger takes nothing more.
    mutating func halt(_ reason: String, _ correlation: UInt64, _ link: Link) {
        _ = passages.answer(LedgerMessage.halt.rawValue, to: correlation, on: link) {
            $0.append(reason.utf8.prefix(1_024))
        }
    }

    private mutating func noteHalt() {
        guard let reason = teller.halted, !isHaltNoted else { return }
        isHaltNoted = true
        note("halted: \(reason)")
    }

    mutating func note(_ text: String) { add(.note(kind: "ledger", text: text)) }

    /// What peers cause, at a bounded rate.
    mutating func ended(_ text: @autoclosure () -> String, _ name: String) {
        ends.add(text(), as: name, now: Clocks.monotonic())
    }

    private mutating func add(_ event: Event) {
        if events.append(event) { return }
        send()
        _ = events.append(event)
    }

    private mutating func report(isLast: Bool = false) {
        for event in ends.take(now: Clocks.monotonic(), isLast: isLast) { add(event) }
        send()
    }

    private mutating func send() {
        guard let message = events.take(), let number = tenancy.descriptor("events") else { return }
        // A full channel loses the message; its numbers are missing, and the writer records that.
        _ = try? EventSocket.send(message, on: number)
    }
}
