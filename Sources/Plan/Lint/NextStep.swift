package import Findings

extension Lint {
    /// What to mend first: an error, then a guarantee that does not hold, then whatever else should
    /// be looked at; nil when nothing is left.
    ///
    /// `refuted` is the first guarantee that does not hold, as a finding.
    package static func next(_ findings: [Finding], refuted: Finding?) -> Finding? {
        func first(_ severity: Severity) -> Finding? {
            findings.first { $0.severity == severity && !$0.remedy.hasPrefix(nothing) }
        }
        return first(.error) ?? refuted ?? first(.warning) ?? first(.note)
    }

    /// How the remedy of findings that are for the record begins.
    private static let nothing = "nothing to do"
}
