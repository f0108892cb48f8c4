internal import AuditTreaty
internal import Bytes
internal import Descriptors
internal import Digests
internal import Findings
internal import Glibc
internal import IdentityTreaty
internal import Journal
internal import LedgerTreaty
internal import Loop
internal import OrderTreaty
internal import Orders
internal import Passage
internal import RiskTreaty
internal import Tenancy

/// The service's loop: take what came, close a block, journal and send it, answer what is ready.
struct Sequencer: ~Copyable {
    enum Token {
        static let signals: UInt64 = 1
        static let timer: UInt64 = 2
        static let journal: UInt64 = 3
        static let operators: UInt64 = 4
        /// From here on operators who are connected.
        static let visitors: UInt64 = 1_000
    }

    /// Who waits for an answer.
    enum Asker {
        case link(Link, correlation: UInt64)
        case visitor(UInt64)
    }

    /// More than this waits to leave on a link: the next block waits for another turn.
    static let queueMax = 1 << 20
    private static let second: UInt64 = 1_000_000_000

    let tenancy: Tenancy
    var loop: EventLoop
    var passages: Passages
    var orders: Orders
    var journal: Journal
    let timer: Timer
    var arrivals: [Arrival] = []
    var askers: [UInt64: Asker] = [:]
    var nextTicket: UInt64 = 1
    var visitors: [UInt64: SharedDescriptor] = [:]
    var nextVisitor = Token.visitors
    /// The newest keys of vouchers: the last is in force until everybody has the next.
    var keys: [HMAC] = []
    var risk: Link?
    var ledger: Link?
    var matching: Link?
    /// Postings that the ledger has not answered, by the question.
    var posted: [(correlation: UInt64, block: UInt64)] = []
    /// Reads what risk is sent again.
    var resend: JournalReader?
    /// Reads what the state needs after a restart.
    var rebuild: JournalReader?
    /// The journal's last block at the start, until its results are back.
    var rebuilding: UInt64?
    var events = EventBatch()
    private var ends = NoteBudget(kind: "venue", rest: "ends of passages")
    private var headNoted: UInt64 = 0
    private var isCrampedNoted = false
    private var refused = NoteBudget(kind: "venue", rest: "requests refused")
    private var isHaltTold = false

    init(_ tenancy: consuming Tenancy, _ listing: Listing, _ directory: String) throws {
        let journal = try Journal.open(directory)
        let loop = try EventLoop(capacity: 64)
        let timer = try Timer()
        let names =
            OrderMessage.allCases.map { ($0.name, $0.rawValue) }
            + StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
            + IdentityMessage.allCases.map { ($0.name, $0.rawValue) }
        guard let table = try tenancy.table(PassageTable.descriptor, limit: PassageTable.bytesMax)
        else {
            throw Failure(
                .usage, "orders-passages", "no table named `passages` was handed",
                remedy: "start this program by the supervisor")
        }
        let passages = try Passages(
            PassageTable(parsing: table), authority: tenancy.descriptor("authority") ?? -1,
            names: names)
        orders = Orders(listing, journaled: journal.last)
        self.journal = journal
        self.loop = loop
        self.timer = timer
        self.passages = passages
        self.tenancy = tenancy
    }

    /// Runs until it is told to stop; then everything that was taken is on disk.
    mutating func work() throws {
        noteRecovery()
        try register()
        try loop.add(tenancy.signals.number, token: Token.signals, .readable)
        try loop.add(timer.number, token: Token.timer, .readable)
        try loop.add(journal.number, token: Token.journal, .readable)
        if let number = tenancy.descriptor("operator") {
            try loop.add(number, token: Token.operators, .readable)
        }
        try timer.arm(afterNanoseconds: Self.second, everyNanoseconds: Self.second)
        try passages.attach(loop)
        try tenancy.ready()
        var isStopping = false
        while !isStopping {
            // What the flush reported is taken at once.
            for ready in try loop.wait(timeoutMilliseconds: arrivals.isEmpty ? nil : 0) {
                if passages.turn(ready, loop, into: &arrivals) { continue }
                switch ready.token {
                case Token.signals: isStopping = true
                case Token.timer: try tick()
                case Token.journal: try stored()
                case Token.operators: try welcome()
                default: try visit(ready.token)
                }
            }
            let now = arrivals
            arrivals.removeAll(keepingCapacity: true)
            for arrival in now { try take(arrival) }
            try advance()
            passages.flush(loop, into: &arrivals)
            report()
        }
        try finish()
    }

    /// Everything that can be done without waiting.
    private mutating func advance() throws {
        if journal.isIdle && orders.hasRoom,
            let block = orders.close(time: WallClock.now(), steady: Clocks.monotonic())
        {
            try keep(block)
        }
        try send()
        post()
        answer()
    }

    /// Writes a block, starts its sync and sends it meanwhile: nothing of it is told to anybody
    /// else before it is on disk.
    private mutating func keep(_ block: Block) throws {
        var writer = ByteWriter(capacity: 64 + 80 * block.commands.count)
        block.encode(into: &writer)
        let number = try journal.append(writer.bytes)
        invariant(number == block.number, "the journal and the blocks count apart")
        try journal.sync()
        orders.hasRoom = journal.hasRoom
        guard let risk, orders.sendable == block.number, passages.queued(risk) <= Self.queueMax
        else { return }
        if passages.tell(StreamMessage.block.rawValue, on: risk, { $0.append(writer.bytes) }) {
            heed(orders.noteSent(block))
        }
    }

    /// Sends risk what it lacks, out of the journal.
    private mutating func send() throws {
        while let risk, let number = orders.sendable, passages.queued(risk) <= Self.queueMax {
            if resend?.number != number { resend = try journal.reader(from: number) }
            guard let bytes = try resend?.next(through: journal.last) else { return }
            guard passages.tell(StreamMessage.block.rawValue, on: risk, { $0.append(bytes) })
            else { return }
            heed(orders.noteSent(try decode(bytes)))
        }
        if orders.sent == orders.journaled { resend = nil }
    }

    /// Reads into the state what it lacks after a restart.
    mutating func register() throws {
        while let number = orders.wanted {
            if rebuild?.number != number { rebuild = try journal.reader(from: number) }
            guard let bytes = try rebuild?.next(through: journal.last) else { return }
            heed(orders.register(try decode(bytes)))
            if orders.haltReason != nil { return }
        }
        if orders.isWhole { rebuild = nil }
    }

    private func decode(_ bytes: [UInt8]) throws -> Block {
        var reader = ByteReader(bytes)
        do throws(Malformed) {
            let block = try Block.decode(&reader)
            try reader.finish()
            return block
        } catch {
            throw Failure(
                .refused, "journal-block", "a record of the journal is no block: \(error)",
                remedy: "start the version of this program that wrote it")
        }
    }

    /// Sends the ledger what came from outside.
    private mutating func post() {
        while let ledger, let external = orders.postable,
            passages.queued(ledger) <= Self.queueMax,
            let correlation = passages.ask(
                LedgerMessage.external.rawValue, on: ledger, { external.encode(into: &$0) })
        {
            posted.append((correlation, external.block))
            orders.notePosted()
        }
    }

    private mutating func stored() throws {
        try journal.settle()
        orders.hasRoom = journal.hasRoom
        heed(orders.stored(journal.synced))
    }

    /// Once a second: the journal's head, and another try when the disk was full.
    private mutating func tick() throws {
        _ = try timer.expirations()
        if journal.synced != headNoted && journal.isIdle {
            headNoted = journal.synced
            note("journal head \(journal.last) \(Hexadecimal.render(journal.head))")
        }
        if let problem = journal.problem {
            if !isCrampedNoted { note("the journal has no room for another segment: \(problem)") }
            isCrampedNoted = true
            try journal.makeRoom()
        } else {
            isCrampedNoted = false
        }
    }

    private mutating func noteRecovery() {
        note("journal opened at \(journal.last), head \(Hexadecimal.render(journal.head))")
        if let cut = journal.recovery.cut {
            note(
                "journal: an unfinished record of \(cut.bytes) bytes was cut from segment "
                    + "\(cut.segment) at \(cut.offset)")
        }
        if journal.last > 0 {
            rebuilding = journal.last
            note("rebuild of \(journal.last) blocks begins")
        }
        headNoted = journal.synced
    }

    /// What was taken is written, synced and, where its results are here, answered.
    private mutating func finish() throws {
        tenancy.stopping()
        var waiting = try EventLoop(capacity: 1)
        try waiting.add(journal.number, token: Token.journal, .readable)
        for _ in 0..<2 {
            while !journal.isIdle {
                _ = try waiting.wait(timeoutMilliseconds: nil)
                try stored()
            }
            try advance()
        }
        answer()
        passages.flush(loop, into: &arrivals)
        note("journal closed at \(journal.last), head \(Hexadecimal.render(journal.head))")
        report(isLast: true)
    }

    /// Puts on record what an honest carrier of requests never submits.
    mutating func noteRefusal(_ why: OrderOutcome.Rejection) {
        switch why {
        case .voucherInvalid, .replayed, .malformed, .scopeMissing:
            refused.add("a request was refused: \(why)", as: "\(why)", now: Clocks.monotonic())
        case .conflict, .unknownOrder, .busy, .unavailable, .halted: return
        }
    }

    /// Tells a halt once, on record and in the log, with what to do about it.
    mutating func heed(_ verdict: OrdersVerdict) {
        guard case .halted(let reason) = verdict, !isHaltTold else { return }
        isHaltTold = true
        let text =
            "halted: \(reason); no command is taken until it is put right and orders restarted"
        note(text)
        let line = Array("bulkhead-orders: \(text)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }

    mutating func note(_ text: String) { add(.note(kind: "venue", text: text)) }

    /// What peers cause, at a bounded rate.
    mutating func ended(_ text: @autoclosure () -> String, _ name: String) {
        ends.add(text(), as: name, now: Clocks.monotonic())
    }

    private mutating func add(_ event: Event) {
        if events.append(event) { return }
        sendEvents()
        _ = events.append(event)
    }

    private mutating func report(isLast: Bool = false) {
        let now = Clocks.monotonic()
        for event in ends.take(now: now, isLast: isLast) + refused.take(now: now, isLast: isLast) {
            add(event)
        }
        sendEvents()
    }

    private mutating func sendEvents() {
        guard let message = events.take(), let number = tenancy.descriptor("events") else { return }
        // A full channel loses the message; its numbers are missing, and the writer records that.
        _ = try? EventSocket.send(message, on: number)
    }
}
