internal import Breach
internal import CLinux
internal import Glibc

/// The kernel's own surface; ids as in `Technique.kernel`.
///
/// What would harm a machine is asked for with arguments that the kernel looks at only after the
/// caller's right to the call: the error number then proves that nothing forbade it.
enum KernelSurface {
    static let attempts: [(String, Attack)] =
        mounts + machine + [
            ("kern.bpf", program), ("kern.perf", events), ("kern.userfault", userfault),
            ("kern.io-uring", ring), ("kern.file-watch", fileWatch), ("kern.ports", ports),
            ("kern.descriptor-table", segments), ("kern.personality", personality),
            ("kern.terminal-input", terminalInput), ("kern.entry-ia32", entry32),
            ("kern.entry-x32", entryX32),
        ]

    private static let mounts: [(String, Attack)] = [
        ("kern.mount", mount), ("kern.mount-api", mountDescriptor), ("kern.unmount", unmount),
        ("kern.pivot-root", pivot), ("kern.chroot", changeRoot),
        ("kern.set-namespace", setNamespace),
    ]

    private static let machine: [(String, Attack)] = [
        ("kern.load-module", loadModule), ("kern.load-module-file", loadModuleFile),
        ("kern.kexec", kexec), ("kern.reboot", reboot), ("kern.swap", swap),
        ("kern.accounting", accounting), ("kern.quota", quota), ("kern.log", log),
        ("kern.clock", clock),
    ]

    /// A path that nothing has.
    static let missing = "/bulkhead-probe/missing"
    static let scratch = "/tmp"

    /// Makes a call that cannot do what it asks for; one of these errors proves the right to it.
    static func permitted(
        _ errors: [Int32], _ what: String, lacking: String, _ attempt: () throws(Refusal) -> Int
    ) throws(Refusal) -> Outcome {
        do throws(Refusal) {
            _ = try attempt()
            return .through(what)
        } catch {
            if errors.contains(error.errno) {
                return .through("\(what) is permitted: errno \(error.errno) comes after the check")
            }
            if error.errno == ENOSYS { return .inapplicable("this kernel has no \(lacking)") }
            throw error
        }
    }

    /// The right first, by a call that can do nothing; then the effect, in a child whose new
    /// namespaces keep it from everybody else.
    static func shown(
        _ errors: [Int32], _ what: String, lacking: String, spaces: Int,
        _ right: () throws(Refusal) -> Int, _ effect: () throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        let permission = try permitted(errors, what, lacking: lacking, right)
        guard case .through = permission else { return permission }
        let outcome = inChild { () throws(Refusal) in
            try call(SYS_unshare, Argument(spaces), about: "own namespaces")
            return try effect()
        }
        // A wall that looks at the effect only.
        if case .stopped(let refusal) = outcome { throw refusal }
        return outcome
    }

    // MARK: Mounts, roots and namespaces

    static let ownMounts = 0x0002_0000
    static let ownProcesses = 0x2000_0000

    private static let detach: Int32 = 2

    private static func mountScratch() throws(Refusal) {
        try call(
            SYS_mount, "none", Argument(scratch), "tmpfs", 0, "size=64k", about: "mount \(scratch)")
    }

    private static func unmountScratch() throws(Refusal) {
        try call(SYS_umount2, Argument(scratch), Argument(detach), about: "unmount \(scratch)")
    }

    private static func mount(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try mountScratch()
        _ = try? unmountScratch()
        return .through("a file system mounted on \(scratch)")
    }

    private static func mountDescriptor(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let context = try call(SYS_fsopen, "tmpfs", 1, about: "fsopen")
        defer { close(context) }
        try call(SYS_fsconfig, Argument(context), 6, 0, 0, 0, about: "fsconfig")
        let mount = try call(SYS_fsmount, Argument(context), 1, 0, about: "fsmount")
        defer { close(mount) }
        try call(
            SYS_move_mount, Argument(mount), "", Argument(AT_FDCWD), Argument(scratch), 4,
            about: "move_mount to \(scratch)")
        _ = try? unmountScratch()
        return .through("a file system moved onto \(scratch)")
    }

    /// Asked of what is no mount, then done to /tmp where nobody else sees it.
    private static func unmount(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try shown(
            [EINVAL], "unmounting", lacking: "mounts", spaces: ownMounts,
            { () throws(Refusal) in
                try call(SYS_umount2, "/proc/self", Argument(detach), about: "unmount")
            },
            { () throws(Refusal) in
                try mountScratch()
                let file = try opened(scratch + "/bulkhead-masked", O_WRONLY | O_CREAT, mode: 0o600)
                close(file)
                try unmountScratch()
                guard (try? opened(scratch + "/bulkhead-masked", O_RDONLY)) == nil else {
                    return .couldNotRun("the mount is still there")
                }
                return .through("a mount was taken away from \(scratch)")
            })
    }

    /// Into a memory file system, in a mount namespace of its own.
    private static func pivot(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try shown(
            [ENOENT], "a change of the root", lacking: "mounts", spaces: ownMounts,
            { () throws(Refusal) in
                try call(SYS_pivot_root, Argument(missing), Argument(missing))
            },
            { () throws(Refusal) in
                // MS_REC | MS_PRIVATE: the kernel moves no root that others share.
                try call(SYS_mount, "none", "/", "", Argument(1 << 18 | 1 << 14), 0)
                try mountScratch()
                try call(SYS_chdir, Argument(scratch))
                let mark = try opened("bulkhead-root", O_WRONLY | O_CREAT, mode: 0o600)
                close(mark)
                try call(SYS_pivot_root, ".", ".", about: "pivot_root")
                close(try opened("/bulkhead-root", O_RDONLY))
                return .through("\(scratch) was the root")
            })
    }

    /// The kept directory lies outside the new root, so walking up from it never meets that root.
    private static func changeRoot(_ seat: inout Seat) throws(Refusal) -> Outcome {
        inChild { () throws(Refusal) in
            let kept = try opened("/", O_RDONLY | O_DIRECTORY)
            defer { close(kept) }
            try call(SYS_chroot, Argument(scratch), about: "chroot \(scratch)")
            try call(SYS_fchdir, Argument(kept), about: "the kept directory")
            for _ in 0..<16 { try call(SYS_chdir, "..") }
            try call(SYS_chroot, ".", about: "chroot to the kept directory")
            return .through("a new root entered and left by a kept directory")
        }
    }

    /// In a child: the entered namespace is not the probe's to stay in.
    private static func setNamespace(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let paths =
            seat.victims().prefix(4).map { "/proc/\($0)/ns/uts" }
            + ["/proc/1/ns/uts", "/proc/self/ns/uts"]
        return inChild { () throws(Refusal) in
            try anyOf(paths, none: "no namespace to enter") { path throws(Refusal) in
                let space = try opened(path, O_RDONLY)
                defer { close(space) }
                try call(SYS_setns, Argument(space), 0, about: path)
                return .through("entered \(path)")
            }
        }
    }

    // MARK: The machine

    private static func loadModule(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let image = Memory(zeroes: 64)
        return try permitted([ENOEXEC, EINVAL], "loading a module", lacking: "modules") {
            () throws(Refusal) in try call(SYS_init_module, Argument(image), 0, "")
        }
    }

    private static func loadModuleFile(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try permitted([EBADF, EINVAL], "loading a module's file", lacking: "modules") {
            () throws(Refusal) in try call(SYS_finit_module, -1, "", 0)
        }
    }

    /// Unknown flags and too many segments: refused before anything is loaded or unloaded.
    private static func kexec(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try permitted([EINVAL], "loading another kernel", lacking: "kexec") {
            () throws(Refusal) in
            do throws(Refusal) {
                return try call(SYS_kexec_load, 0, 64, 0, 0x8000)
            } catch  where error.errno == ENOSYS {
                return try call(SYS_kexec_file_load, -1, -1, 0, "", 0x8000)
            }
        }
    }

    /// Without the magic numbers in a compartment.
    ///
    /// In the open twin it is real: in a pid namespace of its own the kernel ends that namespace's
    /// first process by SIGHUP instead of the machine.
    private static func reboot(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let right = try permitted([EINVAL], "a restart", lacking: "restart") {
            () throws(Refusal) in try call(SYS_reboot, 1, 1, 0, 0)
        }
        guard seat.open, case .through = right else { return right }
        return inChild { () throws(Refusal) in
            try call(SYS_unshare, Argument(ownProcesses), about: "own processes")
            let first = bh_split()
            if first == 0 {
                // Never on the machine: only where this process is the first of its namespace.
                if getpid() == 1 {
                    _ = try? call(
                        SYS_reboot, Argument(0xFEE1_DEAD), Argument(672_274_793),
                        Argument(0x0123_4567), 0)
                }
                _exit(1)
            }
            var status: Int32 = 0
            guard first > 0, unsafe bh_await(first, 1000, &status) == 1, status & 0x7F == SIGHUP
            else { return .couldNotRun("the namespace was not restarted: status \(status)") }
            return .through("a pid namespace was restarted")
        }
    }

    /// On a file of its own in the state directory, in the open twin on a loop device.
    private static func swap(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let right = try permitted([ENOENT], "swapping", lacking: "swap") { () throws(Refusal) in
            try call(SYS_swapon, Argument(missing), 0)
        }
        guard case .through(let text) = right else { return right }
        do throws(Refusal) {
            return try withSwapFile(seat.orders.state + "/bulkhead-swap") { file throws(Refusal) in
                // What memory file systems hold cannot be swapped to: a device in front of it can.
                if seat.open { return try withLoop(file, swapping) }
                return try swapping(seat.orders.state + "/bulkhead-swap")
            }
        } catch { return .through("\(text); a file of its own did not do: \(error.summary)") }
    }

    private static func swapping(_ path: String) throws(Refusal) -> Outcome {
        try call(SYS_swapon, Argument(path), 0, about: "swap to \(path)")
        try call(SYS_swapoff, Argument(path), about: "no longer swap to \(path)")
        return .through("the kernel swapped to \(path) for a moment")
    }

    /// 16 pages, the first of them the header that the kernel wants.
    private static func withSwapFile(
        _ path: String, _ attempt: (Int) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        let page = 4096
        var header = [UInt8](repeating: 0, count: 16 * page)
        header.replaceSubrange(
            1024..<1032, with: Layout.word(UInt32(1)) + Layout.word(UInt32(15)))
        header.replaceSubrange((page - 10)..<page, with: Array("SWAPSPACE2".utf8))
        let file = try opened(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        defer {
            close(file)
            _ = try? call(SYS_unlink, Argument(path))
        }
        try write(file, header)
        try call(SYS_fsync, Argument(file))
        return try attempt(file)
    }

    /// A free loop device in front of a file.
    private static func withLoop(
        _ file: Int, _ attempt: (String) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        let control = try opened("/dev/loop-control", O_RDWR)
        defer { close(control) }
        // LOOP_CTL_GET_FREE, then LOOP_SET_FD until LOOP_CLR_FD.
        let number = try call(SYS_ioctl, Argument(control), 0x4C82, about: "a free loop device")
        let path = "/tmp/bulkhead-loop"
        try call(
            SYS_mknodat, Argument(AT_FDCWD), Argument(path), Argument(0o60600),
            Argument(7 << 8 | number & 0xFF | (number & ~0xFF) << 12), about: path)
        defer { _ = try? call(SYS_unlink, Argument(path)) }
        let device = try opened(path, O_RDWR)
        defer { close(device) }
        try call(SYS_ioctl, Argument(device), 0x4C00, Argument(file), about: path)
        defer { _ = try? call(SYS_ioctl, Argument(device), 0x4C01, 0) }
        return try attempt(path)
    }

    /// Accounting belongs to a pid namespace: a new one's goes to a file of its own.
    private static func accounting(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let path = seat.orders.state + "/bulkhead-accounts"
        return try shown(
            [ENOENT], "accounting to another file", lacking: "accounting", spaces: ownProcesses,
            { () throws(Refusal) in try call(SYS_acct, Argument(missing)) },
            { () throws(Refusal) in
                let file = try opened(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
                defer {
                    close(file)
                    _ = try? call(SYS_unlink, Argument(path))
                }
                let first = bh_split()
                if first == 0 {
                    do throws(Refusal) { try call(SYS_acct, Argument(path)) } catch {
                        _exit(error.errno)
                    }
                    let second = bh_split()
                    if second == 0 { _exit(0) }
                    var ignored: Int32 = 0
                    _ = unsafe bh_await(second, 1000, &ignored)
                    _ = try? call(SYS_acct, 0)
                    _exit(0)
                }
                var status: Int32 = 0
                _ = unsafe bh_await(first, 2000, &status)
                let size = try call(SYS_lseek, Argument(file), 0, 2)
                guard size == 0 else {
                    return .through("the kernel kept accounts in a file of its own: \(size) bytes")
                }
                throw Refusal(
                    call: UInt16(SYS_acct), errno: status >> 8 & 0xFF,
                    detail: "no account was written to \(path)")
            })
    }

    /// Limits at an address that is none: read after the check of rights.
    ///
    /// What a file system without quotas says comes before that check and tells nothing.
    private static func quota(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let setLimits = 0x80_0008 << 8
        for path in [seat.orders.state, "/", "/etc"] {
            guard let place = try? opened(path, O_RDONLY | O_DIRECTORY) else { continue }
            defer { close(place) }
            do throws(Refusal) {
                try call(
                    quotaByDescriptor, Argument(place), Argument(setLimits), 0, 1,
                    about: "quota of \(path)")
                return .through("a quota was set")
            } catch {
                switch error.errno {
                case EFAULT, ESRCH:
                    return .through("setting quotas of \(path) is permitted: the limits were read")
                case ENOSYS, EINVAL, EROFS, EOPNOTSUPP: continue
                default: throw error
                }
            }
        }
        return .inapplicable("no file system here has quotas")
    }

    private static let quotaByDescriptor: Int32 = 443

    private static func log(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let room = Memory(zeroes: 4096)
        let got = try call(SYS_syslog, 3, Argument(room), 4096, about: "the kernel's log")
        return .through("\(got) bytes of the kernel's log")
    }

    /// Moved by nothing: an offset of zero needs the same right as any other.
    private static func clock(_ seat: inout Seat) throws(Refusal) -> Outcome {
        var change = [UInt8](repeating: 0, count: 208)
        change.replaceSubrange(0..<4, with: Layout.word(UInt32(0x100)))
        try call(SYS_clock_adjtime, 0, Argument(Memory(change)), about: "offset of the clock")
        return .through("the clock took an offset")
    }
}
