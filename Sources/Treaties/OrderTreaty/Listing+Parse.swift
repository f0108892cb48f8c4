public import Findings
internal import Notation
internal import Numerals

extension Listing {
    /// Reads a listing file (JSON) and checks that every trade will come out exact.
    ///
    /// `{"currencies": [{"name", "digits"}], "instruments": [{"symbol", "base", "quote",
    /// "priceDigits", "tick", "lot", "quantityMax", "valueMin", "valueMax", "collar",
    /// "makerFee", "takerFee", "reference"}]}`; prices, quantities and values are decimal texts,
    /// `collar` is in basis points and fees in hundred-thousandths.
    public static func parse(_ text: String) throws(Failure) -> Listing {
        let json: JSON
        do throws(NotationFailure) { json = try JSON.parse(text) } catch {
            throw refused("it is no JSON: \(error)")
        }
        var listing = Listing(currencies: [], instruments: [])
        for item in json["currencies"]?.asList ?? [] {
            guard let name = item["name"]?.asText, (2...8).contains(name.utf8.count),
                name.utf8.allSatisfy(isPlain),
                let digits = item["digits"]?.asInteger, (0...8).contains(digits)
            else { throw refused("a currency needs a name of A-Z, 0-9 and digits of 0 to 8") }
            guard listing.currency(name) == nil else { throw refused("\(name) is there twice") }
            listing.currencies.append(Currency(name: name, digits: Int(digits)))
        }
        for item in json["instruments"]?.asList ?? [] {
            let instrument = try instrument(item, in: listing)
            guard listing.instrument(instrument.symbol) == nil else {
                throw refused("\(instrument.symbol) is there twice")
            }
            listing.instruments.append(instrument)
        }
        guard (1...countMax).contains(listing.currencies.count),
            (1...countMax).contains(listing.instruments.count)
        else { throw refused("it needs 1 to \(countMax) currencies and instruments") }
        return listing
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
    }

    /// Clients write it into a target as it is, so it has no letter that one would escape.
    private static func isSymbol(_ text: String) -> Bool {
        (3...17).contains(text.utf8.count)
            && text.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") }
    }

    private static func instrument(_ item: JSON, in listing: Listing) throws(Failure) -> Instrument
    {
        guard let symbol = item["symbol"]?.asText, isSymbol(symbol),
            let base = item["base"]?.asText.flatMap(listing.currency),
            let quote = item["quote"]?.asText.flatMap(listing.currency), base != quote,
            let priceDigits = item["priceDigits"]?.asInteger, (0...8).contains(priceDigits)
        else {
            throw refused(
                "an instrument needs a symbol of A-Z, 0-9 and -, base, quote and priceDigits")
        }
        let quantityDigits = listing.currencies[Int(base.raw)].digits
        let quoteDigits = listing.currencies[Int(quote.raw)].digits
        let excess = Int(priceDigits) + quantityDigits - quoteDigits
        guard excess >= 0 else {
            throw refused("\(symbol): the quote currency has more digits than a price times a lot")
        }
        func number(_ key: String, _ digits: Int) throws(Failure) -> Int64 {
            guard let text = item[key]?.asText,
                let value = FixedPoint.parse(text.utf8, digits: digits), value > 0
            else { throw refused("\(symbol): \(key) is no number above zero of its digits") }
            return value
        }
        func rate(_ key: String, _ limit: Int64) throws(Failure) -> UInt32 {
            guard let value = item[key]?.asInteger, (0...limit).contains(value) else {
                throw refused("\(symbol): \(key) is no whole number up to \(limit)")
            }
            return UInt32(value)
        }
        let instrument = Instrument(
            symbol: symbol, base: base, quote: quote, priceDigits: Int(priceDigits),
            quantityDigits: quantityDigits, tick: Price(try number("tick", Int(priceDigits))),
            lot: Quantity(try number("lot", quantityDigits)),
            quantityMax: Quantity(try number("quantityMax", quantityDigits)),
            valueMin: Amount(try number("valueMin", quoteDigits)),
            valueMax: Amount(try number("valueMax", quoteDigits)),
            collarBasisPoints: try rate("collar", 10_000),
            makerFee: try rate("makerFee", 10_000), takerFee: try rate("takerFee", 10_000),
            reference: Price(try number("reference", Int(priceDigits))),
            divisor: FixedPoint.power(excess))
        guard let step = instrument.tick.raw.multiplied(by: instrument.lot.raw),
            step % instrument.divisor == 0
        else {
            throw refused("\(symbol): tick times lot is no whole number of the quote currency")
        }
        return instrument
    }

    private static func refused(_ problem: String) -> Failure {
        Failure(.refused, "listing", problem, remedy: "correct the listing file")
    }
}
