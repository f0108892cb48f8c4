internal import Findings
internal import Notation
internal import Sarif

/// A guarantee that does not hold, as a log needs it.
struct BrokenGuarantee {
    let claim: String
    let place: Place
    /// It cannot be answered, rather than being false.
    let isUnanswered: Bool
    let why: String
    /// Hops of the way that breaks it: where the file allows each, and what it says.
    let way: [(place: Place, text: String)]
}

/// What a check found, as one SARIF document: findings, and guarantees that do not hold.
func sarif(
    of findings: [Finding], in file: String, broken: [BrokenGuarantee] = []
) -> JSON {
    var log = SarifLog(version: Build.version)
    log.describe("guarantee-refuted", "A guarantee of the platform file is false")
    log.describe("guarantee-unanswered", "A guarantee of the platform file cannot be answered")
    for finding in findings { log.add(finding, file: file) }
    for one in broken {
        log.add(
            SarifLog.Result(
                one.isUnanswered ? "guarantee-unanswered" : "guarantee-refuted", .error,
                "\(one.claim): \(one.why)", at: SarifLog.Location(file, one.place),
                related: one.way.map { SarifLog.Location(file, $0.place, text: $0.text) },
                identity: one.claim))
    }
    return log.document
}
