internal import AuthorityTreaty
internal import Certificates
package import Loop

extension Passages {
    private static let second: UInt64 = 1_000_000_000
    /// How soon a wall clock that was set is noticed.
    private static let lookout: UInt64 = 10 * second

    /// Everything whose time has come; the timer calls it, and tests that turn the clock.
    package mutating func tick(_ loop: borrowing EventLoop, into arrivals: inout [Arrival]) {
        let now = clock.monotonic()
        let wall = clock.wall()
        for slot in transports.indices {
            guard let transport = transports[slot] else { continue }
            if transport.phase != .open {
                if now >= transport.deadline { fail(slot, .silent, into: &arrivals) }
            } else if wall >= transport.expires || now >= transport.ends {
                fail(slot, .expired, into: &arrivals)
            }
        }
        for index in dials.indices where isDue(dials[index], now: now, wall: wall) {
            dial(index, loop)
        }
        let life = identity.map { $0.certificate.notBefore...$0.certificate.notAfter }
        if now >= renewal || isOutdated(life, renewal, now, wall) {
            enrolment.ask(.passage)
            renewal = now &+ Enrolment.patience
        }
        if now >= publicRenewal || isOutdated(enrolment.publicLife, publicRenewal, now, wall) {
            enrolment.ask(.open)
            publicRenewal = now &+ Enrolment.patience
        }
        if mutedUntil != 0, now >= mutedUntil { unmute(loop) }
    }

    /// Whether the wall clock was set so that a certificate does not hold yet, or no more; not while
    /// a question for the next one is under way.
    private func isOutdated(
        _ life: ClosedRange<Int64>?, _ renewal: UInt64, _ now: UInt64, _ wall: Int64
    ) -> Bool {
        guard let life, !life.contains(wall) else { return false }
        return renewal > now &+ Enrolment.patience
    }

    /// Whether a line wants a connection that it has not: its first, or the next one.
    private func wants(_ dial: Dial, wall: Int64) -> Bool {
        guard dial.attempt < 0 else { return false }
        let place = lineLinks[dial.line]
        guard place >= 0, let state = links[place] else { return true }
        guard state.next < 0, let transport = transports[state.transport], let identity else {
            return false
        }
        return transport.identity != identity.number || wall >= transport.renews
    }

    private func isDue(_ dial: Dial, now: UInt64, wall: Int64) -> Bool {
        now >= dial.due && wants(dial, wall: wall)
    }

    /// Takes what the authority answered.
    mutating func enrolled(_ loop: borrowing EventLoop, into arrivals: inout [Arrival]) {
        guard let news = enrolment.receive() else {
            // The pair has ended: what we have lasts until its certificates end.
            try? loop.remove(enrolment.authority)
            return
        }
        for one in news where take(one) { arrivals.append(.publicIdentity) }
        tick(loop, into: &arrivals)
    }

    /// Uses a new certificate; true when it is the public one.
    mutating func take(_ news: Enrolment.News) -> Bool {
        switch news {
        case .identity(let identity):
            self.identity = identity
            let certificate = identity.certificate
            renewal = half(certificate.notBefore...certificate.notAfter)
            for index in dials.indices {
                dials[index].due = 0
                dials[index].backoff = Self.backoffMin
            }
            return false
        case .publicContext(let context):
            publicContext = context
            if let life = enrolment.publicLife { publicRenewal = half(life) }
            return true
        }
    }

    /// Monotonic time of the middle of a life.
    private func half(_ life: ClosedRange<Int64>) -> UInt64 {
        let middle = life.lowerBound + (life.upperBound - life.lowerBound) / 2
        return clock.monotonic() &+ nanoseconds(until: middle)
    }

    func nanoseconds(until time: Int64) -> UInt64 {
        UInt64(min(max(0, time - clock.wall()), 1 << 30)) * Self.second
    }

    /// Sets the timer to the next thing that has a time.
    mutating func arm() {
        let now = clock.monotonic()
        let wall = clock.wall()
        var next = min(renewal, publicRenewal, now &+ Self.lookout)
        if mutedUntil != 0 { next = min(next, mutedUntil) }
        for case let transport? in transports {
            if transport.phase != .open {
                next = min(next, transport.deadline)
                continue
            }
            next = min(next, transport.ends, now &+ nanoseconds(until: transport.expires))
        }
        for dial in dials where dial.attempt < 0 {
            if wants(dial, wall: wall) {
                next = min(next, dial.due)
            } else if lineLinks[dial.line] >= 0, let state = links[lineLinks[dial.line]],
                state.next < 0, let transport = transports[state.transport]
            {
                next = min(next, max(dial.due, now &+ nanoseconds(until: transport.renews)))
            }
        }
        // Wall times are whole seconds: a timer that fires a little early would fire again at once.
        let coarse = 10_000_000 as UInt64
        let due = max(next, now &+ 1)
        guard armed == 0 || due &+ coarse < armed || due > armed &+ coarse else { return }
        armed = due
        try? timer.arm(afterNanoseconds: due &- now)
    }
}
