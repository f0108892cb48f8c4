internal import Arguments
internal import Findings

extension Verb {
    static let help = Verb(
        Usage("help", operands: "[VERB]", counts: 0...1, about: "Shows what a verb does")
    ) { arguments throws(Failure) in
        guard let name = arguments.word(0) else {
            Output.line(helpText())
            return .good
        }
        guard let verb = Verb.all.first(where: { $0.usage.verb == name }) else {
            throw unknownVerb(name)
        }
        Output.line(verb.usage.help)
        return .good
    }
}

/// The verbs with one sentence each.
func helpText() -> String {
    let width = Verb.all.map(\.usage.verb.count).max() ?? 0
    var lines = ["bulkhead VERB [ARGUMENTS] [--json]", ""]
    for verb in Verb.all {
        let space = String(repeating: " ", count: width - verb.usage.verb.count)
        lines.append("  \(verb.usage.verb)\(space)  \(verb.usage.about)")
    }
    lines += [
        "", "  `bulkhead VERB --help` shows a verb's arguments.",
        "  Exit: 0 good, 1 findings or refused, 2 wrong usage or unreadable input,",
        "  3 the machine cannot do it.",
    ]
    return lines.joined(separator: "\n")
}
