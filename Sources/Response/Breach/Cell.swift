/// Whether a wall's own record tells of an attempt.
package enum Trace: Sendable, Equatable {
    /// A wall or the watch recorded it, in these words.
    case logged(String)
    /// Nothing was there to attack, or the kernel has no record of such a refusal.
    case nothing
}

/// How it was found out which layer stopped an attempt.
package enum Decision: String, Sendable, Equatable {
    /// The layer's own record of this attempt.
    case record
    /// The error number, and the table of walls that stand before the technique.
    case errno
    /// What the one that was attacked did.
    case effect
}

/// What one technique came to in one compartment, with the records of the walls beside it.
package enum Cell: Sendable, Equatable {
    /// Names of the layers, the decisive one first.
    case stopped(by: [String], how: Decision, trace: Trace, detail: String)
    /// A wall that records what it stops said nothing: nobody knows what happened.
    case unrecorded(String)
    case through(String)
    /// Nothing of the kind is there, and the open twin or the plan agrees.
    case inapplicable(String)
    case couldNotRun(String)

    /// Whether the drill fails by it.
    package var isFailure: Bool {
        switch self {
        case .stopped, .inapplicable: false
        case .unrecorded, .through, .couldNotRun: true
        }
    }

    /// The word of machine-readable reports.
    package var state: String {
        switch self {
        case .stopped: "stopped"
        case .unrecorded: "unrecorded"
        case .through: "through"
        case .inapplicable: "inapplicable"
        case .couldNotRun: "could-not-run"
        }
    }

    package var isThrough: Bool {
        if case .through = self { return true }
        return false
    }
}

/// What the open twin says about one technique.
package enum Proof: Sendable, Equatable {
    /// It gets through where no wall stands.
    case works(String)
    /// This kernel or machine lacks what it attacks, as the table allows.
    case lacking(String)
    /// It does not work even without walls, so being stopped proves nothing.
    case failed(String)

    /// Judges the open twin's outcome; nil when it did not report.
    package init(_ technique: Technique, _ outcome: Outcome?) {
        switch (outcome, technique.control) {
        case (.through(let text), _), (.sent(let text), _): self = .works(text)
        case (nil, _): self = .failed("the open twin did not try it")
        case (.couldNotRun(let text), _): self = .failed(text)
        case (.inapplicable(let text), .needs(let need)):
            self = .lacking("\(need): \(text)")
        case (.stopped(let refusal), .needs(let need)):
            self = .lacking("\(need): \(refusal.summary)")
        case (.inapplicable(let text), .works): self = .failed(text)
        case (.stopped(let refusal), .works):
            self = .failed("stopped without walls: \(refusal.summary)")
        }
    }

    /// Judges the honest way that was tried beside an envoy's attack.
    package init(honest trials: [Trial]) {
        if let control = trials.first(where: { !$0.control.isEmpty })?.control {
            self = .works(control)
        } else if trials.allSatisfy({ $0.outcome.isInapplicable }) {
            self = .lacking("no service of the platform has what it attacks")
        } else {
            self = .failed("nothing honest worked beside it")
        }
    }

    package var isLacking: Bool {
        if case .lacking = self { return true }
        return false
    }
}

extension Outcome {
    fileprivate var isInapplicable: Bool {
        if case .inapplicable = self { return true }
        return false
    }
}

extension Refusal {
    /// Error, signal or neither, with what was tried.
    package var summary: String {
        var words: [String] = []
        if errno != 0 { words.append("errno \(errno)") }
        if signal != 0 { words.append("signal \(signal)") }
        if let call { words.append("call \(call)") }
        if !detail.isEmpty { words.append(detail) }
        return words.joined(separator: ", ")
    }
}
