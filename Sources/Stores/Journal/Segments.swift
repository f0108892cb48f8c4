internal import Descriptors
internal import Digests

/// Names of the files of a journal.
struct Segments: Sendable {
    /// Most segments of one journal: 64 TiB at the default size.
    static let countMax = 1_000_000
    let directory: String

    func path(_ number: Int) -> String { directory + "/" + Self.name(number) }
    /// A segment that is being filled with zeros.
    func draft(_ number: Int) -> String { path(number) + ".new" }
    var lock: String { directory + "/lock" }

    static func name(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text + ".journal"
    }

    /// Removes what a run that ended early left of a segment that nobody used.
    func removeDrafts() throws(SystemFailure) {
        for name in try Files.list(directory, limit: Self.countMax + 16)
        where name.hasSuffix(".journal.new") { try Files.remove(directory + "/" + name) }
    }

    /// How many segments there are; nil when one is missing between others.
    func count() throws(SystemFailure) -> Int? {
        var numbers: Set<Int> = []
        for name in try Files.list(directory, limit: Self.countMax + 16) {
            if name.hasSuffix(".journal"), let number = Int(name.dropLast(8)),
                Self.name(number) == name
            {
                numbers.insert(number)
            }
        }
        return (0..<numbers.count).allSatisfy(numbers.contains) ? numbers.count : nil
    }
}

/// One open segment, read record by record.
struct SegmentFile {
    let number: Int
    let file: SharedDescriptor
    /// The file's own size: segments of a journal may differ when its limits were changed.
    let bytes: Int
    private let payloadMax: Int

    init(_ segments: Segments, _ number: Int, _ limits: JournalLimits) throws(SystemFailure) {
        self.number = number
        payloadMax = limits.payloadMax
        file = SharedDescriptor(try Files.openUpdate(segments.path(number), create: false))
        bytes = Int(try Files.facts(file.descriptor).size)
    }

    /// What stands at a place.
    enum Found {
        case record(Record, payload: [UInt8])
        /// Zeros, or no room for a record any more.
        case end
        /// Something else: torn, or damaged.
        case broken
    }

    func look(at offset: Int, _ hash: inout SHA256) throws(SystemFailure) -> Found {
        guard offset + Record.headBytes <= bytes else { return .end }
        let head = try file.descriptor.readAt(UInt64(offset), count: Record.headBytes)
        guard let record = Record(head, payloadMax: payloadMax),
            offset + record.size <= bytes
        else { return head.allSatisfy { $0 == 0 } ? .end : .broken }
        let payload = try file.descriptor.readAt(
            UInt64(offset + Record.headBytes), count: record.length)
        return record.covers(payload, &hash) ? .record(record, payload: payload) : .broken
    }

    /// The place of the first byte at or behind `offset` that is not zero, and of the last one.
    func extent(from offset: Int) throws(SystemFailure) -> Range<Int>? {
        var first: Int?
        var last = 0
        var place = offset
        while place < bytes {
            let chunk = try file.descriptor.readAt(
                UInt64(place), count: min(1 << 20, bytes - place))
            guard !chunk.isEmpty else { break }
            if let index = chunk.firstIndex(where: { $0 != 0 }) {
                first = first ?? place + index
                last = place + (chunk.lastIndex { $0 != 0 } ?? index)
            }
            place += chunk.count
        }
        return first.map { $0..<last + 1 }
    }

    /// A whole record anywhere behind `offset`, other than at it.
    func holdsRecord(behind offset: Int, _ hash: inout SHA256) throws(SystemFailure) -> Int? {
        guard let extent = try extent(from: offset) else { return nil }
        let magic: [UInt8] = (0..<4).map { UInt8(truncatingIfNeeded: Record.magic >> (8 * $0)) }
        var place = offset / Record.alignment * Record.alignment
        while place < extent.upperBound {
            let chunk = try file.descriptor.readAt(
                UInt64(place), count: min(1 << 20, bytes - place))
            for index in stride(from: 0, to: chunk.count - 3, by: Record.alignment)
            where chunk[index] == magic[0] && Array(chunk[index..<index + 4]) == magic
                && place + index > offset
            {
                if case .record = try look(at: place + index, &hash) { return place + index }
            }
            place += max(chunk.count, Record.alignment)
        }
        return nil
    }

    /// Overwrites with zeros.
    func erase(_ range: Range<Int>) throws(SystemFailure) {
        var place = range.lowerBound
        while place < range.upperBound {
            let count = min(1 << 20, range.upperBound - place)
            try file.descriptor.writeAt(UInt64(place), [UInt8](repeating: 0, count: count))
            place += count
        }
        try file.descriptor.synchronize()
    }
}
