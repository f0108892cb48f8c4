package import Addresses
package import AuditTreaty
package import Confinement

/// One event of a trail, at the time it happened or was received.
package struct Observed: Sendable, Equatable {
    /// Nanoseconds since 1970.
    package var time: UInt64
    /// The trail that holds it, by the name of who writes into it: `sensor`, a service, ….
    package var trail: String
    /// The service itself sent it, and it speaks about more than that service.
    package var isClaim: Bool
    package var event: Event

    package init(time: UInt64, trail: String, isClaim: Bool = false, event: Event) {
        self.time = time
        self.trail = trail
        self.isClaim = isClaim
        self.event = event
    }
}

/// What a drill knows about one compartment when it judges its trials.
package struct Circumstances: Sendable {
    /// Index, name, address and traits of the compartment.
    package var compartment: UInt16
    package var address: Address?
    package var traits: Set<String>
    package var name: String
    package var without: Walls
    /// Refused system calls are recorded on this machine, and so are Landlock's refusals.
    package var recordsCalls: Bool
    package var recordsAccess: Bool
    /// Techniques whose subject the plan does not give to this compartment, with the reason.
    package var absent: [String: String]
    package var proofs: [String: Proof]
    /// In the order of their times.
    package var observed: [Observed]
    package var sightings: [Sighting]

    package init(compartment: UInt16, name: String, without: Walls = []) {
        self.compartment = compartment
        self.name = name
        self.without = without
        traits = []
        recordsCalls = false
        recordsAccess = false
        absent = [:]
        proofs = [:]
        observed = []
        sightings = []
    }
}

/// Joins what a probe saw with what the walls recorded: which layer stopped it, and who knows.
///
/// A probe is never believed that it was stopped by a wall that records: the record must be there,
/// and a record speaks for one attempt only.
package struct Correlation: Sendable {
    private let around: Circumstances
    /// Records that already spoke for an attempt, by index.
    private var used: Set<Int> = []

    /// A record may be older than the probe's reading of the clock, because the kernel stamps
    /// audit records by its coarse clock in whole milliseconds; it is younger when the kernel
    /// stamps nothing and the sensor's clock at its next turn is what counts.
    private static let earlyNanoseconds: UInt64 = 12_000_000
    private static let lateNanoseconds: UInt64 = 400_000_000
    /// EACCES, of Landlock; ENOSYS, of calls that the filter answers so by design and whose
    /// records the sensor leaves out.
    private static let noAccess: Int32 = 13
    private static let unknownCall: Int32 = 38

    private init(_ around: Circumstances) { self.around = around }

    /// Judges all techniques; one without a trial was never reported by the probe.
    package static func cells(
        _ techniques: [Technique], _ trials: [String: Trial], _ around: Circumstances
    ) -> [String: Cell] {
        var correlation = Correlation(around)
        var cells: [String: Cell] = [:]
        for technique in techniques where trials[technique.id] == nil {
            cells[technique.id] = .couldNotRun("the probe did not report it")
        }
        // In the order in which they were tried, as records are handed out once.
        let tried = techniques.compactMap { technique in
            trials[technique.id].map { (technique, $0) }
        }
        for (technique, trial) in tried.sorted(by: { $0.1.begin < $1.1.begin }) {
            cells[technique.id] = correlation.cell(technique, trial)
        }
        return cells
    }

    private mutating func cell(_ technique: Technique, _ trial: Trial) -> Cell {
        let records = Records(technique, trial, window(trial), around, &used)
        if let arrived = records.arrival { return .through(arrived) }
        switch trial.outcome {
        case .through(let text): return .through(text)
        case .couldNotRun(let text): return .couldNotRun(text)
        case .inapplicable(let text): return inapplicable(technique, text)
        case .sent(let text): return sent(technique, text, records)
        case .stopped(let refusal): return stopped(technique, refusal, trial, records)
        }
    }

    /// Indices of the records that may belong to a trial.
    private func window(_ trial: Trial) -> [Int] {
        let begin = trial.begin - min(trial.begin, Self.earlyNanoseconds)
        let end = trial.end &+ Self.lateNanoseconds
        return around.observed.indices.filter {
            around.observed[$0].time >= begin && around.observed[$0].time <= end
        }
    }

    private func inapplicable(_ technique: Technique, _ text: String) -> Cell {
        if let reason = around.absent[technique.id] { return .inapplicable(reason) }
        if around.proofs[technique.id]?.isLacking == true { return .inapplicable(text) }
        return .couldNotRun("it found nothing to attack (\(text)), but the open twin did")
    }

    /// It left the compartment's hands: only records tell where it ended.
    private func sent(_ technique: Technique, _ text: String, _ records: Records) -> Cell {
        if let touch = records.unrecorded.first {
            return .unrecorded("\(text); no wall recorded \(touch.words)")
        }
        if !records.layers.isEmpty {
            return .stopped(
                by: records.layers, how: .record, trace: .logged(records.words), detail: text)
        }
        if technique.isSaid, let claim = records.own {
            return .stopped(
                by: ["standing"], how: .record, trace: .logged(claim), detail: technique.standing)
        }
        // What carries no address and leaves no trace is stopped by what stands there anyway.
        guard !technique.standing.isEmpty, records.touches == 0 else {
            return .unrecorded("\(text); nothing recorded it")
        }
        return .stopped(
            by: ["standing"], how: .errno, trace: .nothing, detail: technique.standing)
    }

    private func stopped(
        _ technique: Technique, _ refusal: Refusal, _ trial: Trial, _ records: Records
    ) -> Cell {
        if let touch = records.unrecorded.first {
            return .unrecorded("\(refusal.summary); no wall recorded \(touch.words)")
        }
        if !records.layers.isEmpty {
            return .stopped(
                by: records.layers, how: .record, trace: .logged(records.words),
                detail: refusal.summary)
        }
        let standing = technique.walls(in: around.traits).subtracting(around.without)
        if Guess.isAbsence(refusal), let reason = around.absent[technique.id] {
            return .inapplicable(reason)
        }
        let layer = Guess.layer(of: refusal, walls: standing, standing: technique.standing)
        guard let layer else {
            if around.proofs[technique.id]?.isLacking == true {
                return .inapplicable("this machine lacks it: \(refusal.summary)")
            }
            return .couldNotRun("refused, but by nothing that is known: \(refusal.summary)")
        }
        // A wall that records and did not is not the one that decided: is there another?
        let silent = silentWalls(refusal)
        if Walls.names.contains(where: { $0.name == layer && silent.contains($0.wall) }) {
            guard
                let other = Guess.layer(
                    of: refusal, walls: standing.subtracting(silent),
                    standing: technique.standing)
            else { return .unrecorded("\(refusal.summary); \(layer) left no record") }
            return .stopped(by: [other], how: .errno, trace: .nothing, detail: refusal.summary)
        }
        return .stopped(by: [layer], how: .errno, trace: .nothing, detail: refusal.summary)
    }
}

extension Correlation {
    /// Walls that would have left a record of this refusal, had it been theirs.
    private func silentWalls(_ refusal: Refusal) -> Walls {
        var silent: Walls = []
        if around.recordsCalls, refusal.errno != 0, refusal.errno != Self.unknownCall {
            silent.insert(.seccomp)
        }
        if around.recordsAccess, refusal.errno == Self.noAccess { silent.insert(.landlock) }
        return silent
    }
}

extension Touch {
    var words: String { "protocol \(transport) to \(address) port \(port)" }
}

extension Technique {
    /// Something said on a channel that leads to the watch.
    fileprivate var isSaid: Bool { family == "event" || family == "notify" }
}
