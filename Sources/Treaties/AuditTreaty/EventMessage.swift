public import Bytes

/// One message of an event channel: numbered events, and whether the sender wants a receipt.
///
/// On the wire: sequence u64, version u8, flags u8, count u16, then the events; at most 64 KiB. The
/// sequence is the number of the first event; the next message continues behind the last one, so a
/// reader counts exactly how many events a full socket or a hostile sender left out. Zero starts
/// anew: the sender was restarted.
public struct EventMessage: Sendable, Equatable {
    /// Largest message in bytes.
    public static let bytesMax = 65_536
    /// Bytes before the first event.
    public static let headBytes = 12
    /// Most events of one message.
    public static let eventsMax = 4096
    static let version: UInt8 = 1

    /// Number of the first event.
    public var sequence: UInt64
    /// The sender waits until the events are on disk.
    public var wantsReceipt: Bool
    /// At least one.
    public var events: [Event]

    /// Puts a message together.
    public init(sequence: UInt64, wantsReceipt: Bool, events: [Event]) {
        self.sequence = sequence
        self.wantsReceipt = wantsReceipt
        self.events = events
    }

    /// The message as bytes; a batch that may not fit is built by `EventBatch` instead.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        Self.encodeHead(sequence, wantsReceipt, events.count, into: &writer)
        for event in events { EventCodec.encode(event, into: &writer) }
        return writer.bytes
    }

    /// Reads a whole message; anything unknown, missing or left over is malformed.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> EventMessage {
        try decode(bytes, in: 0..<bytes.count)
    }

    /// Reads the message that fills the range.
    public static func decode(
        _ bytes: [UInt8], in range: Range<Int>
    ) throws(Malformed) -> EventMessage {
        var reader = ByteReader(bytes, in: range)
        guard range.count <= bytesMax else {
            throw Malformed(at: 0, expected: "a message of at most 65,536 bytes")
        }
        let sequence = try reader.integer(UInt64.self)
        guard try reader.integer(UInt8.self) == version else {
            throw Malformed(at: 8, expected: "version 1")
        }
        let flags = try reader.integer(UInt8.self)
        guard flags <= 1 else { throw Malformed(at: 9, expected: "known flags") }
        let count = Int(try reader.integer(UInt16.self))
        guard (1...eventsMax).contains(count) else {
            throw Malformed(at: 10, expected: "a count of 1 to 4,096")
        }
        guard sequence <= UInt64.max - UInt64(count) else {
            throw Malformed(at: 0, expected: "a sequence that does not wrap")
        }
        var events: [Event] = []
        events.reserveCapacity(min(count, range.count / 4))
        for _ in 0..<count { events.append(try EventCodec.decode(&reader)) }
        try reader.finish()
        return EventMessage(sequence: sequence, wantsReceipt: flags == 1, events: events)
    }

    static func encodeHead(
        _ sequence: UInt64, _ wantsReceipt: Bool, _ count: Int, into writer: inout ByteWriter
    ) {
        writer.integer(sequence)
        writer.integer(version)
        writer.integer(UInt8(wantsReceipt ? 1 : 0))
        writer.integer(UInt16(truncatingIfNeeded: count))
    }
}

/// Collects events into messages and numbers them; one for each channel, for as long as it lives.
///
/// A message that could not be sent is simply dropped: its numbers are used up, and the writer
/// records the gap.
public struct EventBatch: Sendable {
    private var events = ByteWriter(capacity: 4096)
    /// Events waiting for `take`.
    public private(set) var count = 0
    /// Number of the next event to be added.
    public private(set) var next: UInt64 = 0

    /// Starts at number zero.
    public init() {}

    /// Whether an event of any kind still fits.
    public var hasRoom: Bool {
        count < EventMessage.eventsMax
            && events.bytes.count + EventCodec.bytesMax
                <= EventMessage.bytesMax - EventMessage.headBytes
    }

    /// Adds the event, or returns false and leaves it out: take the message first, then add again.
    public mutating func append(_ event: Event) -> Bool {
        guard count < EventMessage.eventsMax else { return false }
        let before = events.bytes.count
        EventCodec.encode(event, into: &events)
        guard events.bytes.count <= EventMessage.bytesMax - EventMessage.headBytes else {
            events.truncate(to: before)
            return false
        }
        count += 1
        next += 1
        return true
    }

    /// Adds an attempt without making an event of it first; for hundreds of thousands a second.
    public mutating func append(attempt: Attempt) -> Bool {
        let bytes = AttemptCodec.bytes + 4
        guard count < EventMessage.eventsMax,
            events.bytes.count + bytes <= EventMessage.bytesMax - EventMessage.headBytes
        else { return false }
        AttemptCodec.encodeWhole(attempt, into: &events)
        count += 1
        next += 1
        return true
    }

    /// Uses up numbers of events that are left out on purpose, so that the gap is recorded.
    public mutating func skip(_ missing: UInt64) { next &+= missing }

    /// The message of everything added since the last call; nil when nothing was.
    public mutating func take(wantsReceipt: Bool = false) -> [UInt8]? {
        guard count > 0 else { return nil }
        var writer = ByteWriter(capacity: EventMessage.headBytes + events.bytes.count)
        EventMessage.encodeHead(next - UInt64(count), wantsReceipt, count, into: &writer)
        writer.append(events.bytes)
        events.removeAll()
        count = 0
        return writer.bytes
    }
}

/// The writer's answer to a message that asked for a receipt: sequence u64 and one byte.
public struct EventReceipt: Sendable, Equatable {
    /// Bytes of a receipt.
    public static let bytes = 9

    /// Sequence of the message it answers.
    public var sequence: UInt64
    /// True when it is on disk and the signed head covers it; false when it was not kept.
    public var stored: Bool

    /// Puts a receipt together.
    public init(sequence: UInt64, stored: Bool) {
        self.sequence = sequence
        self.stored = stored
    }

    /// The receipt as bytes.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.bytes)
        writer.integer(sequence)
        writer.integer(UInt8(stored ? 1 : 2))
        return writer.bytes
    }

    /// Reads a receipt.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> EventReceipt {
        var reader = ByteReader(bytes)
        let sequence = try reader.integer(UInt64.self)
        let answer = try reader.integer(UInt8.self)
        guard answer == 1 || answer == 2 else {
            throw Malformed(at: 8, expected: "stored or refused")
        }
        try reader.finish()
        return EventReceipt(sequence: sequence, stored: answer == 1)
    }
}
