// Sensors: from what the kernel logs to events, without a descriptor in sight.
//
// It decides nothing about packets and drops none: what is not listed is counted, and what never
// arrived is reported as a gap. Bounds: 64 messages (about 120,000 attempts) wait for the channel,
// 4,096 counters a window, 4,096 Landlock domains, 256 denials of domains not seen yet.

package import AuditTreaty

/// Messages on their way to the writer: numbered, batched, bounded.
///
/// When it is full the sensor stops reading its logs, because an attempt from inside must be on
/// record; the kernel's buffers hold what comes meanwhile, and its numbers show what they lose.
package struct EventOutlet: Sendable {
    /// Messages that wait, at most, not counting those that one datagram adds.
    package static let messagesMax = 64

    private var batch = EventBatch()
    private var queue: [[UInt8]] = []
    private var sent = 0

    package init() {}

    /// Nothing more should be read until messages were sent.
    package var isFull: Bool { queue.count - sent >= Self.messagesMax }
    /// The channel is slow: what may be counted instead of listed should be.
    package var isPressed: Bool { queue.count - sent >= Self.messagesMax / 4 }
    /// The message to send next; nil when none waits.
    package var front: [UInt8]? { sent < queue.count ? queue[sent] : nil }
    /// Number of the next event.
    package var next: UInt64 { batch.next }

    package mutating func add(_ event: Event) {
        if batch.append(event) { return }
        seal()
        _ = batch.append(event)
    }

    mutating func add(attempt: Attempt) {
        if batch.append(attempt: attempt) { return }
        seal()
        _ = batch.append(attempt: attempt)
    }

    /// Makes a message of what was added, at the end of a round of reading.
    package mutating func seal() {
        if let message = batch.take() { queue.append(message) }
    }

    /// The front message was sent.
    package mutating func advance() {
        sent += 1
        if sent == queue.count {
            queue.removeAll(keepingCapacity: true)
            sent = 0
        } else if sent >= Self.messagesMax {
            queue.removeFirst(sent)
            sent = 0
        }
    }
}
