internal import Descriptors
internal import Digests
internal import Findings

/// What opening a journal found.
package struct JournalRecovery: Sendable, Equatable {
    /// An unfinished last record: it was cut.
    package struct Cut: Sendable, Equatable {
        package var segment: Int
        package var offset: Int
        package var bytes: Int
    }

    /// At most one: only what was being written at the end can be unfinished.
    package var cut: Cut?
    /// Records that were read and verified; older ones are verified when they are read.
    package var verified: UInt64 = 0
}

/// Reads the newest segments in order and finds the end.
struct Recovery: ~Copyable {
    private let segments: Segments
    private let limits: JournalLimits
    private var hash = SHA256()
    private(set) var report = JournalRecovery()
    private(set) var end = End()

    /// Where a journal ends.
    struct End {
        /// The last whole record.
        var number: UInt64 = 0
        var digest = Record.noDigest
        /// Where the next one goes.
        var segment = 0
        var offset = 0
    }

    init(_ segments: Segments, _ limits: JournalLimits) {
        self.segments = segments
        self.limits = limits
    }

    /// `count` is how many segments there are; at least one.
    mutating func run(_ count: Int) throws {
        for number in (0..<count).reversed() {
            if case .record = try open(number).look(at: 0, &hash) {
                end.segment = number
                break
            }
        }
        let newest = end.segment
        // The segment before the newest gives the link that the newest begins with.
        if newest > 0 { try walk(try open(newest - 1), isLinked: newest == 1) }
        if newest > 0 && end.offset == 0 {
            throw refused(newest - 1, 0, "it holds no record, but the next segment does")
        }
        let before = end.offset
        try walk(try open(newest), isLinked: true)
        if newest > 0, let left = try open(newest - 1).extent(from: before) {
            throw refused(newest - 1, left.lowerBound, "something stands behind its last record")
        }
        try settle(count)
    }

    private func open(_ number: Int) throws -> SegmentFile {
        try SegmentFile(segments, number, limits)
    }

    /// Takes every whole record of a segment that follows from the ones before.
    private mutating func walk(_ file: borrowing SegmentFile, isLinked: Bool) throws {
        end.segment = file.number
        end.offset = 0
        while case .record(let record, _) = try file.look(at: end.offset, &hash) {
            let follows = record.number == end.number + 1 && record.previous == end.digest
            guard follows || (!isLinked && end.offset == 0) else {
                throw refused(
                    end.segment, end.offset, "record \(record.number) does not follow \(end.number)"
                )
            }
            end.number = record.number
            end.digest = record.digest
            end.offset += record.size
            report.verified += 1
        }
    }

    /// What stands behind the end is one unfinished record, or the journal is damaged.
    private mutating func settle(_ count: Int) throws {
        for index in end.segment..<count {
            let file = try open(index)
            let start = index == end.segment ? end.offset : 0
            guard let extent = try file.extent(from: start) else { continue }
            if let later = try file.holdsRecord(behind: start, &hash) {
                throw refused(index, start, "it is damaged, and a whole record stands at \(later)")
            }
            guard report.cut == nil,
                extent.upperBound - start <= Record.size(payload: limits.payloadMax)
            else { throw refused(index, start, "more than one record is unfinished") }
            report.cut = JournalRecovery.Cut(
                segment: index, offset: start, bytes: extent.upperBound - start)
        }
        guard let cut = report.cut else { return }
        try open(cut.segment).erase(cut.offset..<cut.offset + cut.bytes)
    }

    private func refused(_ segment: Int, _ offset: Int, _ problem: String) -> Failure {
        Failure(
            .refused, "journal-damaged", "\(segments.path(segment)), byte \(offset): \(problem)",
            remedy: "restore the file from a copy; nothing was changed")
    }
}
