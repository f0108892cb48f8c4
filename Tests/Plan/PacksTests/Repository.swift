import Blueprint
import Compile
import Descriptors
import Findings
import Lint
import Packs
import Platform
import Reach
import Testing

/// A day on which the platform files of the repository are read: 2026-11-21.
let today = 20778

/// A file of the repository.
func repositoryFile(_ path: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return String(decoding: try Files.read("/\(root)/\(path)", limit: 1 << 20), as: UTF8.self)
}

/// All that `bulkhead check` says of a file, machines left aside.
struct Checked {
    let platform: Platform?
    let findings: [Finding]
    /// Guarantees that do not hold, in the order of the file.
    let refuted: [Finding]

    init(_ text: String) {
        var (platform, findings) = Blueprint.read(Array(text.utf8), folder: "/srv", today: today)
        var refuted: [Finding] = []
        if let platform {
            findings += Lint.findings(platform)
            let outline = Compile.outline(platform, file: "file")
            findings += outline.findings
            for pack in platform.packs {
                findings += PackCheck.findings(
                    .named(pack), platform, outline: outline.deployment)
            }
            for (guarantee, verdict) in Graph(platform).verdicts() where !verdict.passes {
                let lines = verdict.path.map { "line \($0.place.line)" }.joined(separator: ", ")
                refuted.append(
                    Finding(
                        .error, "refuted", at: guarantee.place,
                        "\(guarantee.claim): \(verdict.why)", remedy: "remove \(lines)"))
            }
        }
        self.platform = platform
        self.findings = findings.sorted { ($0.place?.line ?? .max) < ($1.place?.line ?? .max) }
        self.refuted = refuted
    }

    /// What to mend first.
    var next: Finding? { Lint.next(findings, refuted: refuted.first) }
}
