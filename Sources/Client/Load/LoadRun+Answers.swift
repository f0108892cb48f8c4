internal import ClientWire
internal import Notation
internal import Numerals
internal import OrderTreaty

extension LoadRun {
    /// The client's name of an order.
    func name(_ order: Int) -> String { "\(plan.name)-\(order)" }

    func route(_ task: Task) -> (ClientMethod, String, account: Int) {
        switch task {
        case .place(let order): (.post, "/v1/orders", Int(records[order].account))
        case .cancel(let order):
            (.delete, "/v1/orders/\(name(order))", Int(records[order].account))
        case .replace(let order, _, _):
            (.put, "/v1/orders/\(name(order))", Int(records[order].account))
        case .lookUp(let order, _):
            (.get, "/v1/orders/\(name(order))", Int(records[order].account))
        case .cancelAll(let account): (.delete, "/v1/orders", account)
        case .balances(let account): (.get, "/v1/account", account)
        }
    }

    func placing(_ order: Int) -> [UInt8] {
        let record = records[order]
        guard let instrument = listing.instrument(record.instrument) else { return [] }
        var members: [JSON.Member] = [
            .init("clientOrderId", .text(name(order))), .init("symbol", .text(instrument.symbol)),
            .init("side", .text(record.side == .buy ? "buy" : "sell")),
            .init("type", .text(LoadRecord.word(record.kind))),
        ]
        if record.price > 0 {
            members.append(
                .init(
                    "price",
                    .text(FixedPoint.render(record.price, digits: instrument.priceDigits))))
        }
        members.append(
            .init(
                "quantity",
                .text(FixedPoint.render(record.quantity, digits: instrument.quantityDigits))))
        return Array(JSON.object(members).render().utf8)
    }

    func replacing(_ order: Int, _ price: Price, _ quantity: Quantity) -> [UInt8] {
        guard let instrument = listing.instrument(records[order].instrument) else { return [] }
        let change: JSON = [
            "price": .text(FixedPoint.render(price.raw, digits: instrument.priceDigits)),
            "quantity": .text(FixedPoint.render(quantity.raw, digits: instrument.quantityDigits)),
        ]
        return Array(change.render().utf8)
    }

    /// Takes an answer: an outcome, or a reason to ask again.
    mutating func conclude(_ question: Question, _ answer: ReceivedAnswer) {
        tally.statuses[answer.status, default: 0] += 1
        let json = (try? JSON.parse(answer.body)) ?? .null
        guard answer.status >= 300 else { return succeed(question, json, answer.status) }
        let word = json["type"]?.asText ?? "no-type"
        if tally.problems.count < 64 || tally.problems[word] != nil {
            tally.problems[word, default: 0] += 1
        }
        switch answer.status {
        case 429, 502, 503:
            if !postpone(question, seconds: answer.retryAfter ?? 1) { giveUp(question, word) }
        case 504: doubt(question)
        case 401 where word == "replayed" || word == "outside-window":
            if !postpone(question, seconds: 1) { giveUp(question, word) }
        default: refuse(question, word, answer.status)
        }
    }

    /// Whether the venue took it is not known: ask by the order's name before anything else.
    mutating func doubt(_ question: Question) {
        var next = question
        if case .place(let order) = question.task {
            next.task = .lookUp(order, again: true)
            next.body = []
        }
        if !postpone(next, seconds: nil) { giveUp(question, "outcome-unknown") }
    }

    private mutating func succeed(_ question: Question, _ json: JSON, _ status: UInt16) {
        switch question.task {
        case .place(let order), .cancel(let order), .replace(let order, _, _),
            .lookUp(let order, _):
            if !records[order].take(json, name: name(order), listing) {
                tally.fault("\(name(order)): what the venue answered is not what was ordered")
            }
            finish(question, order)
        case .cancelAll: break
        case .balances(let account): balances[account] = json
        }
    }

    private mutating func refuse(_ question: Question, _ word: String, _ status: UInt16) {
        switch question.task {
        case .lookUp(let order, again: true) where status == 404:
            var again = question
            again.task = .place(order)
            again.body = placing(order)
            if !postpone(again, seconds: nil) { giveUp(again, word) }
        case .place(let order) where status == 422:
            records[order].state = .refused
            finish(question, order)
        case .cancel(let order) where status == 422 || status == 404,
            .replace(let order, _, _) where status == 422 || status == 404:
            // Filled or taken back meanwhile: what it is now, the closing check asks.
            let isGone = word == "too-late" || word == "unknown-order"
            if isGone, records[order].state == .open { records[order].state = .finished }
            finish(question, order)
        case .place(let order), .cancel(let order), .replace(let order, _, _),
            .lookUp(let order, _):
            tally.fault("\(name(order)): answered \(status) \(word)")
            records[order].state = .unresolved
            finish(question, order)
        case .cancelAll(let account), .balances(let account):
            tally.fault("account \(account) of the load: answered \(status) \(word)")
        }
    }

    private mutating func giveUp(_ question: Question, _ word: String) {
        switch question.task {
        case .place(let order), .cancel(let order), .replace(let order, _, _),
            .lookUp(let order, _):
            tally.fault("\(name(order)): given up after \(question.attempts) attempts (\(word))")
            records[order].state = .unresolved
            finish(question, order)
        case .cancelAll(let account), .balances(let account):
            tally.fault("account \(account) of the load: given up (\(word))")
        }
    }
}
