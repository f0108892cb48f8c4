internal import Descriptors
internal import Findings
package import Tenancy

extension Relay {
    /// Longest file that a desk is made from.
    private static var fileMax: Int { 1 << 20 }

    /// The work of a program around a desk, made from the file that is its one argument, until the
    /// supervisor ends it.
    package static func serve(
        _ kind: String, from file: String, _ tenancy: consuming Tenancy,
        _ make: ([UInt8]) throws -> Work
    ) throws {
        let words = Tenancy.words()
        guard words.count == 1 else {
            throw Failure(
                .usage, "\(kind)-arguments", "`bulkhead-\(kind)` takes one argument, the \(file)",
                remedy: "name the \(file) in the platform file")
        }
        var relay = try Relay(make(Files.read(words[0], limit: fileMax)), kind, tenancy)
        try relay.work(tenancy)
    }
}
