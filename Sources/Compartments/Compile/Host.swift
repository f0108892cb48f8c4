internal import Closure
package import Findings
internal import Descriptors

/// The machine that a platform is compiled for: where our programs are, and whose files count.
package struct Host: Sendable {
    let programs: String
    let ownership: Ownership

    /// `operators`: users besides root who decide what runs here anyway.
    package init(programs: String, operators: Set<UInt32> = []) {
        self.programs = programs
        ownership = Ownership(operators: operators)
    }

    /// Refuses a file, by its real path, that users other than root and the operators can change.
    package func requireOwned(_ path: String) throws(Failure) {
        guard let facts = Files.facts(at: path), facts.isRegular else { return }
        try ownership.check(path, facts)
    }

    /// Findings about this machine's files, not about the platform file: elsewhere they may be
    /// other ones.
    package static func concerns(_ finding: Finding) -> Bool { codes.contains(finding.code) }

    private static let codes: Set<String> = [
        "program-missing", "program-kind", "program-setuid", "program-mode", "program-script",
        "program-unreadable", "program-format", "loader-missing", "library-missing",
        "closure-large", "files-missing", "files-kind", "files-large", "files-unreadable",
        "foreign-owner", "writable-by-others", "unreadable",
    ]
}
