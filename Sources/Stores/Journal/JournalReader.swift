internal import Descriptors
internal import Digests
package import Findings

/// Reads records in order, one at a time, and verifies each; a live journal may grow meanwhile.
package struct JournalReader: ~Copyable {
    private let segments: Segments
    private let limits: JournalLimits
    private var hash = SHA256()
    private var file: SegmentFile
    private var offset = 0
    private var digest: [UInt8]?
    /// The record that `next` gives.
    package private(set) var number: UInt64

    private init(
        _ segments: Segments, _ limits: JournalLimits, _ file: SegmentFile, _ number: UInt64
    ) {
        self.segments = segments
        self.limits = limits
        self.file = file
        self.number = number
        digest = file.number == 0 ? Record.noDigest : nil
    }

    /// Reads from that record on; `last` is the journal's last one.
    static func open(
        _ segments: Segments, _ limits: JournalLimits, from wanted: UInt64, last: UInt64
    ) throws(Failure) -> JournalReader {
        var reader: JournalReader
        do { reader = try find(segments, limits, wanted) } catch {
            throw failed(segments.directory, error)
        }
        while reader.number < min(wanted, last + 1) { _ = try reader.next(through: last) }
        return reader
    }

    /// At the start of the last segment whose first record is not behind the wanted one.
    private static func find(
        _ segments: Segments, _ limits: JournalLimits, _ wanted: UInt64
    ) throws -> JournalReader {
        var hash = SHA256()
        var low = 0
        var first: UInt64 = 1
        var high = max(0, (try segments.count() ?? 1) - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            let probe = try SegmentFile(segments, middle, limits)
            if case .record(let record, _) = try probe.look(at: 0, &hash),
                record.number <= max(wanted, 1)
            {
                low = middle
                first = record.number
            } else {
                high = middle - 1
            }
        }
        return JournalReader(segments, limits, try SegmentFile(segments, low, limits), first)
    }

    /// The payload of the next record; nil behind `last`, which the journal must have reached.
    package mutating func next(through last: UInt64) throws(Failure) -> [UInt8]? {
        guard number <= last else { return nil }
        do {
            if case .end = try file.look(at: offset, &hash) {
                file = try SegmentFile(segments, file.number + 1, limits)
                offset = 0
            }
            guard case .record(let record, let payload) = try file.look(at: offset, &hash),
                record.number == number, digest == nil || record.previous == digest
            else {
                throw Failure(
                    .refused, "journal-damaged",
                    "\(segments.path(file.number)), byte \(offset): record \(number) is damaged",
                    remedy: "restore the file from a copy")
            }
            digest = record.digest
            offset += record.size
            number += 1
            return payload
        } catch { throw Self.failed(segments.directory, error) }
    }

    private static func failed(_ directory: String, _ error: any Error) -> Failure {
        (error as? Failure)
            ?? Failure(
                .machine, "journal", "the journal in \(directory) cannot be read: \(error)",
                remedy: "see that its disk is there and readable")
    }
}
