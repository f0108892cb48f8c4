internal import AuditTreaty
internal import CLinux
internal import Cgroups
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc
internal import Loop
internal import Processes

// Going down: services first, in reverse of `after`, then the sensor, which still hears the last
// attempts, then the writers, which still record them.
extension Supervisor {
    /// Begins to go down; a second call changes nothing.
    mutating func stop(reason: String) {
        switch stage {
        case .stopping, .over: return
        case .starting, .up:
            stage = .stopping(reason: reason)
            recordRefusals(isLast: true)
            record(nil, .platformDown(reason: reason))
            stopNext()
        }
    }

    /// Stops every compartment that nothing running still needs; notices when none is left.
    mutating func stopNext() {
        let alive = units.indices.filter { units[$0].run != nil || !units[$0].isDown }
        if alive.isEmpty {
            stage = .over
            return
        }
        let services = alive.filter { units[$0].plan.kind == .service }
        let sensors = alive.filter { units[$0].plan.kind == .sensor }
        let turn: [Int]
        if !services.isEmpty {
            turn = services.filter { one in
                !services.contains { units[$0].plan.after.contains(one) }
            }
        } else if !sensors.isEmpty {
            turn = sensors
        } else {
            outbox.flush(&loop)
            guard outbox.isEmpty else { return }
            turn = alive
        }
        for index in turn where !units[index].isDown && units[index].lifecycle.phase != .stopping {
            move(index, .stop)
        }
    }

    /// Asks a compartment to end, and arms the end that nobody can refuse.
    mutating func terminate(_ index: Int) {
        guard units[index].run != nil else {
            move(index, .ended(clean: true))
            return
        }
        askToEnd(index)
    }

    /// Sends a running program the signal of its plan, and arms the end that nobody can refuse.
    ///
    /// A second call extends nothing: who is asked again is killed no later.
    mutating func askToEnd(_ index: Int) {
        guard let run = units[index].run else { return }
        if run.killAt == nil {
            units[index].run?.killAt = Clock.monotonic + Self.graceNanoseconds
        }
        requestStop(run, units[index].plan)
    }

    /// Preparation steps are other programs than the one that the plan's signal is for.
    func requestStop(_ run: Unit.Run, _ plan: CompartmentPlan) {
        let isOwn = run.preparation == nil && !run.isProbe
        Jail.stop(run.control.number, signal: isOwn ? plan.stop : UInt8(SIGTERM))
    }

    /// Kills what still runs, without waiting for anything orderly: after a failure of our own.
    mutating func abort() {
        for index in units.indices where units[index].run != nil { killNow(index) }
        stage = .over
    }

    /// Gives back everything of the host: rules, groups, sockets, audit.
    ///
    /// Each step stands alone, so that one that fails does not keep the others from running.
    mutating func dismantle() {
        guard ownsPlaces else { return }
        for index in units.indices {
            if units[index].run != nil { killNow(index) }
            units[index].run = nil
        }
        network?.dismantle()
        network = nil
        do { try audit?.restore() } catch {
            front.progress("the kernel's audit stays switched on: \(error)")
        }
        audit = nil
        for index in units.indices {
            units[index].group.map { group in
                do { try group.remove() } catch {
                    front.progress("a control group stays: \(error)")
                }
            }
            units[index].group = nil
            units[index].state = nil
        }
        controlSocket = nil
        peers = [:]
        let listeners = deployment.channels.compactMap { channel -> String? in
            guard case .operators(let to, let name) = channel else { return nil }
            return places.channel(name, of: deployment.compartments[to].name)
        }
        for path in [places.control] + listeners + units.map({ places.notify($0.plan.name) }) {
            try? Files.remove(path)
        }
        _ = unsafe rmdir(places.run + "/notify")
        _ = unsafe rmdir(places.run + "/channels")
        try? Files.remove(places.lock)
        _ = unsafe rmdir(places.run)
    }
}

extension Unit {
    /// It neither runs nor will.
    var isDown: Bool { lifecycle.phase == .stopped || lifecycle.phase == .abandoned }
}
