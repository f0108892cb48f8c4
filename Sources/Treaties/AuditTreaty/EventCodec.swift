public import Bytes
internal import Addresses

/// Reads and writes events as bytes: kind u16, length u16, then the kind's fields, little-endian.
///
/// A length that differs from what the fields need is malformed, so one event has one encoding.
/// Bounds: 65,000 bytes an event, 64 a name, 4,096 a path or reason, 16,384 a note's text.
public enum EventCodec {
    /// Largest encoded event in bytes, its head included.
    public static let bytesMax = 65_000
    static let nameMax = 64
    static let textMax = 4096
    static let noteMax = 16_384

    /// Kind numbers on the wire and on disk: never reused, never renumbered.
    enum Kind: UInt16 {
        case roster = 1
        case attempt = 2
        case attemptCount = 3
        case attemptGap = 4
        case started = 5
        case ready = 6
        case ended = 7
        case restarting = 8
        case abandoned = 9
        case stepFailed = 10
        case mismatch = 11
        case denied = 12
        case flowClosed = 13
        case drift = 14
        case command = 15
        case platformUp = 16
        case platformDown = 17
        case swept = 18
        case recovered = 19
        case shed = 20
        case note = 21
        case malformed = 22
        case full = 23
        case resumed = 24
    }

    /// Appends the event; texts beyond their bound are cut at a character, digests to 32 bytes.
    public static func encode(_ event: Event, into writer: inout ByteWriter) {
        if case .attempt(let attempt) = event {
            AttemptCodec.encodeWhole(attempt, into: &writer)
            return
        }
        var body = ByteWriter(capacity: 128)
        let kind = encode(event, body: &body)
        writer.integer(kind.rawValue)
        writer.integer(UInt16(truncatingIfNeeded: body.bytes.count))
        writer.append(body.bytes)
    }

    /// Reads one event and leaves the reader behind it.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Event {
        let start = reader.position
        let number = try reader.integer(UInt16.self)
        let length = Int(try reader.integer(UInt16.self))
        guard let kind = Kind(rawValue: number) else {
            throw Malformed(at: start, expected: "a known event kind")
        }
        guard reader.remaining >= length, length <= bytesMax - 4 else {
            throw Malformed(at: start, expected: "an event within its message")
        }
        let end = reader.position + length
        let event = try decode(kind, &reader)
        guard reader.position == end else {
            throw Malformed(at: start, expected: "an event of its stated length")
        }
        return event
    }

    private static func encode(_ event: Event, body: inout ByteWriter) -> Kind {
        switch event {
        case .roster(let roster):
            RosterCodec.encode(roster, into: &body)
            return .roster
        case .attempt(let attempt):
            AttemptCodec.encode(attempt, into: &body)
            return .attempt
        case .attemptCount(let count):
            AttemptCodec.encode(count, into: &body)
            return .attemptCount
        case .attemptGap(let wall, let compartment, let lost):
            body.integer(wall.rawValue)
            body.integer(compartment)
            body.integer(lost)
            return .attemptGap
        case .started, .ready, .ended, .restarting, .abandoned, .stepFailed, .mismatch:
            return LifeCodec.encode(event, into: &body)
        case .denied(let compartment, let wall, let pid, let what, let detail):
            body.integer(compartment)
            body.integer(wall.rawValue)
            body.integer(pid)
            body.clipped(what, limit: textMax)
            body.integer(detail)
            return .denied
        default:
            return LifeCodec.encodePlatform(event, into: &body)
        }
    }

    private static func decode(
        _ kind: Kind, _ reader: inout ByteReader
    ) throws(Malformed) -> Event {
        switch kind {
        case .roster: .roster(try RosterCodec.decode(&reader))
        case .attempt: .attempt(try AttemptCodec.attempt(&reader))
        case .attemptCount: .attemptCount(try AttemptCodec.count(&reader))
        case .attemptGap:
            .attemptGap(
                wall: try AttemptCodec.wall(&reader), compartment: try reader.integer(),
                lost: try reader.integer())
        case .denied:
            .denied(
                compartment: try reader.integer(), wall: try AttemptCodec.wall(&reader),
                pid: try reader.integer(), what: try reader.text(limit: textMax),
                detail: try reader.integer())
        default: try LifeCodec.decode(kind, &reader)
        }
    }
}

extension ByteWriter {
    /// Appends a text of at most `limit` UTF-8 bytes: cut at a character, NUL replaced by `?`.
    mutating func clipped(_ value: String, limit: Int) {
        var bytes: [UInt8] = []
        for scalar in value.unicodeScalars {
            let encoded = scalar == "\0" ? [UInt8(ascii: "?")] : Array(String(scalar).utf8)
            if bytes.count + encoded.count > limit { break }
            bytes.append(contentsOf: encoded)
        }
        block(bytes)
    }
}
