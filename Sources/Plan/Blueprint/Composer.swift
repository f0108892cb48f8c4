internal import Findings
internal import YAMLTree

/// Reads the tree of one document and refuses what a platform file has no use for: aliases,
/// anchors and tags.
enum Composer {
    /// Most lists and maps inside one another.
    static let depthMax = 32
    /// Most values and keys.
    static let nodesMax = 1_000_000

    /// The document's value; nil when there is none, with the reason in the report.
    static func compose(_ bytes: [UInt8], _ report: inout Report) -> Node? {
        let stream = YAMLTree.read(
            bytes,
            within: YAMLTree.Bounds(
                bytes: Blueprint.bytesMax, depth: depthMax, nodes: nodesMax, documents: 1,
                takesAliases: false))
        for fault in stream.faults { report.add(fault) }
        if stream.documents.isEmpty, !stream.faults.contains(where: \.isFatal) {
            report.error(
                "empty", Place(line: 1, column: 1), "the file says nothing",
                "write `platform: NAME`, then zones and services")
        }
        return stream.documents.first
    }
}

extension Report {
    fileprivate mutating func add(_ fault: YAMLFault) {
        let (code, problem, remedy) = Self.words(fault.kind)
        error(code, fault.place, problem, remedy)
    }

    private static func words(_ kind: YAMLFault.Kind) -> (String, String, String) {
        switch kind {
        case .tooBig(let bytes):
            (
                "too-big", "the file has \(bytes) bytes, more than \(Blueprint.bytesMax)",
                "split the platform"
            )
        case .noMemory: ("not-yaml", "no memory to read the file", "free some memory")
        case .notText(let problem):
            ("not-utf8", "the file is not UTF-8 text: \(problem)", "save it as UTF-8")
        case .notYAML(let problem, let remedy):
            ("not-yaml", "this is not YAML: \(problem)", remedy)
        case .moreDocuments:
            (
                "more-documents", "a second document begins here",
                "keep one document in the file: remove `---`"
            )
        case .tooManyNodes:
            (
                "too-many-nodes", "the file has more than \(Composer.nodesMax) values",
                "split the platform"
            )
        case .tooDeep:
            (
                "too-deep", "the nesting is deeper than \(Composer.depthMax) levels",
                "a platform file needs five"
            )
        case .tag: ("tag", "a tag stands here", "remove the word that begins with `!`")
        case .anchor:
            (
                "alias", "an anchor stands here",
                "remove the word that begins with `&` and write the value where it is used"
            )
        case .alias: ("alias", "an alias stands here", "write the value out instead")
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
