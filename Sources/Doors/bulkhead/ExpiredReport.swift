internal import Assurance
internal import Compile
internal import Findings
internal import Notation
internal import Platform
internal import Reach
internal import Segmentation

/// What flows let through whose day is over, when that is all that is wrong with a file.
struct ExpiredReport {
    private let assurance: Assurance
    private let links: [Link]

    /// Nil for a file without such flows, and for one with other errors.
    init?(_ file: PlatformFile) throws(Failure) {
        guard var platform = file.lapsed else { return nil }
        // What is asked is where they lead, not what that breaks.
        platform.guarantees = []
        guard let deployment = Compile.outline(platform, file: file.path).deployment else {
            return nil
        }
        assurance = try GuaranteeReport.assurance(platform, deployment)
        links = assurance.expired(today: file.today)
    }

    var text: [String] {
        links.isEmpty
            ? [] : ["", "what expired"] + links.flatMap { assurance.lines($0, indent: "  ") }
    }

    var documents: [JSON] { links.map(assurance.document) }
}
