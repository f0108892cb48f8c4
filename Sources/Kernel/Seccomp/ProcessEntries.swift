/// Threads, processes, and what they share.
enum ProcessEntries {
    // CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET. (NEWTIME shares its bit with clone's exit
    // signal and only exists for clone3.)
    private static let namespaces: UInt64 = 0x7E02_0000
    // CLONE_VM and CLONE_THREAD: a thread of the same program.
    private static let thread: UInt64 = 0x1_0100

    static let threads: [Entry] = [
        Entry(
            "clone", "a thread of the same program, in no new namespace",
            [[Match(0, is: thread, mask: namespaces | thread)]]),
        Entry("sched_getaffinity", "runtimes count the cores they may use"),
        Entry("sigaltstack", "runtimes catch overflow of a thread's stack"),
        Entry("eventfd2", "threads wake each other"),
    ]

    static let forks: [Entry] = [
        Entry(
            "clone", "a child process, in no new namespace",
            [[Match(0, is: 0, mask: namespaces)]]),
        Entry("fork", "older programs make a child process"),
        Entry("vfork", "running a helper without copying memory"),
        Entry("wait4", "waiting for children"),
        Entry("waitid", "waiting for children, newer interface"),
        Entry("kill", "signals to one's own processes; the pid namespace holds no others"),
        Entry("setsid", "a child leaves its parent's session"),
        Entry("setpgid", "a child gets a process group"),
        Entry("getpgrp", "shells ask for their process group"),
        Entry("dup", "redirecting a child's input and output"),
        Entry("dup2", "redirecting a child's input and output"),
        Entry("dup3", "redirecting a child's input and output"),
        Entry("close_range", "closing what a child must not inherit"),
    ]

    static let executions: [Entry] = [
        Entry("execve", "running a program of the own root"),
        Entry("execveat", "running a program of the own root by descriptor"),
        Entry("vfork", "running a helper without copying memory"),
    ]

    static let shared: [Entry] = [
        Entry("shmget", "a shared segment in the own IPC namespace"),
        Entry("shmat", "mapping a shared segment"),
        Entry("shmdt", "unmapping a shared segment"),
        Entry("shmctl", "looking at and removing a shared segment"),
    ]

    static let signals: [Entry] = [
        Entry("signalfd4", "signals in an event loop"),
        Entry("rt_sigtimedwait", "waiting for a signal"),
        Entry("rt_sigsuspend", "waiting for a signal"),
        Entry("timerfd_create", "timers in an event loop"),
        Entry("timerfd_settime", "timers in an event loop"),
        Entry("setitimer", "time limits delivered as a signal"),
    ]

    static let codeMemory: [Entry] = [
        Entry("mmap", "a just-in-time compiler makes code"),
        Entry("mprotect", "a just-in-time compiler makes its code executable"),
    ]

    static let sealing: [Entry] = [
        // SECCOMP_SET_MODE_FILTER: a further filter can only take away.
        Entry("seccomp", "a service gives up more after it started", [[Match(0, is: 1)]]),
        Entry("landlock_create_ruleset", "a service gives up more after it started"),
        Entry("landlock_add_rule", "a service gives up more after it started"),
        Entry("landlock_restrict_self", "a service gives up more after it started"),
    ]

    /// What the compartment's pid 1 does once its program runs.
    ///
    /// It reaps, forwards the order to stop, says how the program ended, and exits.
    static let initProcess: [Entry] = [
        Entry("poll", "waiting for the supervisor's orders and for signals"),
        Entry("read", "orders from the supervisor, signals, how the program's start went"),
        Entry("write", "reports to the supervisor"),
        Entry("wait4", "reaping what is orphaned"),
        Entry("kill", "forwarding the order to stop, and ending what is left"),
        Entry("exit_group", "its end is the compartment's end"),
        Entry("restart_syscall", "the kernel continues interrupted waits with it"),
    ]
}
