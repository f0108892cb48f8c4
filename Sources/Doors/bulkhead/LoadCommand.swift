internal import AdminTreaty
internal import Arguments
internal import Bytes
internal import ClientWire
internal import Descriptors
internal import Digests
internal import Findings
internal import Glibc
internal import Load
internal import Loop
internal import Notation
internal import Numerals
internal import OrderTreaty

extension Verb {
    static let load = Verb(
        Usage(
            "load", about: "Trades through the front door and checks that everything adds up",
            flags: [
                Flag(
                    "orders", value: "N",
                    "steps: orders, cancels, replaces (default: 10000, or all of the file)"),
                Flag("accounts", value: "M", "accounts, opened and funded (default: 16)"),
                Flag("rate", value: "R", "steps a second; else as fast as answers come"),
                Flag("connections", value: "C", "kept connections (default: 32)"),
                Flag("seed", value: "S", "of the mix (default: 1)"),
                Flag("replay", value: "FILE", "steps of an ITCH 5.0 or CSV file"),
            ] + VenueFlags.all,
            details: """
                With --rate latencies count from when a step was due, so that a slow venue cannot
                hide by holding steps back. Exit 1 when a balance, an order or a book is not what
                the venue's answers add up to.
                """)
    ) { arguments throws(Failure) in
        let accounts = try arguments.integer("accounts", in: 1...1_024) ?? 16
        let venue = try Venue(arguments)
        let connections = try arguments.integer("connections", in: 1...1_024) ?? 32
        var pool = try venue.front(connections: connections)
        let listing = try venue.listing(&pool)
        let mids = try prices(venue, listing, &pool)
        let wereEmpty = try emptyBooks(venue, listing, &pool)
        let (source, steps) = try loadSource(arguments, accounts, listing, mids)
        let traders = try traders(venue, accounts, listing)
        try settle(venue)
        let before = try fees(venue, listing)
        let plan = LoadPlan(
            steps: try arguments.integer("orders", in: 1...LoadPlan.ordersMax) ?? steps,
            rate: try arguments.integer("rate", in: 1...1_000_000),
            name: "load" + Hexadecimal.render(Randomness.bytes(5)))
        var run = LoadRun(
            pool, keys: traders.map(\.key), listing: listing, plan: plan, source: source)
        let shows = isatty(2) == 1
        try run.trade { tally in
            if shows { Output.bar(bar(tally.steps, plan.steps)) }
        }
        if shows { Output.bar("") }
        let closing = try run.close(
            funded: traders.map(\.funded), wereEmpty: wereEmpty
        ) { () throws(Failure) in try settle(venue) }
        for trader in traders { _ = try venue.identity(.revoke(key: trader.key.name)) }
        run.compare(closing, feesBefore: before, after: try fees(venue, listing))
        let report = LoadReport(run.tally, closing, listing, run.replayed)
        if arguments.has("json") {
            Output.line(report.document.renderPretty())
        } else {
            for line in report.lines { Output.line(line) }
        }
        return run.tally.faultCount == 0 ? .good : .refused
    }
}

private struct Trader {
    let key: ClientKey
    let funded: [Int64]
}

/// The last traded price of each instrument, or the listing's reference.
private func prices(
    _ venue: Venue, _ listing: Listing, _ pool: inout ClientPool
) throws(Failure) -> [Price] {
    var prices: [Price] = []
    for instrument in listing.instruments {
        let tape = try venue.json("/v1/trades/\(instrument.symbol)?limit=1", &pool)
        let last = tape["trades"]?.asList?.first?["price"]?.asText.flatMap {
            FixedPoint.parse($0.utf8, digits: instrument.priceDigits)
        }
        prices.append(last.map { Price($0) } ?? instrument.reference)
    }
    return prices
}

private func emptyBooks(
    _ venue: Venue, _ listing: Listing, _ pool: inout ClientPool
) throws(Failure) -> [Bool] {
    var empty: [Bool] = []
    for instrument in listing.instruments {
        let book = try venue.json("/v1/book/\(instrument.symbol)?depth=1", &pool)
        let sides = [book["bids"]?.asList, book["asks"]?.asList]
        empty.append(sides.allSatisfy { $0?.isEmpty ?? false })
    }
    return empty
}

/// The steps, and how many of them when the words do not say.
private func loadSource(
    _ arguments: Arguments, _ accounts: Int, _ listing: Listing, _ mids: [Price]
) throws(Failure) -> (LoadSource, steps: Int) {
    guard let file = arguments.value("replay") else {
        let seed = try arguments.integer("seed", in: 0...Int.max) ?? 1
        let flow = OrderFlow(
            seed: UInt64(seed), accounts: accounts, listing: listing, mids: mids)
        return (.mix(flow), 10_000)
    }
    let bytes: [UInt8]
    do throws(SystemFailure) { bytes = try Files.read(file, limit: FlowFile.bytesMax) } catch {
        throw Failure(
            .usage, "replay", "\(Excerpt.of(file)) cannot be read: \(error)",
            remedy: "name a file of NASDAQ TotalView-ITCH 5.0 or a CSV")
    }
    let flow = ReplayFlow(bytes, accounts: accounts, listing: listing, mids: mids)
    do throws(FlowFile.Flaw) { return (.replay(flow), try flow.count()) } catch {
        throw LoadSource.failure(error)
    }
}

/// Opens accounts, funds each with a million whole units of every currency, and makes their keys.
private func traders(
    _ venue: Venue, _ count: Int, _ listing: Listing
) throws(Failure) -> [Trader] {
    var traders: [Trader] = []
    let funded = listing.currencies.map { FixedPoint.power($0.digits) * 1_000_000 }
    for _ in 0..<count {
        let opened = try expectNumber(try venue.orders(.open))
        guard let number = UInt32(exactly: opened) else {
            throw Failure(.machine, "reply", "orders gave no account", remedy: "")
        }
        let owner = AccountID(number)
        for (place, amount) in funded.enumerated() {
            let credit = AccountRequest.credit(owner, CurrencyID(UInt16(place)), Amount(amount))
            _ = try expectNumber(try venue.orders(credit))
        }
        let made = try venue.identity(.symmetric(owner, .known, allowed: []))
        guard case .made(let name, let secret) = made else { throw keyRefused(made) }
        traders.append(Trader(key: ClientKey(name: name, secret: secret), funded: funded))
    }
    return traders
}

/// What the venue has taken in fees so far, by currency, as the ledger says.
private func fees(_ venue: Venue, _ listing: Listing) throws(Failure) -> [Int64] {
    let list = try balances(of: .fees, venue)["balances"]?.asList ?? []
    return listing.currencies.map { currency in
        let one = list.first { $0["currency"]?.asText == currency.name }
        guard let text = one?["available"]?.asText else { return 0 }
        return FixedPoint.parse(text.utf8, digits: currency.digits) ?? .min
    }
}

/// Waits until the ledger has every block that was journaled; half a minute at most.
private func settle(_ venue: Venue) throws(Failure) {
    let end = Clocks.monotonic() + 30_000_000_000
    while true {
        guard case .state(let state) = try venue.orders(.state) else {
            throw Failure(.machine, "reply", "orders answered something else", remedy: "")
        }
        if state.isHalted {
            throw Failure(
                .refused, "venue-halted",
                "the venue is halted: \(Excerpt.of(state.halted ?? "", limit: 400))",
                remedy: "see `bulkhead venue`")
        }
        if state.booked >= state.journaled { return }
        guard Clocks.monotonic() < end else {
            throw Failure(
                .refused, "ledger-behind",
                "the ledger has block \(state.booked) of "
                    + "\(state.journaled) after 30 s", remedy: "see `bulkhead venue`")
        }
        usleep(20_000)
    }
}

private func bar(_ done: Int, _ whole: Int) -> String {
    let width = 40
    let filled = min(done * width / max(whole, 1), width)
    return "[" + String(repeating: "#", count: filled)
        + String(repeating: ".", count: width - filled) + "] \(done)/\(whole)"
}
