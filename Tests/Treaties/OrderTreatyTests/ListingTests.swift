import Findings
import Numerals
import OrderTreaty
import Testing

@Suite("Listing files")
struct ListingTests {
    /// A listing with one currency pair, of which a test replaces a part.
    static func text(_ part: String = "", _ other: String = "") -> String {
        let whole =
            #"{"currencies": [{"name": "BTC", "digits": 2}, {"name": "USD", "digits": 2}], "#
            + #""instruments": [{"symbol": "BTC-USD", "base": "BTC", "quote": "USD", "#
            + #""priceDigits": 1, "tick": "0.5", "lot": "0.20", "quantityMax": "90", "#
            + #""valueMin": "1", "valueMax": "900000", "collar": 1000, "makerFee": 5, "#
            + #""takerFee": 10, "reference": "100.0"}]}"#
        guard !part.isEmpty, let place = whole.firstRange(of: part) else { return whole }
        return whole.replacingCharacters(in: place, with: other)
    }

    @Test("a listing is read with every number in the smallest units")
    func reads() throws {
        let listing = try Listing.parse(Self.text())
        #expect(listing.currencies.map(\.name) == ["BTC", "USD"])
        let one = try #require(listing.instruments.first)
        #expect(one.symbol == "BTC-USD" && one.quantityDigits == 2 && one.divisor == 10)
        #expect(one.tick.raw == 5 && one.lot.raw == 20 && one.quantityMax.raw == 9_000)
        #expect(one.valueMin.raw == 100 && one.reference.raw == 1_000)
        #expect(one.notional(one.tick, one.lot)?.raw == 10)
    }

    @Test(
        "what cannot be traded, or not be written by a client, is refused",
        arguments: [
            (#""BTC", "digits": 2"#, #""btc", "digits": 2"#),
            (#""BTC", "digits": 2"#, #""BTC", "digits": 9"#),
            (#""USD", "digits": 2"#, #""BTC", "digits": 2"#),
            (#""symbol": "BTC-USD""#, #""symbol": "BTC USD""#),
            (#""symbol": "BTC-USD""#, #""symbol": "\u0000BTC-USD""#),
            (#""symbol": "BTC-USD""#, #""symbol": "BTC/USD?""#),
            (#""symbol": "BTC-USD""#, #""symbol": "é-USD""#),
            (#""symbol": "BTC-USD""#, #""symbol": "B""#),
            (#""base": "BTC""#, #""base": "USD""#), (#""base": "BTC""#, #""base": "ETH""#),
            (#""priceDigits": 1"#, #""priceDigits": 9"#), (#""tick": "0.5""#, #""tick": "0.05""#),
            (#""tick": "0.5""#, #""tick": "0""#), (#""lot": "0.20""#, #""lot": "0.01""#),
            (#""collar": 1000"#, #""collar": 10001"#), (#""collar": 1000"#, #""collar": -1"#),
            (#"{"currencies""#, #"{"currencies": [], "x""#), (#""instruments""#, #""x""#),
            (#"}]}"#, #"}]"#),
        ])
    func refuses(part: String, other: String) {
        #expect(throws: Failure.self) { try Listing.parse(Self.text(part, other)) }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String)
        -> String
    {
        var changed = self
        changed.replaceSubrange(range, with: other)
        return changed
    }
}
