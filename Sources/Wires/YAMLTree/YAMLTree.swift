// YAMLTree: YAML 1.1 (by libyaml), and JSON as far as that is YAML, as trees of values with their
// places. It reads no file and gives no value a type: `no` and `012` are the text they were written
// with. Bounds: `YAMLTree.Bounds`; a tree is no larger than they say, aliases written out.
package import Findings

/// Why a text is not the trees that were asked for.
package struct YAMLFault: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case tooBig(bytes: Int)
        case noMemory
        /// The bytes are no text, so that there is no YAML to speak of.
        case notText(problem: String)
        case notYAML(problem: String, remedy: String)
        case moreDocuments
        case tooManyNodes
        case tooDeep
        case tag
        case anchor
        case alias
        case keyNotText(kind: String)
        case duplicateKey(String, firstLine: Int)
    }

    package let kind: Kind
    package let place: Place?

    /// Nothing behind it was read.
    package var isFatal: Bool {
        switch kind {
        case .tag, .anchor, .alias, .keyNotText, .duplicateKey: false
        default: true
        }
    }
}

/// What was read.
package struct YAMLStream: Sendable {
    /// One tree for each document; none when a fault was fatal.
    package var documents: [Node] = []
    /// In the order of the text, as many as the bounds say.
    package var faults: [YAMLFault] = []
}

package enum YAMLTree {
    package struct Bounds: Sendable {
        package var bytes: Int
        /// Most lists and maps inside one another.
        package var depth: Int
        /// Most values and keys, what aliases stand for included.
        package var nodes: Int
        package var documents: Int
        /// Most faults kept.
        package var faults = 1_100
        /// Whether anchors and aliases are read; they are faults where not.
        package var takesAliases: Bool

        package init(bytes: Int, depth: Int, nodes: Int, documents: Int, takesAliases: Bool) {
            self.bytes = bytes
            self.depth = depth
            self.nodes = nodes
            self.documents = documents
            self.takesAliases = takesAliases
        }
    }

    /// All documents of a text.
    package static func read(_ bytes: [UInt8], within bounds: Bounds) -> YAMLStream {
        guard bytes.count <= bounds.bytes else {
            return YAMLStream(faults: [YAMLFault(kind: .tooBig(bytes: bytes.count), place: nil)])
        }
        guard let events = Events(bytes) else {
            return YAMLStream(faults: [YAMLFault(kind: .noMemory, place: nil)])
        }
        var composer = Composer(events, bounds)
        do throws(YAMLFault) {
            try composer.stream()
        } catch {
            composer.found.documents = []
            composer.found.faults.append(error)
        }
        return composer.found
    }
}
