internal import Arguments
internal import Findings

/// One verb of the command line: what it takes and what it does.
struct Verb: Sendable {
    let usage: Usage
    let run: @Sendable (Arguments) throws(Failure) -> ExitCode

    init(
        _ usage: Usage, _ run: @escaping @Sendable (Arguments) throws(Failure) -> ExitCode
    ) {
        self.usage = usage
        self.run = run
    }

    /// All of them in the order of help; a new verb is one file and one word here.
    static let all: [Verb] = [
        .check, .reach, .blast, .diff, .draw, .render, .schema, .doctor, .up, .status, .logs,
        .restart, .revoke, .drift, .apply, .confirm, .down, .trail,
        .drill, .account, .key, .venue, .book, .load, .trust,
        .version, .help,
    ]
}

/// Finds the verb, reads its arguments, runs it; failures go to standard error with what to do.
func run(_ words: [String]) -> ExitCode {
    do throws(Failure) {
        guard let name = words.first else {
            Output.error(helpText())
            return .usage
        }
        if name == "--help" || name == "-h" { return try Verb.help.run(Arguments()) }
        if name == "--version" { return try Verb.version.run(Arguments()) }
        guard let verb = Verb.all.first(where: { $0.usage.verb == name }) else {
            throw unknownVerb(name)
        }
        let arguments = try Arguments.parse(Array(words.dropFirst()), for: verb.usage)
        if arguments.wantsHelp {
            Output.line(verb.usage.help)
            return .good
        }
        return try verb.run(arguments)
    } catch {
        Output.error("bulkhead: \(error.description)")
        return error.exit
    }
}

func unknownVerb(_ name: String) -> Failure {
    let nearest = Nearest.name(to: name, among: Verb.all.map(\.usage.verb))
    return Failure(
        .usage, "unknown-verb", "unknown verb `\(Excerpt.of(name))`",
        remedy: nearest.map { "did you mean `bulkhead \($0)`?" }
            ?? "`bulkhead help` lists the verbs")
}
