import Findings
import Notation
import Testing

@Suite("JSON with places")
struct JSONNodeTests {
    @Test("every value knows the line and column where it begins, in characters")
    func places() throws {
        let text = """
            {"a": [1, {"b": "é", "c": null}],
              "é": {"x": [[], {}], "y": true},
            \t"z": -2.5e3}
            """
        let root = try JSONNode.parse(Array(text.utf8))
        let inner = try #require(root["a"]?.items.last)
        let table: [(JSONNode?, line: Int, column: Int)] = [
            (root, 1, 1), (root["a"], 1, 7), (root["a"]?.items.first, 1, 8), (inner, 1, 11),
            (inner["b"], 1, 17), (inner["c"], 1, 27), (root["é"], 2, 8),
            (root["é"]?["x"]?.items.last, 2, 19), (root["é"]?["y"], 2, 29), (root["z"], 3, 7),
        ]
        for (node, line, column) in table {
            #expect(node?.place == Place(line: line, column: column))
        }
        #expect(root.members.map(\.name) == ["a", "é", "z"])
        #expect(root.members.map { $0.value.place.line } == [1, 2, 3])
        #expect(root["é"]?["y"]?.value == true)
    }

    @Test("in a text of one long line too, however many characters stand before")
    func longLine() throws {
        let text = "[" + (0..<2_000).map { "\"é\($0)\"" }.joined(separator: ",") + ",\n 7]"
        let root = try JSONNode.parse(Array(text.utf8))
        var column = 2
        for (number, node) in root.items.enumerated().prefix(2_000) {
            #expect(node.place == Place(line: 1, column: column))
            column += "\"é\(number)\",".count
        }
        #expect(root.items.last?.place == Place(line: 2, column: 2))
    }

    @Test("asking a value for what it is not gives nothing")
    func nothing() throws {
        let root = try JSONNode.parse(Array("[1]".utf8))
        #expect(root["a"] == nil && root.members.isEmpty)
        #expect(root.items.count == 1 && root.items[0].items.isEmpty)
    }

    @Test("a text is refused as without places, and means the same")
    func agreement() throws {
        for text in ["", "[1,]", "{\"a\":1,\"a\":2}", "nul", "[[1]] x"] {
            #expect(throws: (any Error).self) { try JSONNode.parse(Array(text.utf8)) }
        }
        let text = "{\"a\": [1, -2.5e3, \"x\", null, true], \"b\": {}}"
        #expect(try JSONNode.parse(Array(text.utf8)).value == JSON.parse(text))
    }
}
