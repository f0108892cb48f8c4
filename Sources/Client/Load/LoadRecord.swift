internal import Notation
internal import Numerals
internal import OrderTreaty

/// What the load knows of one of its orders.
struct LoadRecord {
    enum State: UInt8 {
        /// On its way, or its outcome is not known.
        case unknown
        case open
        case finished
        case refused
        /// Given up after the bounded number of attempts.
        case unresolved
    }

    let account: UInt16
    let instrument: InstrumentID
    let side: Side
    let kind: OrderKind
    var price: Int64
    var quantity: Int64
    var filled: Int64 = 0
    var value: Int64 = 0
    var state = State.unknown
    /// A question about it is under way: the next one waits.
    var isBusy = true
    var wasReplaced = false

    init(_ account: Int, _ order: LoadOrder) {
        self.account = UInt16(account)
        instrument = order.instrument
        side = order.side
        kind = order.kind
        price = order.price?.raw ?? 0
        quantity = order.quantity.raw
    }

    /// Takes what the venue says of it; false when that is another order, or less than before.
    mutating func take(_ json: JSON, name: String, _ listing: Listing) -> Bool {
        guard let instrument = listing.instrument(instrument),
            let quote = listing.currency(instrument.quote),
            json["clientOrderId"]?.asText == name,
            json["symbol"]?.asText == instrument.symbol,
            json["side"]?.asText == (side == .buy ? "buy" : "sell"),
            json["type"]?.asText == Self.word(kind),
            let price = Self.number(json["price"], instrument.priceDigits),
            let quantity = Self.number(json["quantity"], instrument.quantityDigits),
            let filled = Self.number(json["filled"], instrument.quantityDigits),
            let value = Self.number(json["filledValue"], quote.digits),
            let word = json["state"]?.asText
        else { return false }
        if !wasReplaced {
            guard quantity == self.quantity, kind == .market || price == self.price else {
                return false
            }
        }
        guard filled >= self.filled, value >= self.value, filled <= quantity else { return false }
        switch word {
        case "open", "pending": state = .open
        case "filled":
            guard filled == quantity else { return false }
            state = .finished
        case "cancelled", "expired": state = .finished
        case "refused": state = .refused
        default: return false
        }
        self.price = price
        self.quantity = quantity
        self.filled = filled
        self.value = value
        return true
    }

    static func word(_ kind: OrderKind) -> String {
        switch kind {
        case .limit: "limit"
        case .market: "market"
        case .immediateOrCancel: "immediate-or-cancel"
        case .postOnly: "post-only"
        }
    }

    static func number(_ json: JSON?, _ digits: Int) -> Int64? {
        json?.asText.flatMap { FixedPoint.parse($0.utf8, digits: digits) }
    }
}
