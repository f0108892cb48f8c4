internal import Addresses
internal import AuditTreaty

/// Events about clients, at a bounded rate: what is too much is counted, and the count is an event.
struct Complaints: Sendable {
    /// Events in one window.
    static let windowMax = 20
    /// Nanoseconds of a window.
    static let window: UInt64 = 1_000_000_000
    static let kind = "request"

    private var windowEnd: UInt64 = 0
    private var listed = 0
    private var suppressed: UInt64 = 0
    /// Those that wait to be sent.
    private var waiting: [Event] = []

    init() {}

    /// Something is counted or waits.
    var isBusy: Bool { suppressed > 0 || !waiting.isEmpty }

    /// Adds one: who, what it heard, and why.
    mutating func add(
        _ address: Address, _ port: UInt16, status: UInt16?, why: String, now: UInt64
    ) {
        close(now: now)
        guard listed < Self.windowMax else {
            suppressed += 1
            return
        }
        listed += 1
        let said = status.map { "\($0)" } ?? "-"
        waiting.append(.note(kind: Self.kind, text: "\(address):\(port) \(said) \(why)"))
    }

    /// What is to be sent now.
    mutating func take(now: UInt64, isLast: Bool = false) -> [Event] {
        close(now: isLast ? .max : now)
        let events = waiting
        if !waiting.isEmpty { waiting.removeAll(keepingCapacity: true) }
        return events
    }

    private mutating func close(now: UInt64) {
        guard now >= windowEnd else { return }
        if suppressed > 0 {
            waiting.append(
                .note(kind: Self.kind, text: "\(suppressed) further requests refused, not listed"))
        }
        suppressed = 0
        listed = 0
        windowEnd = now == .max ? now : now + Self.window
    }
}
