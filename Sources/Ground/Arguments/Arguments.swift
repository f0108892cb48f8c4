public import Findings

/// The words and flags that one verb was given.
public struct Arguments: Sendable {
    /// Most words and flags of one command line.
    public static let wordsMax = 256
    /// Most bytes of one word.
    public static let wordBytesMax = 16384

    /// The words that are no flags, in order.
    public private(set) var words: [String] = []
    /// Whether `--help` or `-h` was given: then nothing else was checked.
    public private(set) var wantsHelp = false
    private var given: [(flag: String, value: String)] = []

    /// No words and no flags.
    public init() {}

    /// Reads what follows the verb; `--` ends the flags.
    ///
    /// Throws `unknown-flag`, `flag-value`, `flag-twice`, `words` or `too-long`, all of them usage.
    public static func parse(
        _ raw: [String], for usage: Usage
    ) throws(Failure) -> Arguments {
        var result = Arguments()
        guard raw.count <= wordsMax, raw.allSatisfy({ $0.utf8.count <= wordBytesMax }) else {
            throw Failure(
                .usage, "too-long", "the command line is too long",
                remedy: "give at most \(wordsMax) words of \(wordBytesMax) bytes")
        }
        let flagWords = raw.prefix { $0 != "--" }
        if flagWords.contains("--help") || flagWords.contains("-h") {
            result.wantsHelp = true
            return result
        }
        var index = 0
        var flagsEnded = false
        while index < raw.count {
            let word = raw[index]
            index += 1
            if flagsEnded || !word.hasPrefix("-") || word == "-" {
                result.words.append(word)
            } else if word == "--" {
                flagsEnded = true
            } else {
                let following = index < raw.count ? raw[index] : nil
                if try result.take(word, following: following, usage) { index += 1 }
            }
        }
        try result.checkCount(usage)
        return result
    }

    /// Whether the flag was given.
    public func has(_ flag: String) -> Bool { given.contains { $0.flag == flag } }

    /// The flag's value, nil when it was not given.
    public func value(_ flag: String) -> String? { given.first { $0.flag == flag }?.value }

    /// All values of a flag that repeats, in order.
    public func values(_ flag: String) -> [String] {
        given.filter { $0.flag == flag }.map(\.value)
    }

    /// The word at that position, nil when there are fewer.
    public func word(_ position: Int) -> String? {
        words.indices.contains(position) ? words[position] : nil
    }

    /// The flag's value as a number in `range`; nil when it was not given.
    public func integer(
        _ flag: String, in range: ClosedRange<Int>
    ) throws(Failure) -> Int? {
        guard let text = value(flag) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Failure(
                .usage, "flag-value", "--\(flag) does not take `\(Self.shown(text))`",
                remedy: "give a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// True when the following word was the flag's value.
    private mutating func take(
        _ word: String, following: String?, _ usage: Usage
    ) throws(Failure) -> Bool {
        let equals = word.firstIndex(of: "=")
        let name = String(word[..<(equals ?? word.endIndex)].drop { $0 == "-" })
        guard word.hasPrefix("--"), let flag = usage.flags.first(where: { $0.name == name }) else {
            throw Self.unknown(word, name, usage)
        }
        if !flag.repeats, has(name) {
            throw Failure(
                .usage, "flag-twice", "--\(name) is given twice", remedy: "give it once")
        }
        guard let placeholder = flag.value else {
            guard equals == nil else {
                throw Failure(
                    .usage, "flag-value", "--\(name) takes no value", remedy: "write --\(name)")
            }
            given.append((name, ""))
            return false
        }
        if let equals {
            given.append((name, String(word[word.index(after: equals)...])))
            return false
        }
        guard let following, !following.hasPrefix("--") else {
            throw Failure(
                .usage, "flag-value", "--\(name) needs a value",
                remedy: "write --\(name) \(placeholder)")
        }
        given.append((name, following))
        return true
    }

    private func checkCount(_ usage: Usage) throws(Failure) {
        guard !usage.counts.contains(words.count) else { return }
        let problem: String
        if words.count > usage.counts.upperBound {
            let extra = words[usage.counts.upperBound]
            problem = "`\(Self.shown(extra))` is one word too many for `\(usage.verb)`"
        } else {
            problem = "`\(usage.verb)` needs \(usage.operands)"
        }
        throw Failure(.usage, "words", problem, remedy: "write: \(usage.line)")
    }

    private static func unknown(_ word: String, _ name: String, _ usage: Usage) -> Failure {
        let known = usage.flags.map(\.name) + ["help"]
        let remedy: String
        if let nearest = Nearest.name(to: name, among: known) {
            remedy = "did you mean --\(nearest)?"
        } else {
            let names = known.map { "--" + $0 }.joined(separator: ", ")
            remedy = "`\(usage.verb)` knows \(names)"
        }
        return Failure(
            .usage, "unknown-flag", "unknown flag `\(shown(word))` of `\(usage.verb)`",
            remedy: remedy)
    }

    private static func shown(_ text: String) -> String { Excerpt.of(text, limit: 80) }
}
