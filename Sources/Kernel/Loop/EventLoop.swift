// Loop: one bounded epoll loop and the descriptors that wake it: timers, signals, processes.
//
// It owns no other descriptor, calls nobody back and keeps no table: the caller gives each
// descriptor a token, gets tokens back, and switches over them. One thread per loop.
// Bound: at most 256 ready descriptors per wait; the rest is reported by the next one.

internal import CLinux
package import Descriptors

/// What a descriptor should be watched for; hang-up and errors are always reported.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Interest(rawValue: 0x001)
    package static let writable = Interest(rawValue: 0x004)
    /// The peer shut down its writing half.
    package static let peerClosed = Interest(rawValue: 0x2000)
    /// Reported once per new arrival instead of as long as it lasts.
    package static let onChange = Interest(rawValue: 1 << 31)
}

/// A descriptor that can be used now, by the token it was added with.
package struct Ready: Sendable, Equatable {
    package let token: UInt64
    private let events: UInt32

    package init(token: UInt64, events: UInt32) {
        self.token = token
        self.events = events
    }

    /// A read returns bytes, the end, or the pending error without waiting.
    package var readable: Bool { events & 0x201B != 0 }
    package var writable: Bool { events & 0x004 != 0 }
    /// Both directions are closed, or the descriptor has an error: read what is left, then drop it.
    package var hangup: Bool { events & 0x018 != 0 }
}

/// An epoll instance: descriptors by token; it watches numbers that the caller owns.
package struct EventLoop: ~Copyable {
    private let epoll: Descriptor
    private var room: [bh_ready]

    /// `capacity` is how many ready descriptors one wait may report, 1 to 256.
    package init(capacity: Int = 64) throws(SystemFailure) {
        let number = bh_epoll_create()
        guard number >= 0 else { throw SystemFailure("epoll_create1", "loop", errno: -number) }
        epoll = Descriptor(owning: number)
        room = Array(
            repeating: bh_ready(token: 0, events: 0), count: min(max(capacity, 1), 256))
    }

    /// Watches a descriptor; the same number cannot be added twice.
    package func add(_ fd: Int32, token: UInt64, _ interest: Interest) throws(SystemFailure) {
        try control(1, fd, interest.rawValue, token)
    }

    /// Replaces interest and token of a watched descriptor.
    package func change(_ fd: Int32, token: UInt64, _ interest: Interest) throws(SystemFailure) {
        try control(3, fd, interest.rawValue, token)
    }

    /// Stops watching.
    ///
    /// Do it before the descriptor is closed when copies of it live elsewhere:
    /// epoll watches the open file, and a copy in another process would keep it reporting.
    package func remove(_ fd: Int32) throws(SystemFailure) {
        try control(2, fd, 0, 0)
    }

    private func control(
        _ operation: Int32, _ fd: Int32, _ events: UInt32, _ token: UInt64
    ) throws(SystemFailure) {
        let result = bh_epoll_control(epoll.number, operation, fd, events, token)
        if result < 0 { throw SystemFailure("epoll_ctl", "descriptor \(fd)", errno: -result) }
    }

    /// What is ready, waiting at most that long; nil waits without limit.
    ///
    /// An interrupting signal ends the wait with nothing.
    package mutating func wait(timeoutMilliseconds: Int32?) throws(SystemFailure) -> [Ready] {
        let number = epoll.number
        let count = unsafe room.withUnsafeMutableBufferPointer { slots in
            unsafe bh_epoll_wait(
                number, slots.baseAddress, Int32(slots.count), timeoutMilliseconds ?? -1)
        }
        guard count >= 0 else { throw SystemFailure("epoll_wait", "loop", errno: -count) }
        return room[0..<Int(count)].map { Ready(token: $0.token, events: $0.events) }
    }
}
