internal import Arguments
internal import Findings
internal import Notation

/// What reviewing an import found.
struct ImportedReview: Sendable {
    /// What was read, in words; nil when nothing was.
    var summary: String?
    var findings: [Finding]

    init(summary: String? = nil, findings: [Finding]) {
        self.summary = summary
        self.findings = findings
    }

    var errors: Int { findings.count { $0.severity == .error } }

    var exit: ExitCode { summary == nil ? .usage : errors > 0 ? .refused : .good }
}

/// `check` of files of another format: what they open that should be shut, and what nobody knows.
func importedCheck(_ name: String, _ arguments: Arguments) throws(Failure) -> ExitCode {
    let format = try ImportFormat.named(name)
    let review = try format.reviewed(arguments.words)
    let nowhere = Place(line: .max, column: 0)
    let sorted = review.findings.enumerated().sorted {
        ($0.element.file, $0.element.place ?? nowhere, $0.offset)
            < ($1.element.file, $1.element.place ?? nowhere, $1.offset)
    }.map(\.element)
    if arguments.has("sarif") {
        Output.line(sarif(of: sorted, in: arguments.word(0) ?? "").renderPretty())
        return review.exit
    }
    if arguments.has("json") {
        let answer: JSON = [
            "format": .text(format.name), "files": .list(arguments.words.map(JSON.text)),
            "good": .boolean(review.exit == .good), "summary": .optional(review.summary),
            "findings": .list(
                sorted.map { finding in
                    let file = finding.file.isEmpty ? arguments.word(0) ?? "" : finding.file
                    return .object(
                        [JSON.Member("file", .text(file))] + (document(finding).asObject ?? []))
                }),
        ]
        Output.line(answer.renderPretty())
        return review.exit
    }
    let shown = Excerpt.of(arguments.word(0) ?? "", limit: 500)
    for finding in sorted { Output.line(finding.line(file: shown)) }
    if !sorted.isEmpty { Output.line() }
    let summary = review.summary.map { ": \($0)" } ?? ""
    Output.line(
        "\(format.name)\(summary): \(counted(review.errors, "error")), "
            + counted(sorted.count { $0.severity == .warning }, "warning"))
    return review.exit
}
