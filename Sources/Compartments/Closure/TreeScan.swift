internal import Descriptors
package import Findings

/// What a mounted file or tree holds.
package struct TreeScan: Sendable, Equatable {
    /// Real path on the host.
    package let source: String
    package let isDirectory: Bool
    /// Files of code of this machine: libraries and programs.
    package private(set) var code: [String] = []

    private static let entriesMax = 50_000
    private static let depthMax = 32

    /// Walks the tree without following links inside it.
    package init(_ path: String, walk: inout LibraryWalk) throws(Failure) {
        guard let real = Files.resolve(path), let facts = Files.facts(at: real) else {
            throw Failure(
                .refused, "files-missing", "there is no file or directory \(path)",
                remedy: "correct the path, or make it and those above it readable by everybody")
        }
        source = real
        isDirectory = facts.isDirectory
        try walk.ownership.check(real, facts)
        try HostFile.checkReadable(real, facts)
        guard facts.isDirectory else {
            guard facts.isRegular else {
                throw Failure(
                    .refused, "files-kind", "\(path) is neither a file nor a directory",
                    remedy: "mount files and directories only")
            }
            if walk.isCode(real) { code = [real] }
            return
        }
        var waiting = [(path: real, depth: 0)]
        var entries = 0
        while let (folder, depth) = waiting.popLast() {
            for name in try Self.names(folder) {
                entries += 1
                guard entries <= Self.entriesMax, depth < Self.depthMax else {
                    throw Failure(
                        .refused, "files-large",
                        "\(path) holds more than \(Self.entriesMax) entries or "
                            + "\(Self.depthMax) levels", remedy: "mount a smaller tree")
                }
                let entry = folder + "/" + name
                guard let facts = Files.facts(at: entry) else { continue }
                if facts.isDirectory {
                    try walk.ownership.checkAlone(entry, facts)
                    // Closed to the compartment's user, and to us who read as nobody.
                    guard facts.mode & 0o005 == 0o005 else { continue }
                    waiting.append((entry, depth + 1))
                } else if facts.isRegular {
                    try walk.ownership.checkAlone(entry, facts)
                    let isLikely = facts.mode & 0o111 != 0 || name.contains(".so")
                    if isLikely && walk.isCode(entry) { code.append(entry) }
                }
            }
        }
        code.sort()
    }

    private static func names(_ folder: String) throws(Failure) -> [String] {
        do throws(SystemFailure) {
            return try Files.list(folder, limit: entriesMax)
        } catch {
            throw Failure(
                .refused, "files-unreadable", "\(error)",
                remedy: "make the tree readable: chmod -R go+rX \(folder)")
        }
    }
}
