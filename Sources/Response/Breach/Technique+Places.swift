internal import Confinement

extension Technique {
    private static let elsewhere: Walls = [.root, .landlock, .uid]

    /// Files, devices and evidence that are not the compartment's own.
    package static let files: [Technique] = [
        Technique(
            "file.host-shadow", "read the host's password hashes", "T1003.008", elsewhere,
            places: shadows),
        Technique(
            "file.host-keys", "read private keys of the host", "T1552.004", elsewhere,
            places: hostKeys),
        Technique("file.state-others", "read other services' state", "T1005", elsewhere),
        Technique("file.trail-read", "read the trails", "T1654", elsewhere),
        Technique("file.trail-write", "write to the trails", "T1070.002", elsewhere),
        Technique(
            "file.proc-root", "leave by /proc/PID/root and /proc/PID/cwd", "T1611",
            [.pids, .uid, .landlock, .capabilities]),
        Technique(
            "file.proc-environ", "read other processes' environment", "T1552",
            [.pids, .uid, .landlock, .capabilities]),
        Technique(
            "file.open-by-handle", "open a file by its handle, past every path", "T1611",
            [.seccomp, .capabilities], control: .needs("file handles")),
        Technique(
            "file.persist-cron", "leave a job for the host's cron", "T1053.003", elsewhere,
            places: ["/etc/cron.d"]),
        Technique(
            "file.persist-unit", "leave a unit for the host's init", "T1543.002", elsewhere,
            places: ["/etc/systemd/system"]),
        Technique(
            "file.persist-keys", "leave an SSH key for root", "T1098.004", elsewhere,
            places: ["/root/.ssh"]),
        Technique(
            "file.own-program", "put another program in the place of the own one", "T1554",
            [.root, .landlock, .uid], disturbs: true),
        Technique(
            "file.own-libraries", "put a library where the loader looks", "T1574.006",
            [.root, .landlock, .uid], disturbs: true),
        Technique(
            "file.chmod-evidence", "change the mode of what is not its own", "T1222.002",
            [.root, .uid]),
        Technique(
            "file.stamp-evidence", "change the times of what is not its own", "T1070.006",
            [.root, .uid]),
        Technique(
            "file.mark-evidence", "hide data in extended attributes of others' files", "T1564.014",
            [.root, .uid, .seccomp], control: .needs("extended attributes")),
        Technique(
            "file.make-device", "make a device node and read through it", "T1006",
            [.seccomp, .capabilities, .landlock], standing: "every mount is nodev"),
        Technique(
            "file.raw-device", "read the host's disks and memory by their devices", "T1006",
            [.root, .landlock, .uid], places: rawDevices),
        Technique(
            "file.sysctl", "write a kernel parameter", "T1562.001", [.pids, .landlock, .uid]),
        Technique(
            "file.core-pattern", "make the kernel run a program at the next crash", "T1611",
            [.pids, .landlock, .uid], control: .needs("a writable core_pattern")),
        Technique(
            "file.cgroup-escape", "leave the control group", "T1611", [.root, .landlock, .uid],
            control: .needs("a control group of its own")),
        Technique(
            "file.cgroup-mount", "mount a control group tree for its release agent", "T1611",
            [.seccomp, .capabilities, .landlock], control: .needs("control groups v1")),
    ]

    /// Identities and privileges.
    package static let identities: [Technique] = [
        Technique(
            "priv.setuid-file", "run a setuid file", "T1548.001", [.privileges, .root, .seccomp],
            standing: "every mount is nosuid", places: setuidFiles),
        Technique(
            "priv.setuid-zero", "become uid 0", "T1548", [.seccomp, .capabilities]),
        Technique(
            "priv.setgid-zero", "become group 0 and drop all others", "T1548",
            [.seccomp, .capabilities]),
        Technique(
            "priv.raise-capabilities", "raise capabilities back into the effective set", "T1548",
            [.seccomp, .capabilities]),
        Technique(
            "priv.raise-limit", "raise a hard resource limit", "T1548",
            [.seccomp, .capabilities], control: .needs("CAP_SYS_RESOURCE")),
        Technique(
            "priv.user-namespace-unshare", "become root in a new user namespace by unshare",
            "T1611", [.seccomp], control: .needs("user namespaces")),
        Technique(
            "priv.user-namespace-clone", "become root in a new user namespace by clone", "T1611",
            [.seccomp], control: .needs("user namespaces")),
        Technique(
            "priv.user-namespace-clone3",
            "become root in a new user namespace by clone3, whose flags no filter sees", "T1611",
            [.seccomp], control: .needs("user namespaces")),
        Technique(
            "priv.keyring-add", "keep a secret in the kernel's keyrings", "T1564",
            [.seccomp], control: .needs("keyrings")),
        Technique(
            "priv.keyring-read", "read keys that others keep in the kernel", "T1555",
            [.seccomp], control: .needs("keyrings")),
        Technique(
            "priv.realtime", "take the processor by a real-time priority", "T1496",
            [.seccomp, .capabilities, .limits]),
    ]

    /// Other processes: their memory, their descriptors, their lives.
    package static let memory: [Technique] = [
        Technique(
            "mem.vm-read", "read another process's memory by process_vm_readv", "T1003",
            [.seccomp, .pids, .uid, .capabilities]),
        Technique(
            "mem.vm-write", "write another process's memory by process_vm_writev", "T1055",
            [.seccomp, .pids, .uid, .capabilities]),
        Technique(
            "mem.proc-mem", "read another process's memory by /proc/PID/mem", "T1003.007",
            [.pids, .uid, .landlock, .capabilities]),
        Technique(
            "mem.ptrace", "trace another process", "T1055.008",
            [.seccomp, .pids, .uid, .capabilities]),
        Technique(
            "mem.steal-descriptor", "take another process's descriptor by pidfd_getfd", "T1563",
            [.seccomp, .pids, .uid, .capabilities], control: .needs("pidfd_getfd")),
        Technique(
            "mem.core-dump", "leave the memory in a core file", "T1003",
            [], standing: "no core has room, not even in a twin",
            control: .needs("core files"),
            note: "where no child may be made, only the limit is looked at"),
        Technique("proc.list", "see other compartments' processes", "T1057", [.pids]),
        Technique(
            "proc.signal-others", "signal other services", "T1489",
            [.seccomp, .pids, .uid, .landlock, .capabilities], yields: ["fork": .seccomp]),
        Technique(
            "proc.kill-watch", "signal the supervisor, the sensor and the trail writers",
            "T1562.001", [.seccomp, .pids, .uid, .landlock], yields: ["fork": .seccomp]),
        Technique(
            "proc.limit-others", "lower the limits of other processes", "T1489",
            [.seccomp, .pids, .uid]),
        Technique(
            "proc.shared-memory", "attach another service's shared memory", "T1559",
            [.ipc, .seccomp], control: .needs("System V shared memory"), yields: ["shm": .seccomp]),
        Technique(
            "proc.hostname", "change the machine's name as its programs see it", "T1036",
            [.seccomp, .capabilities]),
    ]
}
