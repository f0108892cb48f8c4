internal import Addresses
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
    /// Those that stand before the technique: what other walls recorded meanwhile is another's.
    private let walls: Walls

    /// `window` are indices of records that may belong to the trial; those that do go to `used`.
    init(
        _ technique: Technique, _ trial: Trial, _ window: [Int], _ around: Circumstances,
        _ used: inout Set<Int>
    ) {
        self.around = around
        walls = technique.walls(in: around.traits)
        touches = trial.touches.count
        var refusal: Refusal?
        if case .stopped(let known) = trial.outcome { refusal = known }
        takeTouches(trial, window, &used)
        takeDenials(window, refusal, &used)
        takeAttempts(window, trial, refusal, &used)
        takeEnding(window, refusal, trial, &used)
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

    /// The first unused record of an attempt by this compartment that fits.
    private func attempt(
        _ window: [Int], _ used: Set<Int>, _ fits: (Attempt) -> Bool
    ) -> (index: Int, attempt: Attempt)? {
        for index in window where !used.contains(index) {
            if case .attempt(let attempt) = around.observed[index].event,
                attempt.source == around.compartment || isComing(attempt), fits(attempt)
            {
                return (index, attempt)
            }
        }
        return nil
    }

    /// Others dialled a port that the attempt had opened.
    private func isComing(_ attempt: Attempt) -> Bool {
        around.address.map { $0 == attempt.targetAddress } ?? false
    }

    /// Each packet needs a refusal of its own; an allowed one has arrived.
    private mutating func takeTouches(_ trial: Trial, _ window: [Int], _ used: inout Set<Int>) {
        for touch in trial.touches {
            if let found = attempt(
                window, used, { $0.verdict != .allowed && $0.matches(touch) })
            {
                used.insert(found.index)
                add(found.attempt.wall.layer, found.attempt.words)
            } else if let counted = count(touch, window) {
                add(counted.wall.layer, "\(counted.count) refused attempts counted")
            } else if let found = attempt(
                window, used, { $0.verdict == .allowed && $0.matches(touch) })
            {
                used.insert(found.index)
                arrival = arrival ?? "\(found.attempt.wall.layer) let it pass: \(touch.words)"
            } else {
                unrecorded.append(touch)
            }
        }
    }

    private func count(_ touch: Touch, _ window: [Int]) -> AttemptCount? {
        for index in window {
            if case .attemptCount(let count) = around.observed[index].event,
                count.source == around.compartment, count.verdict != .allowed,
                count.targetPort == touch.port || count.targetPort == 0
            {
                return count
            }
        }
        return nil
    }

    /// The record of the refused call itself; another call's tells of a step on the way only.
    private mutating func takeDenials(
        _ window: [Int], _ refusal: Refusal?, _ used: inout Set<Int>
    ) {
        guard let refusal else { return }
        // A record that names the path of the refusal is its own before any other.
        let named = denial(window, refusal, used) { what in
            !refusal.detail.isEmpty && what.split(separator: " ").contains { $0 == refusal.detail }
        }
        guard let found = named ?? denial(window, refusal, used, { _ in true }) else { return }
        used.insert(found.index)
        add(found.layer, found.words, decisive: true)
    }

    private func denial(
        _ window: [Int], _ refusal: Refusal, _ used: Set<Int>, _ isNamed: (String) -> Bool
    ) -> (index: Int, layer: String, words: String)? {
        for index in window where !used.contains(index) {
            guard
                case .denied(let compartment, let wall, _, let what, let detail) =
                    around.observed[index].event, compartment == around.compartment
            else { continue }
            switch wall {
            case .seccomp:
                let isCall = refusal.call.map {
                    UInt64($0) == detail && Self.filtered.contains(refusal.errno)
                }
                guard isCall ?? (refusal.signal != 0) else { continue }
                return (index, wall.layer, "denied system call \(detail)")
            default:
                guard walls.contains(.landlock), isNamed(what),
                    [Self.noAccess, Self.notPermitted].contains(refusal.errno)
                else { continue }
                return (index, wall.layer, "denied \(what)")
            }
        }
        return nil
    }

    /// What the filter answers: EPERM, and ENOSYS.
    private static let filtered: [Int32] = [1, 38]
    private static let noAccess: Int32 = 13
    /// Landlock's answer where a scope, not a path, is what it refuses.
    private static let notPermitted: Int32 = 1

    /// Refusals of connections and packets that the probe does not count as sent.
    private mutating func takeAttempts(
        _ window: [Int], _ trial: Trial, _ refusal: Refusal?, _ used: inout Set<Int>
    ) {
        if let refusal, refusal.errno == Self.noAccess, layers.isEmpty, walls.contains(.landlock) {
            takeRefusedConnection(window, refusal, &used)
        }
        guard trial.touches.isEmpty, layers.isEmpty else { return }
        let isQuiet = refusal.map { $0.errno == 0 || $0.errno == Self.timedOut } ?? true
        if isQuiet,
            let found = attempt(
                window, used,
                {
                    $0.verdict == .spoofed || $0.verdict == .invalid
                        || ($0.wall == .publishing && $0.verdict == .refused)
                })
        {
            used.insert(found.index)
            add(found.attempt.wall.layer, found.attempt.words)
        }
    }

    /// Landlock's record of a refused connection: where the refusal names a target, one of that
    /// target, as an attempt before may have dialled more than it spoke of.
    private mutating func takeRefusedConnection(
        _ window: [Int], _ refusal: Refusal, _ used: inout Set<Int>
    ) {
        let target = refusal.target
        let found = attempt(window, used) { one in
            one.wall == .landlock && one.verdict != .allowed
                && (target.map { one.targetAddress == $0.address && one.targetPort == $0.port }
                    ?? true)
        }
        if let found {
            used.insert(found.index)
            add("landlock", found.attempt.words, decisive: true)
        } else if let target,
            let counted = count(
                Touch(transport: 6, address: target.address, port: target.port), window),
            counted.wall == .landlock
        {
            add("landlock", "\(counted.count) refused attempts counted", decisive: true)
        }
    }

    private static let timedOut: Int32 = 110

    /// How a probe ended that its attempt took with it.
    private mutating func takeEnding(
        _ window: [Int], _ refusal: Refusal?, _ trial: Trial, _ used: inout Set<Int>
    ) {
        guard let refusal, refusal.signal != 0, refusal.call == nil else { return }
        for index in window
        where around.observed[index].time >= trial.begin && !used.contains(index) {
            guard case .ended(let compartment, let ending) = around.observed[index].event,
                compartment == around.compartment
            else { continue }
            switch ending {
            case .outOfMemory:
                add("limits", "the kernel ended it at its memory limit", decisive: true)
            case .signalled(31):
                add("seccomp", "the filter ended it", decisive: true)
            case .signalled, .exited: continue
            }
            used.insert(index)
            return
        }
    }

    private mutating func takeOwn(_ window: [Int]) {
        for index in window {
            let one = around.observed[index]
            guard one.trail == around.name else { continue }
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

extension Refusal {
    /// The `address:port` at the end of what the probe says of a call.
    fileprivate var target: (address: Address, port: UInt16)? {
        guard let word = detail.split(separator: " ").last, let colon = word.lastIndex(of: ":"),
            let address = Address(word[..<colon]),
            let port = UInt16(word[word.index(after: colon)...])
        else { return nil }
        return (address, port)
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
