internal import AuditTreaty
internal import CLinux
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc
internal import Loop

// What a compartment inherits and could spoil for its own next run: sockets keep what was done to
// them, whoever holds them. So they are renewed, and a channel that was shut down is noticed.
extension Supervisor {
    // MARK: Event channels

    /// The event channel of a service or the sensor: its own end and its writer's.
    ///
    /// The last of that name: a published port may be called the same, and stands before it.
    private func channel(_ index: Int) -> (writer: Int, ends: [SharedDescriptor])? {
        guard let writer = units.firstIndex(where: { $0.plan.kind == .writer(of: index) }),
            let own = units[index].handed.last(where: { $0.name == "events" }),
            let other = units[writer].handed.last(where: { $0.name == "events" })
        else { return nil }
        return (writer, [own.descriptor, other.descriptor])
    }

    /// Watches both ends of every event channel: either can be shut down by who holds it.
    mutating func watchChannels() throws(SystemFailure) {
        for index in units.indices { try watchChannel(index) }
    }

    private mutating func watchChannel(_ index: Int) throws(SystemFailure) {
        for end in channel(index)?.ends ?? [] {
            try loop.add(end.number, token: Token.channel(index).raw, .peerClosed)
        }
    }

    /// Somebody shut an event channel down, and with it the service's word in its trail.
    ///
    /// A writer's filter does not have the call, so it was the service: it is ended, on record, and
    /// starts again on a new channel; one that goes on is given up like any that ends too often.
    mutating func channelEnded(_ index: Int) {
        for end in channel(index)?.ends ?? [] { try? loop.remove(end.number) }
        switch stage {
        case .stopping, .over: return
        case .starting, .up: break
        }
        let what = "its event channel was shut down"
        if let run = units[index].run, run.preparation == nil {
            units[index].isMuted = true
            end(index, .mismatch(what))
        } else {
            record(index, .mismatch(compartment: UInt16(index), what: what))
            renewChannel(index)
        }
    }

    /// Gives a service and its writer a new channel; the writer finds it at its next start, after
    /// it has kept what still waited in the old one.
    mutating func renewChannel(_ index: Int) {
        units[index].isMuted = false
        guard let writer = channel(index)?.writer else { return }
        do {
            let (own, other) = try Self.pair()
            units[index].renew("events", own)
            units[writer].renew("events", other)
            try watchChannel(index)
        } catch {
            failure = Failure(
                .machine, "channel", "\(units[index].plan.name) gets no event channel: \(error)",
                remedy: "see the supervisor's log; the platform was taken down")
            stop(reason: "an event channel could not be made")
            return
        }
        // Its end is no fault of the writer's own.
        units[writer].lifecycle.forgive()
        askToEnd(writer)
    }

    // MARK: Published ports

    private func listeners(_ index: Int) -> [SharedDescriptor] {
        let count = deployment.listeners.count { $0.compartment == index }
        return units[index].handed.prefix(count).map(\.descriptor)
    }

    /// Makes the published ports of a service refuse instead of letting callers wait for nobody.
    func closeListeners(_ index: Int) {
        for listener in listeners(index) { _ = shutdown(listener.number, Int32(SHUT_RDWR)) }
    }

    /// Makes them listen, whatever an earlier run, or its end, did to them.
    func openListeners(_ index: Int) throws(SystemFailure) {
        for listener in listeners(index) {
            let result = bh_listen_again(listener.number, Self.backlog)
            guard result == 0 else {
                throw SystemFailure("listen", units[index].plan.name, errno: -result)
            }
        }
    }

    // MARK: Readiness

    /// A new notify socket in the old one's place, so that a run's notice can only be its own.
    mutating func renewNotify(_ index: Int) throws {
        guard let old = units[index].notify else { return }
        try? loop.remove(old.number)
        let socket = try makeNotify(units[index].plan)
        units[index].notify = socket
        if let socket {
            try loop.add(socket.number, token: Token.notify(index).raw, .readable)
        }
    }
}

extension Unit {
    fileprivate mutating func renew(_ name: String, _ descriptor: SharedDescriptor) {
        guard let place = handed.lastIndex(where: { $0.name == name }) else { return }
        handed[place] = Handed(name: name, descriptor: descriptor)
    }
}
