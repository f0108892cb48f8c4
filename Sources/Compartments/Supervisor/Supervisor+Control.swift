internal import Addresses
internal import AuditTreaty
internal import CLinux
internal import Cgroups
internal import Confinement
internal import ControlTreaty
internal import Descriptors
internal import Glibc
internal import Loop

// The control socket: a peer's uid decides its role, the role decides the verbs, and each request
// is on record, granted or not.
extension Supervisor {
    /// Peers at one time; one more is turned away.
    static let peersMax = 32
    /// Peers at one time beyond which only operators are let in.
    static let othersMax = 16
    /// The table of passages, as the compiler names it.
    private static let passages = "passages"

    /// What a peer may ask.
    private enum Role {
        case `operator`
        case observer
        case nobody

        func permits(_ request: ControlRequest) -> Bool {
            switch (self, request) {
            case (.operator, _), (.observer, .status): true
            case (.observer, _), (.nobody, _): false
            }
        }
    }

    private func role(of uid: UInt32) -> Role {
        if uid == geteuid() { return .operator }
        return uid == observer ? .observer : .nobody
    }

    mutating func openControl() throws(SystemFailure) {
        // Everyone may connect, to be told what it may not do; the table above decides.
        let number = unsafe bh_unix_listener(places.control, 0o666)
        guard number >= 0 else { throw SystemFailure("bind", places.control, errno: -number) }
        let socket = SharedDescriptor(Descriptor(owning: number))
        try loop.add(socket.number, token: Token.control.raw, .readable)
        controlSocket = socket
    }

    mutating func acceptPeer() {
        guard let listener = controlSocket else { return }
        let number = bh_accept(listener.number)
        guard number >= 0 else { return }
        let peer = SharedDescriptor(Descriptor(owning: number))
        var pid: UInt32 = 0
        var uid: UInt32 = .max
        guard unsafe bh_peer(number, &pid, &uid) == 0 else { return }
        // Who may ask nothing cannot keep the operator out by holding connections open.
        let most = role(of: uid) == .operator ? Self.peersMax : Self.othersMax
        guard peers.count < most else { return }
        bh_send_buffer(number, Int32(ControlReply.bytesMax))
        let key = Int(number)
        peers[key] = peer
        try? loop.add(number, token: Token.peer(key).raw, .readable)
    }

    mutating func takeRequest(_ key: Int) {
        guard let peer = peers.removeValue(forKey: key) else { return }
        try? loop.remove(peer.number)
        var bytes = [UInt8](repeating: 0, count: ControlRequest.bytesMax)
        var numbers: [Int32] = [-1, -1]
        var held = 2
        let count = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe bh_receive_fds(peer.number, room.baseAddress, room.count, &numbers, &held)
        }
        let handed = numbers.prefix(max(held, 0)).map { SharedDescriptor(Descriptor(owning: $0)) }
        guard count > 0 else { return }
        var pid: UInt32 = 0
        var uid: UInt32 = .max
        guard unsafe bh_peer(peer.number, &pid, &uid) == 0 else { return }
        let reply: ControlReply
        var connection: SharedDescriptor?
        do {
            let request = try ControlRequest.decode(Array(bytes.prefix(count)))
            let granted = role(of: uid).permits(request)
            // Status is asked several times a second by `status --watch`, and who asked for the
            // plan asks for every place: only refusals of these are worth a record.
            if granted ? !request.isFrequent : isListed() {
                record(nil, .command(uid: uid, verb: request.verb, granted: granted))
            }
            if !granted {
                reply = .refused(
                    problem: "uid \(uid) may not ask for `\(request.verb)`",
                    remedy: "ask as the user who runs the platform")
            } else if case .open(let service, let channel) = request {
                (reply, connection) = connect(service, channel)
            } else if case .plan = request {
                (reply, connection) = handPlan()
            } else if case .place(let place) = request {
                (reply, connection) = handPlace(Int(place))
            } else {
                reply = perform(request, handed: handed)
            }
        } catch {
            if isListed() { record(nil, .malformed(bytes: UInt32(clamping: count))) }
            reply = .refused(problem: "the request cannot be read", remedy: "use `bulkhead`")
        }
        answer(peer, reply, handing: connection)
    }

    mutating func isListed() -> Bool {
        recordRefusals()
        return refusals.admits(now: Clock.monotonic)
    }

    /// Puts the number of requests on record that were refused and not listed.
    mutating func recordRefusals(isLast: Bool = false) {
        guard let count = refusals.due(now: Clock.monotonic, isLast: isLast) else { return }
        record(nil, .note(kind: "command", text: "\(count) further requests refused, not listed"))
    }

    private func answer(
        _ peer: SharedDescriptor, _ reply: ControlReply, handing connection: SharedDescriptor?
    ) {
        let bytes = reply.encode()
        let numbers = connection.map { [$0.number] } ?? []
        _ = unsafe bytes.withUnsafeBytes {
            unsafe bh_send_fds(peer.number, $0.baseAddress, $0.count, numbers, numbers.count)
        }
    }

    private mutating func perform(
        _ request: ControlRequest, handed: [SharedDescriptor]
    ) -> ControlReply {
        switch request {
        case .status: return .status(snapshot())
        case .down:
            stop(reason: "an operator asked")
            return .done("going down")
        case .revoke(let from, let to): return revoke(from, to)
        case .restart(let name):
            guard let index = service(name) else { return unknown(name) }
            return restart(index)
        case .probe(let name, let program):
            return seatProbe(name, program: program, handed: handed)
        case .release(let name): return releaseProbe(name)
        case .amend(let seconds): return beginAmendment(seconds, handed: handed)
        case .confirm: return confirmAmendment()
        case .open, .plan, .place:
            return .refused(problem: "no connection was made", remedy: "ask again")
        }
    }

    /// Asks a program to end, so that it starts again; one that was given up begins anew.
    private mutating func restart(_ index: Int) -> ControlReply {
        let name = units[index].plan.name
        guard stage == .up else {
            return .refused(
                problem: "the platform is not up", remedy: "wait until every service is ready")
        }
        units[index].lifecycle.forgive()
        if units[index].run != nil {
            askToEnd(index)
        } else {
            units[index].lifecycle.rearm()
            advance()
        }
        return .done("\(name) is restarting")
    }

    private func service(_ name: String) -> Int? {
        units.firstIndex { $0.plan.name == name && $0.plan.kind == .service }
    }

    private func unknown(_ name: String) -> ControlReply {
        .refused(problem: "there is no service \(name)", remedy: "see `bulkhead status`")
    }

    private mutating func seatProbe(
        _ name: String, program: String, handed: [SharedDescriptor]
    ) -> ControlReply {
        guard let index = service(name) else { return unknown(name) }
        guard handed.count == 2 else {
            return .refused(
                problem: "a probe needs two descriptors", remedy: "use `bulkhead drill`")
        }
        guard units[index].run?.isProbe != true else {
            return .refused(
                problem: "\(name) is probed already", remedy: "release it, or wait for its end")
        }
        guard stage == .up else {
            return .refused(
                problem: "the platform is not up", remedy: "wait until every service is ready")
        }
        units[index].probe = ProbeSeat(program: program, orders: handed[0], report: handed[1])
        units[index].lifecycle.forgive()
        if units[index].run != nil {
            killNow(index)
        } else {
            units[index].lifecycle.rearm()
            advance()
        }
        return .done("\(name) is being probed")
    }

    private mutating func releaseProbe(_ name: String) -> ControlReply {
        guard let index = service(name) else { return unknown(name) }
        guard units[index].probe != nil else {
            return .refused(problem: "\(name) is not probed", remedy: "nothing to release")
        }
        units[index].probe = nil
        if units[index].run != nil {
            killNow(index)
        } else {
            units[index].lifecycle.rearm()
            advance()
        }
        return .done("\(name) has its program back")
    }

    private mutating func snapshot() -> PlatformStatus {
        let counters = network?.counters() ?? [:]
        var snapshot = PlatformStatus(
            platform: places.id, file: deployment.file, isolation: deployment.isolation.name,
            upMilliseconds: (Clock.monotonic - launchedAt) / 1_000_000,
            without: Walls.names.filter { deployment.without.contains($0.wall) }.map(\.name),
            compartments: units.map { status(of: $0, seen: counters[$0.index] ?? (0, 0)) },
            flows: deployment.flows.indices.map { index in
                let flow = deployment.flows[index]
                return FlowStatus(
                    id: UInt32(index + 1), from: name(of: flow.from),
                    to: deployment.compartments[flow.to].name, port: "\(flow.port)",
                    line: flow.line, open: !revoked.contains(index))
            },
            published: deployment.listeners.map { listener in
                let name = deployment.compartments[listener.compartment].name
                return "\(name).\(listener.name) \(listener.address):\(listener.port)"
            })
        snapshot.drift = drift.lines
        return snapshot
    }

    private func status(
        of unit: Unit, seen: (connections: UInt64, refusals: UInt64)
    ) -> CompartmentStatus {
        let usage = unit.group.flatMap { try? $0.usage() }
        var status = CompartmentStatus(
            name: unit.plan.name, zone: deployment.zones[unit.plan.zone].name,
            address: unit.plan.address.value == 0 ? "" : "\(unit.plan.address)",
            // A probe that was released, and has not ended yet, still sits there.
            state: unit.run.map { $0.isProbe || unit.probe != nil } == true
                ? .probed : unit.lifecycle.state,
            isService: unit.plan.kind == .service, pid: unit.run?.programPid ?? 0,
            uid: unit.uid, memoryBytes: usage?.memoryBytes ?? 0,
            restarts: unit.lifecycle.restarts, connections: seen.connections,
            refusals: seen.refusals, ports: unit.plan.ports.map(\.description))
        status.program = unit.plan.program
        status.role = unit.plan.role
        status.limits.memoryBytes = unit.plan.memoryBytes
        status.limits.processes = unit.plan.processes
        status.limits.files = unit.plan.files
        status.limits.diskBytes = unit.plan.diskBytes
        for case .scratch(_, let bytes) in unit.plan.mounts {
            status.limits.scratchBytes = max(status.limits.scratchBytes, bytes)
        }
        status.handed = UInt16(clamping: deployment.handed(unit.index).count)
        for channel in deployment.channels {
            switch channel {
            case .table(unit.index, Self.passages, let bytes):
                status.passages = Self.lines(bytes)
            case .operators(unit.index, let name): status.channels.append(name)
            case .pair, .table, .operators: break
            }
        }
        return status
    }

    /// The lines of a table that fit a reply.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).lazy
            .filter { $0.count <= CompartmentStatus.passageBytesMax }
            .prefix(CompartmentStatus.passagesMax).map { String(decoding: $0, as: UTF8.self) }
    }

    /// An endpoint as records name it.
    func name(of endpoint: Origin) -> String {
        switch endpoint {
        case .compartment(let index): deployment.compartments[index].name
        case .internet: "internet"
        case .office: "office"
        }
    }
}
