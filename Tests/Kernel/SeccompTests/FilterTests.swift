internal import Seccomp
internal import Testing

@Suite("System-call filters")
struct FilterTests {
    static let web = Role(
        words: [.wpath, .thread, .inetClient, .inetServer], programDescriptor: 1024,
        holdsHostSocket: true, dials: true)
    static let server = Role(words: [.wpath, .thread, .inetServer], programDescriptor: 256)
    static let forker = Role(words: [.fork, .shm, .inetServer], programDescriptor: 256)

    @Test("every entry of every word has a reason", arguments: Word.allCases)
    func reasons(word: Word) {
        #expect(!word.entries.isEmpty)
        for entry in word.entries { #expect(entry.reason.utf8.count > 5, "\(entry.call)") }
    }

    @Test("every entry of pid 1's filter has a reason")
    func initReasons() {
        for entry in Filter.initEntries { #expect(entry.reason.utf8.count > 5, "\(entry.call)") }
    }

    @Test("the same role gives the same bytes, whatever the order of its words")
    func deterministic() throws {
        let one = Role(words: [.thread, .wpath, .inetClient], programDescriptor: 64, dials: true)
        let two = Role(words: [.inetClient, .wpath, .thread], programDescriptor: 64, dials: true)
        #expect(try Filter.program(one) == Filter.program(two))
    }

    @Test("no word permits a call that leads out of a compartment", arguments: Word.allCases)
    func forbidden(word: Word) {
        let forbidden: Set<String> = [
            "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "bpf",
            "perf_event_open", "keyctl", "add_key", "request_key", "ptrace", "process_vm_readv",
            "process_vm_writev", "mount", "umount2", "move_mount", "open_tree", "fsopen",
            "fsmount", "fsconfig", "pivot_root", "chroot", "setns", "unshare", "kexec_load",
            "init_module", "finit_module", "delete_module", "open_by_handle_at",
            "name_to_handle_at", "personality", "reboot", "swapon", "sethostname", "setuid",
            "setgid", "setresuid", "setgroups", "capset", "mknod", "mknodat", "iopl", "ioperm",
            "clock_settime", "settimeofday", "acct", "quotactl", "syslog", "pidfd_getfd",
            "kcmp", "vmsplice", "clone3", "setxattr", "fanotify_init", "lookup_dcookie",
            "memfd_create", "pkey_mprotect", "modify_ldt", "openat2",
        ]
        #expect(forbidden.isDisjoint(with: word.entries.map(\.call)))
    }

    struct Row: Sendable {
        let role: Role
        let call: String
        let arguments: [UInt64]
        let answer: Simulator.Answer
        init(_ role: Role, _ call: String, _ arguments: [UInt64], _ answer: Simulator.Answer) {
            self.role = role
            self.call = call
            self.arguments = arguments
            self.answer = answer
        }
    }

    private static let no = Simulator.Answer.refuse(1)
    static let rows: [Row] = [
        Row(web, "socket", [2, 1, 0], .allow), Row(web, "socket", [2, 0x80801, 6], .allow),
        Row(web, "socket", [2, 1, 262], no), Row(web, "socket", [2, 2, 0], no),
        Row(web, "socket", [2, 3, 1], no), Row(web, "socket", [17, 3, 0], no),
        Row(web, "socket", [16, 3, 0], no), Row(web, "socket", [40, 1, 0], no),
        Row(web, "socket", [10, 1, 0], no), Row(web, "socket", [1, 1, 0], no),
        Row(web, "bind", [3], no), Row(web, "listen", [3], no), Row(web, "accept4", [3], .allow),
        Row(web, "connect", [3], .allow), Row(server, "connect", [3], no),
        Row(server, "bind", [3], .allow), Row(server, "socket", [2, 1, 0], .allow),
        Row(web, "sendto", [3, 0, 0, 0x4000], .allow),
        Row(web, "sendto", [3, 0, 0, 0x2000_0000], no),
        Row(web, "sendmsg", [3, 0, 0x2000_0000], no), Row(web, "sendmmsg", [3, 0, 1, 0], no),
        Row(web, "setsockopt", [3, 6, 1], .allow), Row(web, "setsockopt", [3, 6, 23], no),
        Row(web, "setsockopt", [3, 6, 30], no), Row(web, "setsockopt", [3, 1, 26], no),
        Row(web, "ioctl", [0, 0x5401], .allow), Row(web, "ioctl", [0, 0x5412], no),
        Row(web, "ioctl", [0, 0x1_0000_5412], no), Row(web, "ioctl", [0, 0x4004_54CA], no),
        Row(web, "prctl", [15], .allow), Row(web, "prctl", [4, 0], .allow),
        Row(web, "prctl", [4, 1], no), Row(web, "prctl", [35], no), Row(web, "prctl", [65], no),
        Row(web, "clone", [0x3D0F00], .allow), Row(web, "clone", [0x11], no),
        Row(web, "clone", [0x1000_0000 | 0x3D0F00], no),
        Row(forker, "clone", [0x11], .allow), Row(forker, "clone", [0x1000_0011], no),
        Row(forker, "clone", [0x4000_0011], no), Row(forker, "execve", [], no),
        Row(web, "clone3", [], .refuse(38)), Row(web, "fork", [], no),
        Row(web, "execveat", [1024, 0, 0, 0, 0x1000], .allow),
        Row(web, "execveat", [1023, 0, 0, 0, 0x1000], no),
        Row(web, "execveat", [1024, 0, 0, 0, 0], no), Row(web, "execve", [], no),
        Row(web, "mmap", [0, 0, 3], .allow), Row(web, "mmap", [0, 0, 5], .allow),
        Row(web, "mmap", [0, 0, 7], no), Row(web, "mmap", [0, 0, 6], no),
        Row(web, "mprotect", [0, 0, 1], .allow), Row(web, "mprotect", [0, 0, 5], no),
        Row(web, "chmod", [0, 0o700], .allow), Row(web, "chmod", [0, 0o4755], no),
        Row(web, "fchmod", [0, 0o2755], no), Row(forker, "openat", [0, 0, 0], .allow),
        Row(forker, "openat", [0, 0, 0o2], no), Row(forker, "openat", [0, 0, 0o100], no),
        Row(web, "openat", [0, 0, 0o102], .allow), Row(web, "prlimit64", [0, 7, 0], .allow),
        Row(web, "prlimit64", [0, 7, 0xFFFF_0000_0000], no), Row(web, "shmget", [], no),
        Row(forker, "shmget", [], .allow), Row(web, "seccomp", [1], no),
        Row(web, "io_uring_setup", [], no), Row(web, "ptrace", [], no),
        Row(web, "unshare", [0x1000_0000], no), Row(web, "keyctl", [], no),
    ]

    @Test("each call gets the planned answer", arguments: rows)
    func answers(row: Row) throws {
        let simulator = Simulator(filter: try Filter.program(row.role))
        #expect(simulator.answer(row.call, row.arguments) == row.answer, "\(row)")
    }

    @Test("foreign architectures and x32 numbers kill the process")
    func foreign() throws {
        for filter in [try Filter.program(Self.web), try Filter.initProgram()] {
            let simulator = Simulator(filter: filter)
            #expect(simulator.answer("read", architecture: 0x4000_0003) == .kill)
            #expect(simulator.answer("read", number: 0x4000_0000) == .kill)
        }
    }

    @Test("pid 1 reaps, forwards signals and exits, and makes no socket, file or program")
    func initFilter() throws {
        let simulator = Simulator(filter: try Filter.initProgram())
        for call in ["wait4", "kill", "read", "write", "exit_group", "poll"] {
            #expect(simulator.answer(call) == .allow)
        }
        for call in [
            "openat", "socket", "execve", "execveat", "clone", "fork", "mmap", "setns", "sendmsg",
        ] {
            #expect(simulator.answer(call) == .refuse(1))
        }
    }

    @Test("a role that only computes makes at most 75 kinds of calls")
    func small() {
        #expect(Role(words: [], programDescriptor: 9).calls.count <= 75)
        #expect(Self.web.calls.count <= 120)
    }

    @Test("a filter is whole instructions and fits the kernel's bound")
    func size() throws {
        let all = Role(words: Word.allCases, programDescriptor: 20_000, dials: true)
        let bytes = try Filter.program(all)
        #expect(bytes.count % 8 == 0 && bytes.count / 8 <= Filter.instructionsMax)
    }
}
