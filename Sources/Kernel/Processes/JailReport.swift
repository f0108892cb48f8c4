internal import CJailPlan
internal import CLinux
package import Descriptors
internal import Glibc

/// What a jail tells its supervisor.
///
/// Pids are those of the supervisor's namespace.
package enum JailReport: Sendable {
    /// Pid 1 exists and is a child of this process; the descriptor is its pidfd.
    case cloned(UInt32, SharedDescriptor)
    /// The program's process is complete, filtered, and waits for `Jail.release`. The number is
    /// Landlock's ABI in force, 0 for none.
    case verify(UInt32, UInt8)
    /// The program runs.
    case started
    /// A step failed and the compartment ends. The index counts within the step's kind.
    case failed(step: String, errno: Int32, index: UInt32)
    case exited(UInt8)
    case signalled(UInt8)
}

extension Jail {
    /// The next report, without waiting.
    ///
    /// Whatever is no report of the jail's counts as its end: it
    /// is the jail's process alone that holds the other side until the program runs.
    package static func receive(_ control: Int32) -> JailReception {
        while true {
            var message = jail_report()
            var pid: UInt32 = 0
            var uid: UInt32 = 0
            let size = MemoryLayout<jail_report>.size
            let got = unsafe bh_receive_credentials(control, &message, size, &pid, &uid)
            if got == -Int(EAGAIN) { return .wouldBlock }
            if got == -Int(EINTR) { continue }
            guard got == size else { return .end }
            switch parse(message, from: pid) {
            case .report(let report): return .report(report)
            case .gone: continue
            case .unknown: return .end
            }
        }
    }

    private enum Parsed {
        case report(JailReport)
        /// About a process that was reaped already.
        case gone
        case unknown
    }

    private static func parse(_ message: jail_report, from pid: UInt32) -> Parsed {
        let byte = UInt8(truncatingIfNeeded: message.value)
        switch Int(message.kind) {
        case Int(JAIL_CLONED):
            // The kernel names the sender. It is our child and not reaped, so the pid cannot be
            // another's yet.
            let number = bh_pidfd_open(Int32(clamping: pid))
            guard number >= 0, pid > 0 else { return .gone }
            return .report(.cloned(pid, SharedDescriptor(Descriptor(owning: number))))
        case Int(JAIL_VERIFY): return .report(.verify(pid, byte))
        case Int(JAIL_STARTED): return .report(.started)
        case Int(JAIL_FAILED):
            let step = unsafe jail_step_name(message.step).map { unsafe String(cString: $0) }
            return .report(
                .failed(step: step ?? "unknown", errno: message.value, index: message.index))
        case Int(JAIL_EXITED): return .report(message.index == 1 ? .signalled(byte) : .exited(byte))
        default: return .unknown
        }
    }
}

/// A message to a notify socket.
package struct Notice: Sendable, Equatable {
    /// Who sent it, as the kernel says.
    package let uid: UInt32
    /// It holds the line `READY=1`.
    package let isReady: Bool
}

extension Jail {
    /// Bytes of a notice that are looked at; a longer one is cut.
    private static let noticeMax = 4096

    /// The next message of a notify socket without waiting; nil when there is none.
    package static func notice(_ socket: Int32) -> Notice? {
        var pid: UInt32 = 0
        var uid: UInt32 = 0
        var bytes = [UInt8](repeating: 0, count: noticeMax)
        let got = unsafe bh_receive_credentials(socket, &bytes, bytes.count, &pid, &uid)
        guard got >= 0 else { return nil }
        let lines = bytes.prefix(got).split(separator: UInt8(ascii: "\n"))
        return Notice(uid: uid, isReady: lines.contains { $0.elementsEqual("READY=1".utf8) })
    }
}
