import Confinement
import Glibc
import Processes
import Testing

/// Each wall is taken away once: what it held back gets through, and nothing else changes.
@Suite(
    "Walls",
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(if: Workshop.shared != nil, "needs a C compiler and static libraries"))
struct WallTests {
    let workshop: Workshop

    init() throws { workshop = try #require(Workshop.shared) }

    private static let attempts = [
        "uid", "pid", "listen", "host", "read:/etc/secret", "stat:/usr/bin", "read:/proc/1/status",
        "mkdir:/x", "create:/tmp/a", "files", "core", "wx", "dial:9", "dup:64", "status:CapEff",
        "status:CapBnd", "status:NoNewPrivs", "status:Seccomp",
    ]

    /// Facts of the program itself, of which `/proc/1` must not be.
    private func answers(without: Walls) throws -> [String: String] {
        var plan = workshop.plan(Self.attempts)
        // A file of the test's own is no place in the host's /tmp for a twin without its root.
        plan.arguments = plan.arguments.filter {
            !without.contains(.root) || !($0.hasPrefix("create:") || $0.hasPrefix("mkdir:"))
        }
        let cell = try Cell(workshop, workshop.order(plan, without: without))
        let outcome = try cell.finish()
        #expect(outcome.failure == nil)
        #expect(outcome.status == 0)
        return outcome.answers
    }

    static let walls: [(String, Walls, Set<String>)] = [
        ("seccomp", .seccomp, ["status:Seccomp"]),
        // Pid 1 is hidden whether or not Landlock has a say; its port is closed.
        ("landlock", .landlock, ["read:/etc/secret", "dial:9"]),
        // A file of root's becomes readable to its capability too, /proc/1 with it.
        (
            "capabilities", .capabilities,
            ["status:CapEff", "status:CapBnd", "read:/proc/1/status"]
        ),
        ("uid", .uid, ["uid", "read:/proc/1/status"]),
        ("root", .root, ["read:/etc/secret", "stat:/usr/bin", "create:/tmp/a", "mkdir:/x"]),
        ("pids", .pids, ["pid", "listen", "read:/proc/1/status"]),
        ("limits", .limits, ["files", "dup:64"]),
        ("privileges", .privileges, ["status:NoNewPrivs"]),
        ("wx", .wx, ["wx"]),
        ("ipc", .ipc, ["host"]),
    ]

    @Test("taking one away changes exactly what it held back", arguments: walls)
    func one(_ name: String, _ wall: Walls, _ expected: Set<String>) throws {
        let whole = try answers(without: [])
        let twin = try answers(without: wall)
        let changed = Set(whole.keys.filter { whole[$0] != twin[$0] })
        #expect(changed == expected, "\(name): \(twin)")
    }

    @Test("without any of them the jail still runs the program")
    func none() throws {
        let outcome = try answers(without: walls)
        #expect(outcome["status:Seccomp"] == "0")
        #expect(outcome["uid"] == "0 0")
    }

    private var walls: Walls { Self.walls.reduce(into: Walls()) { $0.formUnion($1.1) } }

    @Test("the facts of a waiting program agree with its plan, and each difference has its text")
    func facts() throws {
        let cell = try Cell(workshop, workshop.order(workshop.plan(["pid"])))
        let facts = try #require(try cell.finish().facts)
        let own = try ProcessFacts.own()
        var expected = ExpectedFacts(uid: 61_234, gid: 61_234)
        expected.filesLimit = 64
        expected.ownNamespaces = ["mnt", "pid", "net", "ipc", "uts", "cgroup"]
        expected.network = facts.namespaces["net"]
        expected.descriptors = ExpectedFacts.descriptors(handed: [], filesLimit: 64)
        #expect(facts.check(against: expected, supervisor: own) == nil)
        #expect(facts.network(isNot: own))
        let changes: [(String, (inout ExpectedFacts) -> Void)] = [
            ("uid is", { $0.uid = 1 }), ("gid is", { $0.gid = 1 }),
            ("no_new_privs", { $0.noNewPrivileges = false }),
            ("seccomp", { $0.isFiltered = false }), ("limit of open files", { $0.filesLimit = 65 }),
            ("CapPrm", { $0.capabilities = 1 }), ("CapBnd", { $0.bounding = 1 }),
            ("user namespace", { $0.ownNamespaces.insert("user") }),
            ("network namespace", { $0.network = own.namespaces["net"] }),
            ("pids are", { $0.innerPid = 3 }),
            ("descriptor 64 is open", { $0.descriptors[64] = nil }),
            ("descriptor 3 is socket", { $0.descriptors[3] = "pipe:[" }),
            ("descriptor 9 is missing", { $0.descriptors[9] = "" }),
        ]
        for (text, change) in changes {
            var other = expected
            change(&other)
            let difference = facts.check(against: other, supervisor: own)
            #expect(difference?.contains(text) == true, "\(text): \(difference ?? "none")")
        }
    }
}

extension ProcessFacts {
    fileprivate func network(isNot other: ProcessFacts) -> Bool {
        namespaces["net"] != nil && namespaces["net"] != other.namespaces["net"]
    }
}
