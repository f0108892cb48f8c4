internal import AdminTreaty
internal import Arguments
internal import Bytes
internal import ClientWire
internal import Findings
internal import Loop
internal import Notation
internal import Numerals
internal import OrderTreaty

extension Verb {
    static let account = Verb(
        Usage(
            "account", operands: "open | fund ACCOUNT CURRENCY AMOUNT | show|stop|resume ACCOUNT",
            counts: 1...4, about: "Opens, funds, shows and stops accounts of the exchange",
            flags: [Flag("count", value: "N", "open so many accounts")] + VenueFlags.all,
            details: """
                `fund` books what came in from outside. `stop` is the kill switch: it cancels the
                account's open orders and takes no new ones; `stop all` does it for everybody.
                `show` asks the public API under a key to read that is made for it and revoked;
                `show fees` shows what the venue took.
                """)
    ) { arguments throws(Failure) in
        let venue = try Venue(arguments)
        let task = arguments.word(0) ?? ""
        let words = ["open": 1, "fund": 4, "show": 2, "stop": 2, "resume": 2]
        guard let count = words[task], arguments.words.count == count else {
            throw Failure(
                .usage, "words", "`account` does not take these words",
                remedy: "see `bulkhead help account`")
        }
        switch task {
        case "open": try open(venue, arguments)
        case "fund": try fund(venue, arguments)
        case "show": try show(venue, arguments)
        default: try halt(venue, arguments, isStop: task == "stop")
        }
        return .good
    }

    static let venue = Verb(
        Usage("venue", about: "Shows how the exchange is", flags: VenueFlags.all)
    ) { arguments throws(Failure) in
        guard case .state(let state) = try Venue(arguments).orders(.state) else {
            throw Failure(.machine, "reply", "orders answered something else", remedy: "try again")
        }
        if arguments.has("json") {
            Output.line(document(state).renderPretty())
        } else {
            for line in aligned(rows(state), indent: "") { Output.line(line) }
        }
        return state.isHalted || !state.isAvailable ? .refused : .good
    }
}

private func word(_ state: VenueState) -> String {
    state.isHalted ? "halted" : state.isAvailable ? "open" : "unavailable"
}

private func document(_ state: VenueState) -> JSON {
    [
        "state": .text(word(state)), "journaled": .count(state.journaled),
        "answered": .count(state.answered), "booked": .count(state.booked),
        "commands": .count(state.commands), "open_orders": .count(state.open),
        "accounts": .count(state.accounts), "digest": .text(Hexadecimal.render(state.digest)),
        "halted": state.halted.map { .text(Excerpt.of($0, limit: 600)) } ?? .null,
    ]
}

private func rows(_ state: VenueState) -> [[String]] {
    let halted = state.halted.map {
        [
            ["halted", Excerpt.of($0, limit: 600)],
            ["what to do", "see \"When the venue is halted\" in Docs/exchange.md"],
        ]
    }
    return [
        ["state", word(state)], ["accounts", "\(state.accounts)"],
        ["commands", "\(state.commands)"],
        ["open orders", "\(state.open)"], ["journaled", "block \(state.journaled)"],
        ["answered", "block \(state.answered)"], ["booked", "block \(state.booked)"],
        ["digest", Hexadecimal.render(state.digest)],
    ] + (halted ?? [])
}

private func open(_ venue: Venue, _ arguments: Arguments) throws(Failure) {
    let count = try arguments.integer("count", in: 1...10_000) ?? 1
    var opened: [UInt64] = []
    for _ in 0..<count { opened.append(try expectNumber(try venue.orders(.open))) }
    if arguments.has("json") {
        let accounts: JSON = ["accounts": .list(opened.map { .count($0) })]
        Output.line(accounts.renderPretty())
    } else {
        for account in opened { Output.line("\(account)") }
    }
}

private func fund(_ venue: Venue, _ arguments: Arguments) throws(Failure) {
    let owner = try account(arguments.word(1))
    var pool = try venue.front()
    let listing = try venue.listing(&pool)
    let (id, currency) = try currency(arguments.word(2) ?? "", listing)
    let text = arguments.word(3) ?? ""
    guard let raw = FixedPoint.parse(text.utf8, digits: currency.digits), raw > 0 else {
        throw Failure(
            .usage, "amount", "`\(Excerpt.of(text))` is no amount of \(currency.name)",
            remedy: "give a decimal number above zero with at most \(currency.digits) digits "
                + "after the point")
    }
    let number = try expectNumber(try venue.orders(.credit(owner, id, Amount(raw))))
    let amount = FixedPoint.render(raw, digits: currency.digits)
    if arguments.has("json") {
        let done: JSON = [
            "account": .count(owner.raw), "currency": .text(currency.name),
            "amount": .text(amount), "command": .count(number),
        ]
        Output.line(done.renderPretty())
    } else {
        Output.line("account \(owner.raw): \(amount) \(currency.name) came in")
    }
}

private func currency(
    _ name: String, _ listing: Listing
) throws(Failure) -> (CurrencyID, Currency) {
    guard let id = listing.currency(name), let currency = listing.currency(id) else {
        let names = listing.currencies.map(\.name).joined(separator: ", ")
        throw Failure(
            .usage, "currency", "`\(Excerpt.of(name))` is no currency of the venue",
            remedy: "it has \(names)")
    }
    return (id, currency)
}

private func show(_ venue: Venue, _ arguments: Arguments) throws(Failure) {
    let balances = try balances(of: try account(arguments.word(1)), venue)
    if arguments.has("json") {
        Output.line(balances.renderPretty())
        return
    }
    var rows = [["currency", "available", "held", "reserved"]]
    for one in balances["balances"]?.asList ?? [] {
        rows.append(rows[0].map { Excerpt.of(one[$0]?.asText ?? "?") })
    }
    for line in aligned(rows, indent: "") { Output.line(line) }
}

/// An account's balances, asked at the front door under a key that is made for it and revoked.
func balances(of owner: AccountID, _ venue: Venue) throws(Failure) -> JSON {
    let made = try venue.identity(.symmetric(owner, .read, allowed: []))
    guard case .made(let name, let secret) = made else { throw keyRefused(made) }
    let answer: Result<JSON, Failure>
    do throws(Failure) {
        var pool = try venue.front()
        let request = RequestText(pool.endpoint).signed(
            .get, "/v1/account", by: ClientKey(name: name, secret: secret),
            time: Clocks.wallNanoseconds() / 1_000_000)
        answer = .success(try Venue.document(try pool.answer(to: request)))
    } catch { answer = .failure(error) }
    // Whatever was answered: the key is gone before anything is shown.
    guard case .revoked = try venue.identity(.revoke(key: name)) else {
        throw Failure(
            .machine, "key", "identity did not revoke the key \(name)",
            remedy: "run `bulkhead key revoke \(name)`")
    }
    return try answer.get()
}

private func halt(_ venue: Venue, _ arguments: Arguments, isStop: Bool) throws(Failure) {
    let isAll = arguments.word(1) == "all"
    let owner = isAll ? AccountID(0) : try account(arguments.word(1))
    let number = try expectNumber(try venue.orders(isStop ? .stop(owner) : .resume(owner)))
    let whose = isAll ? "all accounts" : "account \(owner.raw)"
    if arguments.has("json") {
        let done: JSON = [
            "account": .count(owner.raw), "stopped": .boolean(isStop), "command": .count(number),
        ]
        Output.line(done.renderPretty())
    } else {
        Output.line("\(whose): \(isStop ? "stopped" : "trading again")")
    }
}

/// What identity refused.
func keyRefused(_ answer: KeyAnswer) -> Failure {
    guard case .refused(let why) = answer else {
        return Failure(
            .machine, "reply", "identity answered something else", remedy: "try again")
    }
    return Failure(
        .refused, "key", "identity refused: \(Excerpt.of(why, limit: 200))", remedy: "")
}
