internal import Addresses
internal import AuditTreaty

/// Joins what an envoy saw with what the services that it attacked put on record.
///
/// An envoy is not believed that it was stopped: each service that stopped it must have said so
/// itself, about this attacker, and one record speaks for one attempt only.
package struct Testimony: Sendable {
    private let around: Circumstances
    /// Records that already spoke, by index and the word that they spoke by: one may count several
    /// kinds of refusals.
    private var used: Set<String> = []

    /// Services put several events into one message, up to a second after the first.
    private static let lateNanoseconds: UInt64 = 3_000_000_000
    private static let earlyNanoseconds: UInt64 = 12_000_000
    /// What a service says when there was more to tell than it lists; it names who caused it.
    private static let counted = ", not listed: "
    /// Other records that a verdict quotes.
    private static let othersMax = 3

    package init(_ around: Circumstances) { self.around = around }

    /// Judges all trials in the order in which they were tried.
    package static func cells(
        _ techniques: [Technique], _ trials: [String: Trial], _ around: Circumstances
    ) -> [String: Cell] {
        var testimony = Testimony(around)
        var cells: [String: Cell] = [:]
        for technique in techniques where trials[technique.id] == nil {
            cells[technique.id] = .couldNotRun("the envoy did not report it")
        }
        let tried = techniques.compactMap { technique in
            trials[technique.id].map { (technique, $0) }
        }
        for (technique, trial) in tried.sorted(by: { $0.1.begin < $1.1.begin }) {
            cells[technique.id] = testimony.cell(technique, trial)
        }
        return cells
    }

    private mutating func cell(_ technique: Technique, _ trial: Trial) -> Cell {
        switch trial.outcome {
        case .through(let text): return .through(text)
        case .couldNotRun(let text): return .couldNotRun(text)
        case .inapplicable(let text): return .inapplicable(text)
        case .sent(let text): return .unrecorded("\(text); nobody knows what became of it")
        case .stopped(let refusal):
            // A wall stopped it before any program heard of it.
            if refusal.errno != 0 {
                return Correlation.cells([technique], [technique.id: trial], around)[technique.id]
                    ?? .couldNotRun(refusal.summary)
            }
            guard !trial.control.isEmpty else {
                return .couldNotRun("no honest way was tried beside it: \(refusal.summary)")
            }
            return stopped(technique, trial, refusal)
        }
    }

    private mutating func stopped(
        _ technique: Technique, _ trial: Trial, _ refusal: Refusal
    ) -> Cell {
        guard !trial.targets.isEmpty else {
            return .couldNotRun("it names nobody who stopped it: \(refusal.summary)")
        }
        var said: [String] = []
        for target in trial.targets {
            guard let words = record(technique, trial, target) else {
                return .unrecorded(
                    "\(refusal.summary); \(target) recorded nothing of it" + others(trial, target))
            }
            said.append("\(target): \(words)")
        }
        return .stopped(
            by: Array(technique.checks.prefix(1)), how: .record,
            trace: .logged(said.joined(separator: "; ")), detail: refusal.summary)
    }

    private func window(_ trial: Trial) -> ClosedRange<UInt64> {
        let begin = trial.begin - min(trial.begin, Self.earlyNanoseconds)
        return begin...max(begin, trial.end &+ Self.lateNanoseconds)
    }

    private func namesAttacker(_ text: String) -> Bool {
        text.contains(around.name) || around.address.map { text.contains("\($0)") } ?? false
    }

    /// What the target says of the attacker at that time instead: why it may have closed.
    private func others(_ trial: Trial, _ target: String) -> String {
        let window = window(trial)
        let texts = around.observed.lazy.compactMap { one -> String? in
            guard one.trail == target, window.contains(one.time),
                case .note(_, let text) = one.event, namesAttacker(text)
            else { return nil }
            return String(text.prefix(160))
        }
        let shown = texts.prefix(Self.othersMax).joined(separator: "; ")
        return shown.isEmpty ? "" : ", but: \(shown)"
    }

    /// What the target says of this attacker and this kind of attack.
    private mutating func record(
        _ technique: Technique, _ trial: Trial, _ target: String
    ) -> String? {
        let window = window(trial)
        var counted: String?
        for (index, one) in around.observed.enumerated()
        where one.trail == target && window.contains(one.time) {
            guard case .note(_, let text) = one.event else { continue }
            let names = technique.isAnonymous || namesAttacker(text)
            if names, text.contains(Self.counted) { counted = counted ?? text }
            guard names,
                let word = technique.records.first(where: {
                    text.contains($0) && !used.contains("\(index) \($0)")
                })
            else { continue }
            used.insert("\(index) \(word)")
            return text
        }
        return counted
    }
}

extension Technique {
    /// The record of it does not say who it was: a posting, a request of a client.
    fileprivate var isAnonymous: Bool { ["order", "book", "fill"].contains(family) }
}
