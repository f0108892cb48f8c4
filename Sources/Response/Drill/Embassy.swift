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

    /// What envoys said, by the index of the compartment.
    struct Mail {
        var trials: [Int: [String: Trial]] = [:]
        var troubles: [String] = []
    }

    private static let settleNanoseconds: UInt64 = 1_300_000_000
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
        let ids = request.envoys.map(\.id)
        guard !ids.isEmpty, !routes.services.isEmpty else { return mail }
        let addresses = status.compartments.reduce(into: [String: Address]()) {
            $0[$1.name] = Address($1.address)
        }
        let loot = ids.contains(where: Self.thefts.contains) ? try steal(twin, routes, &mail) : []
        var attacked: [String: UInt64] = [:]
        // Those who are attacked first had their turn: a seat ends its program.
        for index in services.reversed() {
            guard !Interruption.isRaised else { throw Drill.interrupted }
            let name = status.compartments[index].name
            guard !routes.routes(of: name).isEmpty else { continue }
            settle(attacked[name])
            let began = Moment.now
            var orders = EnvoyOrders(techniques: ids)
            orders.loot = loot
            orders.doors = routes.foreign(to: name, addresses: addresses)
            let hearing = try seating(name, twin).run(orders)
            mail.trials[index] = hearing.trials
            for target in hearing.trials.values.flatMap(\.targets) {
                attacked[target] = Moment.now
            }
            let took = (Moment.now - began) / 1_000_000
            progress(
                "\(name): \(hearing.trials.count) of \(ids.count) attacks on what it talks to tried "
                    + "in \(took) ms")
            wait([name], twin, &mail)
        }
        return mail
    }

    /// A service that counts what it does not list tells the count once a second.
    private func settle(_ attacked: UInt64?) {
        guard let attacked else { return }
        let passed = Moment.now - attacked
        if passed < Self.settleNanoseconds {
            usleep(UInt32((Self.settleNanoseconds - passed) / 1_000))
        }
    }

    private func seating(_ name: String, _ twin: borrowing Twin) -> ProbeSeating {
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
            wait([name], twin, &mail)
        }
        progress("\(loot.count) of \(owners.count) certificates stolen")
        return loot
    }

    private func wait(_ names: [String], _ twin: borrowing Twin, _ mail: inout Mail) {
        for name in names where !twin.waitUntilReady(name) && !Interruption.isRaised {
            mail.troubles.append("\(name): its program was not ready again within 15 s")
        }
    }
}
