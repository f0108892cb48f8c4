internal import Arguments
internal import ClientWire
internal import Findings
internal import Notation

extension Verb {
    static let book = Verb(
        Usage(
            "book", operands: "SYMBOL", counts: 1...1,
            about: "Shows an instrument's order book, as any client may read it",
            flags: [Flag("depth", value: "N", "levels of a side, 1 to 1000 (default: 10)")]
                + VenueFlags.all)
    ) { arguments throws(Failure) in
        let depth = try arguments.integer("depth", in: 1...1_000) ?? 10
        let symbol = arguments.word(0) ?? ""
        let isPlain = symbol.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D
        }
        guard isPlain, (3...17).contains(symbol.utf8.count) else {
            throw Failure(
                .usage, "symbol", "`\(Excerpt.of(symbol))` is no symbol",
                remedy: "write it like BTC-USD")
        }
        let venue = try Venue(arguments)
        var pool = try venue.front()
        let book = try venue.json("/v1/book/\(symbol)?depth=\(depth)", &pool)
        if arguments.has("json") {
            Output.line(book.renderPretty())
            return .good
        }
        var rows = [["", "price", "quantity", "orders"]]
        rows += levels(book["asks"], "ask").reversed()
        rows += levels(book["bids"], "bid")
        for line in aligned(rows, indent: "") { Output.line(line) }
        return .good
    }
}

private func levels(_ side: JSON?, _ name: String) -> [[String]] {
    (side?.asList ?? []).map { level in
        [
            name, Excerpt.of(level["price"]?.asText ?? "?"),
            Excerpt.of(level["quantity"]?.asText ?? "?"), "\(level["orders"]?.asInteger ?? 0)",
        ]
    }
}
