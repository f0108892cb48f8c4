package import Breach
internal import CLinux
internal import Glibc

/// Where the attacker sits: its orders, the descriptors it inherited, and what it touched so far.
package struct Seat {
    package let orders: Orders
    /// Inherited descriptors by their names in LISTEN_FDNAMES.
    package let handed: [(name: String, number: Int)]
    /// Whether no wall stands: then the probe is root and the victims are its own.
    package let open: Bool
    package var touches: [Touch] = []
    /// Descriptor that takes reports; nil where nobody listens.
    var report: Int?
    /// A connection taken from a listener, kept for the attempts that turn it round.
    var accepted: Int?

    package init(orders: Orders, handed: [(name: String, number: Int)], open: Bool) {
        self.orders = orders
        self.handed = handed
        self.open = open
    }

    /// Descriptors that are listeners of a published port: names tell nothing of what one is.
    package var listeners: [Int] { handed.map(\.number).filter(isListening) }

    /// The event channel.
    var events: Int? { handed.first { $0.name == "events" }?.number }

    func targets(_ kind: Target.Kind) -> [Target] { orders.targets.filter { $0.kind == kind } }

    func paths(_ kind: VictimPath.Kind) -> [String] {
        orders.paths.filter { $0.kind == kind }.map(\.path)
    }

    /// Host pids; pid 1 and the probe itself are never among them.
    func victims(_ kind: Victim.Kind? = nil) -> [Int] {
        orders.victims.filter { (kind == nil || $0.kind == kind) && $0.pid > 1 }
            .map { Int($0.pid) }.filter { $0 != Int(getpid()) }
    }

    /// Tells the runner something while an attempt lasts.
    func tell(_ record: Report) {
        guard let report else { return }
        let bytes = ReportCodec.encode(record)
        _ = try? call(
            SYS_write, Argument(report), Argument(Memory(bytes)), Argument(bytes.count))
    }

    mutating func touch(_ target: Target) {
        let touch = Touch(
            transport: target.transport, address: target.address, port: target.port)
        if touches.count < 256, !touches.contains(touch) { touches.append(touch) }
    }

    /// What the drill writes into what it sends.
    var mark: [UInt8] { Array("bulkhead-probe ".utf8) + orders.nonce }
}

/// Tries each; the first that gets through decides, else the most telling refusal.
///
/// A refusal other than "no such thing" tells more: something was there and a wall held.
func anyOf<Item>(
    _ items: [Item], none: String, _ attempt: (Item) throws(Refusal) -> Outcome
) throws(Refusal) -> Outcome {
    var refusal: Refusal?
    var other: Outcome?
    for item in items {
        do throws(Refusal) {
            let outcome = try attempt(item)
            if case .through = outcome { return outcome }
            other = other ?? outcome
        } catch {
            let vague = [ENOENT, ENOTDIR, ESRCH]
            if refusal.map({ vague.contains($0.errno) }) ?? true { refusal = error }
        }
    }
    if let other { return other }
    if let refusal { throw refusal }
    return .inapplicable(none)
}

/// Opens a path; the descriptor is the caller's to close.
func opened(_ path: String, _ flags: Int32, mode: Int = 0) throws(Refusal) -> Int {
    try call(
        SYS_openat, Argument(AT_FDCWD), Argument(path), Argument(flags | O_CLOEXEC),
        Argument(mode), about: path)
}

/// The first bytes of a file: at least one, else it counts as unread.
func read(_ path: String, most count: Int = 64) throws(Refusal) -> [UInt8] {
    let descriptor = try opened(path, O_RDONLY | O_NONBLOCK)
    defer { close(descriptor) }
    let room = Memory(zeroes: count)
    let got = try call(
        SYS_read, Argument(descriptor), Argument(room), Argument(count), about: path)
    guard got > 0 else { throw unsuccessful("\(path) is empty") }
    return room.bytes(got)
}

/// Runs the attempt in a child when the role has fork, so that what it changes or breaks ends
/// with the child; else here.
func inChild(
    milliseconds: Int = 4000, _ attempt: () throws(Refusal) -> Outcome
) -> Outcome {
    let room = 1024
    guard
        let shared = try? call(
            SYS_mmap, 0, Argument(room), Argument(PROT_READ | PROT_WRITE),
            Argument(MAP_SHARED | MAP_ANONYMOUS), -1, 0)
    else { return settled(attempt) }
    defer { _ = try? call(SYS_munmap, Argument(shared), Argument(room)) }
    let child = bh_split()
    if child < 0 { return settled(attempt) }
    if child == 0 {
        Window(shared, room).store(ReportCodec.encode(settled(attempt)))
        _exit(0)
    }
    var status: Int32 = 0
    let ended = unsafe bh_await(child, Int32(milliseconds), &status)
    if ended != 1 {
        kill(child, SIGKILL)
        unsafe waitpid(child, &status, 0)
        return .couldNotRun("it hung for \(milliseconds) ms")
    }
    let signal = status & 0x7F
    if signal != 0 {
        let dumped = status & 0x80 != 0 ? ", memory dumped" : ""
        return .stopped(
            Refusal(
                call: nil, errno: 0, signal: UInt8(signal),
                detail: "the child was ended by signal \(signal)\(dumped)"))
    }
    guard let bytes = Window(shared, room).load(),
        let outcome = try? ReportCodec.decodeOutcome(bytes)
    else { return .couldNotRun("the child left no result") }
    return outcome
}

/// The outcome of an attempt, its refusal included.
func settled(_ attempt: () throws(Refusal) -> Outcome) -> Outcome {
    do throws(Refusal) { return try attempt() } catch { return .stopped(error) }
}

/// A mapped page that a child fills: u16 length, bytes.
private struct Window {
    private let base: Int
    private let room: Int

    init(_ base: Int, _ room: Int) {
        self.base = base
        self.room = room
    }

    func store(_ bytes: [UInt8]) {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: base) else { return }
        let count = min(bytes.count, room - 2)
        for index in 0..<count {
            unsafe pointer.storeBytes(of: bytes[index], toByteOffset: index + 2, as: UInt8.self)
        }
        unsafe pointer.storeBytes(of: UInt16(count), as: UInt16.self)
    }

    func load() -> [UInt8]? {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: base) else { return nil }
        let count = Int(unsafe pointer.load(as: UInt16.self))
        guard count > 0, count <= room - 2 else { return nil }
        return (0..<count).map { unsafe pointer.load(fromByteOffset: $0 + 2, as: UInt8.self) }
    }
}
