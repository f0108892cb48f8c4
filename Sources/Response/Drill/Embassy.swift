internal import Addresses
internal import Breach
internal import ControlTreaty
internal import Findings
internal import Glibc
internal import Operator

/// Envoys in the places of services with passages, one after the other.
struct Embassy {
    let request: DrillRequest
    let progress: (String) -> Void
    /// Reads all trails below a state directory, since a time.
    let trails: (_ state: String, _ since: UInt64) -> [Observed]

    /// What envoys said, by the index of the compartment.
    struct Mail {
        var trials: [Int: [String: Trial]] = [:]
        /// Trails of copies that one technique had for itself.
        var observed: [String: [Observed]] = [:]
        var troubles: [String] = []

        mutating func add(_ trial: Trial, _ index: Int) {
            trials[index, default: [:]][trial.id] = trial
        }

        /// What an envoy called stopped was not, by the state that it left.
        mutating func harm(_ id: String, _ index: Int, _ text: String) {
            guard case .stopped? = trials[index]?[id]?.outcome else { return }
            trials[index]?[id]?.outcome = .through(text)
        }
    }

    /// The compartment that certifies all others of a platform with passages.
    static let authority = "authority"
    private static let settleNanoseconds: UInt64 = 1_300_000_000
    /// Families whose attempts leave the venue open: all are tried in one seat.
    private static let shared: Set<String> = ["pass", "trust", "order"]
    private static let thefts: Set<String> = ["pass.stolen-certificate"]

    static func routes(_ status: PlatformStatus) -> PassageRoutes {
        PassageRoutes(status.compartments.map { ($0.name, $0.passages) })
    }

    /// Attacks in the places of these services; each has its program back afterwards.
    func run(
        _ twin: borrowing Twin, _ status: PlatformStatus, _ services: [Int]
    ) throws(Failure) -> Mail {
        var mail = Mail()
        let routes = Self.routes(status)
        let ids = request.envoys.filter { Self.shared.contains($0.family) }.map(\.id)
        let addresses = status.compartments.reduce(into: [String: Address]()) {
            $0[$1.name] = Address($1.address)
        }
        let loot = ids.contains(where: Self.thefts.contains) ? try steal(twin, routes, &mail) : []
        let clients = try self.clients(twin, status, routes)
        var attacked: [String: UInt64] = [:]
        // Those who are attacked first had their turn: a seat ends its program.
        for index in services.reversed() where !ids.isEmpty {
            guard !Interruption.isRaised else { throw Drill.interrupted }
            let name = status.compartments[index].name
            guard !routes.routes(of: name).isEmpty else { continue }
            settle(attacked[name])
            if clients?.isOpen() == false {
                mail.troubles.append("the venue was not open before \(name) was owned")
            }
            let began = Moment.now
            var orders = EnvoyOrders(techniques: ids)
            orders.loot = loot
            orders.doors = routes.foreign(to: name, addresses: addresses)
            let labels = clients.map { Self.labels(routes.routes(of: name), &orders, $0) } ?? []
            let before = clients?.victimBalances()
            let absence = Absence(try twin.status())
            orders.root = absence?.root()
            let hearing = try seating(name, twin).run(orders) { _ in absence?.begin() }
            mail.trials[index] = hearing.trials
            for target in hearing.trials.values.flatMap(\.targets) {
                attacked[target] = Moment.now
            }
            let took = (Moment.now - began) / 1_000_000
            progress(
                "\(name): \(hearing.trials.count) of \(ids.count) attacks on what it talks to tried "
                    + "in \(took) ms")
            if let absence, absence.isAway {
                lookAlone(name, twin, clients, index, &mail)
                absence.end()
            }
            wait(name, twin, &mail)
            if let clients { look(clients, before, labels, index, &mail) }
        }
        return mail
    }

    /// Clients of a venue, when the platform is one and something attacks it.
    private func clients(
        _ twin: borrowing Twin, _ status: PlatformStatus, _ routes: PassageRoutes
    ) throws(Failure) -> Clients? {
        guard request.envoys.contains(where: { ["order", "trust"].contains($0.family) }),
            let plan = VenuePlan(status, routes)
        else { return nil }
        return try Clients(plan, at: twin.locations.control)
    }

    /// Gives the envoy requests that pass by; their names, with whether the honest one is taken.
    private static func labels(
        _ routes: [PassageRoute], _ orders: inout EnvoyOrders, _ clients: Clients
    ) -> [(name: String, isHonest: Bool)] {
        let words = Set(routes.filter(\.isOpened).flatMap(\.words))
        orders.verifier = clients.plan.verifier
        orders.account = clients.trader.account
        orders.victim = clients.victim.account
        orders.otherKey = clients.victim.key
        var labels: [(name: String, isHonest: Bool)] = []
        if words.contains("request") {
            labels = [("altered", true), ("repeated", true)]
        } else if words.isSuperset(of: ["verify", "place"]) {
            labels = [
                ("forged", true), ("other", true), ("edited", true), ("replayed", true),
                ("reader", false), ("trader", true), ("kind", false), ("kind-honest", true),
            ]
        }
        orders.requests = labels.map { label in
            clients.passing(label.name, by: label.name == "reader" ? clients.reader : nil)
        }
        return labels
    }

    /// Whether state is what honest requests made it.
    private func look(
        _ clients: Clients, _ before: String?, _ labels: [(name: String, isHonest: Bool)],
        _ index: Int, _ mail: inout Mail
    ) {
        guard clients.isOpen() else {
            mail.troubles.append("the venue was not open again")
            return
        }
        for label in labels {
            guard request.envoys.contains(where: { $0.family == "order" }),
                let harm = clients.harm(label.name, isHonest: label.isHonest)
            else { continue }
            for technique in request.envoys where technique.family == "order" {
                mail.harm(technique.id, index, harm)
            }
        }
        guard let before, clients.victimBalances() != before else { return }
        for technique in request.envoys {
            mail.harm(technique.id, index, "another's balances changed")
        }
    }

    /// A service that counts what it does not list tells the count once a second.
    private func settle(_ attacked: UInt64?) {
        guard let attacked else { return }
        let passed = Moment.now - attacked
        if passed < Self.settleNanoseconds {
            usleep(UInt32((Self.settleNanoseconds - passed) / 1_000))
        }
    }

    func seating(_ name: String, _ twin: borrowing Twin) -> ProbeSeating {
        ProbeSeating(name: name, program: request.envoy, control: twin.locations.control)
    }

    /// Takes certificate and key of every service that opens passages.
    private func steal(
        _ twin: borrowing Twin, _ routes: PassageRoutes, _ mail: inout Mail
    ) throws(Failure) -> [Loot] {
        var orders = EnvoyOrders()
        orders.takesLoot = true
        var loot: [Loot] = []
        let owners = routes.services.filter { $0.routes.contains(where: \.isOpened) }.map(\.name)
        for name in owners {
            guard !Interruption.isRaised else { throw Drill.interrupted }
            loot += try seating(name, twin).run(orders).loot
            // Who is attacked next believes only who is there.
            wait(name, twin, &mail)
        }
        progress("\(loot.count) of \(owners.count) certificates stolen")
        return loot
    }

    func wait(_ name: String, _ twin: borrowing Twin, _ mail: inout Mail) {
        guard !twin.waitUntilReady(name), !Interruption.isRaised else { return }
        mail.troubles.append("\(name): its program was not ready again within 15 s")
    }
}
