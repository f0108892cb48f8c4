internal import Findings

/// Gathers findings, all of them up to a bound, so that one reading shows everything.
struct Report {
    /// Most findings kept; then one more says so.
    static let findingsMax = 1000
    /// Most nearest names looked for: each costs a pass over all known names.
    private static let suggestionsMax = 200

    private(set) var findings: [Finding] = []
    private(set) var hasErrors = false
    private var suggestions = 0
    /// Keys that are accepted and do nothing yet: first place and count.
    private var inactive: [(name: String, part: String, place: Place, count: Int)] = []

    private mutating func add(
        _ severity: Severity, _ code: String, _ place: Place?, _ problem: String, _ remedy: String
    ) {
        add(Finding(severity, code, at: place, problem, remedy: remedy))
    }

    private mutating func add(_ finding: Finding) {
        if finding.severity == .error { hasErrors = true }
        guard findings.count < Self.findingsMax else {
            if findings.count == Self.findingsMax {
                findings.append(
                    Finding(
                        .error, "too-many-findings", at: nil,
                        "there are more than \(Self.findingsMax) findings",
                        remedy: "mend these first"))
            }
            return
        }
        findings.append(finding)
    }

    /// Adds what another one gathered about the same file, behind what is here.
    mutating func append(_ other: Report) {
        for finding in other.findings { add(finding) }
        for entry in other.inactive {
            note(inactive: entry.name, until: entry.part, at: entry.place)
            if let index = inactive.firstIndex(where: { $0.name == entry.name }) {
                inactive[index].count += entry.count - 1
            }
        }
    }

    mutating func error(_ code: String, _ place: Place?, _ problem: String, _ remedy: String) {
        add(.error, code, place, problem, remedy)
    }

    mutating func warning(_ code: String, _ place: Place?, _ problem: String, _ remedy: String) {
        add(.warning, code, place, problem, remedy)
    }

    /// Notes that `name` does nothing until `part` is built; many places become one note.
    mutating func note(inactive name: String, until part: String, at place: Place) {
        if let index = inactive.firstIndex(where: { $0.name == name }) {
            inactive[index].count += 1
        } else {
            inactive.append((name, part, place, 1))
        }
    }

    /// `did you mean …?`, or `otherwise` when nothing known is near.
    mutating func nearest(_ word: String, among known: [String], else otherwise: String) -> String {
        suggestions += 1
        guard suggestions <= Self.suggestionsMax, let name = Nearest.name(to: word, among: known)
        else { return otherwise }
        return "did you mean `\(name)`?"
    }

    /// Everything in the order of the file.
    mutating func finish() -> [Finding] {
        for entry in inactive {
            let more = entry.count > 1 ? " (\(entry.count) places)" : ""
            findings.append(
                Finding(
                    .note, "inactive", at: entry.place,
                    "\(entry.name) is accepted, inactive until \(entry.part)\(more)",
                    remedy: "nothing to do"))
        }
        let nowhere = Place(line: .max, column: 0)
        return findings.enumerated().sorted {
            ($0.element.place ?? nowhere, $0.offset) < ($1.element.place ?? nowhere, $1.offset)
        }.map(\.element)
    }
}

/// Quotes foreign text for a message.
func quoted(_ text: some StringProtocol) -> String { "`\(Excerpt.of(text))`" }
