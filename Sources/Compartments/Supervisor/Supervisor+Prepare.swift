internal import Addresses
internal import AuditTreaty
internal import Bytes
internal import CLinux
internal import Confinement
internal import Descriptors
internal import Digests
internal import Findings
internal import Glibc
internal import Loop

// From a plan to everything that must exist before the first program starts. A step that fails
// throws, and `run` takes down what stands.
extension Supervisor {
    /// Buffer of an event channel: 4 MiB, some 6,500 messages of 256 bytes.
    private static let channelBytes: Int32 = 4 << 20
    /// Connections that wait in a published listener.
    static let backlog: Int32 = 512
    private static let lockAttempts = 64

    private var isFull: Bool { deployment.isolation == .full }
    /// Below `full` programs of root's run as nobody: as root no wall would hold them, and many
    /// servers refuse to.
    ///
    /// A uid of its own each would need names that the host does not have.
    private static let nobody: UInt32 = 65534
    /// Programs run as another user than the supervisor.
    var changesUIDs: Bool { isFull || geteuid() == 0 }

    mutating func prepare() throws {
        // The operator names them before the front reads a file: its bytes alone take none away.
        if !deployment.without.isSubset(of: spared) {
            throw Failure(
                .usage, "walls", "only a drill's twin may run with walls left out, those it names",
                remedy: "use `bulkhead drill breach --without …`")
        }
        try makePlaces()
        let swept = isFull ? try Residue(places: places).sweep() : []
        try makeUnits()
        try makeChannels()
        for line in swept { record(nil, .swept(what: line)) }
        try makeListeners()
        try makePlannedChannels()
        try handTable()
        if isFull {
            let network = try Network(deployment: deployment, places: places, units: &units)
            front.progress(network.summary)
            handLogs(network)
            self.network = consume network
            openAudit()
        }
        for part in roster().parts() {
            for index in units.indices { record(trail: index, .roster(part)) }
            record(nil, .roster(part))
        }
        try openControl()
        try watchBasics()
    }

    private mutating func makePlaces() throws {
        do {
            // A platform that ends meanwhile takes its directory and its lock along: then again.
            for attempt in 1... {
                try places.make()
                if try takeLock() { break }
                guard attempt < Self.lockAttempts else {
                    throw SystemFailure("flock", places.lock, errno: EBUSY)
                }
            }
            ownsPlaces = true
        } catch let error as SystemFailure {
            throw Failure(
                error.errno == ENOSPC ? .machine : .usage, "state",
                "cannot prepare \(places.state): \(error)",
                remedy: "free space, or name another directory with `--state DIR`")
        }
    }

    /// Whether the lock is ours; false when its file, or where it was to be, has just gone.
    private func takeLock() throws -> Bool {
        let lock: Descriptor
        do {
            lock = try Files.create(places.lock, mode: 0o600)
        } catch {
            if error.errno == ENOENT { return false }
            throw error
        }
        guard bh_lock(lock.number) == 0 else {
            throw Failure(
                .refused, "already-running", "platform \(places.id) already runs",
                remedy: "run `bulkhead down`, or give this one its own `--state DIR`")
        }
        // A lock on a file that its owner removed locks nothing.
        let held = try Files.facts(lock)
        guard let named = Files.facts(at: places.lock), named.inode == held.inode,
            named.device == held.device
        else { return false }
        // Held by this number until the process ends, however it ends.
        _ = lock.release()
        return true
    }

    private mutating func makeUnits() throws {
        var uids: [UInt32] = []
        if isFull, let path = places.registry {
            var registry = try UIDRegistry(path: path)
            for plan in deployment.compartments {
                uids.append(try registry.uid(for: "\(places.id)/\(plan.name)"))
            }
            try registry.commit()
        } else {
            let uid = geteuid() == 0 ? Self.nobody : geteuid()
            uids = deployment.compartments.map { _ in uid }
        }
        try makeDisks(uids)
        for (index, plan) in deployment.compartments.enumerated() {
            var unit = Unit(plan: plan, index: index, uid: uids[index])
            unit.state = try makeState(plan, uid: uids[index])
            unit.notify = try makeNotify(plan)
            units.append(unit)
            logs.append(try ServiceLog(path: places.log(of: plan.name)))
        }
    }

    /// The images of all services that have none yet.
    private func makeDisks(_ uids: [UInt32]) throws {
        guard isFull else { return }
        let disks = deployment.compartments.enumerated().compactMap { index, plan in
            plan.kind == .service ? Disk(places: places, plan: plan, uid: uids[index]) : nil
        }
        for plan in deployment.compartments where plan.kind == .service {
            try Files.makeDirectories(hostDirectory(of: plan), mode: 0o700)
        }
        try Disk.format(disks)
    }

    /// A service's own disk, mounted nowhere yet; below `full` its plain directory.
    private func makeState(
        _ plan: CompartmentPlan, uid: UInt32
    ) throws -> SharedDescriptor? {
        let path = hostDirectory(of: plan)
        try Files.makeDirectories(path, mode: 0o700)
        if isFull && plan.kind == .service {
            return SharedDescriptor(try Disk(places: places, plan: plan, uid: uid).open())
        }
        // The last run may have been at another level, under another uid.
        if changesUIDs, plan.kind.isWriter {
            let given = unsafe bh_own_files(path, uid, uid)
            guard given == 0 else { throw SystemFailure("chown", path, errno: -given) }
        }
        let owned = changesUIDs ? unsafe bh_own(path, uid, uid, 0o700) : 0
        guard owned == 0 else { throw SystemFailure("chown", path, errno: -owned) }
        guard isFull else { return nil }
        let number = unsafe bh_detached_bind(path)
        guard number >= 0 else { throw SystemFailure("open_tree", path, errno: -number) }
        return SharedDescriptor(Descriptor(owning: number))
    }

    /// The directory behind `/state`: a writer's is the trail that it writes.
    func hostDirectory(of plan: CompartmentPlan) -> String {
        switch plan.kind {
        case .service, .sensor: places.directory(of: plan.name)
        case .writer(let target): places.trail(of: deployment.compartments[target].name)
        case .supervisorWriter: places.trail(of: "supervisor")
        }
    }

    func makeNotify(_ plan: CompartmentPlan) throws -> SharedDescriptor? {
        guard plan.ready == .notify else { return nil }
        let path = places.notify(plan.name)
        // Who may write is decided by the mount: only its own compartment sees the socket.
        let number = unsafe bh_unix_receiver(path, 0o666)
        guard number >= 0 else { throw SystemFailure("bind", path, errno: -number) }
        return SharedDescriptor(Descriptor(owning: number))
    }

    static func pair() throws(SystemFailure) -> (SharedDescriptor, SharedDescriptor) {
        var ends: [Int32] = [-1, -1]
        let made = unsafe ends.withUnsafeMutableBufferPointer { room in
            unsafe bh_socket_pair(0, Self.channelBytes, room.baseAddress)
        }
        guard made == 0 else { throw SystemFailure("socketpair", "event channel", errno: -made) }
        return (
            SharedDescriptor(Descriptor(owning: ends[0])),
            SharedDescriptor(Descriptor(owning: ends[1]))
        )
    }

    /// One channel a service and one for the supervisor into each writer.
    ///
    /// The supervisor keeps both ends of the service's: a restart of either side finds what was sent meanwhile.
    private mutating func makeChannels() throws {
        for index in units.indices {
            let target: Int
            switch units[index].plan.kind {
            case .writer(let other): target = other
            case .supervisorWriter: target = units.count
            case .service, .sensor: continue
            }
            if target < units.count {
                let (service, writer) = try Self.pair()
                units[target].handed.append(Handed(name: "events", descriptor: service))
                units[index].handed.append(Handed(name: "events", descriptor: writer))
            }
            let (own, writer) = try Self.pair()
            try? DescriptorIO.setNonBlocking(own.number)
            outbox.open(target, socket: own)
            units[index].handed.append(Handed(name: "supervisor", descriptor: writer))
        }
    }

    private mutating func makeListeners() throws {
        for listener in deployment.listeners {
            let uid = units[listener.compartment].uid
            let number = bh_listener(listener.address.value, listener.port, uid, Self.backlog)
            guard number >= 0 else {
                let place = "\(listener.address):\(listener.port)"
                throw Failure(
                    .refused, "port-in-use",
                    "cannot publish \(deployment.compartments[listener.compartment].name)."
                        + "\(listener.name) at \(place) (errno \(-number))",
                    remedy: -number == EADDRINUSE
                        ? "end what listens there, or publish another port"
                        : "publish an address that this host has")
            }
            // Before its service's events, so that LISTEN_FDNAMES begins with the listeners.
            units[listener.compartment].handed.insert(
                Handed(
                    name: listener.name,
                    descriptor: SharedDescriptor(Descriptor(owning: number))),
                at: deployment.listeners.prefix { $0 != listener }.count {
                    $0.compartment == listener.compartment
                })
        }
    }

    /// Gives the sensor the names behind addresses, interfaces, uids and published ports.
    private mutating func handTable() throws {
        guard let sensor = units.firstIndex(where: { $0.plan.kind == .sensor }) else { return }
        // Below `full` all uids are one: no denial could be told from another's.
        let table = SensorTable(
            roster: roster(), uids: units.map { isFull ? $0.uid : 0 },
            published: deployment.listeners.map { listener in
                PublishedPort(
                    address: listener.address, port: listener.port,
                    compartment: UInt16(listener.compartment),
                    flow: UInt32((listener.flows.first ?? -1) + 1))
            })
        let memory = try Self.sealed("roster", table.encode())
        units[sensor].handed.append(Handed(name: "roster", descriptor: memory))
    }

    /// Gives the sensor its log sockets.
    private mutating func handLogs(_ network: borrowing Network) {
        guard let sensor = units.firstIndex(where: { $0.plan.kind == .sensor }) else { return }
        units[sensor].handed.append(contentsOf: network.logs)
    }

    /// Denials by seccomp and Landlock reach the sensor through the kernel's audit.
    ///
    /// Where that cannot be had (inside a container) the walls stand all the same: it is said, and on record.
    private mutating func openAudit() {
        guard let sensor = units.firstIndex(where: { $0.plan.kind == .sensor }) else { return }
        let parent = places.run.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
        do {
            let watch = try AuditWatch(directory: parent)
            units[sensor].handed.append(Handed(name: "audit", descriptor: watch.log))
            audit = consume watch
        } catch {
            let text = "denials by seccomp and Landlock are NOT on record: \(error)"
            front.progress(text)
            record(nil, .note(kind: "audit", text: text))
        }
    }

    /// The names behind the numbers of this run's records.
    func roster() -> Roster {
        Roster(
            platform: deployment.platform, file: deployment.file,
            isolation: deployment.isolation.name,
            compartments: deployment.compartments.map { plan in
                RosterEntry(
                    name: plan.name, zone: deployment.zones[plan.zone].name, address: plan.address)
            },
            flows: deployment.flows.map { flow in
                RosterFlow(
                    from: name(of: flow.from), to: deployment.compartments[flow.to].name,
                    port: flow.port, line: flow.line, isObserved: flow.isObserved)
            })
    }

    private mutating func watchBasics() throws(SystemFailure) {
        try loop.add(signals.number, token: Token.signals.raw, .readable)
        try front.setNonBlocking()
        try loop.add(front.number, token: Token.front.raw, .readable)
        for index in units.indices {
            guard let notify = units[index].notify else { continue }
            try loop.add(notify.number, token: Token.notify(index).raw, .readable)
        }
        try watchRules()
    }

    /// Puts an event of a compartment on record: in its own trail, writers' in the supervisor's.
    mutating func record(_ index: Int?, _ event: Event) {
        guard let index, !units[index].plan.kind.isWriter else {
            record(trail: units.count, event)
            return
        }
        record(trail: index, event)
    }

    mutating func record(trail: Int, _ event: Event) { outbox.append(event, to: trail) }
}

extension IsolationLevel {
    /// As the platform file and the records write it.
    var name: String {
        switch self {
        case .none: "none"
        case .user: "user"
        case .full: "full"
        }
    }
}
