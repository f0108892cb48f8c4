internal import AuditTreaty
internal import Descriptors
internal import Glibc
internal import Loop

/// The supervisor's ends of the channels to the trail writers.
///
/// Each event takes the next number of its channel. A writer that is away finds its events in the
/// socket's buffer or here; past the bound they are shed, and the writer sees the missing numbers.
struct Outbox {
    /// Messages that wait here for one writer, beside those in the socket.
    static let waitingMax = 4_096

    private struct Channel {
        let socket: SharedDescriptor
        var sequence: UInt64 = 0
        var waiting: [[UInt8]] = []
        var isWatched = false
    }
    private var channels: [Int: Channel] = [:]

    /// Opens the channel to the writer of a trail.
    mutating func open(_ trail: Int, socket: SharedDescriptor) {
        channels[trail] = Channel(socket: socket)
    }

    /// Queues one event for a trail; a trail without a writer has no channel and keeps nothing.
    mutating func append(_ event: Event, to trail: Int) {
        guard var channel = channels[trail] else { return }
        let message = EventMessage(
            sequence: channel.sequence, wantsReceipt: false, events: [event])
        channel.sequence += 1
        if channel.waiting.count < Self.waitingMax { channel.waiting.append(message.encode()) }
        channels[trail] = channel
    }

    /// Sends what can be sent without waiting, and watches the sockets that could not take it all.
    mutating func flush(_ loop: inout EventLoop) {
        for (trail, var channel) in channels where !channel.waiting.isEmpty {
            var sent = 0
            for message in channel.waiting {
                guard Self.send(message, to: channel.socket.number) else { break }
                sent += 1
            }
            channel.waiting.removeFirst(sent)
            let mustWatch = !channel.waiting.isEmpty
            if mustWatch != channel.isWatched {
                let token = Token.trail(trail).raw
                if mustWatch {
                    try? loop.add(channel.socket.number, token: token, .writable)
                } else {
                    try? loop.remove(channel.socket.number)
                }
                channel.isWatched = mustWatch
            }
            channels[trail] = channel
        }
    }

    /// The channel of a trail can take more.
    mutating func readable(_ trail: Int, _ loop: inout EventLoop) { flush(&loop) }

    /// Whether everything was handed to the sockets.
    var isEmpty: Bool { channels.values.allSatisfy { $0.waiting.isEmpty } }

    private static func send(_ message: [UInt8], to socket: Int32) -> Bool {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let sent = unsafe message.withUnsafeBytes {
            unsafe Glibc.send(socket, $0.baseAddress, $0.count, flags)
        }
        return sent == message.count
    }
}
