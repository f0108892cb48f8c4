import Blueprint
import Findings
import Notation
import Platform
import Testing

@Suite("Schema of platform files")
struct SchemaTests {
    /// Where a record of the schema stands in a file, as text around its keys.
    struct Site: Sendable {
        let path: [String]
        let before: String
        let after: String
    }

    static let sites: [Site] = [
        Site(path: [], before: "{", after: "}"),
        Site(path: ["zones", "*"], before: "{zones: {z: {", after: "}}}"),
        Site(path: ["services", "*"], before: "{services: {s: {", after: "}}}"),
        Site(
            path: ["services", "*", "limits"], before: "{services: {s: {limits: {",
            after: "}}}}"),
        Site(path: ["services", "*", "needs"], before: "{services: {s: {needs: {", after: "}}}}"),
        Site(
            path: ["services", "*", "files", "1"], before: "{services: {s: {files: [{",
            after: "}]}}}"),
        Site(
            path: ["services", "*", "prepare", "[]"], before: "{services: {s: {prepare: [{",
            after: "}]}}}"),
        Site(path: ["flows", "[]"], before: "{flows: [{", after: "}]}"),
        Site(path: ["channels", "[]"], before: "{channels: [{", after: "}]}"),
        Site(path: ["guarantees", "never"], before: "{guarantees: [{never: a, ", after: "}]}"),
        Site(path: ["guarantees", "only"], before: "{guarantees: [{only: a, ", after: "}]}"),
        Site(path: ["guarantees", "must"], before: "{guarantees: [{must: a, ", after: "}]}"),
        Site(path: ["guarantees", "contain"], before: "{guarantees: [{contain: a, ", after: "}]}"),
    ]

    /// Keys that the schema allows at a site.
    static func keys(_ path: [String]) -> Set<String> {
        var node: JSON? = Schema.render()
        for step in path {
            switch step {
            case "*": node = node?["additionalProperties"]
            case "[]": node = node?["items"]
            case "1": node = node?["items"]?["anyOf"]?.asList?.last
            case "never", "only", "must", "contain":
                node = node?["items"]?["oneOf"]?.asList?.first { $0["properties"]?[step] != nil }
            default: node = node?["properties"]?[step]
            }
        }
        return Set((node?["properties"]?.asObject ?? []).map(\.name))
    }

    static let everyKey = sites.reduce(into: Set<String>()) { $0.formUnion(keys($1.path)) }

    @Test("reader and schema know the same keys at every place", arguments: sites)
    func sameKeys(site: Site) {
        let inSchema = Self.keys(site.path)
        #expect(!inSchema.isEmpty)
        for key in Self.everyKey.union(["nothing"]) {
            let (_, findings) = read("\(site.before)\(key): x\(site.after)")
            let isUnknown = findings.contains {
                $0.problem.hasPrefix("unknown key `\(key)`") || $0.problem.contains("two kinds")
            }
            #expect(isUnknown != inSchema.contains(key), "\(key) at \(site.path)")
        }
    }

    @Test("a key that the schema requires is missed by the reader")
    func required() {
        let flow = Schema.render()["properties"]?["flows"]?["items"]
        #expect(flow?["required"]?.asList?.compactMap(\.asText) == ["from", "to", "because"])
        let (_, findings) = read("{flows: [{}]}")
        #expect(marks(findings).filter { $0.hasSuffix("1:10") }.count == 3)
    }

    @Test("it is a schema of the dialect that it names, the same each time")
    func dialect() throws {
        let schema = Schema.render()
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["additionalProperties"] == false)
        #expect(try JSON.parse(schema.renderPretty()) == schema)
        #expect(schema.render() == Schema.render().render())
    }
}
