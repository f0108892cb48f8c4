internal import AuditTreaty
internal import CLinux
internal import Cgroups
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc
internal import Loop
internal import Processes

// Starting one compartment: the jail is spawned, put into its control group while it still waits
// for its plan, and given plan and descriptors in one message.
extension Supervisor {
    /// Where a compartment finds its own directory.
    private static let stateTarget = "/state"
    /// Bytes of a program: it is hashed while everything else waits.
    private static let programMax: Int64 = 1 << 30

    mutating func launch(_ index: Int, preparation: Int?) {
        do {
            try start(index, preparation: preparation)
        } catch {
            let errno = (error as? SystemFailure)?.errno ?? 0
            record(
                index,
                .stepFailed(compartment: UInt16(index), step: "\(error)", errno: errno))
            lastError[index] = "\(error)"
            move(index, .ended(clean: false))
        }
    }

    private mutating func start(_ index: Int, preparation: Int?) throws {
        let unit = units[index]
        if preparation == 0 { try beginPreparation(unit) }
        let step = preparation.map { unit.plan.prepare[$0] }
        let path = unit.probe?.program ?? step?.program ?? unit.plan.program
        let program = try Files.open(path, reachableBy: unit.uid, gid: gid(of: unit))
        let facts = try Files.facts(program)
        guard !facts.isWritableByOthers, facts.size <= Self.programMax else {
            throw Failure(
                .usage, "program", "\(path) is over 1 GiB, or others may write to it",
                remedy: "chmod go-w \(path)")
        }
        try SourceOwners.require(path, facts, observer: observer)
        let digest = try programs.digest(of: program, path: path)

        if units[index].group == nil, deployment.isolation == .full {
            units[index].group = try makeGroup(unit)
        }
        let before = (try? units[index].group?.usage().memoryKills) ?? 0

        if step == nil {
            try renewNotify(index)
            try openListeners(index)
        }
        let (output, input) = try SharedDescriptor.pipe()
        try DescriptorIO.setNonBlocking(output.number)

        let writing = try Descriptor(copying: input.number)
        let jailed = try Jail.spawn(jail, log: writing, label: unit.plan.name)
        if !leftOut(isProbe: unit.probe != nil).contains(.limits) {
            try units[index].group?.add(Int32(jailed.pid))
        }
        let control = SharedDescriptor(jailed.takeControl())
        try send(unit, step: step, program: program, control: control)
        try DescriptorIO.setNonBlocking(control.number)
        units[index].run = Unit.Run(
            control: control, log: output, launched: Clock.monotonic, outOfMemoryBefore: before,
            digest: digest, preparation: preparation, isProbe: unit.probe != nil)
        try loop.add(control.number, token: Token.jail(index).raw, .readable)
        try loop.add(output.number, token: Token.log(index).raw, .readable)
    }

    /// Walls of the jail that a run does without: a drill takes them from its probes alone, because
    /// programs and recorders would not start, or not be themselves, without some of them.
    func leftOut(isProbe: Bool) -> Walls { isProbe ? deployment.without : [] }

    private func makeGroup(_ unit: Unit) throws(SystemFailure) -> Cgroup {
        try Cgroup.create(
            places.groupPrefix + unit.plan.name,
            limits: CgroupLimits(
                memoryBytes: unit.plan.memoryBytes, processes: unit.plan.processes + 1,
                cpuMilli: unit.plan.cpuMilli,
                cpuWeight: unit.plan.kind == .service ? 100 : CgroupLimits.recorderWeight))
    }

    /// The plan in a sealed memfd, then the descriptors in the order that the jail expects.
    private func send(
        _ unit: Unit, step: PreparationPlan?, program: borrowing Descriptor,
        control: SharedDescriptor
    ) throws {
        var handed = step == nil ? unit.handed : []
        if let probe = unit.probe {
            handed.append(Handed(name: "orders", descriptor: probe.orders))
            handed.append(Handed(name: "report", descriptor: probe.report))
        }
        var compartment = unit.plan
        compartment.mounts = unit.plan.mounts.map { $0.with(uid: unit.uid) }
        let order = JailOrder(
            compartment: compartment, preparation: step, uid: unit.uid,
            gid: gid(of: unit),
            isolation: deployment.isolation, without: leftOut(isProbe: unit.probe != nil),
            environment: environment(unit, handed: handed, isStep: step != nil),
            descriptors: handed.count, hasNotify: unit.notify != nil && step == nil,
            probe: unit.probe?.program,
            state: deployment.isolation == .full ? nil : hostDirectory(of: unit.plan),
            changesUID: changesUIDs)
        let plan = try Jail.seal(JailPlan.encode(order))
        let stdin = try step.flatMap { $0.input.isEmpty ? nil : $0.input }.map {
            try SharedDescriptor(Files.open($0, reachableBy: unit.uid, gid: gid(of: unit)))
        }
        let state = try unit.state.map(Self.copy)
        try Jail.send(
            control.number, plan: plan, program: program.number,
            namespace: unit.namespace?.number, state: state?.number,
            notify: unit.notify == nil || step != nil ? nil : places.notify(unit.plan.name),
            input: stdin?.number, handed: handed.map(\.descriptor.number))
    }

    /// The group that a compartment runs as.
    private func gid(of unit: Unit) -> UInt32 { changesUIDs ? unit.uid : getegid() }

    /// A second detached mount of the service's disk: the jail attaches it, and the first stays.
    private static func copy(of mount: SharedDescriptor) throws(SystemFailure) -> SharedDescriptor {
        let number = bh_detached_copy(mount.number)
        guard number >= 0 else { throw SystemFailure("open_tree", "state", errno: -number) }
        return SharedDescriptor(Descriptor(owning: number))
    }

    private func environment(_ unit: Unit, handed: [Handed], isStep: Bool) -> [String] {
        let isFull = deployment.isolation == .full
        let state = isFull ? Self.stateTarget : hostDirectory(of: unit.plan)
        var lines = unit.plan.environment + ["STATE_DIRECTORY=\(state)", "HOME=\(state)"]
        if !handed.isEmpty {
            lines.append("LISTEN_FDS=\(handed.count)")
            lines.append("LISTEN_FDNAMES=" + handed.map(\.name).joined(separator: ":"))
            // The jail puts the program's pid behind it, whichever namespace that is in.
            lines.append("LISTEN_PID=")
        }
        if unit.notify != nil, !isStep {
            let path = isFull ? JailPlan.notifyTarget : places.notify(unit.plan.name)
            lines.append("NOTIFY_SOCKET=\(path)")
        }
        return lines
    }

    // MARK: Preparation

    /// Steps still to be done: all of them until they were all done once.
    func preparationsLeft(_ index: Int) -> Int {
        let plan = units[index].plan
        guard !plan.prepare.isEmpty,
            Files.facts(of: places.prepared(plan.name, deployment.isolation)) == nil
        else {
            return 0
        }
        return plan.prepare.count
    }

    /// Preparation that was interrupted begins again with nothing: a half-made database is worse
    /// than none.
    ///
    /// Only what an earlier preparation left half done is emptied: a service that gets
    /// its first step later keeps what it has.
    private func beginPreparation(_ unit: Unit) throws {
        let mark = places.begun(unit.plan.name, deployment.isolation)
        if Files.facts(at: mark) != nil {
            try emptyState(unit)
        } else if let state = unit.state {
            // A new disk has one directory, which not every program expects in its own.
            unsafe bh_remove_empty(state.number, "lost+found")
        }
        try Files.replace(mark, with: Array("begun\n".utf8), mode: 0o600)
    }

    private func emptyState(_ unit: Unit) throws(SystemFailure) {
        let result: Int32
        if let state = unit.state {
            result = bh_empty_directory(state.number)
        } else {
            let path = hostDirectory(of: unit.plan)
            let directory = try Files.open(path, followLinks: false, directory: true)
            result = bh_empty_directory(directory.number)
        }
        if result < 0 { throw SystemFailure("empty", unit.plan.name, errno: -result) }
    }

    mutating func markPrepared(_ index: Int) {
        let name = units[index].plan.name
        do {
            try Files.replace(
                places.prepared(name, deployment.isolation), with: Array("done\n".utf8), mode: 0o600
            )
            try Files.remove(places.begun(name, deployment.isolation))
        } catch {
            failure = Failure(
                .machine, "prepared", "cannot remember that \(name) is prepared: \(error)",
                remedy: "free space below \(places.state)")
            stop(reason: "\(name) cannot be prepared")
        }
    }
}
