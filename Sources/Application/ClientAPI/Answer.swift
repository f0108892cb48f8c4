public import LedgerTreaty
public import MarketTreaty
internal import Numerals
public import OrderTreaty
public import RequestTreaty

/// Answers as clients read them: JSON with decimal texts that have the listing's digits.
public enum Answer {
    private static let json = [
        Field(name: "content-type", value: "application/json"),
        Field(name: "cache-control", value: "no-store"),
    ]

    /// What became of an action, as the client is told.
    public static func outcome(
        _ outcome: OrderOutcome, of action: ClientAction, _ catalogue: Catalogue
    ) throws(ClientProblem) -> ClientResponse {
        switch outcome {
        case .order(let view):
            if case .place = action, view.state == .refused {
                throw ClientProblem(.refused(view.refusal ?? .overflow))
            }
            var status: UInt16 = 200
            if case .place = action { status = 201 }
            return try order(view, status, catalogue)
        case .cancelled(let count):
            var out = AnswerText(capacity: 24)
            out.raw("{\"cancelled\":")
            out.integer(UInt64(count))
            out.raw("}")
            return ClientResponse(status: 200, fields: json, body: out.bytes)
        case .refused(let refusal): throw ClientProblem(.refused(refusal))
        case .rejected(let rejection): throw ClientProblem(rejected: rejection)
        }
    }

    /// An order.
    public static func order(
        _ view: OrderView, _ status: UInt16, _ catalogue: Catalogue
    ) throws(ClientProblem) -> ClientResponse {
        let order = view.order
        guard let instrument = catalogue.listing.instrument(order.instrument) else {
            throw ClientProblem(.peerAnswer)
        }
        var out = AnswerText(capacity: 320)
        out.raw("{\"orderId\":")
        out.name(view.id.raw)
        out.raw(",\"clientOrderId\":\"")
        out.raw(order.client.text)
        out.raw("\",\"symbol\":")
        out.raw(catalogue.symbols[Int(order.instrument.raw)])
        out.raw(
            order.side == .buy ? ",\"side\":\"buy\",\"type\":\"" : ",\"side\":\"sell\",\"type\":\"")
        out.raw(order.kind.word)
        out.raw("\",\"price\":")
        out.decimal(order.price.raw, digits: instrument.priceDigits)
        out.raw(",\"quantity\":")
        out.decimal(order.quantity.raw, digits: instrument.quantityDigits)
        out.raw(",\"filled\":")
        out.decimal(view.filled.raw, digits: instrument.quantityDigits)
        out.raw(",\"filledValue\":")
        out.decimal(
            view.filledValue.raw, digits: catalogue.listing.currency(instrument.quote)?.digits ?? 0)
        out.raw(",\"state\":\"")
        out.raw(view.state.word)
        if let refusal = view.refusal {
            out.raw("\",\"refusal\":\"")
            out.raw(refusal.word)
        }
        out.raw("\"}")
        return ClientResponse(status: status, fields: json, body: out.bytes)
    }

    /// An account's balances.
    public static func balances(
        _ balances: Balances, _ catalogue: Catalogue
    ) throws(ClientProblem) -> ClientResponse {
        var out = AnswerText(capacity: 128 + 128 * balances.list.count)
        out.raw("{\"account\":")
        out.name(UInt64(balances.account.raw))
        out.raw(",\"block\":")
        out.integer(balances.block)
        out.raw(",\"balances\":[")
        for (index, one) in balances.list.enumerated() {
            guard let currency = catalogue.listing.currency(one.currency) else {
                throw ClientProblem(.peerAnswer)
            }
            out.raw(index == 0 ? "{\"currency\":" : ",{\"currency\":")
            out.raw(catalogue.currencies[Int(one.currency.raw)])
            out.raw(",\"available\":")
            out.decimal(one.available.raw, digits: currency.digits)
            out.raw(",\"held\":")
            out.decimal(one.held.raw, digits: currency.digits)
            out.raw(",\"reserved\":")
            out.decimal(one.reserved.raw, digits: currency.digits)
            out.raw("}")
        }
        out.raw("]}")
        return ClientResponse(status: 200, fields: json, body: out.bytes)
    }

    /// A book.
    public static func depth(
        _ depth: Depth, _ catalogue: Catalogue
    ) throws(ClientProblem) -> ClientResponse {
        guard let instrument = catalogue.listing.instrument(depth.instrument) else {
            throw ClientProblem(.peerAnswer)
        }
        var out = AnswerText(capacity: 128 + 80 * (depth.bids.count + depth.asks.count))
        out.raw("{\"symbol\":")
        out.raw(catalogue.symbols[Int(depth.instrument.raw)])
        out.raw(",\"block\":")
        out.integer(depth.block)
        for (name, levels) in [(",\"bids\":[", depth.bids), ("],\"asks\":[", depth.asks)] {
            out.raw(name)
            for (index, level) in levels.enumerated() {
                out.raw(index == 0 ? "{\"price\":" : ",{\"price\":")
                out.decimal(level.price.raw, digits: instrument.priceDigits)
                out.raw(",\"quantity\":")
                out.decimal(level.quantity.raw, digits: instrument.quantityDigits)
                out.raw(",\"orders\":")
                out.integer(UInt64(level.orders))
                out.raw("}")
            }
        }
        out.raw("]}")
        return ClientResponse(status: 200, fields: json, body: out.bytes)
    }

    /// The last trades; `time` is in nanoseconds since 1970, as a text.
    public static func tape(
        _ tape: Tape, _ catalogue: Catalogue
    ) throws(ClientProblem) -> ClientResponse {
        guard let instrument = catalogue.listing.instrument(tape.instrument) else {
            throw ClientProblem(.peerAnswer)
        }
        var out = AnswerText(capacity: 64 + 128 * tape.prints.count)
        out.raw("{\"symbol\":")
        out.raw(catalogue.symbols[Int(tape.instrument.raw)])
        out.raw(",\"trades\":[")
        for (index, print) in tape.prints.enumerated() {
            out.raw(index == 0 ? "{\"tradeId\":" : ",{\"tradeId\":")
            out.name(print.id.raw)
            out.raw(",\"price\":")
            out.decimal(print.price.raw, digits: instrument.priceDigits)
            out.raw(",\"quantity\":")
            out.decimal(print.quantity.raw, digits: instrument.quantityDigits)
            out.raw(",\"takerSide\":\"")
            out.raw(print.takerSide.word)
            out.raw("\",\"time\":")
            out.name(print.time)
            out.raw("}")
        }
        out.raw("]}")
        return ClientResponse(status: 200, fields: json, body: out.bytes)
    }

    /// What the venue trades, and by what rules.
    public static func instruments(_ catalogue: Catalogue) -> ClientResponse {
        let listing = catalogue.listing
        var out = AnswerText(capacity: 512 * listing.instruments.count + 64)
        out.raw("{\"currencies\":[")
        for (index, currency) in listing.currencies.enumerated() {
            out.raw(index == 0 ? "{\"name\":" : ",{\"name\":")
            out.raw(catalogue.currencies[index])
            out.raw(",\"digits\":")
            out.integer(UInt64(currency.digits))
            out.raw("}")
        }
        out.raw("],\"instruments\":[")
        for (index, one) in listing.instruments.enumerated() {
            out.raw(index == 0 ? "{\"symbol\":" : ",{\"symbol\":")
            out.raw(catalogue.symbols[index])
            out.raw(",\"base\":")
            out.raw(catalogue.currencies[Int(one.base.raw)])
            out.raw(",\"quote\":")
            out.raw(catalogue.currencies[Int(one.quote.raw)])
            rules(one, listing.currencies[Int(one.quote.raw)].digits, &out)
        }
        out.raw("]}")
        return ClientResponse(status: 200, fields: json, body: out.bytes)
    }

    private static func rules(_ one: Instrument, _ quoteDigits: Int, _ out: inout AnswerText) {
        out.raw(",\"tick\":")
        out.decimal(one.tick.raw, digits: one.priceDigits)
        out.raw(",\"lot\":")
        out.decimal(one.lot.raw, digits: one.quantityDigits)
        out.raw(",\"quantityMax\":")
        out.decimal(one.quantityMax.raw, digits: one.quantityDigits)
        out.raw(",\"valueMin\":")
        out.decimal(one.valueMin.raw, digits: quoteDigits)
        out.raw(",\"valueMax\":")
        out.decimal(one.valueMax.raw, digits: quoteDigits)
        out.raw(",\"collar\":")
        out.integer(UInt64(one.collarBasisPoints))
        out.raw(",\"makerFee\":")
        out.integer(UInt64(one.makerFee))
        out.raw(",\"takerFee\":")
        out.integer(UInt64(one.takerFee))
        out.raw(",\"reference\":")
        out.decimal(one.reference.raw, digits: one.priceDigits)
        out.raw("}")
    }

    /// The venue's clock in milliseconds since 1970.
    public static func time(_ milliseconds: UInt64) -> ClientResponse {
        var out = AnswerText(capacity: 32)
        out.raw("{\"time\":")
        out.integer(milliseconds)
        out.raw("}")
        return ClientResponse(status: 200, fields: json, body: out.bytes)
    }
}
