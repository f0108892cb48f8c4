internal import AuditTreaty
internal import Bytes
internal import Descriptors
internal import Findings
internal import Glibc
internal import Loop
internal import Netlink
internal import Sensors
internal import Tenancy

/// The sensor's loop: read what the logs have, send what the channel takes, never drop in between.
struct Lookout: ~Copyable {
    private enum Token {
        static let audit: UInt64 = 1 << 32
        static let signals: UInt64 = 2 << 32
        static let window: UInt64 = 3 << 32
        static let channel: UInt64 = 4 << 32
    }

    /// Datagrams of one log before the others have their turn.
    private static let turnMax = 32
    private static let windowNanoseconds: UInt64 = 100_000_000
    /// Rounds of the last reading and of the last sending, each at most 100 ms long.
    private static let lastRoundsMax = 20
    /// Longer than the 10 ms for which the kernel collects records before it delivers them.
    private static let quietMilliseconds: Int32 = 40

    private let tenancy: Tenancy
    private var loop: EventLoop
    private let window: Timer
    private let channel: Int32
    private var logs: [(place: LogPlace, number: Int32)] = []
    private var audit: Int32?
    private var attempts: AttemptSensor
    private var denials: DenialSensor
    private var outlet = EventOutlet()
    private var buffer = [UInt8](repeating: 0, count: LogDatagram.bytesMax)
    private var records: [LogRecord] = []
    private var isCounting = false
    private var isWaiting = false
    private var isStopping = false

    init(_ tenancy: consuming Tenancy, _ table: SensorTable) throws {
        let loop = try EventLoop(capacity: 256)
        let window = try Timer()
        guard let channel = tenancy.descriptor("events") else {
            throw Failure(
                .usage, "sensor-events", "no descriptor named `events` was handed",
                remedy: "start this program by the supervisor")
        }
        for (name, number) in tenancy.descriptors {
            if let place = LogPlace(descriptor: name) { logs.append((place, number)) }
            if name == "audit" { audit = number }
        }
        attempts = AttemptSensor(table)
        denials = DenialSensor(table)
        self.loop = loop
        self.window = window
        self.channel = channel
        self.tenancy = tenancy
    }

    /// Runs until it is told to stop; then it sends what the logs still hold.
    mutating func work() throws {
        for (index, log) in logs.enumerated() {
            try loop.add(log.number, token: UInt64(index), .readable)
        }
        if let audit { try loop.add(audit, token: Token.audit, .readable) }
        try loop.add(tenancy.signals.number, token: Token.signals, .readable)
        try loop.add(window.number, token: Token.window, .readable)
        try tenancy.ready()
        while !isStopping {
            for ready in try loop.wait(timeoutMilliseconds: nil) { try serve(ready.token) }
            try send()
            if outlet.isFull { try hold() }
            try arm()
        }
        try drain()
    }

    private mutating func serve(_ token: UInt64) throws {
        switch token {
        case Token.signals: isStopping = true
        case Token.audit: try readAudit()
        case Token.window:
            _ = try window.expirations()
            attempts.closeWindow(now: WallClock.now(), into: &outlet)
        case Token.channel: return
        default: _ = try readLog(logs[Int(token)])
        }
    }

    /// Reads up to a turn's datagrams; whether there may be more.
    private mutating func readLog(_ log: (place: LogPlace, number: Int32)) throws -> Bool {
        // Out of `self` while the buffer is borrowed from it, and back with its room.
        var records: [LogRecord] = []
        swap(&records, &self.records)
        defer { swap(&records, &self.records) }
        for _ in 0..<Self.turnMax where !outlet.isFull {
            guard let count = try receive(log.number) else { return false }
            records.removeAll(keepingCapacity: true)
            // A datagram that breaks off keeps its earlier records; the numbers show the rest.
            _ = try? LogDatagram.read(buffer.span, count: count, into: &records)
            attempts.take(records, from: log.place, now: WallClock.now(), into: &outlet)
        }
        return true
    }

    private mutating func readAudit() throws {
        for _ in 0..<Self.turnMax * 4 where !outlet.isFull {
            do throws(SystemFailure) {
                guard let count = try NetlinkDatagram.receive(on: audit ?? -1, into: &buffer)
                else { return }
                var records: [AuditRecord] = []
                var skipped = 0
                try? AuditDatagram.read(
                    buffer.span, count: count, into: &records, skipped: &skipped)
                for record in records { denials.take(record, into: &outlet) }
            } catch {
                guard error.errno == ENOBUFS else { throw error }
                denials.overrun(into: &outlet)
            }
        }
    }

    /// The next datagram's size; what is no log of the kernel is left out.
    private mutating func receive(_ number: Int32) throws(SystemFailure) -> Int? {
        while true {
            do throws(SystemFailure) {
                return try NetlinkDatagram.receive(on: number, into: &buffer)
            } catch {
                // Records that were dropped show in the numbers of the next ones.
                guard error.errno == ENOBUFS || error.errno == EPERM || error.errno == EMSGSIZE
                else { throw error }
            }
        }
    }

    /// Sends until the channel is full or nothing waits, and watches the channel as long as needed.
    private mutating func send() throws {
        outlet.seal()
        while let message = outlet.front {
            guard try EventSocket.send(message, on: channel) else { break }
            outlet.advance()
        }
        let mustWait = outlet.front != nil
        guard mustWait != isWaiting else { return }
        isWaiting = mustWait
        if mustWait {
            try loop.add(channel, token: Token.channel, .writable)
        } else {
            try loop.remove(channel)
        }
    }

    /// Reads nothing until the channel takes messages again: an attempt must be on record.
    private mutating func hold() throws {
        while outlet.isFull && !isStopping {
            var waits = [
                pollfd(fd: channel, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: tenancy.signals.number, events: Int16(POLLIN), revents: 0),
            ]
            _ = unsafe poll(&waits, 2, 1000)
            if waits[1].revents != 0 { isStopping = true }
            try send()
        }
    }

    /// The window's clock runs only while something is counted.
    private mutating func arm() throws {
        guard attempts.isCounting != isCounting else { return }
        isCounting.toggle()
        if isCounting {
            try window.arm(
                afterNanoseconds: Self.windowNanoseconds,
                everyNanoseconds: Self.windowNanoseconds)
        } else {
            try window.disarm()
        }
    }

    /// Reads on until the logs are quiet: the kernel holds records back for some milliseconds.
    private mutating func drain() throws {
        try loop.remove(tenancy.signals.number)
        try loop.remove(window.number)
        for _ in 0..<Self.lastRoundsMax where !outlet.isFull {
            let ready = try loop.wait(timeoutMilliseconds: Self.quietMilliseconds)
            if ready.isEmpty { break }
            for ready in ready { try serve(ready.token) }
            try send()
        }
        attempts.closeWindow(now: WallClock.now(), into: &outlet)
        try send()
        for _ in 0..<Self.lastRoundsMax where outlet.front != nil {
            var wait = pollfd(fd: channel, events: Int16(POLLOUT), revents: 0)
            _ = unsafe poll(&wait, 1, 100)
            try send()
        }
    }
}
