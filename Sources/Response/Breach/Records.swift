internal import AuditTreaty
internal import Confinement

/// The records of the walls that belong to one trial.
struct Records {
    /// Layers whose records name it, the decisive one first.
    private(set) var layers: [String] = []
    /// The most telling record, in words.
    private(set) var words = ""
    /// Packets that left and that no wall refused on record.
    private(set) var unrecorded: [Touch] = []
    /// A record or a witness that says it arrived.
    private(set) var arrival: String?
    /// What the compartment's own trail holds of it, as a claim.
    private(set) var own: String?
    let touches: Int

    private let around: Circumstances

    init(_ trial: Trial, _ window: [Observed], _ around: Circumstances) {
        self.around = around
        touches = trial.touches.count
        var refusal: Refusal?
        if case .stopped(let known) = trial.outcome { refusal = known }
        let attempts = window.compactMap { one -> Attempt? in
            guard case .attempt(let attempt) = one.event, attempt.source == around.compartment
            else { return nil }
            return attempt
        }
        takeTouches(trial, attempts, window)
        takeDenials(window, refusal)
        takePublishing(attempts, trial)
        takeOwn(window)
        takeSightings(trial)
    }

    private mutating func add(_ layer: String, _ text: String, decisive: Bool = false) {
        if decisive || words.isEmpty { words = text }
        if let at = layers.firstIndex(of: layer) {
            guard decisive else { return }
            layers.remove(at: at)
        }
        layers.insert(layer, at: decisive ? 0 : layers.count)
    }

    /// Each packet needs a refusal of its own; an allowed one has arrived.
    private mutating func takeTouches(
        _ trial: Trial, _ attempts: [Attempt], _ window: [Observed]
    ) {
        for touch in trial.touches {
            let matching = attempts.filter { $0.matches(touch) }
            if let refused = matching.first(where: { $0.verdict != .allowed }) {
                add(refused.wall.layer, refused.words)
            } else if let counted = Self.count(touch, window, around.compartment) {
                add(counted.wall.layer, "\(counted.count) refused attempts counted")
            } else if let allowed = matching.first {
                arrival = arrival ?? "\(allowed.wall.layer) let it pass: \(touch.words)"
            } else {
                unrecorded.append(touch)
            }
        }
    }

    private static func count(
        _ touch: Touch, _ window: [Observed], _ compartment: UInt16
    ) -> AttemptCount? {
        for one in window {
            if case .attemptCount(let count) = one.event, count.source == compartment,
                count.verdict != .allowed, count.targetPort == touch.port || count.targetPort == 0
            {
                return count
            }
        }
        return nil
    }

    private mutating func takeDenials(_ window: [Observed], _ refusal: Refusal?) {
        for one in window {
            guard case .denied(let compartment, let wall, _, let what, let detail) = one.event,
                compartment == around.compartment
            else { continue }
            let isCall = wall == .seccomp && refusal?.call.map(UInt64.init) == detail
            let isAccess = wall == .landlock && refusal?.errno == 13
            // Another call's record tells of a step on the way, not of what decided.
            guard isCall || isAccess || wall == .landlock || refusal?.call == nil else { continue }
            let number = wall == .seccomp ? "system call \(detail)" : "\(what)"
            add(wall.layer, "denied \(number)", decisive: isCall || isAccess)
        }
    }

    /// The host's table sees a compartment's packets by its uid, whatever the probe knows of them.
    private mutating func takePublishing(_ attempts: [Attempt], _ trial: Trial) {
        for attempt in attempts where attempt.wall == .publishing && attempt.verdict != .allowed {
            add(attempt.wall.layer, attempt.words)
        }
        if trial.touches.isEmpty, layers.isEmpty {
            for attempt in attempts where attempt.verdict == .spoofed || attempt.verdict == .invalid
            {
                add(attempt.wall.layer, attempt.words)
            }
        }
    }

    private mutating func takeOwn(_ window: [Observed]) {
        for one in window where one.trail == around.name {
            switch one.event {
            case .malformed(let bytes): own = own ?? "\(bytes) bytes that are no event"
            case .shed(let count): own = own ?? "\(count) events shed and counted"
            case .full(let bytes): own = own ?? "the trail was full at \(bytes) bytes"
            case .resumed(let lost): own = own ?? "\(lost) events counted, not kept"
            case .note(let kind, _): own = own ?? "its own note \(kind)"
            default:
                if one.isClaim { own = own ?? "recorded as a claim of the service" }
            }
        }
    }

    private mutating func takeSightings(_ trial: Trial) {
        for sighting in around.sightings
        where sighting.time >= trial.begin && sighting.time <= trial.end &+ 400_000_000
            && trial.touches.contains(sighting.touch)
        {
            arrival = arrival ?? "a witness on \(sighting.interface) saw \(sighting.touch.words)"
        }
    }
}

extension Attempt {
    func matches(_ touch: Touch) -> Bool {
        // A packet that is not IPv4 has neither protocol nor address on record.
        if transport == 0 { return touch.transport == 58 || touch.transport == 41 }
        guard transport == touch.transport, targetAddress == touch.address else { return false }
        return targetPort == touch.port || targetPort == 0
    }

    var words: String {
        "\(wall.layer) \(verdict.words) protocol \(transport) to \(targetAddress) port \(targetPort)"
    }
}

extension Verdict {
    var words: String {
        switch self {
        case .allowed: "allowed"
        case .refused: "refused"
        case .invalid: "dropped as invalid"
        case .spoofed: "dropped as spoofed"
        }
    }
}

extension Wall {
    /// The wall's name as `Walls.names` has it.
    package var layer: String {
        switch self {
        case .fabric: "fabric"
        case .host: "host"
        case .publishing: "publishing"
        case .seccomp: "seccomp"
        case .landlock: "landlock"
        }
    }
}
