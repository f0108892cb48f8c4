import CLinux
import Confinement
import Descriptors
import Glibc
import Processes
import Seccomp
import Testing

/// Real jails with real programs inside.
@Suite(
    "Jail",
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(if: Workshop.shared != nil, "needs a C compiler and static libraries"))
struct JailTests {
    let workshop: Workshop

    init() throws { workshop = try #require(Workshop.shared) }

    private func run(
        _ attempts: [String], without: Walls = [], _ extras: Cell.Extras = .init(),
        _ change: (inout JailOrder) -> Void = { _ in }
    ) throws -> Outcome {
        var order = workshop.order(workshop.plan(attempts), without: without)
        change(&order)
        let cell = try Cell(workshop, order, extras)
        return try cell.finish()
    }

    @Test("only what the plan mounts is there, and the root is read-only")
    func root() throws {
        let outcome = try run(
            [
                "list:/", "list:/bin", "list:/dev", "list:/proc", "mkdir:/x", "create:/etc/x",
                "exe", "cwd",
            ]
        ) { $0.compartment.paths.append(PathRule("/", .write)) }
        #expect(outcome.status == 0)
        #expect(outcome.answers["list"] == nil)
        let answers = outcome.output.split(separator: "\n").map(String.init)
        #expect(
            answers.prefix(8) == [
                "list:/=bin dev etc proc tmp", "list:/bin=inside",
                "list:/dev=full null random urandom zero", "list:/proc=2 self thread-self",
                "mkdir:/x=\(EROFS)", "create:/etc/x=\(EROFS)", "exe=/bin/inside", "cwd=/",
            ])
    }

    @Test("the program has its own uid, no capability, one filter, and a pid namespace of two")
    func identity() throws {
        let names = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
        let outcome = try run(
            [
                "uid", "pid", "listen", "host", "status:NoNewPrivs", "status:Seccomp",
                "status:Groups",
            ]
                + names.map { "status:\($0)" })
        let answers = outcome.answers
        #expect(answers["uid"] == "61234 61234")
        #expect(answers["pid"] == "2")
        #expect(answers["listen"] == "2")
        #expect(answers["host"] == "cell")
        #expect(answers["status:NoNewPrivs"] == "1")
        #expect(answers["status:Seccomp"] == "2")
        for name in names { #expect(answers["status:\(name)"] == "0000000000000000") }
        #expect((outcome.landlock ?? 0) >= 1)
    }

    @Test("Landlock keeps it from files, ports and signals that the plan does not name")
    func landlock() throws {
        let outcome = try run([
            "read:/etc/secret", "create:/tmp/a", "read:/proc/self/status", "create:/dev/null",
            "dial:9", "dial:10", "kill:1",
        ]) { $0.compartment.connectPorts = [10] }
        let answers = outcome.answers
        #expect(answers["read:/etc/secret"] == "\(EACCES)")
        #expect(answers["create:/tmp/a"] == "0")
        #expect(answers["read:/proc/self/status"] == "0")
        #expect(answers["create:/dev/null"] == "0")
        #expect(answers["dial:9"] == "\(EACCES)")
        // Its own loopback is up and nobody listens: this port was let through.
        #expect(answers["dial:10"] == "\(ECONNREFUSED)")
    }

    @Test("handed descriptors arrive from 3 on, and no other one does")
    func descriptors() throws {
        let pipe = try openPipe()
        let reader = Descriptor(owning: pipe.reader)
        let writer = Descriptor(owning: pipe.writer)
        var extras = Cell.Extras()
        extras.handed = [reader.number, writer.number, reader.number]
        let order = workshop.order(workshop.plan(["list:/proc/self/fd", "dup:64", "again:64"]))
        let cell = try Cell(workshop, order, extras)
        let outcome = try cell.finish()
        // 6 is the directory that it lists.
        #expect(outcome.answers["list:/proc/self/fd"] == "0 1 2 3 4 5 6")
        // The program's number is out of reach for ever: no second execveat.
        #expect(outcome.answers["dup:64"] == "\(EBADF)")
        #expect(outcome.answers["again:64"] == "\(EBADF)")
        let link = ProcessFacts.link("/proc/self/fd/\(reader.number)")
        let expected = ExpectedFacts.descriptors(handed: [link, link, link], filesLimit: 64)
        #expect(Set(outcome.facts?.descriptors.keys.map { $0 } ?? []) == Set(expected.keys))
    }

    @Test("the state directory is its own disk, the notify socket and standard input arrive")
    func places() throws {
        let host = workshop.folder + "/state.\(getpid())"
        try Files.makeDirectories(host, mode: 0o700)
        #expect(unsafe chown(host, 61_234, 61_234) == 0)
        let socket = host + ".notify"
        let notices = Descriptor(owning: unsafe bh_unix_receiver(socket, 0o666))
        defer {
            for path in [host + "/made", socket] { _ = unsafe unlink(path) }
            _ = unsafe rmdir(host)
        }
        let state = Descriptor(owning: unsafe bh_detached_bind(host))
        let input = try Files.open(workshop.folder + "/inside.c")
        var extras = Cell.Extras()
        extras.state = state.number
        extras.notify = socket
        extras.input = input.number
        var order = workshop.order(
            workshop.plan(["create:/state/made", "cwd", "notify", "copy", "create:/run/x"]))
        order.compartment.mounts.append(.state(target: "/state"))
        order.compartment.paths.append(PathRule("/state", .write))
        order.environment.append("NOTIFY_SOCKET=" + JailPlan.notifyTarget)
        order.hasNotify = true
        let cell = try Cell(workshop, order, extras)
        let answers = try cell.finish().answers
        #expect(answers["create:/state/made"] == "0")
        #expect(answers["cwd"] == "/state")
        #expect(answers["notify"] == "0")
        #expect(answers["copy"] == "#define _GNU_SOURCE")
        #expect(Files.facts(of: host + "/made")?.uid == 61_234)
        let notice = Jail.notice(notices.number)
        #expect(notice?.uid == 61_234)
        #expect(notice?.isReady == true)
        #expect(Jail.notice(notices.number) == nil)
    }

    @Test("the exit status and the signal that ended it are reported")
    func ends() throws {
        #expect(try run(["exit:7"]).status == 7)
        #expect(try run(["crash"]).signal == UInt8(SIGABRT))
    }

    @Test("an order to stop reaches the program as SIGTERM, and what it left behind ends with it")
    func stops() throws {
        let cell = try Cell(
            workshop, workshop.order(workshop.plan(["orphan", "term", "pause"])))
        try cell.start()
        cell.await("pause=")
        cell.stop()
        while cell.next() != nil {}
        let outcome = cell.end()
        #expect(outcome.status == 42)
        #expect(outcome.facts.map { kill(Int32($0.pid), 0) } == -1)
    }

    @Test("a stop before GO ends the program before its first instruction")
    func stopsEarly() throws {
        let cell = try Cell(workshop, workshop.order(workshop.plan(["pid"])))
        while let report = cell.next() {
            if case .verify = report { cell.stop() }
        }
        let outcome = cell.end()
        #expect(outcome.failure == "go \(ECANCELED)")
        #expect(outcome.output.isEmpty)
    }

    @Test("when the supervisor lets go, everything ends")
    func supervisorDies() throws {
        let cell = try Cell(workshop, workshop.order(workshop.plan(["orphan", "pause"])))
        try cell.start()
        cell.await("pause=")
        let outcome = cell.end()
        let pid = try #require(outcome.facts?.pid)
        #expect(kill(Int32(pid), 0) == -1)
    }

    @Test("a jail that never gets a plan ends with its supervisor")
    func noPlan() throws {
        let log = try Files.create("/dev/null")
        let jailed = try Jail.spawn(workshop.jail, log: log)
        let pid = Int32(jailed.pid)
        _ = jailed.takeControl()
        var status: Int32 = -1
        #expect(unsafe waitpid(pid, &status, 0) == pid)
        #expect(status == 0)
    }

    @Test("the real filters let the jail's own last steps through")
    func realFilters() throws {
        let role = Role(words: [.stdio, .rpath], programDescriptor: 64)
        let filter = try Filter.program(role)
        let initFilter = try Filter.initProgram()
        let outcome = try run(["pid", "again:64", "dial:9", "exit:3"]) {
            $0.compartment.filter = filter
            $0.compartment.initFilter = initFilter
        }
        #expect(outcome.failure == nil)
        #expect(outcome.answers["pid"] == "2")
        #expect(outcome.status == 3)
    }

    @Test("without namespaces it runs on the host's files under Landlock, limits and filter")
    func levelNone() throws {
        let path = workshop.program
        let outcome = try run([
            "read:/etc/passwd", "read:\(path)", "files", "core", "status:Seccomp", "exit:5",
        ]) {
            $0.isolation = .none
            $0.compartment.program = path
            $0.compartment.paths = [PathRule("/proc", .read)]
        }
        #expect(outcome.failure == nil)
        #expect(outcome.status == 5)
        let answers = outcome.answers
        #expect(answers["read:/etc/passwd"] == "\(EACCES)")
        // Its own program it may read: it could not run otherwise.
        #expect(answers["read:\(path)"] == "0")
        #expect(answers["files"] == "64")
        #expect(answers["core"] == "1")
        #expect(answers["status:Seccomp"] == "2")
        #expect(outcome.facts?.noNewPrivileges == true)
        #expect(outcome.facts?.capabilities["CapEff"] == 0)
    }
}
