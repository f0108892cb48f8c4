package import AuditTreaty
internal import Bytes

/// Checks what arrives on one event channel: that it is a message, and that no number is missing.
///
/// Pure. The sender is not trusted: a number used twice, or bytes that are no message, are reported
/// as malformed and change nothing else.
package struct ChannelIntake: Sendable {
    package enum Taken: Sendable, Equatable {
        /// Good events, and how many were left out before them.
        case events(EventMessage, missing: UInt64)
        case malformed
    }

    private var expected: UInt64?

    /// Expects that number next; nil accepts any first one, because what came before is not known.
    package init(expecting: UInt64? = nil) { expected = expecting }

    /// Judges one message; sequence zero begins anew: the sender was restarted.
    package mutating func take(_ bytes: [UInt8]) -> Taken {
        guard let message = try? EventMessage.decode(bytes) else { return .malformed }
        var missing: UInt64 = 0
        if let expected, message.sequence != 0 {
            guard message.sequence >= expected else { return .malformed }
            missing = message.sequence - expected
        }
        expected = message.sequence + UInt64(message.events.count)
        return .events(message, missing: missing)
    }
}
