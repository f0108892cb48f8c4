internal import Descriptors
internal import Glibc
internal import Loop
internal import Synchronization

/// The second thread: it syncs what was written and fills the next segment with zeros meanwhile.
///
/// A sync that fails leaves nobody who knows what is on the disk: the process ends, and the next
/// start reads what is there. It is never tried again.
final class Syncer: Sendable {
    private struct Desk {
        var file: SharedDescriptor?
        var upTo: UInt64 = 0
        var done: UInt64 = 0
        var isStopping = false
        /// The segment to fill, or nil.
        var wanted: Int?
        var made: SharedDescriptor?
        var problem: SystemFailure?
    }

    private enum Job {
        case sync(SharedDescriptor, UInt64)
        case fill(Int)
        case wait
        case stop
    }

    /// Zeros written between two looks for a sync: what a sync may have to wait for.
    private static let chunkBytes = 1 << 20
    /// Zeros written at once.
    ///
    /// The kernel caches a file in pieces as large as what was written, and a record's sync walks
    /// the whole piece later: small ones make it cheaper.
    private static let pieceBytes = 4_096

    private let desk = Mutex(Desk())
    private let work: Wakeup
    /// Readable when a sync or a segment is done, or the segment could not be made.
    let done: Wakeup
    private let segments: Segments
    private let limits: JournalLimits

    init(_ segments: Segments, _ limits: JournalLimits) throws(SystemFailure) {
        self.segments = segments
        self.limits = limits
        work = try Wakeup()
        done = try Wakeup()
    }

    func start() throws(SystemFailure) {
        try SideThread.start { [self] in
            do throws(SystemFailure) { try run() } catch {
                Self.end("the journal's second thread", error)
            }
        }
    }

    /// Asks for that file, and so for everything up to that record.
    func sync(_ file: SharedDescriptor, upTo number: UInt64) throws(SystemFailure) {
        desk.withLock {
            $0.file = file
            $0.upTo = number
        }
        try work.signal()
    }

    /// Asks for the next segment.
    func fill(_ number: Int) throws(SystemFailure) {
        desk.withLock {
            $0.wanted = number
            $0.problem = nil
        }
        try work.signal()
    }

    /// The last record that is on disk by a sync of ours.
    var synced: UInt64 { desk.withLock { $0.done } }

    /// The filled segment, once.
    func takeMade() -> SharedDescriptor? {
        desk.withLock { desk in
            defer { desk.made = nil }
            return desk.made
        }
    }

    /// Why the last wanted segment could not be made.
    var problem: SystemFailure? { desk.withLock { $0.problem } }

    func stop() throws(SystemFailure) {
        desk.withLock { $0.isStopping = true }
        try work.signal()
    }

    private func next() -> Job {
        desk.withLock { desk in
            if let file = desk.file {
                desk.file = nil
                return .sync(file, desk.upTo)
            }
            if desk.isStopping { return .stop }
            return desk.wanted.map(Job.fill) ?? .wait
        }
    }

    private func run() throws(SystemFailure) {
        var loop = try EventLoop(capacity: 1)
        try loop.add(work.number, token: 0, .readable)
        var draft: (file: SharedDescriptor, bytes: Int)?
        while true {
            switch next() {
            case .sync(let file, let upTo):
                do throws(SystemFailure) {
                    try file.descriptor.synchronize()
                } catch { Self.end("a sync of the journal", error) }
                desk.withLock { $0.done = upTo }
                try done.signal()
            case .fill(let number):
                do throws(SystemFailure) {
                    draft = try grow(draft, number)
                    if draft != nil { continue }
                } catch {
                    draft = nil
                    try? Files.remove(segments.draft(number))
                    desk.withLock {
                        $0.wanted = nil
                        $0.problem = error
                    }
                }
                try done.signal()
            case .wait:
                _ = try loop.wait(timeoutMilliseconds: nil)
                try work.clear()
            case .stop: return
            }
        }
    }

    /// One chunk more; nil when the segment is whole, durable and under its name.
    private func grow(
        _ draft: (file: SharedDescriptor, bytes: Int)?, _ number: Int
    ) throws(SystemFailure) -> (file: SharedDescriptor, bytes: Int)? {
        guard var draft else {
            return (SharedDescriptor(try Self.make(segments.draft(number))), 0)
        }
        let count = min(Self.chunkBytes, limits.segmentBytes - draft.bytes)
        try Self.extend(draft.file, from: draft.bytes, by: count)
        draft.bytes += count
        guard draft.bytes == limits.segmentBytes else { return draft }
        try Self.finish(segments, number)
        let file = draft.file
        desk.withLock {
            $0.wanted = nil
            $0.made = file
        }
        return nil
    }

    private static func make(_ path: String) throws(SystemFailure) -> Descriptor {
        try Files.openUpdate(path, create: true)
    }

    private static func extend(
        _ file: SharedDescriptor, from place: Int, by count: Int
    ) throws(SystemFailure) {
        let zeros = [UInt8](repeating: 0, count: min(pieceBytes, count))
        for start in stride(from: place, to: place + count, by: zeros.count) {
            let rest = min(zeros.count, place + count - start)
            try file.descriptor.writeAt(
                UInt64(start), rest == zeros.count ? zeros : Array(zeros[..<rest]))
        }
        try file.descriptor.synchronize()
    }

    private static func finish(_ segments: Segments, _ number: Int) throws(SystemFailure) {
        try Files.move(segments.draft(number), to: segments.path(number))
        try Files.synchronizeDirectory(segments.directory)
    }

    /// A segment made at once, before there is anything to hold up.
    static func makeNow(
        _ segments: Segments, _ number: Int, _ limits: JournalLimits
    ) throws(SystemFailure) -> SharedDescriptor {
        let file = SharedDescriptor(try make(segments.draft(number)))
        var bytes = 0
        while bytes < limits.segmentBytes {
            let count = min(chunkBytes, limits.segmentBytes - bytes)
            try extend(file, from: bytes, by: count)
            bytes += count
        }
        try finish(segments, number)
        return file
    }

    private static func end(_ what: String, _ failure: SystemFailure) -> Never {
        fatalError("\(what) failed, so what is on disk is unknown: \(failure)")
    }
}
