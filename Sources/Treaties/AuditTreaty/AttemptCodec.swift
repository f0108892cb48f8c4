internal import Addresses
internal import Bytes

/// Attempts and their counts: fixed width, because hundreds of thousands arrive each second.
enum AttemptCodec {
    /// Bytes of an attempt without the event's head.
    static let bytes = 31

    /// The attempt with the head that `EventCodec` gives every event.
    static func encodeWhole(_ attempt: Attempt, into writer: inout ByteWriter) {
        writer.integer(UInt32(EventCodec.Kind.attempt.rawValue) | UInt32(bytes) << 16)
        encode(attempt, into: &writer)
    }

    static func encode(_ attempt: Attempt, into writer: inout ByteWriter) {
        writer.integer(attempt.time)
        // Fields side by side are written as one integer: a byte at a time costs twice as much.
        writer.integer(
            UInt64(attempt.wall.rawValue) | UInt64(attempt.verdict.rawValue) << 8
                | UInt64(attempt.source) << 16 | UInt64(attempt.target) << 32
                | UInt64(attempt.sourcePort) << 48)
        writer.integer(UInt64(attempt.flow) | UInt64(attempt.sourceAddress.value) << 32)
        writer.integer(attempt.targetAddress.value)
        writer.integer(attempt.targetPort)
        writer.integer(attempt.transport)
    }

    static func attempt(_ reader: inout ByteReader) throws(Malformed) -> Attempt {
        let start = reader.position
        let time = try reader.integer(UInt64.self)
        let packed = try reader.integer(UInt64.self)
        let flow = try reader.integer(UInt64.self)
        let target = try reader.integer(UInt32.self)
        let targetPort = try reader.integer(UInt16.self)
        let transport = try reader.integer(UInt8.self)
        guard let wall = Wall(rawValue: UInt8(truncatingIfNeeded: packed)),
            let verdict = Verdict(rawValue: UInt8(truncatingIfNeeded: packed >> 8))
        else { throw Malformed(at: start, expected: "a known wall and verdict") }
        return Attempt(
            time: time, wall: wall, verdict: verdict,
            source: UInt16(truncatingIfNeeded: packed >> 16),
            target: UInt16(truncatingIfNeeded: packed >> 32),
            flow: UInt32(truncatingIfNeeded: flow),
            sourceAddress: Address(UInt32(truncatingIfNeeded: flow >> 32)),
            targetAddress: Address(target), transport: transport,
            sourcePort: UInt16(truncatingIfNeeded: packed >> 48), targetPort: targetPort)
    }

    static func encode(_ count: AttemptCount, into writer: inout ByteWriter) {
        writer.integer(count.time)
        writer.integer(count.wall.rawValue)
        writer.integer(count.verdict.rawValue)
        writer.integer(count.source)
        writer.integer(count.target)
        writer.integer(count.targetPort)
        writer.integer(count.count)
    }

    static func count(_ reader: inout ByteReader) throws(Malformed) -> AttemptCount {
        AttemptCount(
            time: try reader.integer(), wall: try wall(&reader), verdict: try verdict(&reader),
            source: try reader.integer(), target: try reader.integer(),
            targetPort: try reader.integer(), count: try reader.integer())
    }

    static func wall(_ reader: inout ByteReader) throws(Malformed) -> Wall {
        let start = reader.position
        guard let wall = Wall(rawValue: try reader.integer()) else {
            throw Malformed(at: start, expected: "a known wall")
        }
        return wall
    }

    static func verdict(_ reader: inout ByteReader) throws(Malformed) -> Verdict {
        let start = reader.position
        guard let verdict = Verdict(rawValue: try reader.integer()) else {
            throw Malformed(at: start, expected: "a known verdict")
        }
        return verdict
    }
}
