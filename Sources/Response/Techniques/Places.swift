internal import Breach
internal import CLinux
internal import Glibc

/// Files, devices and evidence of others; ids as in `Technique.files`.
enum Places {
    static let attempts: [(String, Attack)] = [
        (
            "file.host-shadow",
            { _ throws(Refusal) in try readAny(Technique.shadows) }
        ),
        ("file.host-keys", { _ throws(Refusal) in try readAny(Technique.hostKeys) }),
        ("file.state-others", { seat throws(Refusal) in try readAny(seat.paths(.state)) }),
        ("file.trail-read", { seat throws(Refusal) in try readAny(seat.paths(.trail)) }),
        ("file.trail-write", { seat throws(Refusal) in try appendAny(seat.paths(.trail)) }),
        ("file.proc-root", procRoot), ("file.proc-environ", procEnviron),
        ("file.open-by-handle", openByHandle),
        ("file.persist-cron", { _ throws(Refusal) in try leave("/etc/cron.d/bulkhead-probe") }),
        (
            "file.persist-unit",
            { _ throws(Refusal) in try leave("/etc/systemd/system/bulkhead-probe.service") }
        ),
        ("file.persist-keys", { _ throws(Refusal) in try leave("/root/.ssh/bulkhead-probe") }),
        ("file.own-program", ownProgram), ("file.own-libraries", ownLibraries),
        ("file.chmod-evidence", changeMode), ("file.stamp-evidence", changeTimes),
        ("file.mark-evidence", changeAttribute), ("file.make-device", makeDevice),
        ("file.raw-device", { _ throws(Refusal) in try readAny(Technique.rawDevices) }),
        ("file.sysctl", { _ throws(Refusal) in try rewrite("/proc/sys/kernel/hostname") }),
        (
            "file.core-pattern",
            { _ throws(Refusal) in try rewrite("/proc/sys/kernel/core_pattern") }
        ),
        ("file.cgroup-escape", groupEscape), ("file.cgroup-mount", groupMount),
    ]

    /// Files of the system that a compartment may see but never owns.
    private static let evidence = ["/etc/hosts", "/etc/passwd"]

    private static func readAny(_ paths: [String]) throws(Refusal) -> Outcome {
        try anyOf(paths, none: "no such path was given") { path throws(Refusal) in
            let bytes = try read(path)
            return .through("\(path): \(bytes.count) bytes read")
        }
    }

    private static func appendAny(_ paths: [String]) throws(Refusal) -> Outcome {
        try anyOf(paths, none: "no such path was given") { path throws(Refusal) in
            let file = try opened(path, O_WRONLY | O_APPEND)
            defer { close(file) }
            try write(file, [0])
            return .through("\(path) was written to")
        }
    }

    /// Leaves a file for another program of the host, and takes it away again.
    private static func leave(_ path: String) throws(Refusal) -> Outcome {
        let file = try opened(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        close(file)
        _ = try? call(SYS_unlinkat, Argument(AT_FDCWD), Argument(path), 0)
        return .through("\(path) was made")
    }

    /// Writes a kernel file's own content back: only the permission is tried.
    private static func rewrite(_ path: String) throws(Refusal) -> Outcome {
        let content = try read(path, most: 256)
        let file = try opened(path, O_WRONLY)
        defer { close(file) }
        try write(file, content)
        return .through("\(path) was written")
    }

    private static func procRoot(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let pids = [1] + seat.victims()
        let paths = pids.flatMap {
            ["/proc/\($0)/root/etc/shadow", "/proc/\($0)/cwd/../etc/shadow"]
        }
        return try readAny(paths)
    }

    private static func procEnviron(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try readAny(seat.victims().map { "/proc/\($0)/environ" })
    }

    /// A handle of the root directory of whatever file system holds `/`, opened without a path.
    private static func openByHandle(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let handle = Memory(Layout.word(UInt32(128)) + [UInt8](repeating: 0, count: 132))
        let mount = Memory(zeroes: 4)
        try call(
            SYS_name_to_handle_at, Argument(AT_FDCWD), "/etc", Argument(handle), Argument(mount), 0)
        let root = try opened("/", O_RDONLY)
        defer { close(root) }
        let file = try call(
            SYS_open_by_handle_at, Argument(root), Argument(handle), Argument(O_RDONLY))
        close(file)
        return .through("a directory was opened by its handle")
    }

    private static func ownProgram(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open { return try leave(seat.orders.state + "/program") }
        let path = seat.orders.program
        let file = try opened(path, O_WRONLY)
        close(file)
        return .through("\(path) was opened for writing")
    }

    private static func ownLibraries(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(
            ["/usr/lib/x86_64-linux-gnu/libbulkhead-probe.so", "/usr/lib/libbulkhead-probe.so"],
            none: "no library path"
        ) { path throws(Refusal) in try leave(path) }
    }

    private static func changeMode(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.paths(.trail) + evidence, none: "nothing") { path throws(Refusal) in
            // 0644 is what they have: only the permission is tried.
            try call(SYS_fchmodat, Argument(AT_FDCWD), Argument(path), Argument(0o644), about: path)
            return .through("the mode of \(path) was set")
        }
    }

    private static func changeTimes(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.paths(.trail) + evidence, none: "nothing") { path throws(Refusal) in
            // UTIME_OMIT for the access time, the present for the change of content.
            let times = Memory(
                Layout.word(Int64(0)) + Layout.word(Int64(0x3FFF_FFFE)) + Layout.word(Int64(0))
                    + Layout.word(Int64(0x3FFF_FFFF)))
            try call(
                SYS_utimensat, Argument(AT_FDCWD), Argument(path), Argument(times), 0, about: path)
            return .through("the times of \(path) were set")
        }
    }

    private static func changeAttribute(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.paths(.trail) + evidence, none: "nothing") { path throws(Refusal) in
            try call(
                SYS_setxattr, Argument(path), "user.bulkhead-probe", Argument(Memory([1])), 1, 0,
                about: path)
            _ = try? call(SYS_removexattr, Argument(path), "user.bulkhead-probe")
            return .through("\(path) carries an attribute")
        }
    }

    private static func makeDevice(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf([seat.orders.state, "/tmp"], none: "nothing") { folder throws(Refusal) in
            let path = folder + "/bulkhead-null"
            // Major 1, minor 5: zeroes, which prove that the node works.
            try call(
                SYS_mknodat, Argument(AT_FDCWD), Argument(path), Argument(0o20666), Argument(0x105),
                about: path)
            defer { _ = try? call(SYS_unlinkat, Argument(AT_FDCWD), Argument(path), 0) }
            let bytes = try read(path, most: 4)
            return .through("\(path) is a device: \(bytes.count) bytes read")
        }
    }

    private static func groupEscape(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let roots = ["", "/memory", "/pids", "/unified"].map { "/sys/fs/cgroup\($0)/cgroup.procs" }
        return try anyOf(roots, none: "nothing") { path throws(Refusal) in
            let file = try opened(path, O_WRONLY)
            defer { close(file) }
            try write(file, Array("0\n".utf8))
            return .through("moved itself by \(path)")
        }
    }

    private static func groupMount(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try inPlace("/tmp/bulkhead-group") { place throws(Refusal) in
            try call(
                SYS_mount, "none", Argument(place), "cgroup", 0, "memory", about: "mount cgroup")
            _ = try? call(SYS_umount2, Argument(place), 2)
            return .through("a control group tree was mounted")
        }
    }

    /// Runs with a directory that exists meanwhile.
    private static func inPlace(
        _ place: String, _ attempt: (String) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        _ = try? call(SYS_mkdirat, Argument(AT_FDCWD), Argument(place), Argument(0o700))
        defer { _ = try? call(SYS_unlinkat, Argument(AT_FDCWD), Argument(place), 0x200) }
        return try attempt(place)
    }
}
