internal import Confinement

/// Which layer an error number speaks of, when no record does.
///
/// Numbers are Linux's own (`asm-generic/errno`), the same on x86-64 and AArch64.
enum Guess {
    private enum Kind {
        /// Nothing of that name: another root, another pid or IPC namespace.
        case absent
        case permission
        case access
        case limit
        case route
        case readOnly
        case unknownCall
        /// No packet was answered.
        case silence
        /// What the kernel says of a protocol or option that is off, or of no terminal.
        case off
        /// What the kernel says of a call that no wall refused: it lacks it, or dislikes how it is
        /// asked.
        case dislike
        case other
    }

    /// The name of a wall, `standing`, or nil when neither the table nor the number says.
    static func layer(of refusal: Refusal, walls: Walls, standing: String) -> String? {
        if refusal.signal != 0 { return layer(ofSignal: refusal.signal, walls, standing) }
        let order: [Walls]
        switch kind(refusal.errno) {
        // Nothing hides what is not there: without such a wall no other can have refused it.
        case .absent: return first([.root, .pids, .ipc], walls) ?? obstacle(standing)
        case .off: return obstacle(standing)
        case .dislike: return nil
        case .silence: order = [.host, .fabric, .publishing]
        case .permission: order = [.seccomp, .capabilities, .uid, .pids, .landlock, .root, .ipc]
        case .access: order = [.uid, .landlock, .wx, .root, .capabilities, .seccomp]
        case .limit: order = [.limits, .seccomp]
        case .route: order = []
        case .readOnly: order = [.root, .landlock]
        case .unknownCall: order = [.seccomp]
        case .other:
            order = [.seccomp, .capabilities, .privileges, .wx, .limits, .root, .pids, .ipc, .uid]
        }
        if case .route = kind(refusal.errno), !standing.isEmpty { return "standing" }
        return first(order, walls) ?? fallback(walls, standing)
    }

    /// Whether it says that nothing of the kind is there.
    static func isAbsence(_ refusal: Refusal) -> Bool {
        if case .absent = kind(refusal.errno) { return refusal.signal == 0 }
        return false
    }

    private static func obstacle(_ standing: String) -> String? {
        standing.isEmpty ? nil : "standing"
    }

    private static func layer(ofSignal signal: UInt8, _ walls: Walls, _ standing: String) -> String?
    {
        switch signal {
        // SIGSYS: the filter kills what calls by a foreign entry.
        case 31: first([.seccomp], walls) ?? fallback(walls, standing)
        case 9: first([.limits, .seccomp], walls) ?? fallback(walls, standing)
        default: first([.wx, .seccomp, .limits, .privileges], walls) ?? fallback(walls, standing)
        }
    }

    private static func first(_ order: [Walls], _ walls: Walls) -> String? {
        order.first { walls.contains($0) }.flatMap { wall in
            Walls.names.first { $0.wall == wall }?.name
        }
    }

    /// Without a fitting wall it is what stands there anyway, or the table's first.
    private static func fallback(_ walls: Walls, _ standing: String) -> String? {
        if !standing.isEmpty { return "standing" }
        return Walls.names.first { walls.contains($0.wall) }?.name
    }

    private static func kind(_ errno: Int32) -> Kind {
        switch errno {
        // ENOENT, ESRCH, ENXIO, ENODEV, ENOTDIR, ENODATA, ENOKEY
        case 2, 3, 6, 19, 20, 61, 126: .absent
        case 1: .permission
        case 13: .access
        // EAGAIN, ENOMEM, ENFILE, EMFILE, EFBIG, ENOSPC, ENOBUFS, EDQUOT
        case 11, 12, 23, 24, 27, 28, 105, 122: .limit
        // EADDRNOTAVAIL, ENETUNREACH, ECONNREFUSED, EHOSTUNREACH
        case 99, 101, 111, 113: .route
        case 30: .readOnly
        case 38: .unknownCall
        // ENOTTY, ENOPROTOOPT, EOPNOTSUPP
        case 25, 92, 95: .off
        // EBADF, EFAULT, EISDIR, EINVAL, EPROTOTYPE, EPROTONOSUPPORT to EAFNOSUPPORT
        case 9, 14, 21, 22, 91, 93, 94, 96, 97: .dislike
        case 110: .silence
        default: .other
        }
    }
}
