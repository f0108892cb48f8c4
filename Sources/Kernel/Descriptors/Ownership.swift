package import Findings

/// Whose files a compartment may be built of: root's, and those of the operator who asks for it.
///
/// Whoever can change a file, or a directory above it, decides what runs behind every wall.
package struct Ownership: Sendable, Equatable {
    private let owners: Set<UInt32>

    /// `operators`: users besides root who decide what runs here anyway.
    package init(operators: Set<UInt32> = []) { owners = operators.union([0]) }

    /// Refuses a file that another user owns or may write to, and one below such a directory.
    ///
    /// `path` is absolute, with every symbolic link resolved.
    package func check(_ path: String, _ facts: FileFacts) throws(Failure) {
        var passed: Set<String> = []
        try check(path, facts, passed: &passed)
    }

    /// The same, with the paths that held before.
    package func check(
        _ path: String, _ facts: FileFacts, passed: inout Set<String>
    ) throws(Failure) {
        guard passed.insert(path).inserted else { return }
        try checkAlone(path, facts)
        var above = Self.directory(of: path)
        // One that cannot be looked at cannot be passed through either.
        while !passed.contains(above), let facts = Files.facts(at: above) {
            try checkAlone(above, facts)
            passed.insert(above)
            above = Self.directory(of: above)
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The same for the file alone: those above it were looked at already.
    package func checkAlone(_ path: String, _ facts: FileFacts) throws(Failure) {
        guard owners.contains(facts.uid) else {
            throw Failure(
                .refused, "foreign-owner",
                "\(path) belongs to user \(facts.uid), who could change what runs",
                remedy: "chown root \(path), or use a copy that root owns")
        }
        // In a sticky directory nobody renames what is another's.
        let isSticky = facts.isDirectory && facts.mode & 0o1000 != 0
        if facts.isWritableByOthers && !isSticky {
            throw Failure(
                .refused, "writable-by-others",
                "\(path) can be changed by users other than its owner",
                remedy: "chmod go-w \(path)")
        }
    }
}
