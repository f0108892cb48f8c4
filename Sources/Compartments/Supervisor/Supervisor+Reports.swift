internal import AuditTreaty
internal import Cgroups
internal import Confinement
internal import Descriptors
internal import Glibc
internal import Loop
internal import Processes

// What a running compartment tells: its jail's reports, its output, its readiness, its end.
extension Supervisor {
    /// Output taken from one service in one turn, so that a noisy one cannot hold the loop.
    private static let outputMax = 256 << 10

    mutating func takeReports(_ index: Int) {
        guard let run = units[index].run else { return }
        while true {
            switch Jail.receive(run.control.number) {
            case .report(let report): take(report, index)
            case .wouldBlock: return
            case .end:
                try? loop.remove(run.control.number)
                // Without a process to wait for, the jail failed before it made one.
                if units[index].run?.initProcess == nil { conclude(index) }
                return
            }
            if units[index].run == nil { return }
        }
    }

    private mutating func take(_ report: JailReport, _ index: Int) {
        switch report {
        case .cloned(let pid, let process):
            units[index].run?.initPid = pid
            units[index].run?.initProcess = process
            try? loop.add(process.number, token: Token.process(index).raw, .readable)
            // Who was asked to end meanwhile could not be asked yet.
            if let run = units[index].run, run.killAt != nil {
                requestStop(run, units[index].plan)
            }
        case .verify(let pid, let landlock):
            units[index].run?.programPid = pid
            units[index].run?.landlock = landlock
            verify(index)
        case .started:
            guard let run = units[index].run else { return }
            guard run.verified else {
                end(index, .mismatch("the program ran before it was verified"))
                return
            }
            guard run.preparation == nil else { return }
            record(
                index,
                .started(
                    compartment: UInt16(index), digest: run.digest, pid: run.programPid,
                    landlock: run.landlock))
            move(index, .started)
            if run.saidReady || units[index].probe != nil { move(index, .ready) }
        case .failed(let step, let errno, _):
            units[index].run?.ending = .stepFailed(step, errno: errno)
        case .exited(let status): units[index].run?.ending = .exited(status)
        case .signalled(let signal): units[index].run?.ending = .signalled(signal)
        }
    }

    /// Compares the stopped program with its plan; only then may its first instruction run.
    private mutating func verify(_ index: Int) {
        let unit = units[index]
        guard let run = unit.run else { return }
        do {
            let facts = try ProcessFacts.read(run.programPid)
            if let difference = facts.check(against: try planned(unit, run), supervisor: own) {
                end(index, .mismatch(difference))
                return
            }
            units[index].run?.verified = true
            try Jail.release(run.control.number)
        } catch {
            end(index, .mismatch("\(error)"))
        }
    }

    /// What the plan says of the stopped program.
    ///
    /// A wall that a drill left out leaves its facts unchecked, and nothing else.
    private func planned(_ unit: Unit, _ run: Unit.Run) throws(SystemFailure) -> ExpectedFacts {
        let without = leftOut(isProbe: run.isProbe)
        var expected = ExpectedFacts(uid: unit.uid, gid: unit.uid)
        expected.isFiltered = !without.contains(.seccomp)
        expected.noNewPrivileges = !without.contains(.privileges)
        if !without.contains(.limits) { expected.filesLimit = UInt64(unit.plan.files) }
        let handed =
            run.preparation == nil
            ? unit.handed.map(\.descriptor)
                + (unit.probe.map { [$0.orders, $0.report] } ?? []) : []
        expected.descriptors = ExpectedFacts.descriptors(
            handed: handed.map { ProcessFacts.link("/proc/self/fd/\($0.number)") },
            filesLimit: unit.plan.files)
        guard deployment.isolation == .full else {
            if !changesUIDs {
                expected.gid = getegid()
                expected.bounding = nil
                expected.descriptorsAreHidden = true
            }
            expected.innerPid = nil
            return expected
        }
        expected.ownNamespaces = ["mnt", "net", "cgroup"]
        if !without.contains(.ipc) { expected.ownNamespaces.formUnion(["ipc", "uts"]) }
        if without.contains(.pids) {
            expected.innerPid = nil
        } else {
            expected.ownNamespaces.insert("pid")
        }
        if without.contains(.uid) {
            expected.uid = geteuid()
            expected.gid = getegid()
        }
        if without.contains(.capabilities) || without.contains(.privileges) {
            expected.capabilities = nil
        }
        if without.contains(.capabilities) || without.contains(.uid) { expected.bounding = nil }
        if let namespace = unit.namespace {
            expected.network = try Files.facts(number: namespace.number).inode
        }
        return expected
    }

    mutating func end(_ index: Int, _ ending: RunEnding) {
        units[index].run?.ending = ending
        killNow(index)
    }

    /// The compartment's pid 1 is gone, and with it every process inside.
    mutating func conclude(_ index: Int) {
        guard let run = units[index].run else { return }
        if run.initProcess != nil { drainReports(run, index) }
        takeOutput(index)
        try? loop.remove(run.control.number)
        try? loop.remove(run.log.number)
        if let process = run.initProcess { try? loop.remove(process.number) }
        let last = units[index].run ?? run
        units[index].run = nil
        if run.isProbe {
            // Its report channel closes with it, so the drill learns of its end; the program
            // comes back by itself.
            units[index].probe = nil
            units[index].lifecycle.forgive()
        }
        let ending = last.ending ?? .signalled(UInt8(SIGKILL))
        announce(ending, last, index)
        if units[index].isMuted { renewChannel(index) }
        move(index, .ended(clean: ending == .exited(0)))
        // What waited a minute in vain will again: six times of it would look like a hang.
        if ending == .late { giveUp(on: index) }
        if case .stopping = stage { stopNext() }
    }

    private mutating func drainReports(_ run: Unit.Run, _ index: Int) {
        while case .report(let report) = Jail.receive(run.control.number) {
            switch report {
            case .failed, .exited, .signalled: take(report, index)
            case .cloned, .verify, .started: break
            }
        }
    }

    private mutating func announce(_ ending: RunEnding, _ run: Unit.Run, _ index: Int) {
        let id = UInt16(index)
        let kills = (try? units[index].group?.usage().memoryKills) ?? 0
        switch ending {
        case .exited(let status):
            lastError[index] = "its program ended with status \(status)"
            record(index, .ended(compartment: id, .exited(status: status)))
        case .signalled(let signal):
            let memory = kills > run.outOfMemoryBefore
            lastError[index] = memory ? "it used up its memory" : "signal \(signal) ended it"
            record(index, .ended(compartment: id, memory ? .outOfMemory : .signalled(signal)))
        case .stepFailed(let step, let errno):
            let text = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? ""
            lastError[index] = "the jail's step \(step) failed: \(text) (errno \(errno))"
            record(index, .stepFailed(compartment: id, step: step, errno: errno))
        case .late:
            lastError[index] = "it was not ready within 60 s"
            record(index, .ended(compartment: id, .signalled(UInt8(SIGKILL))))
        case .mismatch(let what):
            lastError[index] = "it differs from its plan: \(what)"
            record(index, .mismatch(compartment: id, what: what))
        }
    }

    /// Why a compartment is down, for people.
    func lastWords(_ index: Int) -> String { lastError[index] ?? "it ended" }

    mutating func takeOutput(_ index: Int) {
        guard let run = units[index].run else { return }
        var bytes: [UInt8] = []
        var taken = 0
        while taken < Self.outputMax {
            bytes.removeAll(keepingCapacity: true)
            guard
                case .bytes(let count)? = try? DescriptorIO.read(
                    run.log.number, into: &bytes, limit: 65536)
            else { break }
            taken += count
            logs[index].append(bytes)
        }
        if taken == 0, units[index].run?.ending != nil { try? loop.remove(run.log.number) }
    }

    /// Kills pid 1 of a compartment; the kernel kills the rest of it.
    mutating func killNow(_ index: Int) {
        guard let run = units[index].run else { return }
        if let process = run.initProcess {
            Jail.signal(process.number, SIGKILL)
        } else {
            // The jail has not made its pid 1: closing its control socket ends it.
            _ = shutdown(run.control.number, Int32(SHUT_RDWR))
        }
    }

    /// `READY=1` of the compartment's own uid; anything else is ignored.
    mutating func takeNotice(_ index: Int) {
        guard let socket = units[index].notify else { return }
        for _ in 0..<16 {
            guard let notice = Jail.notice(socket.number) else { return }
            guard notice.uid == units[index].uid else { continue }
            if notice.isReady {
                units[index].run?.saidReady = true
                move(index, .ready)
            }
        }
    }
}
