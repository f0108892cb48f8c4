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
        (
            "kern.pivot-root",
            { _ throws(Refusal) in
                try permitted([ENOENT], "a change of the root", lacking: "mounts") {
                    () throws(Refusal) in
                    try call(SYS_pivot_root, Argument(missing), Argument(missing))
                }
            }
        ),
        ("kern.chroot", changeRoot), ("kern.set-namespace", setNamespace),
    ]

    private static let machine: [(String, Attack)] = [
        ("kern.load-module", loadModule), ("kern.load-module-file", loadModuleFile),
        ("kern.kexec", kexec), ("kern.reboot", reboot), ("kern.swap", swap),
        ("kern.accounting", accounting), ("kern.quota", quota), ("kern.log", log),
        ("kern.clock", clock),
    ]

    /// A path that nothing has.
    private static let missing = "/bulkhead-probe/missing"
    private static let scratch = "/tmp"

    /// Makes a call that cannot do what it asks for; one of these errors proves the right to it.
    private static func permitted(
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

    // MARK: Mounts, roots and namespaces

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

    /// The own scratch mount in a compartment; in the open twin one made for it.
    private static func unmount(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open { try mountScratch() }
        return try permitted([EINVAL], "unmounting \(scratch)", lacking: "mounts") {
            () throws(Refusal) in
            try unmountScratch()
            return 0
        }
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

    /// Without the magic numbers.
    private static func reboot(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try permitted([EINVAL], "a restart", lacking: "restart") { () throws(Refusal) in
            try call(SYS_reboot, 1, 1, 0, 0)
        }
    }

    private static func swap(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try permitted([ENOENT], "swapping", lacking: "swap") { () throws(Refusal) in
            try call(SYS_swapon, Argument(missing), 0)
        }
    }

    private static func accounting(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try permitted([ENOENT], "accounting to another file", lacking: "accounting") {
            () throws(Refusal) in try call(SYS_acct, Argument(missing))
        }
    }

    /// Limits at an address that is none: read after the check of rights.
    private static func quota(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let setLimits = 0x80_0008 << 8
        let paths = [seat.orders.state, "/", "/etc"]
        return try permitted([EFAULT, ESRCH], "setting quotas", lacking: "quotas here") {
            () throws(Refusal) in
            var last = unsuccessful("no file system", errno: ENOSYS)
            for path in paths {
                do throws(Refusal) {
                    let place = try opened(path, O_RDONLY | O_DIRECTORY)
                    defer { close(place) }
                    return try call(
                        quotaByDescriptor, Argument(place), Argument(setLimits), 0, 1,
                        about: "quota of \(path)")
                } catch {
                    last = error
                    if ![ENOSYS, ENOENT, EACCES].contains(error.errno) { break }
                }
            }
            throw last
        }
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
