import Cgroups
import Descriptors
import Glibc
import Testing

@Suite("Control groups")
struct CgroupTests {
    static let isRoot = geteuid() == 0

    @Test("the mount table tells which version governs what")
    func layouts() {
        var unified = CgroupLayout()
        unified.take(mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n")
        #expect(unified.roots == ["/sys/fs/cgroup"])
        #expect(CgroupController.allCases.allSatisfy(unified.isUnified))
        var hybrid = CgroupLayout()
        hybrid.take(
            mounts: """
                cgroup /g/memory cgroup rw,memory 0 0
                cgroup /g/pids cgroup rw,pids 0 0
                cgroup /g/cpu cgroup rw,cpu,cpuacct 0 0
                cgroup2 /g/unified cgroup2 rw 0 0
                """)
        #expect(hybrid.roots == ["/g/memory", "/g/pids", "/g/cpu", "/g/unified"])
        #expect(!CgroupController.allCases.contains(where: hybrid.isUnified))
    }

    @Test(
        "a group limits processes, counts what it refused, and goes",
        .enabled(if: isRoot, "needs root"))
    func processes() throws {
        let name = "bulkhead-test-\(getpid())-pids"
        let group = try Cgroup.create(
            name, limits: CgroupLimits(memoryBytes: 64 << 20, processes: 3, cpuMilli: 500))
        defer { try? group.remove() }
        // The shell moves itself in, then forks past its limit and waits to be killed.
        let script = "read go; for i in 1 2 3 4 5 6; do sleep 60 & done; echo full; sleep 60"
        let child = try Child(script)
        try group.add(child.pid)
        try child.say("go\n")
        while try group.usage().processRefusals == 0 { usleep(1_000) }
        #expect(try group.usage().processes <= 3)
        try group.remove()
        child.wait()
        #expect(try Cgroup.sweep(prefix: name) == [])
    }

    @Test("a group that yields gets the lesser share", .enabled(if: isRoot, "needs root"))
    func weight() throws {
        let name = "bulkhead-test-\(getpid())-weight"
        let group = try Cgroup.create(
            name,
            limits: CgroupLimits(
                memoryBytes: 64 << 20, processes: 3, cpuMilli: 0,
                cpuWeight: CgroupLimits.recorderWeight))
        defer { try? group.remove() }
        let values = ["/sys/fs/cgroup/cpu/\(name)/cpu.shares", "/sys/fs/cgroup/\(name)/cpu.weight"]
            .compactMap { try? Files.read($0, limit: 64) }
            .map { String(decoding: $0, as: UTF8.self) }
        #expect(values == ["102\n"] || values == ["10\n"])
    }

    @Test("a sweep kills and removes what a dead run left", .enabled(if: isRoot, "needs root"))
    func sweep() throws {
        let prefix = "bulkhead-test-\(getpid())-swept-"
        let group = try Cgroup.create(
            prefix + "a", limits: CgroupLimits(memoryBytes: 64 << 20, processes: 8, cpuMilli: 0))
        let child = try Child("read go; sleep 60")
        try group.add(child.pid)
        #expect(try Cgroup.sweep(prefix: prefix) == [prefix + "a"])
        #expect(child.wait() == SIGKILL)
        #expect(try Cgroup.sweep(prefix: prefix) == [])
    }

    @Test("memory beyond the limit is killed and counted", .enabled(if: isRoot, "needs root"))
    func memory() throws {
        let group = try Cgroup.create(
            "bulkhead-test-\(getpid())-memory",
            limits: CgroupLimits(memoryBytes: 16 << 20, processes: 8, cpuMilli: 0))
        defer { try? group.remove() }
        // `tail` keeps an endless line in memory.
        let child = try Child("read go; exec tail /dev/zero")
        try group.add(child.pid)
        try child.say("go\n")
        #expect(child.wait() == SIGKILL)
        #expect(try group.usage().memoryKills >= 1)
    }
}

/// A shell that waits for a line before it does anything.
private final class Child {
    let pid: Int32
    private let input: SharedDescriptor

    init(_ script: String) throws {
        let (reading, writing) = try SharedDescriptor.pipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, reading.number, 0)
        var started: Int32 = 0
        let result = unsafe CStrings.with(["sh", "-c", script]) { argv in
            unsafe posix_spawn(&started, "/bin/sh", &actions, nil, argv, environ)
        }
        unsafe posix_spawn_file_actions_destroy(&actions)
        guard result == 0 else { throw SystemFailure("posix_spawn", "sh", errno: result) }
        pid = started
        input = writing
    }

    func say(_ text: String) throws { try DescriptorIO.writeAll(input.number, Array(text.utf8)) }

    /// The signal that ended it; 0 when it ended by itself.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
        return status & 0x7F
    }
}
