internal import CJailPlan
internal import CLinux
package import Descriptors
internal import Glibc

// Processes: starts jails, speaks their protocol, and reads what the kernel says about a process.
//
// Never decides what a compartment may do: plans come as bytes. Bounds: 240 handed descriptors, plans
// of 1 MiB, 65,536 descriptors of a process that is looked at.
//
// Start order: `spawn`, put the pid into its control groups (children inherit them, and the cgroup
// namespace roots there), `send`, then take reports. Spawn from a thread that lives as long as the
// supervisor: the death signal follows the thread.

/// A jail that waits for its plan.
package struct Jailed: ~Copyable {
    /// The outer jail, which ends once it made pid 1; somebody must reap it.
    package let pid: UInt32
    private let control: Descriptor

    fileprivate init(pid: UInt32, control: consuming Descriptor) {
        self.pid = pid
        self.control = control
    }

    /// Gives away the supervisor's end of the control socket; closing it ends the compartment.
    package consuming func takeControl() -> Descriptor { control }
}

/// What a control socket had to tell.
package enum JailReception: Sendable {
    case report(JailReport)
    case wouldBlock
    /// The compartment is gone.
    case end
}

/// Starting jails and speaking with them over their control sockets.
package enum Jail {
    /// Handed descriptors at most.
    package static let handedMax = Int(JAIL_HANDED_MAX)

    /// Starts the jail at `path` with /dev/null, the log, and a fresh control socket, nothing else.
    package static func spawn(
        _ path: String, log: borrowing Descriptor, label: String = ""
    ) throws(SystemFailure) -> Jailed {
        var ends: [Int32] = [-1, -1]
        let made = unsafe ends.withUnsafeMutableBufferPointer { room in
            unsafe bh_socket_pair(0, 64 << 10, room.baseAddress)
        }
        guard made == 0 else { throw SystemFailure("socketpair", path, errno: -made) }
        let own = Descriptor(owning: ends[0])
        let theirs = Descriptor(owning: ends[1])
        let passed = bh_pass_credentials(own.number)
        guard passed == 0 else { throw SystemFailure("setsockopt", path, errno: -passed) }
        let nothing = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { throw SystemFailure("open", "/dev/null", errno: errno) }
        let null = Descriptor(owning: nothing)
        let pid = try start(path, label, [null.number, log.number, log.number, theirs.number])
        return Jailed(pid: pid, control: own)
    }

    private static func start(
        _ path: String, _ label: String, _ descriptors: [Int32]
    ) throws(SystemFailure) -> UInt32 {
        var pid: Int32 = -1
        let result = unsafe "bulkhead-jail".withCString { name in
            unsafe label.withCString { label in
                // The kernel copies them; nobody writes through these pointers.
                var arguments = unsafe [
                    UnsafeMutablePointer(mutating: name), UnsafeMutablePointer(mutating: label),
                    nil,
                ]
                var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
                return unsafe bh_spawn(
                    path, &arguments, &environment, descriptors, descriptors.count, &pid)
            }
        }
        guard result == 0, pid > 0 else { throw SystemFailure("spawn", path, errno: -result) }
        return UInt32(pid)
    }

    /// A memfd with the plan's bytes that nobody can change any more.
    package static func seal(_ plan: [UInt8]) throws(SystemFailure) -> Descriptor {
        let number = unsafe bh_memfd("plan")
        guard number >= 0 else { throw SystemFailure("memfd_create", "plan", errno: -number) }
        let file = Descriptor(owning: number)
        try file.writeAll(plan)
        let sealed = bh_seal(file.number)
        guard sealed == 0 else { throw SystemFailure("seal", "plan", errno: -sealed) }
        return file
    }

    /// Hands a waiting jail its plan, the program that was hashed, and what the plan needs.
    ///
    /// `notify` is the host path of the notify socket, opened here without following links.
    /// `handed` become descriptors 3, 4, … of the program; at most `handedMax`, else E2BIG.
    package static func send(
        _ control: Int32, plan: borrowing Descriptor, program: Int32, namespace: Int32?,
        state: Int32?, notify: String?, input: Int32?, handed: [Int32]
    ) throws(SystemFailure) {
        guard handed.count <= handedMax else {
            throw SystemFailure("send", "handed descriptors", errno: E2BIG)
        }
        var flags = 0
        var descriptors = [plan.number, program]
        for (number, flag) in [(namespace, JAIL_HAS_NET), (state, JAIL_HAS_STATE)] {
            guard let number else { continue }
            descriptors.append(number)
            flags |= Int(flag)
        }
        let socket = try notify.map(openSocket)
        if let socket {
            descriptors.append(socket.number)
            flags |= Int(JAIL_HAS_NOTIFY)
        }
        if let input {
            descriptors.append(input)
            flags |= Int(JAIL_HAS_STDIN)
        }
        var start = jail_start(
            magic: UInt32(JAIL_START_MAGIC), version: UInt16(JAIL_VERSION), flags: UInt16(flags),
            handed: UInt32(handed.count))
        descriptors += handed
        let sent = unsafe bh_send_fds(
            control, &start, MemoryLayout<jail_start>.size, descriptors, descriptors.count)
        guard sent > 0 else { throw SystemFailure("sendmsg", "jail", errno: Int32(-sent)) }
        // The message holds the socket's file now; the number is free to close.
        withExtendedLifetime(socket) {}
    }

    private static func openSocket(_ path: String) throws(SystemFailure) -> SharedDescriptor {
        let onlyPath: UInt64 = 0o10000000
        let noSymlinks: UInt64 = 0x04
        let number = unsafe bh_openat2(-100, path, onlyPath, 0, noSymlinks)
        guard number >= 0 else { throw SystemFailure("open", path, errno: -number) }
        return SharedDescriptor(Descriptor(owning: number))
    }

    /// Lets a verified program run.
    package static func release(_ control: Int32) throws(SystemFailure) {
        try order(control, JAIL_ORDER_GO, 0)
    }

    /// Asks the program to end, by a signal that its pid 1 forwards; a jail that is gone needs no
    /// asking.
    package static func stop(_ control: Int32, signal: UInt8) {
        try? order(control, JAIL_ORDER_SIGNAL, UInt32(signal))
    }

    private static func order<Kind: BinaryInteger>(
        _ control: Int32, _ kind: Kind, _ value: UInt32
    ) throws(SystemFailure) {
        var order = jail_order(kind: UInt32(kind), value: value)
        let sent = unsafe bh_send_fds(control, &order, MemoryLayout<jail_order>.size, [], 0)
        guard sent > 0 else { throw SystemFailure("send", "jail", errno: Int32(-sent)) }
    }

    /// Signals by pidfd; a process that is gone needs none.
    package static func signal(_ process: Int32, _ number: Int32) {
        _ = bh_pidfd_signal(process, number)
    }

    /// Reaps the child behind a pidfd; nil while it runs, or when it is not ours.
    package static func reap(_ process: Int32) -> JailReport? {
        var code: Int32 = 0
        var status: Int32 = 0
        guard unsafe bh_pidfd_reap(process, &code, &status) == 1 else { return nil }
        let value = UInt8(truncatingIfNeeded: status)
        return code == Int32(CLD_EXITED) ? .exited(value) : .signalled(value)
    }
}
