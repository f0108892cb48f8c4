internal import Arguments
internal import Comparison
internal import Findings
internal import Notation
internal import Sarif

extension Verb {
    static let diff = Verb(
        Usage(
            "diff", operands: "OLD NEW", counts: 2...2,
            about: "Shows what a change opens and closes, packet by packet, with its lines",
            flags: [
                Flag("from-format", value: "FORMAT", "both are of another format"),
                Flag("old-format", value: "FORMAT", "OLD is of another format"),
                Flag("new-format", value: "FORMAT", "NEW is of another format"),
                Flag("strict", "what is closed, or cannot be known, fails as well"),
                .sarif, .json,
            ],
            details: """
                Exit 0 when nothing is opened; 1 when something is, or may be; 2 when a side cannot be
                read. Parties are known by their names. No change at all is proved for every pair.
                A platform file is compared with files and folders of these formats too:
                \(ImportFormat.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                """)
    ) { arguments throws(Failure) in
        let isStrict = arguments.has("strict")
        let (old, new) = try Sides.read(
            arguments, old: arguments.words[0], new: arguments.words[1])
        let comparison = try Sides.compared(old, new)
        if arguments.has("sarif") {
            var log = SarifLog(version: Build.version)
            log.add(comparison, strict: isStrict)
            Output.line(log.document.renderPretty())
        } else if arguments.has("json") {
            Output.line(comparison.document(strict: isStrict).renderPretty())
        } else {
            for line in comparison.lines(strict: isStrict) { Output.line(line) }
        }
        return comparison.passes(strict: isStrict) ? .good : .refused
    }
}
