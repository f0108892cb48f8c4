internal import Arguments
internal import Blueprint
internal import Findings
internal import Notation

extension Verb {
    static let schema = Verb(
        Usage(
            "schema", about: "Prints the JSON Schema of platform files", flags: [.json],
            details: "Editors that read it complete keys and mark mistakes; it is always JSON.")
    ) { _ throws(Failure) in
        Output.line(Schema.render().renderPretty())
        return .good
    }
}
