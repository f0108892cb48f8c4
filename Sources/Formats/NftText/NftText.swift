// NftText: what `nft list ruleset` prints and what people write for `nft -f`, into a `Ruleset`.
// It opens no files: an `include` is an error with its place. Bounds: 64 MiB of text,
// `Ruleset.rulesMax` rules, sets at most eight deep.
internal import FilterTerms
package import Findings
package import NftRules
package import Ruleset

/// Reader of nftables text.
package enum NftText {
    package static let bytesMax = 64 << 20

    /// The rules, and what was found while reading; nil when something is wrong that would leave
    /// rules out.
    ///
    /// Interfaces get the numbers of `interfaces` first, others follow by name.
    package static func read(
        _ bytes: [UInt8], interfaces: [String] = []
    ) -> (ruleset: Ruleset?, findings: [Finding]) {
        var (tables, findings) = tables(bytes)
        guard !findings.contains(where: { $0.severity == .error }) else { return (nil, findings) }
        let ruleset = tables.ruleset(interfaces: interfaces, findings: &findings)
        let isBroken = findings.contains { $0.severity == .error }
        return (isBroken ? nil : ruleset, findings)
    }

    /// The tables as they are written.
    package static func tables(_ bytes: [UInt8]) -> (tables: NftTables, findings: [Finding]) {
        guard bytes.count <= bytesMax else {
            return (NftTables(), [error(nil, "more than 64 MiB of text", "split the file")])
        }
        var lexer = Lexer(bytes)
        let bad = lexer.run()
        var cursor = Cursor(bytes: bytes, tokens: lexer.tokens)
        if let bad {
            let token = Token(
                kind: .sign, start: Int32(truncatingIfNeeded: bad),
                end: Int32(truncatingIfNeeded: bad))
            return (
                NftTables(),
                [error(cursor.place(token), "no word of nft begins here", "correct the text")]
            )
        }
        if lexer.tokens.contains(where: { $0.kind == .variable }) || cursor.hasDefinitions {
            var variables = Variables()
            switch variables.expand(lexer.tokens, text: cursor.text) {
            case .success(let tokens): cursor = Cursor(bytes: bytes, tokens: tokens)
            case .failure(let problem):
                return (
                    NftTables(),
                    [error(cursor.place(problem.token), problem.what, problem.remedy)]
                )
            }
        }
        var reader = TableReader(cursor: cursor)
        reader.read()
        return (reader.tables, reader.findings)
    }

    static func error(_ place: Place?, _ problem: String, _ remedy: String) -> Finding {
        Finding(.error, "not-nft", at: place, problem, remedy: remedy)
    }
}

extension Cursor {
    fileprivate var hasDefinitions: Bool {
        tokens.contains { $0.kind == .word && isToken($0, "define") }
    }
}
