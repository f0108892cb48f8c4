internal import Breach
internal import CLinux
internal import Glibc

/// Other processes: memory, descriptors, lives; ids as in `Technique.memory`.
enum Others {
    static let attempts: [(String, Attack)] = [
        ("mem.vm-read", { seat throws(Refusal) in try transfer(&seat, SYS_process_vm_readv) }),
        ("mem.vm-write", { seat throws(Refusal) in try transfer(&seat, SYS_process_vm_writev) }),
        ("mem.proc-mem", procMemory), ("mem.ptrace", trace),
        ("mem.steal-descriptor", stealDescriptor), ("mem.core-dump", coreDump),
        ("proc.list", list),
        (
            "proc.signal-others",
            { seat throws(Refusal) in try kill(&seat, .service) }
        ),
        ("proc.kill-watch", { seat throws(Refusal) in try kill(&seat, .watch) }),
        ("proc.limit-others", limit), ("proc.shared-memory", sharedMemory),
        ("proc.hostname", hostname),
    ]

    private static let nobody = "no victim was named"

    /// A writable page of the victim, where its map can be read.
    private static func page(of pid: Int) throws(Refusal) -> Int {
        let text = String(decoding: try read("/proc/\(pid)/maps", most: 4096), as: UTF8.self)
        let writable = text.split(separator: "\n").first { $0.contains(" rw-p ") }
        guard let start = writable?.split(separator: "-").first, let page = Int(start, radix: 16)
        else { throw unsuccessful("no map of \(pid)") }
        return page
    }

    private static func transfer(_ seat: inout Seat, _ number: Int32) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let place = (try? page(of: pid)) ?? 0x40_0000
            let room = Memory(zeroes: 8)
            if number == SYS_process_vm_writev {
                // What is there already is written back: nothing changes.
                let remote = Memory(Layout.word(place) + Layout.word(8))
                let local = Memory(Layout.vector(room), keeping: [room])
                try call(
                    SYS_process_vm_readv, Argument(pid), Argument(local), 1, Argument(remote), 1, 0,
                    about: "memory of \(pid)")
            }
            let remote = Memory(Layout.word(place) + Layout.word(8))
            let local = Memory(Layout.vector(room), keeping: [room])
            let got = try call(
                number, Argument(pid), Argument(local), 1, Argument(remote), 1, 0,
                about: "memory of \(pid)")
            return .through("\(got) bytes of process \(pid)")
        }
    }

    private static func procMemory(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let place = (try? page(of: pid)) ?? 0x40_0000
            let file = try opened("/proc/\(pid)/mem", O_RDONLY)
            defer { close(file) }
            let room = Memory(zeroes: 8)
            let got = try call(
                SYS_pread64, Argument(file), Argument(room), 8, Argument(place),
                about: "memory of \(pid)")
            return .through("\(got) bytes of process \(pid)")
        }
    }

    private static func trace(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            // PTRACE_SEIZE does not stop it; PTRACE_DETACH lets it go again.
            try call(SYS_ptrace, 0x4206, Argument(pid), 0, 0, about: "seize \(pid)")
            _ = try? call(SYS_ptrace, 17, Argument(pid), 0, 0)
            return .through("process \(pid) was traced")
        }
    }

    private static func stealDescriptor(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let process = try call(434, Argument(pid), 0, about: "pidfd_open \(pid)")
            defer { close(process) }
            let stolen = try call(438, Argument(process), 0, 0, about: "pidfd_getfd \(pid)")
            close(stolen)
            return .through("descriptor 0 of process \(pid)")
        }
    }

    /// Whether a child's memory was dumped is in its wait status.
    ///
    /// A role without children has the limit only: the probe itself must live.
    private static func coreDump(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open, let pattern = try? read("/proc/sys/kernel/core_pattern"),
            pattern.first.map({ [UInt8(ascii: "|"), UInt8(ascii: "@")].contains($0) }) ?? false
        {
            return .inapplicable("a handler of the host takes crashes, and shall not get this one")
        }
        let pid = bh_split()
        if pid == 0 {
            let all = Memory(Layout.word(UInt64.max) + Layout.word(UInt64.max))
            _ = try? call(
                SYS_prlimit64, 0, Argument(RLIMIT_CORE.rawValue), Argument(all), 0)
            _ = try? call(SYS_chdir, Argument(seat.orders.state))
            abort()
        }
        guard pid > 0 else {
            let now = Memory(zeroes: 16)
            try call(SYS_prlimit64, 0, Argument(RLIMIT_CORE.rawValue), 0, Argument(now))
            let hard = now.integer(UInt64.self, at: 8)
            guard hard > 1 else {
                throw unsuccessful("no child to crash, and core files may have \(hard) bytes")
            }
            return .couldNotRun("no child to crash; core files of \(hard) bytes are allowed")
        }
        var status: Int32 = 0
        guard unsafe bh_await(pid, 4000, &status) == 1 else {
            Glibc.kill(pid, SIGKILL)
            unsafe waitpid(pid, &status, 0)
            return .couldNotRun("the child did not crash")
        }
        for name in ["core", "core.\(pid)"] {
            _ = try? call(SYS_unlink, Argument("\(seat.orders.state)/\(name)"))
        }
        guard status & 0x7F == SIGABRT else {
            return .couldNotRun("the child ended with status \(status)")
        }
        guard status & 0x80 != 0 else {
            throw unsuccessful("a child crashed, and its memory was not dumped")
        }
        return .through("a child crashed, and its memory was dumped")
    }

    private static func list(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let bytes = try read("/proc/\(pid)/stat")
            return .through("process \(pid) is there: \(bytes.count) bytes about it")
        }
    }

    /// SIGWINCH, which nobody minds: it changes nothing where no terminal is.
    private static func signal(_ pids: [Int]) throws(Refusal) -> Outcome {
        try anyOf(pids, none: nobody) { pid throws(Refusal) in
            try call(SYS_kill, Argument(pid), Argument(SIGWINCH), about: "signal \(pid)")
            return .through("process \(pid) got a signal")
        }
    }

    /// In the open twin it ends a process that was made to be ended.
    private static func kill(
        _ seat: inout Seat, _ kind: Victim.Kind
    ) throws(Refusal) -> Outcome {
        guard seat.open else { return try signal(seat.victims(kind)) }
        let victim = bh_split()
        if victim == 0 { while true { Techniques.pause(milliseconds: 1000) } }
        guard victim > 0 else { return .couldNotRun("no victim could be made") }
        try call(SYS_kill, Argument(victim), Argument(SIGKILL), about: "kill \(victim)")
        var status: Int32 = 0
        _ = unsafe bh_await(victim, 2000, &status)
        return status & 0x7F == SIGKILL
            ? .through("process \(victim) was ended") : .couldNotRun("it lives on")
    }

    /// One open file less, which is put back at once.
    private static func limit(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let before = Memory(zeroes: 16)
            let number = Argument(RLIMIT_NOFILE.rawValue)
            // The filter knows setting by its third argument; reading is asked for afterwards.
            let unchanged = Memory(Layout.word(UInt64.max) + Layout.word(UInt64(0)))
            do throws(Refusal) {
                try call(
                    SYS_prlimit64, Argument(pid), number, Argument(unchanged), 0,
                    about: "limits of \(pid)")
            } catch  where error.errno == EINVAL {}
            try call(
                SYS_prlimit64, Argument(pid), number, 0, Argument(before),
                about: "limits of \(pid)")
            let soft = before.integer(UInt64.self, at: 0)
            let hard = before.bytes().suffix(8)
            let lower = Memory(Layout.word(max(soft, 1) - 1) + hard)
            try call(
                SYS_prlimit64, Argument(pid), number, Argument(lower), 0,
                about: "lower limits of \(pid)")
            let after = Memory(zeroes: 16)
            try call(SYS_prlimit64, Argument(pid), number, Argument(before), Argument(after))
            return after.integer(UInt64.self, at: 0) < soft
                ? .through("process \(pid) had one open file less")
                : .couldNotRun("the limit did not change")
        }
    }

    /// In the open twin a segment of its own making stands for the other's.
    private static func sharedMemory(_ seat: inout Seat) throws(Refusal) -> Outcome {
        guard seat.orders.sharedKey != 0 else { return .inapplicable("no segment was named") }
        let key = Argument(seat.orders.sharedKey)
        if seat.open {
            // IPC_CREAT, for nobody else.
            try call(SYS_shmget, key, 4096, Argument(0o1600), about: "a victim's segment")
        }
        let segment = try call(SYS_shmget, key, 0, 0, about: "segment of the host")
        // SHM_RDONLY.
        let place = try call(SYS_shmat, Argument(segment), 0, Argument(0o10000), about: "attach")
        _ = try? call(SYS_shmdt, Argument(place))
        if seat.open { _ = try? call(SYS_shmctl, Argument(segment), 0, 0) }
        return .through("segment \(segment) of another was attached")
    }

    private static func hostname(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let room = Memory(zeroes: 390)
        try call(SYS_uname, Argument(room))
        // The name that it has already.
        let name = Array(room.bytes()[65..<130].prefix { $0 != 0 })
        try call(
            SYS_sethostname, Argument(Memory(name)), Argument(name.count), about: "sethostname")
        return .through("the name was set")
    }
}
