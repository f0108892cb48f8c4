internal import Confinement

extension Technique {
    private static let forbidden: Walls = [.seccomp, .capabilities]
    /// Landlock forbids its domains every change of mounts.
    private static let mounting: Walls = [.seccomp, .capabilities, .landlock]
    private static let restart =
        "the right to the call only; in the open twin a pid namespace is restarted"
    private static let right =
        "the right to the call only: what it asks for is refused after the check of rights"

    /// The kernel's own surface.
    package static let kernel: [Technique] = [
        Technique("kern.mount", "mount a file system", "T1611", mounting),
        Technique(
            "kern.mount-api", "mount by fsopen, fsmount and move_mount", "T1611", mounting),
        Technique("kern.unmount", "take away a mount that masks something", "T1611", mounting),
        Technique("kern.pivot-root", "change the root file system", "T1611", mounting),
        Technique(
            "kern.chroot", "leave by chroot and a kept directory", "T1611",
            [.seccomp, .capabilities, .landlock]),
        Technique(
            "kern.set-namespace", "enter another process's namespace", "T1611",
            [.seccomp, .capabilities]),
        Technique(
            "kern.load-module", "load a kernel module from memory", "T1547.006", forbidden,
            control: .needs("loadable modules"), note: right),
        Technique(
            "kern.load-module-file", "load a kernel module from a file", "T1547.006", forbidden,
            control: .needs("loadable modules"), note: right),
        Technique(
            "kern.kexec", "replace the running kernel", "T1014", forbidden,
            control: .needs("kexec"), note: right),
        Technique(
            "kern.reboot", "restart the machine", "T1529", forbidden,
            control: .needs("CAP_SYS_BOOT"),
            note: restart),
        Technique("kern.swap", "turn swapping on", "T1003", forbidden, control: .needs("swap")),
        Technique(
            "kern.accounting", "redirect process accounting", "T1562.006",
            [.seccomp, .capabilities, .landlock],
            control: .needs("process accounting")),
        Technique(
            "kern.quota", "change disk quotas", "T1499", forbidden, control: .needs("quotas"),
            note: right),
        Technique(
            "kern.log", "read the kernel's log", "T1654", forbidden, control: .needs("CAP_SYSLOG")),
        Technique(
            "kern.clock", "change the clock", "T1070", forbidden,
            control: .needs("CAP_SYS_TIME"), note: "the clock takes an offset of nothing"),
        Technique(
            "kern.bpf", "load a BPF program", "T1014", forbidden, control: .needs("BPF")),
        Technique(
            "kern.perf", "count another program's events by perf_event_open", "T1068", forbidden,
            control: .needs("perf events")),
        Technique(
            "kern.userfault", "stop the kernel inside a page fault by userfaultfd", "T1068",
            [.seccomp], control: .needs("userfaultfd")),
        Technique(
            "kern.io-uring", "make a ring that passes by the filter", "T1068", [.seccomp],
            control: .needs("io_uring")),
        Technique(
            "kern.file-watch", "watch a whole mount by fanotify", "T1083", forbidden,
            control: .needs("fanotify")),
        Technique(
            "kern.ports", "reach the machine's I/O ports", "T1068", forbidden,
            control: .needs("I/O ports")),
        Technique(
            "kern.descriptor-table", "change the segment table by modify_ldt", "T1068",
            [.seccomp], control: .needs("modify_ldt")),
        Technique(
            "kern.personality", "make readable memory executable by personality", "T1068",
            [.seccomp]),
        Technique(
            "kern.terminal-input", "type into the terminal by TIOCSTI", "T1059", [.seccomp],
            standing: "no terminal, own session", control: .needs("TIOCSTI")),
        Technique(
            "kern.entry-ia32", "call by the 32-bit entry, which a filter may forget", "T1068",
            [.seccomp], control: .needs("the IA32 entry"), fatal: true),
        Technique(
            "kern.entry-x32", "call by x32 numbers, which a filter may forget", "T1068",
            [.seccomp], control: .needs("the x32 entry"), fatal: true),
    ]

    /// Code that did not come with the program.
    package static let code: [Technique] = [
        Technique(
            "exec.shell", "run a shell", "T1059.004", [.root, .seccomp, .landlock],
            yields: ["exec": .seccomp]),
        Technique(
            "exec.interpreter", "run a script interpreter", "T1059.006",
            [.root, .seccomp, .landlock], yields: ["exec": .seccomp]),
        Technique(
            "exec.again", "run the own program a second time", "T1106", [.seccomp],
            yields: ["exec": .seccomp]),
        Technique(
            "exec.dropped-scratch", "run a file dropped in /tmp", "T1105",
            [.root, .landlock, .seccomp], yields: ["exec": .seccomp]),
        Technique(
            "exec.dropped-state", "run a file dropped in the state directory", "T1105",
            [.root, .landlock, .seccomp], yields: ["exec": .seccomp]),
        Technique(
            "exec.memory-file", "run a file that exists in memory only", "T1620", [.seccomp],
            yields: ["exec": .seccomp]),
        Technique(
            "exec.writable-map", "map memory writable and executable, and run it", "T1620",
            [.wx, .seccomp], yields: ["wx": [.wx, .seccomp]]),
        Technique(
            "exec.changed-map", "make written memory executable, and run it", "T1620",
            [.wx, .seccomp], yields: ["wx": [.wx, .seccomp]]),
        Technique(
            "exec.memory-file-map", "map a memory file twice, writable and executable", "T1620",
            [.seccomp]),
        Technique(
            "exec.file-map", "map a dropped file executable, and run it", "T1620", [.root]),
    ]
}
