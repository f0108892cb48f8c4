package import AuditTreaty
package import Findings

/// Turns what the channels deliver into frames, and frames into receipts.
///
/// A round is: `receive` for each message that waits, then `finish` once: one write, and one sync
/// only when somebody waits for a receipt or a second has passed. No descriptor of a channel is
/// known here. Bound: call `finish` whenever `isHeavy`, so that a round stays under about 4 MiB.
package struct Recorder: ~Copyable {
    /// A receipt and the channel that it goes back on.
    package struct Answer: Sendable, Equatable {
        package let origin: TrailOrigin
        package let receipt: EventReceipt
    }

    private static let roundBytes = 4 << 20
    private static let signEvery: UInt64 = 1_000_000_000

    private var writer: TrailWriter
    private var service: ChannelIntake
    private var supervisor: ChannelIntake
    private var wanted: [(origin: TrailOrigin, sequence: UInt64, kept: Bool)] = []
    private var garbage: UInt64 = 0

    package init(
        _ directory: TrailDirectory, limits: TrailLimits = TrailLimits(), time: UInt64
    ) throws(Failure) {
        writer = try TrailWriter.open(directory, limits: limits, time: time)
        service = ChannelIntake(expecting: writer.continuations[.service])
        supervisor = ChannelIntake(expecting: writer.continuations[.supervisor])
    }

    /// Whether `finish` is due before more is received.
    package var isHeavy: Bool { writer.waitingBytes >= Self.roundBytes || wanted.count >= 1024 }
    /// Whether events are only counted, for want of room.
    package var isFull: Bool { writer.isFull }
    /// Whether something waits for the next signed head.
    package var isUnsigned: Bool { writer.isUnsigned || writer.isFull }

    /// Takes one message from a channel, malformed or not.
    package mutating func receive(_ bytes: [UInt8], from origin: TrailOrigin, time: UInt64) {
        let taken =
            origin == .supervisor ? supervisor.take(bytes) : service.take(bytes)
        switch taken {
        case .malformed: garbage &+= UInt64(max(bytes.count, 1))
        case .events(let message, let missing):
            if missing > 0 { writer.note(.shed(count: missing), time: time) }
            let kept = !writer.isFull
            writer.append(bytes, events: UInt64(message.events.count), from: origin, time: time)
            if message.wantsReceipt { wanted.append((origin, message.sequence, kept)) }
        }
    }

    /// Writes the round, syncs and signs where due, and says which receipts to send.
    package mutating func finish(time: UInt64) throws(Failure) -> [Answer] {
        if garbage > 0 {
            // One record for a whole round: garbage must not fill the trail faster than events.
            let bytes = UInt32(min(garbage, UInt64(UInt32.max)))
            writer.note(.malformed(bytes: bytes), time: time)
            garbage = 0
        }
        let written = try writer.flush(time: time)
        let due = time < writer.signedTime || time - writer.signedTime >= Self.signEvery
        if !wanted.isEmpty || (due && writer.isUnsigned) { try writer.commit(time: time) }
        let isSigned = written && !writer.isUnsigned
        let answers = wanted.map {
            Answer(
                origin: $0.origin,
                receipt: EventReceipt(sequence: $0.sequence, stored: $0.kept && isSigned))
        }
        wanted.removeAll()
        return answers
    }

    /// Once a second: tries for room again where there was none, and signs what is unsigned.
    package mutating func tick(time: UInt64) throws(Failure) {
        if writer.isFull { try writer.tryResume(time: time) }
        if writer.isUnsigned { try writer.commit(time: time) }
    }

    /// Writes and signs everything; the last call.
    package mutating func close(time: UInt64) throws(Failure) -> [Answer] {
        let answers = try finish(time: time)
        if writer.isUnsigned { try writer.commit(time: time) }
        return answers
    }
}
