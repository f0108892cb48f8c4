internal import Descriptors
internal import Digests
package import Findings
internal import Loop

/// A journal that is open for appending: one process has it, one thread of it calls this.
package struct Journal: ~Copyable {
    private let segments: Segments
    private let limits: JournalLimits
    private let lock: SharedDescriptor
    private let syncer: Syncer
    private var hash = SHA256()
    private var file: SharedDescriptor
    private var segment: Int
    private var bytes: Int
    private var offset: Int
    private var spare: SharedDescriptor?
    /// The file of a record that no sync was asked for yet.
    private var unsynced: SharedDescriptor?

    /// What opening found.
    package let recovery: JournalRecovery
    /// Number of the last record; 0 for none.
    package private(set) var last: UInt64
    /// Its digest, which stands for the whole journal; zeros for none.
    package private(set) var head: [UInt8]
    /// The last record that is known to be on disk.
    package private(set) var synced: UInt64
    /// A sync is under way.
    package private(set) var isSyncing = false

    /// Opens the journal of a directory, which is made when it is missing, and makes the first
    /// segment; everything that was found is on disk afterwards.
    package static func open(
        _ directory: String, _ limits: JournalLimits = JournalLimits()
    ) throws(Failure) -> Journal {
        do { return try make(Segments(directory: directory), limits) } catch {
            throw (error as? Failure)
                ?? Failure(
                    .machine, "journal", "the journal in \(directory): \(error)",
                    remedy: "see that its disk is there, writable and has room for two segments")
        }
    }

    private static func make(_ segments: Segments, _ limits: JournalLimits) throws -> Journal {
        try Files.makeDirectories(segments.directory, mode: 0o700)
        let lock = SharedDescriptor(try Files.openUpdate(segments.lock, create: true))
        try lock.descriptor.lockExclusively()
        try segments.removeDrafts()
        guard var count = try segments.count() else {
            throw Failure(
                .refused, "journal-gap", "a segment is missing in \(segments.directory)",
                remedy: "restore the missing file from a copy; nothing was changed")
        }
        if count == 0 {
            _ = try Syncer.makeNow(segments, 0, limits)
            count = 1
        }
        var recovery = Recovery(segments, limits)
        try recovery.run(count)
        let end = recovery.end
        let newest = try SegmentFile(segments, end.segment, limits)
        try newest.file.descriptor.synchronize()
        try Files.synchronizeDirectory(segments.directory)
        let syncer = try Syncer(segments, limits)
        let spare =
            end.segment + 1 < count
            ? try SegmentFile(segments, end.segment + 1, limits).file : nil
        try syncer.start()
        if spare == nil { try syncer.fill(end.segment + 1) }
        return Journal(segments, limits, lock, syncer, newest, spare, end, recovery.report)
    }

    private init(
        _ segments: Segments, _ limits: JournalLimits, _ lock: SharedDescriptor, _ syncer: Syncer,
        _ newest: SegmentFile, _ spare: SharedDescriptor?, _ end: Recovery.End,
        _ report: JournalRecovery
    ) {
        self.segments = segments
        self.limits = limits
        self.lock = lock
        self.syncer = syncer
        self.spare = spare
        file = newest.file
        segment = newest.number
        bytes = newest.bytes
        offset = end.offset
        recovery = report
        last = end.number
        head = end.digest
        synced = end.number
    }

    /// Readable when something that the second thread was asked for is done: call `settle` then.
    package var number: Int32 { syncer.done.number }

    /// Whether a record of any size can be appended now.
    ///
    /// False while the disk has no room for the next segment, or its making takes longer than the
    /// rest of this one lasted.
    package var hasRoom: Bool { fits(limits.payloadMax) || spare != nil }

    /// Why the next segment could not be made; nil while it is being made or is there.
    package var problem: String? { spare == nil ? syncer.problem.map { "\($0)" } : nil }

    private func fits(_ payload: Int) -> Bool { offset + Record.size(payload: payload) <= bytes }

    /// The record before is on disk and there `hasRoom`: the next one can be appended.
    package var isIdle: Bool { synced == last }

    /// Writes the next record, of 1 to `payloadMax` bytes, and returns its number; only when the
    /// journal `isIdle` and `hasRoom`.
    ///
    /// So at most the last record of a journal is unfinished, and every other one that does not
    /// verify is damage. It is on disk when `synced` has reached its number. After a failure
    /// nothing is known of the record: end the process.
    package mutating func append(_ payload: [UInt8]) throws(Failure) -> UInt64 {
        invariant(isIdle, "a record while the one before is not on disk")
        invariant((1...limits.payloadMax).contains(payload.count), "a record beyond its bound")
        let rendered = Record.render(last + 1, head, payload, &hash)
        do throws(SystemFailure) {
            if offset + rendered.bytes.count > bytes { try turnOver() }
            try file.descriptor.writeAt(UInt64(offset), rendered.bytes)
        } catch {
            throw Failure(
                .machine, "journal-write", "record \(last + 1) was not written: \(error)",
                remedy: "see to the disk; the next start reads what is there")
        }
        unsynced = file
        offset += rendered.bytes.count
        last += 1
        head = rendered.digest
        return last
    }

    private mutating func turnOver() throws(SystemFailure) {
        guard let next = spare else { throw SystemFailure("open", "next segment", errno: 28) }
        file = next
        spare = nil
        segment += 1
        offset = 0
        bytes = Int(try Files.facts(next.descriptor).size)
        try syncer.fill(segment + 1)
    }

    /// Starts a sync of everything that was appended, when there is something and none is running.
    package mutating func sync() throws(Failure) {
        guard let unsynced else { return }
        try told { () throws(SystemFailure) in try syncer.sync(unsynced, upTo: last) }
        isSyncing = true
        self.unsynced = nil
    }

    /// Takes note of what the second thread has done; returns the last record on disk.
    @discardableResult
    package mutating func settle() throws(Failure) -> UInt64 {
        try told { () throws(SystemFailure) in try syncer.done.clear() }
        let done = syncer.synced
        if done > synced {
            synced = done
            isSyncing = false
        }
        if spare == nil { spare = syncer.takeMade() }
        return synced
    }

    /// Tries again to make the next segment after a `problem`.
    package mutating func makeRoom() throws(Failure) {
        guard spare == nil, syncer.problem != nil else { return }
        try told { () throws(SystemFailure) in try syncer.fill(segment + 1) }
    }

    private func told(_ body: () throws(SystemFailure) -> Void) throws(Failure) {
        do throws(SystemFailure) { try body() } catch {
            throw Failure(
                .machine, "journal", "the journal's second thread: \(error)",
                remedy: "start the service again")
        }
    }

    /// The records from that number on, as they are in the files.
    package func reader(from number: UInt64) throws(Failure) -> JournalReader {
        try JournalReader.open(segments, limits, from: number, last: last)
    }

    /// Ends the second thread after the sync that is under way, and gives the lock back.
    package consuming func close() {}

    deinit { try? syncer.stop() }
}
