internal import Arguments
internal import Blueprint
internal import Comparison
internal import Compile
internal import Confinement
internal import Descriptors
internal import Findings
internal import Operator
internal import Platform
internal import Segmentation
internal import Topology

/// Two states of a network, as platform files or as files of formats that are imported.
enum Sides {
    /// What is read before root is given up.
    private struct Source {
        let path: String
        let format: ImportFormat?
        let files: [ImportedFile]
    }

    /// Both sides; every byte is read before root is given up, and parsed after.
    static func read(
        _ arguments: Arguments, old: String, new: String
    ) throws(Failure) -> (old: Side, new: Side) {
        guard old != "-" || new != "-" else {
            throw Failure(
                .usage, "words", "both sides cannot be the input",
                remedy: "name a file for one of them")
        }
        let both = arguments.value("from-format")
        let before = try source(old, arguments.value("old-format") ?? both)
        let after = try source(new, arguments.value("new-format") ?? both)
        try Privileges.drop()
        let isMixed = (before.format == nil) != (after.format == nil)
        let sides = (old: try side(before, isMixed), new: try side(after, isMixed))
        guard !isMixed || sharesNames(sides.old, sides.new) else {
            throw Failure(
                .usage, "no-common-names", "no party has the same name on both sides",
                remedy: "name the platform's services as the other side names its endpoints")
        }
        return sides
    }

    private static func source(_ path: String, _ format: String?) throws(Failure) -> Source {
        let known = try format.map { name throws(Failure) in try ImportFormat.named(name) }
        if known == nil, path != "-", Files.facts(of: path)?.isDirectory == true {
            throw Failure(
                .usage, "unreadable-file", "\(Excerpt.of(path, limit: 500)) is a folder",
                remedy: "name a platform file, or say the format of the folder's files")
        }
        let files = try ImportedFiles.gathered([path], known?.endings ?? [])
        return Source(path: path, format: known, files: files)
    }

    private static func side(_ source: Source, _ isMixed: Bool) throws(Failure) -> Side {
        if let format = source.format {
            return Side(name: source.path, topology: try format.whole(source.files, source.path))
        }
        let file = PlatformFile.parsed(source.path, source.files[0].bytes)
        guard let platform = file.platform else { throw unreadable(file.findings, source.path) }
        let (deployment, findings) = Compile.outline(platform, file: source.path)
        guard let deployment else { throw unreadable(findings, source.path) }
        do throws(Segmentation.Unreadable) {
            let segmentation = try Segmentation(deployment)
            return Side(platform, deployment, segmentation, asOutside: isMixed)
        } catch {
            throw Failure(
                .usage, "rules", "the rules of \(error.filter) cannot be read: \(error.problem)",
                remedy: "compare smaller platforms")
        }
    }

    private static func unreadable(_ findings: [Finding], _ path: String) -> Failure {
        let shown = Excerpt.of(path, limit: 500)
        for finding in findings where finding.severity == .error {
            Output.error(finding.line(file: shown))
        }
        return Failure(
            .usage, "platform-file", "\(shown) has errors",
            remedy: "mend them; `bulkhead check` shows them again")
    }

    private static func sharesNames(_ old: Side, _ new: Side) -> Bool {
        let names = Set(old.topology.endpoints.lazy.filter { $0.kind == .workload }.map(\.name))
        return new.topology.endpoints.contains { $0.kind == .workload && names.contains($0.name) }
    }
}
