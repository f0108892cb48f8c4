package import Findings

/// Text in another format, read back and proved equal to the plan before anybody gets it.
package struct Rendering: Sendable {
    package struct File: Sendable, Equatable {
        /// Relative path: `gateway.nft`.
        package let name: String
        package let text: String

        package init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    package var files: [File]
    /// What was proved, a sentence each.
    package var proof: [String]
    /// What the format cannot say, and what a reader must know.
    package var findings: [Finding]

    package init(files: [File], proof: [String], findings: [Finding]) {
        self.files = files
        self.proof = proof
        self.findings = findings
    }

    /// What is rendered does not say what the plan says: a mistake of the renderer, or a text that
    /// somebody changed.
    package static func unproved(_ problem: String) -> Failure {
        Failure(
            .refused, "not-proved", "what was rendered does not say what the plan says: \(problem)",
            remedy: "nothing was written; please report this platform file")
    }
}
