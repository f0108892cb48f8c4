// Arguments: a verb's words and flags as values, refused with the nearest known flag when they do
// not fit. It never reads the environment and never prints. Bounds: 256 words of 16 KiB each.

/// A flag of a verb: `--json`, or `--from A` when it takes a value.
public struct Flag: Sendable {
    /// The name without the dashes.
    public let name: String
    /// How help shows the value, as `SERVICE`; nil when the flag takes none.
    public let value: String?
    /// Whether it may be given more than once.
    public let repeats: Bool
    /// What it does, in a few words.
    public let about: String

    /// A flag that takes a value when `value` names one.
    public init(_ name: String, value: String? = nil, repeats: Bool = false, _ about: String) {
        self.name = name
        self.value = value
        self.repeats = repeats
        self.about = about
    }

    /// The flag that every verb with an answer has.
    public static let json = Flag("json", "print one JSON document")
    /// `--sarif`, of every verb that finds something in files.
    public static let sarif = Flag("sarif", "print one SARIF 2.1.0 document")
}

/// What a verb takes, for reading its arguments and for its help.
public struct Usage: Sendable {
    /// The verb: `reach`.
    public let verb: String
    /// Its words, as help shows them: `FILE` or `list|show|verify [ARGS]`.
    public let operands: String
    /// How many words it takes.
    public let counts: ClosedRange<Int>
    /// What the verb does, one sentence without a full stop.
    public let about: String
    /// Its flags in the order of help; `--help` is always there.
    public let flags: [Flag]
    /// More for `help VERB`, a few lines; may be empty.
    public let details: String

    /// Puts the table of one verb together.
    public init(
        _ verb: String, operands: String = "", counts: ClosedRange<Int> = 0...0,
        about: String, flags: [Flag] = [], details: String = ""
    ) {
        self.verb = verb
        self.operands = operands
        self.counts = counts
        self.about = about
        self.flags = flags
        self.details = details
    }

    /// `bulkhead reach FILE [--from A] [--json]`.
    public var line: String {
        var words = ["bulkhead", verb]
        if !operands.isEmpty { words.append(operands) }
        for flag in flags {
            words.append("[--\(flag.name)\(flag.value.map { " " + $0 } ?? "")]")
        }
        return words.joined(separator: " ")
    }

    /// The whole help text of the verb, without a line break at the end.
    public var help: String {
        let shown = (flags + [Flag("help", "print this")]).map { flag in
            ("--" + flag.name + (flag.value.map { " " + $0 } ?? ""), flag.about)
        }
        let width = shown.map(\.0.count).max() ?? 0
        var lines = [line, "", "  " + about + "."]
        if !details.isEmpty {
            lines.append("")
            lines += details.split(separator: "\n", omittingEmptySubsequences: false).map {
                "  " + $0
            }
        }
        lines.append("")
        for (name, about) in shown {
            lines.append("  \(name)\(String(repeating: " ", count: width - name.count))  \(about)")
        }
        return lines.joined(separator: "\n")
    }
}
