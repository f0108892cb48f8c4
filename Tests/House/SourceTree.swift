// The house's laws read the source tree as text: what a reader of the repository can check by eye,
// checked at every test run. They never build, never run and never change anything.
// Bounds: files up to 4 MiB, folders up to 16 deep.
internal import Descriptors

/// One text file of the repository.
struct SourceFile {
    /// Relative to the root: `Sources/Ground/Bytes/ByteReader.swift`.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The path's parts: `["Sources", "Ground", "Bytes", "ByteReader.swift"]`.
    var parts: [String] { path.split(separator: "/").map(String.init) }
}

/// The repository this test was built from.
enum SourceTree {
    /// The root, two folders above this file.
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Folders that hold what tools made, or what does not belong to the repository.
    static let skipped: Set<String> = [".build", ".git", "__pycache__", ".swiftpm"]

    /// Every file below `folder` whose name ends in one of `endings`, in order of path.
    static func files(in folder: String = "", endings: [String]) -> [SourceFile] {
        paths(in: folder, depth: 0).filter { path in
            endings.contains { path.hasSuffix($0) }
        }.compactMap(file)
    }

    static func file(_ path: String) -> SourceFile? {
        guard let bytes = try? Files.read("\(root)/\(path)", limit: 4 << 20) else { return nil }
        return SourceFile(path: path, text: String(decoding: bytes, as: UTF8.self))
    }

    static func exists(_ path: String) -> Bool { Files.facts(of: "\(root)/\(path)") != nil }

    static func folders(in folder: String) -> [String] {
        let names = (try? Files.list("\(root)/\(folder)")) ?? []
        return names.filter { isFolder("\(folder)/\($0)") && !skipped.contains($0) }
    }

    /// Every file below `folder`.
    static func paths(in folder: String = "", depth: Int = 0) -> [String] {
        guard depth < 16, let names = try? Files.list("\(root)/\(folder)") else { return [] }
        var found: [String] = []
        for name in names where !skipped.contains(name) {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if isFolder(path) {
                found += paths(in: path, depth: depth + 1)
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// A folder can be listed; anything else cannot.
    private static func isFolder(_ path: String) -> Bool {
        (try? Files.list("\(root)/\(path)")) != nil
    }
}

/// What the laws answer: each finding says the place, what is wrong and what to do instead.
func report(_ findings: [String]) -> String {
    findings.prefix(40).joined(separator: "\n") + (findings.count > 40 ? "\n..." : "")
}
