internal import ClientWire
package import Findings
internal import Loop
internal import Notation
internal import Numerals
internal import OrderTreaty

/// What the closing check found.
package struct LoadClosing: Sendable {
    /// Orders asked for again by their names.
    package var checked = 0
    /// Orders that were found open, and then taken back.
    package var open = 0
    /// Fees that the load's accounts paid, by currency, as raw amounts.
    package var fees: [Int64] = []
    /// Whether other traffic met ours: then the books are not compared.
    package var metOthers = false

    package init() {}
}

extension LoadRun {
    /// Compares what the venue says now with what its answers add up to.
    ///
    /// Every acknowledged order is asked for by its name; the books hold exactly what is still
    /// open; everything is taken back; then nothing is held, and each balance is what was funded
    /// and traded, less fees within the instruments' rates. `funded` is by account and currency.
    /// `settle` waits until the ledger has everything. Differences are faults of the tally.
    package mutating func close(
        funded: [[Int64]], wereEmpty: [Bool], settle: () throws(Failure) -> Void
    ) throws(Failure) -> LoadClosing {
        var closing = LoadClosing()
        try checkOrders(&closing)
        closing.metOthers = !sidesBalance() || wereEmpty.contains(false)
        try checkBooks(skip: closing.metOthers)
        closing.open = records.count { $0.state == .open }
        for account in keys.indices {
            ask(Question(task: .cancelAll(account: account), due: Clocks.monotonic()))
        }
        try drain()
        try checkOrders(&closing, openOnly: true)
        for (index, record) in records.enumerated() where record.state == .open {
            tally.fault("\(name(index)): open after everything was taken back")
        }
        try settle()
        try checkBooks(skip: closing.metOthers)
        for account in keys.indices {
            ask(Question(task: .balances(account: account), due: Clocks.monotonic()))
        }
        try drain()
        closing.fees = checkBalances(funded)
        return closing
    }

    /// What the fees' account grew by is what our accounts paid; others may have paid too.
    package mutating func compare(
        _ closing: LoadClosing, feesBefore: [Int64], after: [Int64]
    ) {
        for (place, currency) in listing.currencies.enumerated() {
            let taken = after[place] &- feesBefore[place]
            let paid = closing.fees[place]
            guard closing.metOthers ? taken < paid : taken != paid else { continue }
            tally.fault(
                "\(currency.name): the fees' account grew by "
                    + FixedPoint.render(taken, digits: currency.digits) + ", our accounts paid "
                    + FixedPoint.render(paid, digits: currency.digits))
        }
    }

    private mutating func drain() throws(Failure) {
        while !isQuiet {
            sendLater(Clocks.monotonic())
            try turn(wait: 20)
        }
    }

    private mutating func checkOrders(
        _ closing: inout LoadClosing, openOnly: Bool = false
    ) throws(Failure) {
        for index in records.indices {
            switch records[index].state {
            case .refused, .unresolved: continue
            case .unknown, .finished: if openOnly { continue }
            case .open: break
            }
            while !pool.hasRoom || later.count > 256 {
                sendLater(Clocks.monotonic())
                try turn(wait: 20)
            }
            if !openOnly { closing.checked += 1 }
            records[index].isBusy = true
            ask(
                Question(
                    task: .lookUp(index, again: false), due: Clocks.monotonic()))
        }
        try drain()
    }

    /// What our buyers bought is what our sellers sold, in every instrument.
    private func sidesBalance() -> Bool {
        var sums = [Int64](repeating: 0, count: listing.instruments.count)
        for record in records {
            let place = Int(record.instrument.raw)
            sums[place] &+= record.side == .buy ? record.filled : -record.filled
        }
        return sums.allSatisfy { $0 == 0 }
    }

    /// The public books show exactly our open orders.
    private mutating func checkBooks(skip: Bool) throws(Failure) {
        guard !skip else { return }
        for (place, instrument) in listing.instruments.enumerated() {
            var rests: [Int64] = [0, 0]
            for record in records
            where record.state == .open && Int(record.instrument.raw) == place {
                rests[record.side == .buy ? 0 : 1] &+= record.quantity - record.filled
            }
            var shown: [Int64] = [-1, -1]
            // Market data follow the results by a moment.
            let end = Clocks.monotonic() + 5_000_000_000
            while shown != rests, Clocks.monotonic() < end {
                guard let sums = try book(instrument) else { return }
                shown = sums
            }
            if shown != rests {
                tally.fault("\(instrument.symbol): the book holds \(shown), our orders \(rests)")
            }
        }
    }

    /// The sums of both sides; nil when a side has more levels than are told.
    private mutating func book(_ instrument: Instrument) throws(Failure) -> [Int64]? {
        let target = "/v1/book/\(instrument.symbol)?depth=1000"
        let answer = try pool.answer(to: text.plain(.get, target))
        guard answer.status == 200, let json = try? JSON.parse(answer.body) else {
            return [-1, -1]
        }
        var sums: [Int64] = []
        for side in ["bids", "asks"] {
            let levels = json[side]?.asList ?? []
            guard levels.count < 1_000 else { return nil }
            sums.append(
                levels.reduce(0) {
                    $0
                        &+ (LoadRecord.number($1["quantity"], instrument.quantityDigits)
                            ?? -1)
                })
        }
        return sums
    }

    /// Each balance against what was funded and traded; the fees paid, by currency.
    private mutating func checkBalances(_ funded: [[Int64]]) -> [Int64] {
        var expected = funded
        var feesMost = funded.map { $0.map { _ in Int64(0) } }
        for record in records where record.filled > 0 {
            guard let instrument = listing.instrument(record.instrument) else { continue }
            let account = Int(record.account)
            let (base, quote) = (Int(instrument.base.raw), Int(instrument.quote.raw))
            let sign: Int64 = record.side == .buy ? 1 : -1
            expected[account][base] &+= sign &* record.filled
            expected[account][quote] &-= sign &* record.value
            let rate = max(instrument.makerFee, instrument.takerFee)
            let fee = Amount(record.value).share(perHundredThousand: rate)?.raw ?? .max
            // Each fill rounds its fee up by less than a unit, and a fill is at least a lot.
            let fills = min(record.filled / instrument.lot.raw, 100_000)
            feesMost[account][quote] =
                (feesMost[account][quote].added(fee) ?? .max)
                .added(fills) ?? .max
        }
        var fees = [Int64](repeating: 0, count: listing.currencies.count)
        for account in keys.indices {
            for (place, currency) in listing.currencies.enumerated() {
                guard let (free, bound) = balance(account, currency) else {
                    tally.fault("account \(account) of the load: no balance of \(currency.name)")
                    continue
                }
                let fee = expected[account][place] &- free &- bound
                fees[place] &+= fee
                if bound != 0 {
                    tally.fault("account \(account) of the load: \(currency.name) still held")
                }
                if !(0...feesMost[account][place]).contains(fee) {
                    tally.fault(
                        "account \(account) of the load: \(currency.name) is off by "
                            + FixedPoint.render(fee, digits: currency.digits))
                }
            }
        }
        return fees
    }

    private func balance(
        _ account: Int, _ currency: Currency
    ) -> (free: Int64, bound: Int64)? {
        guard let list = balances[account]?["balances"]?.asList else { return nil }
        guard let one = list.first(where: { $0["currency"]?.asText == currency.name }) else {
            return (0, 0)
        }
        guard let free = LoadRecord.number(one["available"], currency.digits),
            let held = LoadRecord.number(one["held"], currency.digits),
            let reserved = LoadRecord.number(one["reserved"], currency.digits)
        else { return nil }
        return (free, held &+ reserved)
    }
}
