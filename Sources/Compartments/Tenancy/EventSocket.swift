internal import CLinux
package import Descriptors
internal import Glibc

/// Whole messages on an event channel's end, never waiting.
package enum EventSocket {
    /// Longest message that is received whole; a longer one arrives one byte longer than this, so
    /// that no decoder takes it.
    package static let messageBytesMax = 65_536

    /// What a receive found.
    package enum Arrival: Sendable, Equatable {
        case message([UInt8])
        case none
        /// The other end is closed and nothing is left.
        case end
    }

    /// The next message; descriptors that came with it are closed unseen.
    package static func receive(on number: Int32) throws(SystemFailure) -> Arrival {
        var result = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: messageBytesMax + 1) {
            room, count in
            result = unsafe bh_receive_message(number, room.baseAddress, messageBytesMax + 1)
            count = min(max(result, 0), messageBytesMax + 1)
        }
        if result >= 0 { return .message(bytes) }
        switch Int32(-result) {
        case EAGAIN: return .none
        case EPIPE: return .end
        default: throw SystemFailure("recv", "event channel \(number)", errno: Int32(-result))
        }
    }

    /// Sends one message whole; false when the queue is full.
    package static func send(_ bytes: [UInt8], on number: Int32) throws(SystemFailure) -> Bool {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe bh_send_message(number, $0.baseAddress, $0.count)
        }
        if result == 0 { return true }
        if result == -EAGAIN || result == -ENOBUFS { return false }
        throw SystemFailure("send", "event channel \(number)", errno: -result)
    }
}
