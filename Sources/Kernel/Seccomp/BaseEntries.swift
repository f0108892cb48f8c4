/// What every program needs from its first instruction to its exit.
enum BaseEntries {
    static let memory: [Entry] = [
        // PROT_WRITE is 2 and PROT_EXEC is 4: the loader maps code, nobody maps writable code.
        Entry(
            "mmap", "the loader maps code and data; allocators take memory",
            [[Match(2, is: 0, mask: 4)], [Match(2, is: 4, mask: 6)]]),
        Entry(
            "mprotect", "the loader makes relocated data read-only; thread stacks get guard pages",
            [[Match(2, is: 0, mask: 4)]]),
        Entry("munmap", "allocators give memory back"),
        Entry("mremap", "allocators grow large blocks"),
        Entry("madvise", "allocators and thread stacks give pages back"),
        Entry("brk", "the C library's small allocations"),
    ]

    static let signals: [Entry] = [
        Entry("rt_sigaction", "programs install their handlers"),
        Entry("rt_sigprocmask", "handlers and threads mask signals"),
        Entry("rt_sigreturn", "every handler returns through it"),
        Entry("tgkill", "abort and raise signal the calling thread"),
        Entry("restart_syscall", "the kernel continues interrupted waits with it"),
    ]

    static let life: [Entry] = [
        Entry("exit", "a thread ends"),
        Entry("exit_group", "a program ends"),
        Entry("futex", "locks of the C library and of every runtime"),
        Entry("set_robust_list", "the C library's start of each thread"),
        Entry("set_tid_address", "the C library's start of the first thread"),
        Entry("rseq", "the C library's start of each thread"),
        Entry("arch_prctl", "the C library sets up thread-local storage"),
        Entry("getrandom", "allocators, hash seeds and cryptography"),
        Entry("uname", "the loader and many runtimes read the kernel's version"),
        Entry("sysinfo", "the C library's sort and runtimes size their buffers by memory"),
        Entry("getrusage", "servers and libraries measure their own work"),
        Entry("sched_yield", "spin locks give way"),
        // A null third argument reads; with a value it would raise or lower limits.
        Entry(
            "prlimit64", "reading limits: stack size, number of descriptors",
            [[Match(2, is: 0, mask: .max)]]),
        Entry(
            "prctl", "names of threads, parent-death signal, giving up rights; reading one's own",
            [
                [Match(0, is: 15)], [Match(0, is: 16)], [Match(0, is: 1)], [Match(0, is: 2)],
                [Match(0, is: 3)], [Match(0, is: 4), Match(1, is: 0)], [Match(0, is: 38)],
                [Match(0, is: 39)], [Match(0, is: 23)], [Match(0, is: 27)],
                [Match(0, is: 47), Match(1, is: 1)], [Match(0, is: 0x5356_4D41)],
            ]),
    ]

    static let identity: [Entry] = [
        Entry("getpid", "log lines, lock files, handed-descriptor protocol"),
        Entry("gettid", "locks and signals to one thread"),
        Entry("getppid", "programs notice that their parent ended"),
        Entry("getuid", "runtimes compare real and effective user"),
        Entry("geteuid", "runtimes compare real and effective user; servers refuse root"),
        Entry("getgid", "runtimes compare real and effective group"),
        Entry("getegid", "runtimes compare real and effective group"),
    ]

    static let time: [Entry] = [
        Entry("clock_gettime", "clocks that the vDSO cannot answer"),
        Entry("clock_nanosleep", "sleeping"),
        Entry("pause", "sleeping until a signal"),
    ]

    static let descriptors: [Entry] = [
        Entry("read", "reading what is open"),
        Entry("pread64", "the loader reads program headers; databases read pages"),
        Entry("write", "writing what is open"),
        Entry("writev", "writing in pieces"),
        Entry("lseek", "position in a file"),
        Entry("close", "giving descriptors back"),
        Entry("fstat", "size and kind of an open file"),
        // AT_EMPTY_PATH asks about a descriptor: the C library's fstat.
        Entry(
            "newfstatat", "size and kind of an open file",
            [[Match(3, is: 0x1000, mask: 0x1000)]]),
        Entry(
            "fcntl", "copies and flags of descriptors",
            argument: 1, among: [0, 1, 2, 3, 4, 1030]),
        // TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX; never TIOCSTI, TIOCLINUX or TUN.
        Entry(
            "ioctl", "asking whether a descriptor is a terminal; non-blocking and close-on-exec",
            argument: 1, among: [0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451]),
        Entry("pipe2", "event loops wake themselves"),
        // AF_UNIX only: both ends stay with the caller.
        Entry("socketpair", "event loops wake themselves", [[Match(0, is: 1)]]),
    ]

    static let waiting: [Entry] = [
        Entry("poll", "waiting for descriptors"),
        Entry("ppoll", "waiting for descriptors with a signal mask"),
        Entry("pselect6", "waiting for descriptors, older interface"),
        Entry("epoll_create1", "event loops"),
        Entry("epoll_ctl", "event loops"),
        Entry("epoll_wait", "event loops"),
        Entry("epoll_pwait", "event loops with a signal mask"),
    ]

    static let all = memory + signals + life + identity + time + descriptors + waiting

    /// The jail's last step: the planned program by its descriptor and nothing else.
    ///
    /// AT_EMPTY_PATH (0x1000) makes the path irrelevant. The number lies at the file limit, so it
    /// can never be made again after the exec closed it.
    static func start(_ descriptor: UInt32) -> Entry {
        Entry(
            "execveat", "the jail starts the planned program from its descriptor",
            [[Match(0, is: UInt64(descriptor)), Match(4, is: 0x1000)]])
    }
}
