// Journal: an append-only file of numbered records, each linked to the one before by SHA-256.
//
// Knows nothing of what the records mean. Segments are written full of zeros before they are used
// and then overwritten, so that a sync writes data and nothing else. One thread appends and never
// waits for the disk; a second one syncs. Bounds: `JournalLimits`; at most one record, the last, is
// not on disk.

internal import Bytes
internal import Digests

/// Sizes of a journal; they never change while it lives.
package struct JournalLimits: Sendable, Equatable {
    /// Bytes of one segment file.
    package var segmentBytes: Int
    /// Most bytes of one record's payload.
    package var payloadMax: Int

    package init(segmentBytes: Int = 64 << 20, payloadMax: Int = 512 << 10) {
        self.segmentBytes = max(segmentBytes, 256)
        self.payloadMax = min(payloadMax, self.segmentBytes - Record.headBytes)
    }
}

/// What stands before a payload: enough to check the record without any other.
struct Record: Sendable, Equatable {
    static let magic: UInt32 = 0x314A_4B42
    /// Magic, length, number, digest of the record before, own digest.
    static let headBytes = 80
    /// Records begin at multiples of this, so that a search for one has few places to look.
    static let alignment = 16
    static let noDigest = [UInt8](repeating: 0, count: SHA256.bytes)

    var length: Int
    var number: UInt64
    var previous: [UInt8]
    var digest: [UInt8]

    /// Bytes that it takes in its segment.
    var size: Int { Self.size(payload: length) }

    static func size(payload: Int) -> Int {
        (headBytes + payload + alignment - 1) / alignment * alignment
    }

    /// Nil for anything that is no head.
    init?(_ bytes: [UInt8], payloadMax: Int) {
        var reader = ByteReader(bytes)
        guard let magic = try? reader.integer(UInt32.self), magic == Self.magic,
            let length = try? reader.integer(UInt32.self), (1...payloadMax).contains(Int(length)),
            let number = try? reader.integer(UInt64.self), number > 0,
            let previous = try? reader.take(SHA256.bytes),
            let digest = try? reader.take(SHA256.bytes)
        else { return nil }
        self.length = Int(length)
        self.number = number
        self.previous = previous
        self.digest = digest
    }

    /// Whether the payload is the one that the digest covers.
    func covers(_ payload: [UInt8], _ hash: inout SHA256) -> Bool {
        payload.count == length
            && Self.digest(number, previous, payload, &hash) == digest
    }

    static func digest(
        _ number: UInt64, _ previous: [UInt8], _ payload: [UInt8], _ hash: inout SHA256
    ) -> [UInt8] {
        hash.update(front(number, previous, payload.count))
        hash.update(payload)
        return hash.finish()
    }

    private static func front(_ number: UInt64, _ previous: [UInt8], _ length: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: headBytes)
        writer.integer(magic)
        writer.integer(UInt32(length))
        writer.integer(number)
        writer.append(previous)
        return writer.bytes
    }

    /// The whole record as it stands in the file, and its digest.
    static func render(
        _ number: UInt64, _ previous: [UInt8], _ payload: [UInt8], _ hash: inout SHA256
    ) -> (bytes: [UInt8], digest: [UInt8]) {
        let digest = digest(number, previous, payload, &hash)
        var writer = ByteWriter(capacity: size(payload: payload.count))
        writer.append(front(number, previous, payload.count))
        writer.append(digest)
        writer.append(payload)
        for _ in writer.bytes.count..<size(payload: payload.count) { writer.integer(UInt8(0)) }
        return (writer.bytes, digest)
    }
}
