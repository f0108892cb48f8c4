internal import Arguments
internal import Compile
internal import Confinement
internal import Crew
internal import Findings
internal import Notation
internal import Operator
internal import Platform

extension Verb {
    static let check = Verb(
        Usage(
            "check", operands: "FILE...", counts: 1...256,
            about: "Reads a platform file, shows every error, and answers its guarantees",
            flags: CheckReview.flags + [
                Flag("from-format", value: "FORMAT", "the files are of another format"),
                Flag("mutants", "list the changes of flows that no guarantee notices"), .sarif,
                .json,
            ],
            details: """
                Exit 0 when nothing is wrong and every guarantee holds; 1 with errors, or a guarantee
                that is refuted or cannot be answered; 2 when the file cannot be read. What only this
                machine lacks (a program, a file's owner) is a warning: the file may be for another.
                What is allowed but careless is a warning or a note; `next:` is what to mend first.
                Each guarantee must hold in the file, by the fabric's rules alone and by the
                compartments' firewalls alone: those are read back from the text that the kernel gets.
                With --from-format, files and folders of these formats are reviewed instead:
                \(ImportFormat.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                """)
    ) { arguments throws(Failure) in
        if let format = arguments.value("from-format") {
            try CheckReview.requireNone(arguments)
            return try importedCheck(format, arguments)
        }
        guard arguments.words.count == 1 else {
            throw Failure(
                .usage, "words", "`check` takes one platform file",
                remedy: "name one, or say the format of the files with --from-format")
        }
        let review = try CheckReview(arguments)
        let programs = try Places.programs()
        var stated: String?
        let read = try PlatformFile.read(
            arguments.word(0) ?? "", unparsed: { stated = PlatformName.stated(in: $0) })
        let listsMutants = arguments.has("mutants")
        let (reviewed, proved) = Crew.both {
            Result { () throws(Failure) in
                try read.compiled(programs, name: stated).reviewed(review)
            }
        } _: {
            Result { () throws(Failure) in try GuaranteeReport(read, listsMutants: listsMutants) }
        }
        let file = try reviewed.get()
        // Of a file that does not compile nothing is told.
        let report = file.platform == nil ? nil : try proved.get()
        let expired = try ExpiredReport(file)
        if arguments.has("sarif") {
            let log = sarif(of: file.findings, in: file.path, broken: report?.broken ?? [])
            Output.line(log.renderPretty())
        } else if arguments.has("json") {
            Output.line(checkDocument(file, report, expired).renderPretty())
        } else {
            for line in checkText(file, report, expired) + file.nextStep(report?.refuted) {
                Output.line(line)
            }
        }
        if file.hasErrors { return file.exit }
        return report?.passes ?? false ? .good : .refused
    }
}

/// How a finding about this machine, not about the file, begins.
let hereMark = "`up` refuses it on this machine: "

extension PlatformFile {
    /// The file with what compiling it finds: all that `up` would refuse besides.
    fileprivate func compiled(_ programs: String, name: String?) -> PlatformFile {
        guard let platform else { return self }
        let level: IsolationLevel = (platform.isolation ?? .full) == .full ? .full : .none
        let outcome = Compile.check(
            platform, file: path, folder: folder, isolation: level,
            host: Host(programs: programs, operators: operators))
        let known = Set(findings.map { "\($0.code) \($0.place?.line ?? 0)" })
        var all = findings
        if name == nil {
            all.append(
                Finding(
                    .error, "platform-name", at: nil, "no line begins with `platform: NAME`",
                    remedy: "write the name there: it must be seen before the file is parsed"))
        }
        if let distrust {
            all.append(
                Finding(
                    .warning, distrust.code, at: nil, hereMark + distrust.problem,
                    remedy: distrust.remedy))
        }
        for finding in outcome.findings {
            if Host.concerns(finding) {
                all.append(
                    Finding(
                        .warning, finding.code, at: finding.place, hereMark + finding.problem,
                        remedy: finding.remedy))
            } else if !known.contains("\(finding.code) \(finding.place?.line ?? 0)") {
                all.append(finding)
            }
        }
        let nowhere = Place(line: .max, column: 0)
        let sorted = all.enumerated().sorted {
            ($0.element.place ?? nowhere, $0.offset) < ($1.element.place ?? nowhere, $1.offset)
        }.map(\.element)
        let hasErrors = sorted.contains { $0.severity == .error }
        return PlatformFile(
            path: path, folder: folder, platform: hasErrors ? nil : platform, findings: sorted,
            operators: operators, distrust: distrust, today: today, lapsed: lapsed)
    }
}

private func checkText(
    _ file: PlatformFile, _ report: GuaranteeReport?, _ expired: ExpiredReport?
) -> [String] {
    let name = Excerpt.of(file.path, limit: 500)
    var lines = file.findings.map { $0.line(file: name) }
    guard let platform = file.platform, let report else {
        let errors = file.findings.count { $0.severity == .error }
        return lines + (expired?.text ?? []) + ["", "\(name): \(counted(errors, "error"))"]
    }
    if !lines.isEmpty { lines.append("") }
    lines.append(
        "platform \(platform.name): \(counted(platform.zones.count, "zone")), "
            + "\(counted(platform.services.count, "service")), "
            + "\(counted(platform.flows.count, "flow")), "
            + "\(counted(platform.publications.count, "published port"))")
    return lines + report.text
}

private func checkDocument(
    _ file: PlatformFile, _ report: GuaranteeReport?, _ expired: ExpiredReport?
) -> JSON {
    [
        "file": .text(file.path), "platform": .optional(file.platform?.name),
        "good": .boolean(!file.hasErrors && report?.passes ?? false),
        "findings": .list(file.findings.map(document)),
        "guarantees": .list(report?.documents ?? []),
        "expired": .list(expired?.documents ?? []),
        "mutation": report?.mutation ?? .null,
    ]
}

func document(_ finding: Finding) -> JSON {
    [
        "severity": .text(finding.severity.rawValue), "code": .text(finding.code),
        "line": finding.place.map { .count($0.line) } ?? .null,
        "column": finding.place.map { .count($0.column) } ?? .null,
        "problem": .text(finding.problem), "remedy": .text(finding.remedy),
    ]
}

/// `1 zone`, `2 zones`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
