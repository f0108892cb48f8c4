/// Notes of one kind at a bounded rate: what is too much is counted, and the counts are a note.
///
/// Whoever is refused as fast as a network carries must not fill a trail: the first ones of each
/// second are listed, the others told in one line that says how many there were of which word.
public struct NoteBudget: Sendable {
    /// Notes in one window.
    public static let windowMax = 20
    /// Nanoseconds of a window.
    public static let window: UInt64 = 1_000_000_000
    /// Words that are counted apart; further ones are counted together.
    static let wordsMax = 32

    private let kind: String
    private let rest: String
    private var windowEnd: UInt64 = 0
    private var listed = 0
    private var counts: [String: UInt64] = [:]
    private var others: UInt64 = 0
    /// Those that wait to be sent.
    private var waiting: [Event] = []

    /// `rest` is what those are that were counted: `requests refused`.
    public init(kind: String, rest: String) {
        self.kind = kind
        self.rest = rest
    }

    /// Something is counted or waits.
    public var isBusy: Bool { others > 0 || !counts.isEmpty || !waiting.isEmpty }

    /// Adds one; `word` is what it is counted as, one of few and never a client's own text.
    ///
    /// `now` is nanoseconds of a clock that never goes back.
    public mutating func add(_ text: @autoclosure () -> String, as word: String, now: UInt64) {
        close(now: now)
        guard listed >= Self.windowMax else {
            listed += 1
            waiting.append(.note(kind: kind, text: text()))
            return
        }
        if counts[word] != nil || counts.count < Self.wordsMax {
            counts[word, default: 0] += 1
        } else {
            others += 1
        }
    }

    /// What is to be sent now.
    public mutating func take(now: UInt64, isLast: Bool = false) -> [Event] {
        close(now: isLast ? .max : now)
        guard !waiting.isEmpty else { return [] }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }

    private mutating func close(now: UInt64) {
        guard now >= windowEnd else { return }
        if !counts.isEmpty {
            var words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            if others > 0 { words.append("\(others) other") }
            let sum = counts.values.reduce(others, +)
            waiting.append(
                .note(
                    kind: kind,
                    text: "\(sum) further \(rest), not listed: \(words.joined(separator: ", "))"))
        }
        counts.removeAll(keepingCapacity: true)
        others = 0
        listed = 0
        windowEnd = now > .max - Self.window ? .max : now + Self.window
    }
}
