internal import AuditTreaty
internal import Descriptors
internal import Findings
internal import Loop
internal import Tenancy
internal import Trail

/// The writer's loop: drain the channels, write once, sync once, answer once.
struct Desk: ~Copyable {
    private enum Token {
        static let service: UInt64 = 1
        static let supervisor: UInt64 = 2
        static let signals: UInt64 = 3
        static let timer: UInt64 = 4
    }

    /// Messages taken from one channel before the other has its turn.
    private static let turnMax = 256
    /// Rounds of the last draining; more means that somebody floods a writer that shall end.
    private static let lastRoundsMax = 64
    private static let halfSecond: UInt64 = 500_000_000

    private let tenancy: Tenancy
    private var loop: EventLoop
    private let timer: Timer
    private var recorder: Recorder
    private var channels: [(token: UInt64, origin: TrailOrigin, number: Int32)] = []
    private var isArmed = false

    init(
        _ tenancy: consuming Tenancy, _ directory: TrailDirectory, _ limits: TrailLimits
    ) throws {
        let recorder = try Recorder(directory, limits: limits, time: WallClock.now())
        let loop = try EventLoop(capacity: 8)
        let timer = try Timer()
        self.recorder = recorder
        self.loop = loop
        self.timer = timer
        self.tenancy = tenancy
    }

    /// Runs until it is told to stop or every channel has ended; then everything is on disk.
    mutating func work() throws {
        try watch()
        try tenancy.ready()
        var isStopping = false
        while !isStopping && !channels.isEmpty {
            for ready in try loop.wait(timeoutMilliseconds: nil) {
                switch ready.token {
                case Token.signals: isStopping = true
                case Token.timer:
                    _ = try timer.expirations()
                    try recorder.tick(time: WallClock.now())
                default: _ = try drain(ready.token)
                }
            }
            answer(try recorder.finish(time: WallClock.now()))
            try arm()
        }
        for _ in 0..<Self.lastRoundsMax {
            let taken = try drain(Token.service) + drain(Token.supervisor)
            answer(try recorder.finish(time: WallClock.now()))
            if taken == 0 { break }
        }
        answer(try recorder.close(time: WallClock.now()))
    }

    private mutating func watch() throws {
        for (name, token, origin) in [
            ("events", Token.service, TrailOrigin.service),
            ("supervisor", Token.supervisor, .supervisor),
        ] {
            guard let number = tenancy.descriptor(name) else { continue }
            channels.append((token, origin, number))
            try loop.add(number, token: token, .readable)
        }
        guard !channels.isEmpty else {
            throw Failure(
                .usage, "trail-channels", "no descriptor named `events` or `supervisor` was handed",
                remedy: "start this program by the supervisor")
        }
        try loop.add(tenancy.signals.number, token: Token.signals, .readable)
        try loop.add(timer.number, token: Token.timer, .readable)
    }

    /// Takes what waits in a channel, up to its turn's bound; returns how many messages.
    private mutating func drain(_ token: UInt64) throws -> Int {
        guard let channel = channels.first(where: { $0.token == token }) else { return 0 }
        let time = WallClock.now()
        var taken = 0
        while taken < Self.turnMax && !recorder.isHeavy {
            switch try EventSocket.receive(on: channel.number) {
            case .message(let bytes): recorder.receive(bytes, from: channel.origin, time: time)
            case .none: return taken
            case .end:
                try loop.remove(channel.number)
                channels.removeAll { $0.token == token }
                return taken
            }
            taken += 1
        }
        return taken
    }

    /// Sends receipts; a sender that does not read them loses them, not its events.
    private func answer(_ answers: [Recorder.Answer]) {
        for answer in answers {
            guard let channel = channels.first(where: { $0.origin == answer.origin }) else {
                continue
            }
            _ = try? EventSocket.send(answer.receipt.encode(), on: channel.number)
        }
    }

    /// Wakes up twice a second while something is unsigned, and never while nothing happens.
    private mutating func arm() throws {
        guard recorder.isUnsigned != isArmed else { return }
        isArmed.toggle()
        if isArmed {
            try timer.arm(
                afterNanoseconds: Self.halfSecond, everyNanoseconds: Self.halfSecond)
        } else {
            try timer.disarm()
        }
    }
}
