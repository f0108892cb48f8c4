// Drill: the runner of the breach drill. It starts a copy of a platform, lets the probe take each
// service's place in it, reads what the walls recorded, and takes the copy down again, whatever
// happens. It is root and parses no platform file and no packet: the copy is started by the same
// program that starts platforms, and probes speak a bounded codec. Bounds: one probe at a time,
// 90 s a compartment, 30 s for the open twin, every wait with a limit.

internal import Addresses
internal import CLinux
internal import Descriptors
internal import Glibc
package import Operator
internal import ControlTreaty
internal import AuditTreaty
package import Breach
package import Confinement
package import Findings

/// What the operator asked for, checked.
package struct DrillRequest: Sendable {
    /// The platform file, absolute.
    package var file: String
    package var without: Walls
    package var techniques: [Technique]
    /// What envoys try, where the platform has passages.
    package var envoys: [Technique]
    /// Only this compartment; nil for all.
    package var compartment: String?
    /// The platform that runs is attacked itself, at this control socket's locations.
    package var live: Locations?
    /// The copy's state stays, for `trail show`.
    package var keep: Bool
    /// Directory of our own programs.
    package var programs: String

    package init(file: String, programs: String) {
        self.file = file
        without = []
        techniques = Technique.all
        envoys = Technique.envoys
        keep = false
        self.programs = programs
    }

    var probe: String { programs + "/bulkhead-probe" }
    var envoy: String { programs + "/bulkhead-envoy" }
}

/// The drill, from start to end.
package struct Drill {
    let request: DrillRequest
    /// Tells the operator how far it is.
    let progress: (String) -> Void
    /// Reads all trails below a state directory, since a time.
    let trails: (_ state: String, _ since: UInt64) -> [Observed]

    package init(
        _ request: DrillRequest, progress: @escaping (String) -> Void,
        trails: @escaping (_ state: String, _ since: UInt64) -> [Observed]
    ) {
        self.request = request
        self.progress = progress
        self.trails = trails
    }

    static let interrupted = Failure(
        .refused, "interrupted", "the drill was interrupted; its copy is gone",
        remedy: "run it again")

    /// Names of techniques by `--only`: a family or an id.
    package static func techniques(named words: [String]) throws(Failure) -> [Technique] {
        let all = Technique.all + Technique.envoys
        guard !words.isEmpty else { return all }
        for word in words
        where !all.contains(where: { $0.id == word || $0.family == word }) {
            let families = Set(all.map(\.family)).sorted().joined(separator: ", ")
            let nearest = Nearest.name(to: word, among: all.map(\.id))
            throw Failure(
                .usage, "technique", "there is no technique or family `\(Excerpt.of(word))`",
                remedy: nearest.map { "did you mean \($0)?" } ?? "families: \(families)")
        }
        return all.filter { words.contains($0.id) || words.contains($0.family) }
    }

    /// Performs it.
    ///
    /// The copy is gone when this returns or throws.
    package func run() throws(Failure) -> Matrix {
        for program in [request.probe, request.envoy] where Files.facts(of: program) == nil {
            throw Failure(
                .machine, "drill-probe", "\(program) is not there",
                remedy: "build or install it beside `bulkhead`")
        }
        Interruption.catchSignals()
        let began = Moment.now
        let since = Moment.real
        let lures: Lures
        do { lures = try Lures.lay() } catch {
            throw Failure(.machine, "drill-lures", "\(error)", remedy: "run it as root")
        }
        var outcomes: [String: Outcome] = [:]
        var twin: Twin
        if let live = request.live {
            progress("open twin: \(request.techniques.count) techniques without walls")
            outcomes = try OpenTwin.outcomes(request, lures.bait)
            twin = Twin(running: live)
        } else {
            Twin.sweep()
            progress("starting a copy of \(request.file), and the open twin beside it")
            let bait = lures.bait
            twin = try Twin.start(request) { () throws(Failure) in
                outcomes = try OpenTwin.outcomes(request, bait)
            }
        }
        let attack: Attack
        do throws(Failure) {
            attack = try self.attack(twin, lures, outcomes)
        } catch {
            _ = twin.end()
            if !request.keep { twin.discard() }
            throw error
        }
        let isGone = twin.end()
        var matrix = judge(attack, twin.locations.state, since)
        if !isGone { matrix.troubles.append("the copy did not go down within 30 s") }
        if request.keep {
            progress("kept: bulkhead trail show --state \(twin.keep())")
        } else {
            twin.discard()
        }
        guard !Interruption.isRaised else { throw Self.interrupted }
        matrix.milliseconds = (Moment.now - began) / 1_000_000
        return matrix
    }

    /// What the probes said, before the trails are read.
    private struct Attack {
        var plan: OrdersPlan
        var proofs: [String: Proof]
        var heard: [(index: Int, hearing: Hearing)] = []
        var troubles: [String] = []
        /// What envoys said, by the index of the compartment; nil where there are no passages.
        var envoys: [Int: [String: Trial]]?
        /// Trails of copies that one technique had for itself.
        var apart: [String: [Observed]] = [:]
    }

    private func attack(
        _ twin: borrowing Twin, _ lures: borrowing Lures, _ outcomes: [String: Outcome]
    ) throws(Failure) -> Attack {
        var proofs: [String: Proof] = [:]
        for technique in request.techniques {
            proofs[technique.id] = Proof(technique, outcomes[technique.id])
        }
        var attack = Attack(
            plan: OrdersPlan(
                status: try twin.status(), state: twin.locations.state, run: twin.locations.run,
                supervisor: twin.supervisor(), bait: lures.bait),
            proofs: proofs)
        let services = attack.plan.status.compartments.indices.filter { index in
            let one = attack.plan.status.compartments[index]
            return one.isService && (request.compartment ?? one.name) == one.name
        }
        guard !services.isEmpty else {
            throw Failure(
                .usage, "drill-compartment",
                "there is no service `\(Excerpt.of(request.compartment ?? ""))`",
                remedy: "see `bulkhead status`")
        }
        for index in services {
            guard !Interruption.isRaised else { throw Self.interrupted }
            // Processes changed when the probe before left: the victims are those of now.
            attack.plan.status = try twin.status()
            try probe(index, twin, lures, &attack)
        }
        guard request.live == nil, !Embassy.routes(attack.plan.status).services.isEmpty,
            !request.envoys.isEmpty
        else { return attack }
        let embassy = Embassy(request: request, progress: progress, trails: trails)
        let status = try twin.status()
        var mail = try embassy.run(twin, status, Array(services))
        try embassy.postings(status, Array(services), &mail)
        attack.apart = mail.observed
        attack.envoys = mail.trials
        attack.troubles += mail.troubles
        return attack
    }

    private func probe(
        _ index: Int, _ twin: borrowing Twin, _ lures: borrowing Lures, _ attack: inout Attack
    ) throws(Failure) {
        let name = attack.plan.status.compartments[index].name
        let began = Moment.now
        guard !request.techniques.isEmpty else {
            attack.heard.append((index, Hearing()))
            return
        }
        guard
            let orders = attack.plan.orders(index, techniques: request.techniques.map(\.id))
        else {
            attack.troubles.append("\(name): no orders can be made for it")
            return
        }
        let seating = ProbeSeating(
            name: name, program: request.probe, control: twin.locations.control)
        var callers: [SharedDescriptor] = []
        let published = attack.plan.published(index)
        _ = lures.canaryWasCalled()
        let others = attack.plan.others(index)
        var hearing = try seating.run(
            orders,
            onIdentity: {
                for (address, port) in published {
                    for _ in 0..<4 {
                        if let one = Lures.dial(address, port) { callers.append(one) }
                    }
                }
            },
            onListening: { port in
                for other in others {
                    if let one = Lures.dial(orders.address, port, from: other) {
                        callers.append(one)
                    }
                }
            })
        if lures.canaryWasCalled(), hearing.trials.values.allSatisfy({ !$0.isThrough }) {
            attack.troubles.append("\(name): something reached the host's loopback unnoticed")
        }
        if hearing.malformed > 0 {
            attack.troubles.append("\(name): \(hearing.malformed) reports could not be read")
        }
        hearing.sightings.sort { $0.time < $1.time }
        let took = (Moment.now - began) / 1_000_000
        progress(
            "\(name): \(hearing.trials.count) of \(request.techniques.count) techniques tried in "
                + "\(took) ms")
        if !twin.waitUntilReady(name), !Interruption.isRaised {
            attack.troubles.append("\(name): its program was not ready again within 15 s")
        }
        attack.heard.append((index, hearing))
        withExtendedLifetime(callers) {}
    }

    /// Records that never arrived: what they would have said of an attempt nobody knows.
    private func lost(_ observed: [Observed]) -> [String] {
        observed.compactMap { one in
            guard case .attemptGap(let wall, _, let lost) = one.event else { return nil }
            return "\(lost == 0 ? "some" : "\(lost)") records of \(wall.layer) were lost"
        }
    }

    /// The cells of what an envoy tried in one compartment, where the platform has passages.
    private func addEnvoys(
        _ attack: Attack, _ index: Int, _ around: Circumstances, to column: inout Matrix.Column
    ) {
        guard let envoys = attack.envoys else { return }
        let trials = envoys[index]
        var cells = trials.map { trials in
            Testimony.cells(request.envoys.filter { attack.apart[$0.id] == nil }, trials, around)
        }
        for (id, observed) in attack.apart {
            var apart = around
            apart.observed = observed.sorted { $0.time < $1.time }
            cells?.merge(
                Testimony.cells(request.envoys.filter { $0.id == id }, trials ?? [:], apart)
            ) { $1 }
        }
        for technique in request.envoys {
            column.cells[technique.id] =
                cells?[technique.id] ?? .inapplicable("it has no passages")
        }
    }

    /// Joins probes and records.
    private func judge(_ attack: Attack, _ state: String, _ since: UInt64) -> Matrix {
        let observed = trails(state, since).sorted { $0.time < $1.time }
        let walls = Set(MatrixNames.of(request.without))
        let recorders = observed.compactMap { one -> Wall? in
            switch one.event {
            case .denied(_, let wall, _, _, _): wall
            case .attempt(let attempt): attempt.wall
            default: nil
            }
        }
        var columns: [Matrix.Column] = []
        for (index, hearing) in attack.heard {
            let name = attack.plan.status.compartments[index].name
            var around = Circumstances(
                compartment: UInt16(truncatingIfNeeded: index), name: name,
                without: request.without)
            // The sensor knows compartments by their uids: as root a probe is anybody's.
            let isKnown = !request.without.contains(.uid)
            around.address = Address(attack.plan.status.compartments[index].address)
            around.traits = attack.plan.traits(index)
            around.recordsCalls = isKnown && recorders.contains(.seccomp)
            around.recordsAccess = isKnown && recorders.contains(.landlock)
            around.absent = attack.plan.absent(index, request.techniques) { path in
                Files.facts(of: path) != nil
            }
            around.proofs = attack.proofs
            around.observed = observed
            around.sightings = hearing.sightings
            let isProbed = !request.techniques.isEmpty
            var column = Matrix.Column(
                name: name,
                difference: isProbed
                    ? attack.plan.difference(index, hearing.identity, without: walls) : nil,
                traits: around.traits)
            column.cells = Correlation.cells(request.techniques, hearing.trials, around)
            addEnvoys(attack, index, around, to: &column)
            columns.append(column)
        }
        var matrix = Matrix(
            platform: attack.plan.status.platform, file: attack.plan.status.file,
            techniques: request.techniques + (attack.envoys == nil ? [] : request.envoys),
            columns: columns)
        matrix.without = request.without
        matrix.isLive = request.live != nil
        matrix.proofs = attack.proofs
        for technique in request.envoys {
            let trials = (attack.envoys ?? [:]).values.compactMap { $0[technique.id] }
            matrix.proofs[technique.id] = Proof(honest: trials)
        }
        matrix.troubles = attack.troubles + lost(observed)
        return matrix
    }
}

/// Names of walls as the command line writes them.
enum MatrixNames {
    static func of(_ walls: Walls) -> [String] {
        Walls.names.filter { walls.contains($0.wall) }.map(\.name)
    }
}

extension Trial {
    fileprivate var isThrough: Bool {
        if case .through = outcome { return true }
        return false
    }
}
