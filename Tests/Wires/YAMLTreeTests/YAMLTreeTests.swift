import Findings
import Testing
import YAMLTree

private func read(
    _ text: String, nodes: Int = 1_000, depth: Int = 8, documents: Int = 4, aliases: Bool = true
) -> YAMLStream {
    YAMLTree.read(
        Array(text.utf8),
        within: YAMLTree.Bounds(
            bytes: 1 << 16, depth: depth, nodes: nodes, documents: documents, takesAliases: aliases
        ))
}

/// A tree on one line: what was written, without places.
private func shown(_ node: Node) -> String {
    switch node.content {
    case .scalar(let text, let plain): plain ? text : "'\(text)'"
    case .list(let items): "[\(items.map(shown).joined(separator: ","))]"
    case .map(let entries):
        "{\(entries.map { "\($0.key):\(shown($0.value))" }.joined(separator: ","))}"
    }
}

@Suite("YAML trees")
struct YAMLTreeTests {
    @Test(
        "documents of a stream become trees of text",
        arguments: [
            ("a: 1\nb: [x, 'y']", ["{a:1,b:[x,'y']}"]), ("a\n---\n- b\n---\n", ["a", "[b]", ""]),
            ("{\"a\": [1, null, \"\\u00e9\"], \"b\":{}}", ["{a:[1,null,'é'],b:{}}"]),
            ("", []), ("a: &x [1]\nb: *x", ["{a:[1],b:[1]}"]),
            ("a: |\n  one\n  two\n", ["{a:'one\ntwo\n'}"]),
        ])
    func documents(text: String, trees: [String]) {
        let stream = read(text)
        #expect(stream.faults.isEmpty)
        #expect(stream.documents.map(shown) == trees)
    }

    @Test("every node carries the place where it is written")
    func places() {
        let tree = read("a:\n  - b\n  - c: d\n").documents[0]
        let items = tree.entries[0].value.items
        #expect(items.map(\.place) == [Place(line: 2, column: 5), Place(line: 3, column: 5)])
        #expect(items[1].entries[0].value.place == Place(line: 3, column: 8))
    }

    @Test("aliases cost what they stand for, in nodes and in depth")
    func bombs() {
        var text = "a0: &a0 [x, x, x, x]\n"
        for level in 1...12 {
            let last = Array(repeating: "*a\(level - 1)", count: 4).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(last)]\n"
        }
        #expect(read(text, depth: 64).faults.map(\.kind) == [.tooManyNodes])
        let deep = read("a: &a [[[x]]]\nb: [[*a]]", depth: 5)
        #expect(deep.faults.map(\.kind) == [.tooDeep] && deep.documents.isEmpty)
    }

    @Test("aliases of another document, of oneself, or of nobody are faults")
    func strays() {
        for text in ["a: *x", "a: &x 1\n---\nb: *x", "a: &x [*x]"] {
            #expect(read(text).faults.map(\.kind) == [.alias], "\(text)")
        }
        #expect(read("a: &x 1\nb: *x", aliases: false).faults.map(\.kind) == [.anchor, .alias])
    }

    @Test("what breaks a bound is one fault, and nothing is returned")
    func bounds() {
        #expect(read("[[[[]]]]", depth: 2).faults.map(\.kind) == [.tooDeep])
        #expect(read("[1, 2, 3, 4]", nodes: 4).faults.map(\.kind) == [.tooManyNodes])
        #expect(read("a\n---\nb", documents: 1).faults.map(\.kind) == [.moreDocuments])
        #expect(read("a: 1\na: 2\nb: 3").faults.map(\.kind) == [.duplicateKey("a", firstLine: 1)])
        let big = [UInt8](repeating: 32, count: 1 << 17)
        let limits = YAMLTree.Bounds(
            bytes: 1 << 16, depth: 1, nodes: 1, documents: 1, takesAliases: false)
        #expect(YAMLTree.read(big, within: limits).faults.map(\.kind) == [.tooBig(bytes: 1 << 17)])
    }
}
