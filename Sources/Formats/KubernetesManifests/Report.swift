internal import Findings
internal import YAMLTree

/// Where something is written.
struct Spot: Hashable {
    var file: String
    var place: Place
}

/// Gathers findings up to a bound.
struct Report {
    static let findingsMax = 1_000

    private(set) var findings: [Finding] = []
    private(set) var hasErrors = false

    mutating func add(
        _ severity: Severity, _ code: String, _ spot: Spot?, _ problem: String, _ remedy: String
    ) {
        if severity == .error { hasErrors = true }
        guard findings.count <= Self.findingsMax else { return }
        guard findings.count < Self.findingsMax else {
            findings.append(
                Finding(
                    .error, "too-many-findings", at: nil,
                    "there are more than \(Self.findingsMax) findings", remedy: "mend these first"))
            return
        }
        findings.append(
            Finding(
                severity, code, at: spot?.place, problem, remedy: remedy, file: spot?.file ?? ""))
    }

    mutating func error(_ code: String, _ spot: Spot?, _ problem: String, _ remedy: String) {
        add(.error, code, spot, problem, remedy)
    }

    mutating func warning(_ code: String, _ spot: Spot?, _ problem: String, _ remedy: String) {
        add(.warning, code, spot, problem, remedy)
    }

    /// `isTemplate` where the file seems to be a chart's, not what the chart makes.
    mutating func add(_ fault: YAMLFault, in file: String, _ isTemplate: Bool) {
        var (code, problem, remedy) = Self.words(fault.kind)
        if isTemplate { remedy = "render the chart first: helm template" }
        error(
            code, Spot(file: file, place: fault.place ?? Place(line: 1, column: 1)), problem, remedy
        )
    }

    private static func words(_ kind: YAMLFault.Kind) -> (String, String, String) {
        switch kind {
        case .tooBig(let bytes):
            (
                "too-big",
                "the file has \(bytes) bytes, more than \(KubernetesManifests.bytesMax)",
                "split it"
            )
        case .noMemory: ("not-yaml", "no memory to read the file", "free some memory")
        case .notText(let problem):
            ("not-utf8", "the file is not UTF-8 text: \(problem)", "save it as UTF-8")
        case .notYAML(let problem, let remedy):
            ("not-yaml", "this is neither YAML nor JSON: \(problem)", remedy)
        case .moreDocuments:
            ("more-documents", "the file has too many documents", "split the file")
        case .tooManyNodes:
            ("too-many-nodes", "the file holds too many values, aliases included", "split the file")
        case .tooDeep: ("too-deep", "the nesting is too deep", "no manifest needs that")
        case .tag: ("tag", "a tag stands here", "remove the word that begins with `!`")
        case .anchor, .alias:
            ("alias", "the alias stands for nothing before it", "write the value out")
        case .keyNotText(let kind): ("key-not-text", "a key is \(kind)", "write a name as the key")
        case .duplicateKey(let name, let line):
            (
                "duplicate-key",
                "the key \(quoted(name)) appears a second time; the first is in line \(line)",
                "keep one of them"
            )
        }
    }
}

/// Quotes foreign text for a message.
func quoted(_ text: some StringProtocol) -> String { "`\(Excerpt.of(text))`" }
