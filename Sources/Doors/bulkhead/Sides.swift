internal import Arguments
internal import Blueprint
internal import Comparison
internal import Compile
internal import Confinement
internal import Descriptors
internal import Findings
internal import Operator
internal import Packets
internal import Platform
internal import Segmentation
internal import Topology

/// States of a network, as platform files or as files of formats that are imported.
enum Sides {
    /// What is read before root is given up.
    struct Source {
        let path: String
        let format: ImportFormat?
        fileprivate let files: [ImportedFile]
    }

    /// Both sides of a comparison; every byte is read before root is given up, and parsed after.
    static func read(
        _ arguments: Arguments, old: String, new: String
    ) throws(Failure) -> (old: Source, new: Source) {
        guard old != "-" || new != "-" else {
            throw Failure(
                .usage, "words", "both sides cannot be the input",
                remedy: "name a file for one of them")
        }
        let both = arguments.value("from-format")
        let before = try source(old, arguments.value("old-format") ?? both)
        let after = try source(new, arguments.value("new-format") ?? both)
        try Privileges.drop()
        return (before, after)
    }

    /// The comparison, with a bar on a terminal when it takes long.
    static func compared(_ old: Source, _ new: Source) throws(Failure) -> Comparison {
        let bar = ProgressBar("comparing")
        defer { bar.end() }
        if old.format == nil, new.format == nil {
            let before = try plan(old)
            let after = try plan(new)
            do throws(Comparison.Problem) {
                return try Comparison(before, after) { done, all in bar.show(done, of: all) }
            } catch {
                switch error {
                case .tooLarge: throw tooLarge
                case .unreadable(let filter): throw unreadable(filter)
                }
            }
        }
        let isMixed = (old.format == nil) != (new.format == nil)
        let before = try side(old, asOutside: isMixed)
        let after = try side(new, asOutside: isMixed)
        guard !isMixed || sharesNames(before, after) else {
            throw Failure(
                .usage, "no-common-names", "no party has the same name on both sides",
                remedy: "name the platform's services as the other side names its endpoints")
        }
        do throws(PacketSet.TooLarge) {
            return try Comparison(before, after) { done, all in bar.show(done, of: all) }
        } catch {
            throw tooLarge
        }
    }

    /// An answer that does not fit.
    static var tooLarge: Failure {
        Failure(
            .usage, "too-large", "an answer needs more than \(PacketSet.limit) boxes of packets",
            remedy: "ask about smaller parts")
    }

    /// What `draw` is given: the file, and with --diff the older state.
    static func drawn(_ arguments: Arguments) throws(Failure) -> (old: Source?, new: Source) {
        let format = arguments.value("from-format")
        let new = try source(arguments.word(0) ?? "", format)
        let old = try arguments.value("diff").map { path throws(Failure) in
            try source(path, format)
        }
        try Privileges.drop()
        return (old, new)
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

    /// The platform of a file, with what was found in it; failing when it has errors.
    static func platform(
        _ source: Source
    ) throws(Failure) -> (platform: Platform, findings: [Finding]) {
        let file = PlatformFile.parsed(source.path, source.files[0].bytes)
        guard let platform = file.platform else { throw unreadable(file.findings, source.path) }
        return (platform, file.findings)
    }

    /// What a comparison needs of a source.
    static func side(_ source: Source, asOutside: Bool = false) throws(Failure) -> Side {
        if let format = source.format {
            // The only file of a folder is what its lines are in.
            let name = source.files.count == 1 ? source.files[0].name : source.path
            return Side(name: name, topology: try format.whole(source.files, name))
        }
        let plan = try plan(source)
        do throws(Segmentation.Unreadable) {
            let segmentation = try Segmentation(plan.deployment)
            return Side(plan.platform, plan.deployment, segmentation, asOutside: asOutside)
        } catch {
            throw unreadable(error)
        }
    }

    private static func plan(_ source: Source) throws(Failure) -> PlatformPlan {
        let platform = try platform(source).platform
        let (deployment, findings) = Compile.outline(platform, file: source.path)
        guard let deployment else { throw unreadable(findings, source.path) }
        return PlatformPlan(platform, deployment)
    }

    private static func unreadable(_ error: Segmentation.Unreadable) -> Failure {
        Failure(
            .usage, "rules", "the rules of \(error.filter) cannot be read: \(error.problem)",
            remedy: "compare smaller platforms")
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
