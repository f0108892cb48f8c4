internal import AuditTreaty
internal import CLinux
internal import Confinement
internal import ControlTreaty
internal import Descriptors
internal import Findings
internal import Glibc
internal import Loop

// Other flows for a running platform. Nothing of it is written to disk: whatever ends this process
// ends every rule with it, so an amendment that nobody confirmed cannot outlive a crash.
extension Supervisor {
    /// Longest time from the operator's word to the plan: its file is parsed and proved meanwhile.
    private static let readNanoseconds: UInt64 = 120_000_000_000

    // MARK: Handing over

    /// The running plan as memory.
    func handPlan() -> (ControlReply, SharedDescriptor?) {
        do {
            let bytes = RunningPlan(deployment, closed: revoked).encode()
            return (.done("the running plan"), try Self.sealed("plan", bytes))
        } catch {
            return (.refused(problem: "\(error)", remedy: "free memory"), nil)
        }
    }

    /// A namespace, so that the asker lists its rules: whatever they hold, it is read elsewhere.
    func handPlace(_ place: Int) -> (ControlReply, SharedDescriptor?) {
        guard let found = network?.namespace(at: place) else {
            return (
                .refused(
                    problem: "there is no namespace \(place)",
                    remedy: "only at isolation full are there any"), nil
            )
        }
        return (.done("a namespace"), found)
    }

    // MARK: Amending

    mutating func beginAmendment(_ seconds: UInt32, handed: [SharedDescriptor]) -> ControlReply {
        guard stage == .up, network != nil else {
            return .refused(
                problem: "the platform is not up, or has no rules of its own",
                remedy: "wait until every service is ready; level `none` has no rules")
        }
        guard handed.count == 1, let stream = handed.first else {
            return .refused(problem: "no stream came along", remedy: "use `bulkhead apply`")
        }
        guard amendment.stream == nil, amendment.before == nil else {
            return .refused(
                problem: "another change is under way, or waits to be confirmed",
                remedy: "`bulkhead confirm` keeps it; unconfirmed it is undone by itself")
        }
        do {
            try DescriptorIO.setNonBlocking(stream.number)
            try loop.add(stream.number, token: Token.amendment.raw, .readable)
        } catch {
            return .refused(problem: "\(error)", remedy: "use `bulkhead apply`")
        }
        amendment.stream = stream
        amendment.confirmSeconds = seconds
        amendment.readUntil = Clock.monotonic + Self.readNanoseconds
        return .done("waiting for the plan")
    }

    /// The plan came, or who was to send it has gone.
    mutating func takeAmendment() {
        guard let stream = amendment.stream else { return }
        closeAmendmentStream()
        var byte: [UInt8] = [0]
        var number: Int32 = -1
        var held = 1
        let count = unsafe byte.withUnsafeMutableBytes { room in
            unsafe bh_receive_fds(stream.number, room.baseAddress, room.count, &number, &held)
        }
        guard count > 0, held == 1 else { return }
        let reply = amend(with: SharedDescriptor(Descriptor(owning: number)))
        let bytes = reply.encode()
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(
                stream.number, $0.baseAddress, $0.count,
                Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }

    private mutating func closeAmendmentStream() {
        if let stream = amendment.stream { try? loop.remove(stream.number) }
        amendment.stream = nil
        amendment.readUntil = nil
    }

    private mutating func amend(with memory: SharedDescriptor) -> ControlReply {
        let refused = { (problem: String) in
            ControlReply.refused(
                problem: problem, remedy: "nothing was changed; use the `bulkhead` of this build")
        }
        // Sealed memory alone can be read without waiting for whoever filled it.
        guard bh_is_sealed(memory.number) == 1 else { return refused("the plan is not sealed") }
        guard stage == .up, amendment.before == nil else { return refused("not now") }
        let before = RunningPlan(deployment, closed: revoked)
        let plan: RunningPlan
        do {
            let bytes = try Files.read(
                "/proc/self/fd/\(memory.number)", limit: DeploymentCodec.bytesMax)
            plan = try before.amended(by: try DeploymentCodec.decode(bytes))
        } catch let problem as RunningPlan.NotAmendable {
            return refused(problem.problem)
        } catch {
            return refused("the plan cannot be read: \(error)")
        }
        do {
            let cut = try install(plan)
            let text = Self.summary(before, plan) + ", \(cut) connections ended"
            let seconds = amendment.confirmSeconds
            if seconds > 0 {
                amendment.before = before
                amendment.after = plan
                amendment.undoAt = Clock.monotonic + UInt64(seconds) * 1_000_000_000
            }
            let waiting = seconds > 0 ? "; undone in \(seconds) s unless confirmed" : ""
            record(nil, .note(kind: "apply", text: text + waiting))
            return .done(text + waiting)
        } catch {
            return refused("\(error)")
        }
    }

    /// Makes a plan the running one; when it throws, the one before still is, or the platform goes
    /// down.
    private mutating func install(_ plan: RunningPlan, isUndoing: Bool = false) throws -> Int {
        let before = deployment
        // On record before the first packet that needs them: the names of new flows.
        deployment = plan.deployment
        recordRoster()
        outbox.flush(&loop)
        do {
            // What must come back does so past whatever somebody else put in its way.
            do { try network?.change(to: plan) } catch let problem {
                guard isUndoing else { throw problem }
                try network?.force(plan)
            }
        } catch {
            deployment = before
            recordRoster()
            if error is Network.Torn {
                takeDown("the rules could be neither changed nor put back: \(error)")
            }
            throw error
        }
        revoked = plan.closed
        do {
            return try network?.endStrays() ?? 0
        } catch {
            // A connection that may no longer be is worse than none.
            takeDown("connections that no flow allows could not be ended: \(error)")
            throw error
        }
    }

    private mutating func takeDown(_ problem: String) {
        failure =
            failure
            ?? Failure(
                .machine, "apply", problem,
                remedy: "see the supervisor's log; the platform was taken down")
        stop(reason: "a change of flows failed")
    }

    private mutating func recordRoster() {
        for part in roster().parts() {
            for index in units.indices where !units[index].plan.kind.isWriter {
                record(trail: index, .roster(part))
            }
            record(nil, .roster(part))
        }
    }

    private static func summary(_ old: RunningPlan, _ new: RunningPlan) -> String {
        let before = Set(old.deployment.flows.indices).subtracting(old.closed)
        let after = Set(new.deployment.flows.indices).subtracting(new.closed)
        return "\(after.subtracting(before).count) flows opened, "
            + "\(before.subtracting(after).count) closed, "
            + "\(after.intersection(before).count) as before"
    }

    // MARK: Confirming

    mutating func confirmAmendment() -> ControlReply {
        guard amendment.before != nil else {
            return .refused(
                problem: "nothing waits to be confirmed",
                remedy: "it was undone, or never asked for with `apply --confirm`")
        }
        amendment.forget()
        record(nil, .note(kind: "apply", text: "confirmed"))
        return .done("confirmed: the new flows stay")
    }

    mutating func checkAmendment() {
        let now = Clock.monotonic
        if let end = amendment.readUntil, now >= end { closeAmendmentStream() }
        guard let end = amendment.undoAt, now >= end, let before = amendment.before,
            let after = amendment.after
        else { return }
        amendment.forget()
        guard stage == .up else { return }
        // What ended meanwhile, by its date or by an operator, stays ended.
        let plan = before.restored(
            from: RunningPlan(deployment, closed: revoked),
            endedSince: revoked.subtracting(after.closed))
        do {
            let cut = try install(plan, isUndoing: true)
            record(
                nil,
                .note(
                    kind: "apply",
                    text: "not confirmed: undone, "
                        + Self.summary(after, plan) + ", \(cut) connections ended"))
        } catch {
            takeDown("an unconfirmed change could not be undone: \(error)")
        }
    }
}

/// A change of flows that is under way, or waits to be confirmed: one at a time.
struct Amendment {
    /// Where the plan will come from.
    var stream: SharedDescriptor?
    var readUntil: UInt64?
    var confirmSeconds: UInt32 = 0
    /// What comes back when nobody confirms.
    var before: RunningPlan?
    var after: RunningPlan?
    var undoAt: UInt64?

    /// When something is to be done without anybody's word.
    var dueAt: UInt64? { [readUntil, undoAt].compactMap(\.self).min() }

    mutating func forget() {
        before = nil
        after = nil
        undoAt = nil
    }
}
