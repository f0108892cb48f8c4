internal import CLinux
package import Descriptors

/// A timer of the monotonic clock as a descriptor: readable once it has fired.
package struct Timer: ~Copyable {
    private let descriptor: Descriptor

    /// Starts disarmed.
    package init() throws(SystemFailure) {
        let number = bh_timer_create()
        guard number >= 0 else { throw SystemFailure("timerfd_create", "timer", errno: -number) }
        descriptor = Descriptor(owning: number)
    }

    /// The number to add to a loop; valid while the timer lives.
    package var number: Int32 { descriptor.number }

    /// Fires once after that long (at least one nanosecond), then again every `interval` if given.
    package func arm(
        afterNanoseconds first: UInt64, everyNanoseconds interval: UInt64 = 0
    ) throws(SystemFailure) {
        try set(max(first, 1), interval)
    }

    package func disarm() throws(SystemFailure) { try set(0, 0) }

    private func set(_ first: UInt64, _ interval: UInt64) throws(SystemFailure) {
        let result = bh_timer_set(descriptor.number, first, interval)
        if result < 0 { throw SystemFailure("timerfd_settime", "timer", errno: -result) }
    }

    /// How often it fired since the last call, which makes it unreadable again.
    package func expirations() throws(SystemFailure) -> UInt64 {
        var bytes: [UInt8] = []
        guard try descriptor.read(into: &bytes, limit: 8) == .bytes(8) else { return 0 }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Signals as a descriptor: they are blocked in this thread and read here instead.
///
/// Open it before any other thread starts, else that thread still takes them. Children inherit the
/// blocked mask: reset it between fork and exec.
package struct SignalSource: ~Copyable {
    private let descriptor: Descriptor

    /// One signal: its number, and who sent it or which child it is about.
    package struct Arrival: Sendable, Equatable {
        package let signal: Int32
        package let pid: Int32
        package let uid: UInt32
        /// For SIGCHLD: exit status or signal.
        package let status: Int32
    }

    package init(_ signals: [Int32]) throws(SystemFailure) {
        let number = unsafe signals.withUnsafeBufferPointer {
            unsafe bh_signals_open($0.baseAddress, Int32($0.count))
        }
        guard number >= 0 else { throw SystemFailure("signalfd", "\(signals)", errno: -number) }
        descriptor = Descriptor(owning: number)
    }

    /// The number to add to a loop; valid while the source lives.
    package var number: Int32 { descriptor.number }

    /// The next signal that arrived, or nil when none waits; equal signals merge in the kernel.
    package func next() throws(SystemFailure) -> Arrival? {
        var signal = bh_signal()
        let result = unsafe bh_signals_read(descriptor.number, &signal)
        guard result >= 0 else { throw SystemFailure("read", "signalfd", errno: -result) }
        guard result == 1 else { return nil }
        return Arrival(
            signal: Int32(bitPattern: signal.number), pid: Int32(bitPattern: signal.pid),
            uid: signal.uid, status: signal.status)
    }
}

/// A counter as a descriptor: one thread adds, another's loop becomes readable.
package struct Wakeup: ~Copyable, Sendable {
    private let descriptor: Descriptor

    package init() throws(SystemFailure) {
        let number = bh_eventfd()
        guard number >= 0 else { throw SystemFailure("eventfd", "wakeup", errno: -number) }
        descriptor = Descriptor(owning: number)
    }

    /// The number to add to a loop; valid while this lives.
    package var number: Int32 { descriptor.number }

    /// Makes it readable; calls before the next `clear` merge.
    package func signal() throws(SystemFailure) {
        try descriptor.writeAll([1, 0, 0, 0, 0, 0, 0, 0])
    }

    /// Makes it unreadable again.
    package func clear() throws(SystemFailure) {
        var bytes: [UInt8] = []
        _ = try descriptor.read(into: &bytes, limit: 8)
    }
}

extension Descriptor {
    /// A descriptor of a process: readable when it has ended, and never another process's, even
    /// after the pid is used again.
    package static func process(_ pid: Int32) throws(SystemFailure) -> Descriptor {
        let number = bh_pidfd_open(pid)
        guard number >= 0 else { throw SystemFailure("pidfd_open", "pid \(pid)", errno: -number) }
        return Descriptor(owning: number)
    }
}
