internal import Descriptors
internal import Findings
internal import Glibc
internal import KubernetesManifests
internal import Operator
internal import Topology

/// A file to import: its name as people know it, and what is in it.
struct ImportedFile {
    let name: String
    let bytes: [UInt8]
}

/// A format that topologies are read from; a new one is one member and one word in `all`.
struct ImportFormat: Sendable {
    let name: String
    /// Endings of the files that are read where a folder is named.
    let endings: [String]
    let about: String
    let read: @Sendable ([ImportedFile]) throws(Failure) -> Topology
    /// What `check` says of the files beside what reading them finds; nil for nothing.
    var review: (@Sendable ([ImportedFile]) -> ImportedReview)?

    static let all: [ImportFormat] = [
        .kubernetes, .securityGroups, .terraformPlan, .nftables, .nftablesJSON, .iptablesSave,
    ]

    static let kubernetes = ImportFormat(
        name: "kubernetes", endings: [".yaml", ".yml", ".json"],
        about: "manifests, or what `kubectl get -o json` prints"
    ) { files in
        KubernetesManifests.read(
            files.map { KubernetesManifests.Source(name: $0.name, bytes: $0.bytes) })
    }

    /// The format of that name.
    static func named(_ name: String) throws(Failure) -> ImportFormat {
        if let format = all.first(where: { $0.name == name }) { return format }
        let known = all.map(\.name)
        throw Failure(
            .usage, "unknown-format", "there is no format `\(Excerpt.of(name))`",
            remedy: Nearest.name(to: name, among: known).map { "did you mean \($0)?" }
                ?? "write one of \(known.joined(separator: ", "))")
    }

    /// What is wrong with the files and folders.
    func reviewed(_ paths: [String]) throws(Failure) -> ImportedReview {
        let files = try ImportedFiles.read(paths, endings)
        var reviewed: ImportedReview
        if let review {
            reviewed = review(files)
        } else {
            let topology = try read(files)
            let isWhole = !topology.findings.contains { $0.severity == .error }
            reviewed = ImportedReview(
                summary: isWhole ? counted(topology.endpoints.count, "endpoint") : nil,
                findings: topology.findings)
        }
        reviewed.findings = Self.placed(reviewed.findings, files)
        return reviewed
    }

    /// Readers name the file where there are several; the only one of a folder has a name as well.
    private static func placed(_ findings: [Finding], _ files: [ImportedFile]) -> [Finding] {
        guard files.count == 1, let file = files.first else { return findings }
        return findings.map { finding in
            guard finding.file.isEmpty else { return finding }
            return Finding(
                finding.severity, finding.code, at: finding.place, finding.problem,
                remedy: finding.remedy, file: file.name)
        }
    }

    /// The topology of the files and folders; findings go to standard error, and an error among
    /// them ends it.
    func topology(of paths: [String]) throws(Failure) -> Topology {
        let files = try ImportedFiles.read(paths, endings)
        return try whole(files, paths.count == 1 ? paths[0] : "bulkhead")
    }

    /// The topology of files that were read; `name` stands for them in findings.
    func whole(_ files: [ImportedFile], _ name: String) throws(Failure) -> Topology {
        var topology = try read(files)
        topology.findings = Self.placed(topology.findings, files)
        let shown = Excerpt.of(name, limit: 500)
        for finding in topology.findings { Output.error(finding.line(file: shown)) }
        let errors = topology.findings.count { $0.severity == .error }
        guard errors == 0 else {
            throw Failure(
                .usage, "import", "\(counted(errors, "error")) in what was read as \(self.name)",
                remedy: "mend them")
        }
        return topology
    }
}

/// Files that an importer is given, read whole before root is given up and any byte is parsed.
enum ImportedFiles {
    private static let filesMax = 20_000
    private static let bytesMax = 512 << 20
    private static let depthMax = 32

    static func read(_ paths: [String], _ endings: [String]) throws(Failure) -> [ImportedFile] {
        let files = try gathered(paths, endings)
        try Privileges.drop()
        return files
    }

    /// As `read`, but root is not yet given up: nothing may be parsed before that.
    static func gathered(
        _ paths: [String], _ endings: [String]
    ) throws(Failure) -> [ImportedFile] {
        var names: [String] = []
        for path in paths {
            if path != "-", Files.facts(of: path)?.isDirectory == true {
                let before = names.count
                try gather(path, endings, 0, &names)
                guard names.count > before else {
                    throw Failure(
                        .usage, "no-files",
                        "\(Excerpt.of(path, limit: 500)) holds no \(endings.joined(separator: ", "))",
                        remedy: "name another folder, or the files themselves")
                }
            } else {
                names.append(path)
            }
        }
        var files: [ImportedFile] = []
        var room = bytesMax
        for name in names {
            let bytes = try contents(name, limit: room)
            room -= bytes.count
            files.append(ImportedFile(name: name, bytes: bytes))
        }
        return files
    }

    /// Files of a folder and of the folders in it, in the order of their names.
    private static func gather(
        _ folder: String, _ endings: [String], _ depth: Int, _ names: inout [String]
    ) throws(Failure) {
        let inside: [String]
        do throws(SystemFailure) { inside = try Files.list(folder) } catch {
            throw unreadable(folder, error)
        }
        for name in inside where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            // A link to a folder may lead back here.
            guard let facts = Files.facts(at: path) else { continue }
            if facts.isDirectory {
                guard depth < depthMax else { throw tooMany(path) }
                try gather(path, endings, depth + 1, &names)
            } else if endings.contains(where: name.hasSuffix),
                Files.facts(of: path)?.isRegular == true
            {
                guard names.count < filesMax else { throw tooMany(path) }
                names.append(path)
            }
        }
    }

    private static func tooMany(_ path: String) -> Failure {
        Failure(
            .usage, "too-many-files",
            "too many files or folders at \(Excerpt.of(path, limit: 500))",
            remedy: "name fewer")
    }

    private static func contents(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        do throws(SystemFailure) {
            if path == "-" {
                return try Files.read(Descriptor(owning: dup(0)), limit: limit, name: "input")
            }
            let file = try Files.open(path)
            guard try !Files.facts(file).isDirectory else {
                throw SystemFailure("open", path, errno: EISDIR)
            }
            return try Files.read(file, limit: limit, name: path)
        } catch {
            throw unreadable(path, error)
        }
    }

    private static func unreadable(_ path: String, _ failure: SystemFailure) -> Failure {
        let reason = unsafe strerror(failure.errno).map { unsafe String(cString: $0) } ?? "error"
        return Failure(
            .usage, "unreadable-file", "cannot read \(Excerpt.of(path, limit: 500)): \(reason)",
            remedy: failure.errno == EFBIG ? "import fewer files at once" : "check the path")
    }
}
