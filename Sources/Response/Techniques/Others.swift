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
            { seat throws(Refusal) in try signal(seat.victims(.service)) }
        ),
        ("proc.kill-watch", { seat throws(Refusal) in try signal(seat.victims(.watch)) }),
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

    /// The child aborts: whether its memory was dumped is in its wait status.
    private static func coreDump(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let now = Memory(zeroes: 16)
        try call(SYS_prlimit64, 0, Argument(RLIMIT_CORE.rawValue), 0, Argument(now))
        if now.integer(UInt64.self, at: 8) == 0 {
            throw unsuccessful("the hard limit of core files is 0", call: SYS_prlimit64)
        }
        return .through("core files may be written")
    }

    private static func list(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let bytes = try read("/proc/\(pid)/stat")
            return .through("process \(pid) is there: \(bytes.count) bytes about it")
        }
    }

    private static func signal(_ pids: [Int]) throws(Refusal) -> Outcome {
        try anyOf(pids, none: nobody) { pid throws(Refusal) in
            // Signal 0 asks for the permission only.
            try call(SYS_kill, Argument(pid), 0, about: "signal \(pid)")
            return .through("process \(pid) can be signalled")
        }
    }

    private static func limit(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(seat.victims(), none: nobody) { pid throws(Refusal) in
            let now = Memory(zeroes: 16)
            try call(
                SYS_prlimit64, Argument(pid), Argument(RLIMIT_NOFILE.rawValue), 0, Argument(now),
                about: "limits of \(pid)")
            return .through("the limits of process \(pid) are open")
        }
    }

    private static func sharedMemory(_ seat: inout Seat) throws(Refusal) -> Outcome {
        guard seat.orders.sharedKey != 0 else { return .inapplicable("no segment was named") }
        let segment = try call(
            SYS_shmget, Argument(seat.orders.sharedKey), 0, 0, about: "segment of the host")
        return .through("segment \(segment) of the host")
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
