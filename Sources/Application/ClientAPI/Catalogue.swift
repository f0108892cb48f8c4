public import OrderTreaty

/// The listing, made ready for reading and writing at speed.
public struct Catalogue: Sendable {
    /// What the venue trades.
    public let listing: Listing
    private let places: [Symbol: InstrumentID]
    /// Symbols and names as JSON texts, quotes and escapes included.
    let symbols: [[UInt8]]
    let currencies: [[UInt8]]

    /// A symbol's bytes in three words: symbols are short, and hashing words is quick.
    private struct Symbol: Hashable {
        static let bytesMax = 23
        private var first: UInt64 = 0
        private var second: UInt64 = 0
        private var third: UInt64 = 0

        init(_ bytes: some Sequence<UInt8>) {
            for byte in bytes {
                third = third << 8 | second >> 56
                second = second << 8 | first >> 56
                first = first << 8 | UInt64(byte)
            }
        }
    }

    /// Makes a listing ready.
    public init(_ listing: Listing) {
        self.listing = listing
        var places: [Symbol: InstrumentID] = [:]
        for (index, instrument) in listing.instruments.enumerated() {
            guard instrument.symbol.utf8.count <= Symbol.bytesMax else { continue }
            places[Symbol(instrument.symbol.utf8)] = InstrumentID(UInt16(index))
        }
        self.places = places
        symbols = listing.instruments.map { AnswerText.quoted($0.symbol) }
        currencies = listing.currencies.map { AnswerText.quoted($0.name) }
    }

    /// The instrument whose symbol is the part of `bytes` inside `range`.
    func instrument(_ bytes: [UInt8], _ range: Range<Int>) -> InstrumentID? {
        guard (1...Symbol.bytesMax).contains(range.count) else { return nil }
        return places[Symbol(bytes[range])]
    }
}
