internal import AdminTreaty
internal import Breach
internal import ControlTreaty
internal import Findings
internal import Operator
internal import OrderTreaty

/// False words to a ledger: each in a copy of its own, because a refused posting stops the venue.
extension Embassy {
    /// The word by which the one who speaks falsely is found.
    private static func word(_ id: String) -> String {
        switch id {
        case "book.below-zero", "book.from-nothing": "external"
        case "book.false-hold", "book.false-release": "holds"
        case "fill.unknown-order", "fill.beyond-quantity", "fill.outside-limit", "fill.repeated":
            "results"
        default: "settlements"
        }
    }

    func postings(
        _ status: PlatformStatus, _ services: [Int], _ mail: inout Mail
    ) throws(Failure) {
        let routes = Self.routes(status)
        let techniques = request.envoys.filter { ["book", "fill"].contains($0.family) }
        for technique in techniques {
            let word = Self.word(technique.id)
            for index in services {
                let name = status.compartments[index].name
                guard !routes.routes(of: name).isEmpty else { continue }
                let speaks = routes.routes(of: name).contains {
                    $0.isOpened && $0.words.contains(word)
                }
                guard speaks, VenuePlan(status, routes) != nil else {
                    let outcome = Outcome.inapplicable("it does not say `\(word)` to anybody")
                    mail.add(
                        Trial(id: technique.id, begin: 0, end: 0, outcome: outcome), index)
                    continue
                }
                let began = Moment.now
                try post(technique.id, name, index, &mail)
                let took = (Moment.now - began) / 1_000_000
                progress("\(name): \(technique.id) tried in a copy of its own in \(took) ms")
            }
        }
    }

    private func post(
        _ id: String, _ name: String, _ index: Int, _ mail: inout Mail
    ) throws(Failure) {
        let since = Moment.real
        var twin = try Twin.start(request, named: id) { () throws(Failure) in }
        do throws(Failure) {
            try post(id, name, index, twin, &mail)
        } catch {
            _ = twin.end()
            twin.discard()
            throw error
        }
        if !twin.end() { mail.troubles.append("the copy for \(id) did not go down within 30 s") }
        mail.observed[id] = trails(twin.locations.state, since)
        twin.discard()
        guard !Interruption.isRaised else { throw Drill.interrupted }
    }

    private func post(
        _ id: String, _ name: String, _ index: Int, _ twin: borrowing Twin, _ mail: inout Mail
    ) throws(Failure) {
        let status = try twin.status()
        guard let plan = VenuePlan(status, Self.routes(status)) else { return }
        let clients = try Clients(plan, at: twin.locations.control)
        var orders = EnvoyOrders(techniques: [id])
        orders.held = try clients.rest(into: &orders)
        guard clients.isOpen(), let state = clients.state() else {
            mail.troubles.append("the venue was not open before \(id)")
            return
        }
        orders.account = clients.trader.account
        orders.victim = clients.victim.account
        orders.sequence = state.commands + 1
        orders.base = clients.listing.instruments[0].base.raw
        orders.quote = clients.listing.instruments[0].quote.raw
        let before = clients.victimBalances()
        let commands = Commander(plan, clients.trader.account, twin.locations.control)
        var answered: UInt16?
        let hearing = try seating(name, twin).run(orders) { prompt in
            if prompt == "order" { answered = clients.meets() } else { commands.command() }
        }
        mail.trials[index, default: [:]].merge(hearing.trials) { $1 }
        if let answered, answered < 500 {
            mail.harm(id, index, "its client was answered \(answered)")
        }
        wait(name, twin, &mail)
        if !clients.waits(until: \.isHalted) {
            mail.harm(id, index, "the venue goes on after it")
        }
        let after = clients.victimBalances()
        if before == nil || after == nil {
            mail.troubles.append("\(id): nobody tells the victim's balances")
        } else if before != after {
            mail.harm(id, index, "the victim's balances changed")
        }
    }
}
