package import AuditTreaty
internal import Bytes
internal import CLinux
internal import Descriptors
internal import Digests
package import Findings
internal import Glibc

/// Appends frames to one trail and signs its head.
///
/// Order of durable steps: frames, then fdatasync of the segment, then the head beside its name,
/// fsync, rename, fsync of the directory. So a head never covers what is not on disk. A failed sync
/// ends the writer: after one, the kernel may have dropped the pages and a retry would lie.
/// When there is no room it goes on counting, refuses receipts, and says so: first in a `.full`
/// record for which space is kept back, then in every signed head.
package struct TrailWriter: ~Copyable {
    private let directory: TrailDirectory
    private let key: TrailKey
    private let limits: TrailLimits
    private var segment: SegmentFile
    private var frames = ByteWriter(capacity: 1 << 16)
    private var context = SHA256()
    private var link: ChainLink
    private var totals: Totals
    /// What the head said last.
    private var signed: TrailHead
    /// State before the frames that wait in `frames`.
    private var before: (link: ChainLink, totals: Totals)
    private var waiting: UInt64 = 0
    /// Bytes of finished segments.
    private var earlier: UInt64

    /// Events kept, known lost, and counted while there is no room.
    struct Totals: Sendable, Equatable {
        var events: UInt64
        var lost: UInt64
        var pending: UInt64
    }

    /// An open segment and where its next frame goes.
    struct SegmentFile: ~Copyable {
        let file: Descriptor
        let number: UInt64
        var offset: UInt64
    }

    /// True while events are counted instead of kept.
    package private(set) var isFull = false
    /// Number after the last kept event of each origin, as far back as the recovery read.
    package let continuations: [TrailOrigin: UInt64]

    /// Opens or begins the trail of a directory, cuts what a crash left unfinished, and signs.
    ///
    /// Refuses a trail that is shorter than its head says or was changed below it.
    package static func open(
        _ directory: TrailDirectory, limits: TrailLimits = TrailLimits(), time: UInt64
    ) throws(Failure) -> TrailWriter {
        let key = try TrailKey(directory)
        var found = try TrailRecovery(directory, key: key.secret, time: time)
        let segment = try found.openSegment(directory)
        var writer = TrailWriter(directory, limits, key, segment, found)
        try writer.start(cut: found.cut, time: time)
        return writer
    }

    private init(
        _ directory: TrailDirectory, _ limits: TrailLimits, _ key: consuming TrailKey,
        _ segment: consuming SegmentFile, _ found: TrailRecovery
    ) {
        self.directory = directory
        self.limits = limits
        self.key = key
        self.segment = segment
        link = found.link
        totals = Totals(
            events: found.tally.events, lost: found.tally.lost, pending: found.head.pending)
        signed = found.head
        before = (link, totals)
        earlier = found.earlier
        // What a head counted as pending must not be counted again as a gap in the numbers.
        continuations = found.head.pending > 0 ? [:] : found.continuations
    }

    private mutating func start(cut: UInt64, time: UInt64) throws(Failure) {
        isFull = !Self.reserve(directory, limits) || !hasSpace(for: 4096)
        if cut > 0 { note(.recovered(bytes: cut), time: time) }
        if totals.pending > 0 && !isFull { resume(time: time) }
        try flush(time: time)
        try commit(time: time)
    }

    /// When the head was last signed.
    package var signedTime: UInt64 { signed.time }
    /// Whether something is not covered by the signed head yet.
    package var isUnsigned: Bool {
        link.next != signed.frames || totals.pending != signed.pending
    }
    /// Bytes of frames that wait for `flush`.
    package var waitingBytes: Int { frames.bytes.count }

    /// Queues a message's events as one frame, or only counts them while there is no room.
    package mutating func append(
        _ payload: [UInt8], events: UInt64, from origin: TrailOrigin, time: UInt64
    ) {
        guard !isFull else {
            totals.pending &+= events
            return
        }
        queue(payload, from: origin, time: time)
        totals.events &+= events
        waiting &+= events
    }

    /// Queues an event of the writer's own; while there is no room, only gaps are counted.
    package mutating func note(_ event: Event, time: UInt64) {
        var gap: UInt64 = 0
        if case .shed(let count) = event { gap = count }
        guard !isFull else {
            totals.pending &+= gap
            return
        }
        record(event, time: time)
        waiting &+= gap
    }

    private mutating func record(_ event: Event, time: UInt64) {
        let message = EventMessage(sequence: 0, wantsReceipt: false, events: [event])
        totals.lost &+= Tally.count(.writer, message).1
        queue(message.encode(), from: .writer, time: time)
    }

    private mutating func queue(_ payload: [UInt8], from origin: TrailOrigin, time: UInt64) {
        invariant(
            (1...TrailFrame.payloadMax).contains(payload.count), "a frame outside its bounds")
        let start = frames.bytes.count
        frames.integer(UInt32(payload.count + TrailFrame.overhead - 4))
        frames.integer(link.next)
        frames.integer(origin.rawValue)
        frames.integer(time)
        frames.append(payload)
        context.update(link.hash)
        context.update(frames.bytes, in: start..<frames.bytes.count)
        let hash = context.finish()
        frames.append(hash)
        link = ChainLink(hash: hash, next: link.next + 1)
    }

    /// Writes all queued frames at once; false when there was no room and they were only counted.
    @discardableResult
    package mutating func flush(time: UInt64) throws(Failure) -> Bool {
        guard frames.bytes.count > 0 else { return !isFull }
        guard hasSpace(for: frames.bytes.count) else {
            try fill(time: time)
            return false
        }
        let result = write()
        if result == -ENOSPC || result == -EDQUOT {
            try fill(time: time)
            return false
        }
        guard result >= 0 else { throw failure("write", -result) }
        settle()
        if segment.offset >= limits.segmentBytes { try roll() }
        return true
    }

    private func write() -> Int32 {
        unsafe frames.bytes.withUnsafeBytes {
            unsafe bh_write_at(segment.file.number, $0.baseAddress, $0.count, segment.offset)
        }
    }

    private mutating func settle() {
        segment.offset += UInt64(frames.bytes.count)
        frames.removeAll()
        before = (link, totals)
        waiting = 0
    }

    /// Whether so many bytes fit under the trail's limit, with room for the record of its end.
    private func hasSpace(for count: Int) -> Bool {
        earlier + segment.offset + UInt64(count) + 4096 <= limits.trailBytes
    }

    /// Takes the queued frames back, counts their events, and writes that the trail is full.
    private mutating func fill(time: UInt64) throws(Failure) {
        (link, totals) = before
        totals.pending &+= waiting
        frames.removeAll()
        waiting = 0
        before = (link, totals)
        let cut = bh_truncate(segment.file.number, segment.offset)
        guard cut >= 0 else { throw failure("truncate", -cut) }
        try stopKeeping(time: time)
    }

    /// Writes, into the space that was kept back for it, that events are only counted from here on.
    private mutating func stopKeeping(time: UInt64) throws(Failure) {
        try? Files.remove(directory.reserve)
        isFull = true
        record(.full(bytes: earlier + segment.offset), time: time)
        if write() >= 0 {
            settle()
        } else {
            (link, totals) = before
            frames.removeAll()
            _ = bh_truncate(segment.file.number, segment.offset)
        }
    }

    /// Goes on keeping events when there is room again; call it once a second while full.
    package mutating func tryResume(time: UInt64) throws(Failure) {
        guard isFull else { return }
        // Somebody may have moved finished segments away to make room.
        if !hasSpace(for: 4096), let segments = try? directory.segments() {
            let number = segment.number
            earlier = segments.reduce(0) { $0 + ($1.number < number ? $1.size : 0) }
        }
        guard hasSpace(for: 4096) else { return }
        // Twice the reserve must be free: what just fits would be full again with the next record.
        guard Self.reserve(directory, limits, slack: limits.reserveBytes) else { return }
        resume(time: time)
        try flush(time: time)
    }

    private mutating func resume(time: UInt64) {
        isFull = false
        let missed = totals.pending
        // Should this very record find no room, the count comes back with it.
        before.totals.pending = missed
        totals.pending = 0
        if missed > 0 { record(.resumed(lost: missed), time: time) }
    }

    private static func reserve(
        _ directory: TrailDirectory, _ limits: TrailLimits, slack: UInt64 = 0
    ) -> Bool {
        let number = unsafe bh_open_update(directory.reserve, 1, 0o600)
        guard number >= 0 else { return false }
        let file = Descriptor(owning: number)
        guard bh_allocate(file.number, limits.reserveBytes + slack) >= 0,
            bh_truncate(file.number, limits.reserveBytes) >= 0
        else {
            try? Files.remove(directory.reserve)
            return false
        }
        return true
    }

    private mutating func roll() throws(Failure) {
        // The next head covers both segments but its sync reaches only the new one.
        try synchronize()
        let number = segment.number + 1
        guard number < UInt64(TrailDirectory.segmentsMax) else {
            throw failure("segment", EFBIG)
        }
        let finished = segment.offset
        do throws(SystemFailure) {
            segment = try TrailRecovery.begin(directory, segment: number, at: link)
        } catch {
            guard error.errno == ENOSPC || error.errno == EDQUOT else {
                throw failure("segment", error.errno)
            }
            // No room for a new segment: go on in this one until there is.
            try? Files.remove(directory.segment(number))
            return
        }
        earlier += finished
        link = SegmentHead.follow(link, SegmentHead.encode(number: number, at: link))
        before = (link, totals)
    }

    /// Writes what is queued, makes it durable, and signs a head that covers it.
    package mutating func commit(time: UInt64) throws(Failure) {
        // The chain already includes queued frames: a head without them would sign nothing true.
        try flush(time: time)
        if try sign(time: time) { return }
        guard !isFull else { return }
        // The disk had room for the frames but not for the head: stop while what is kept back
        // still makes room for both.
        try stopKeeping(time: time)
        _ = try sign(time: time)
    }

    /// False when there is no room for the head: then the old one stays, and still holds.
    private mutating func sign(time: UInt64) throws(Failure) -> Bool {
        try synchronize()
        let head = TrailHead(
            frames: link.next, events: totals.events, lost: totals.lost, pending: totals.pending,
            time: time, segment: segment.number, offset: segment.offset, hash: link.hash)
        do throws(SystemFailure) {
            try Files.replace(directory.head, with: head.sealed(with: key.secret))
        } catch {
            guard error.errno == ENOSPC || error.errno == EDQUOT else {
                throw failure("head", error.errno)
            }
            return false
        }
        signed = head
        return true
    }

    private func synchronize() throws(Failure) {
        do throws(SystemFailure) { try segment.file.synchronize() } catch {
            throw failure("fdatasync", error.errno)
        }
    }

    private func failure(_ step: String, _ errno: Int32) -> Failure {
        let cause = SystemFailure("trail", step, errno: errno)
        return Failure(
            .machine, "trail-\(step)", "the trail in \(directory.path) cannot go on: \(cause)",
            remedy: "check the disk, then start the platform again")
    }
}
