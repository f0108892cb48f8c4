internal import Addresses
package import Confinement

/// The tables of a platform.
///
/// Log groups: 1 allowed, 2 refused, 3 invalid, 4 spoofed; on the host an even one for allowed and
/// the next for refused. The mark of an allowed packet is its flow's id: the flow's index plus one.
package enum Rulebook {
    /// The table in the fabric and in each compartment.
    package static let table = "inet bulkhead"

    /// The ruleset of the routing namespace; `closed` are indices of flows that have ended.
    package static func fabric(_ deployment: Deployment, closed: Set<Int> = []) -> RuleTable {
        guard !deployment.without.contains(.fabric) else { return .none(table) }
        let attached = deployment.compartments.indices.filter {
            deployment.compartments[$0].kind == .service
        }
        let names = deployment.compartments.map { $0.address.description }
        let origins = attached.map { index in
            var element = ElementBuilder()
            element.interface(interfaceName(index))
            element.address(deployment.compartments[index].address.value, names[index])
            return element.build()
        }
        let targets = attached.map { index in
            var element = ElementBuilder()
            element.address(deployment.compartments[index].address.value, names[index])
            return element.build()
        }
        let flows = Crossing.all(of: deployment, closed: closed).map { $0.fabricElement(names) }
        return RuleTable(
            name: table, skeleton: Skeleton.fabric,
            sets: [
                RuleSet("flows", flows), RuleSet("origins", origins), RuleSet("targets", targets),
            ])
    }

    /// The firewall inside one compartment: only flows that end or start there.
    package static func host(
        _ deployment: Deployment, compartment: Int, closed: Set<Int> = []
    ) -> RuleTable {
        guard deployment.compartments.indices.contains(compartment) else { return .none(table) }
        let names = deployment.compartments.map { $0.address.description }
        let crossings = Crossing.all(of: deployment, closed: closed, at: compartment)
        return host(deployment, compartment, crossings, names)
    }

    /// The firewalls inside all compartments that have an address, in their order.
    package static func hosts(_ deployment: Deployment, closed: Set<Int> = []) -> [RuleTable] {
        let tables = HostTables(deployment, closed: closed)
        return (0..<tables.count).map { tables[$0] }
    }

    /// `crossings` are those that begin or end there.
    fileprivate static func host(
        _ deployment: Deployment, _ compartment: Int, _ crossings: [Crossing], _ names: [String]
    ) -> RuleTable {
        guard !deployment.without.contains(.host) else { return .none(table) }
        return RuleTable(
            name: table, skeleton: Skeleton.host(address: names[compartment]),
            sets: [
                RuleSet(
                    "incoming",
                    crossings.filter { $0.target == compartment }.map { $0.incomingElement(names) }),
                RuleSet(
                    "outgoing",
                    crossings.filter { $0.source == compartment }.map { $0.outgoingElement(names) }),
            ])
    }

    /// The host's table around published ports: `uids` by compartment index.
    ///
    /// Its chains accept whatever they do not name, so other tables decide about all the rest.
    /// `instance` is 1 to 48 of a-z, 0-9 and `_`; other characters become `_`. `group` is even.
    package static func publishing(
        _ deployment: Deployment, instance: String, uids: [Int: UInt32],
        group: UInt16 = hostGroup
    ) -> RuleTable {
        let safe = instance.utf8.prefix(48).map { byte in
            (97...122).contains(byte) || (48...57).contains(byte)
                ? Character(Unicode.Scalar(byte)) : "_"
        }
        let name = "inet bulkhead_" + String(safe)
        guard !deployment.without.contains(.publishing), !deployment.listeners.isEmpty else {
            return .none(name)
        }
        let owners = Set(deployment.listeners.compactMap { uids[$0.compartment] }).sorted()
        var published: [RuleElement] = []
        var everywhere: [RuleElement] = []
        for listener in deployment.listeners {
            var element = ElementBuilder()
            if listener.address.value == 0 {
                element.port(listener.port)
                everywhere.append(element.build())
            } else {
                element.address(listener.address.value, listener.address.description)
                element.port(listener.port)
                published.append(element.build())
            }
        }
        return RuleTable(
            name: name, skeleton: Skeleton.publishing(name: name, group: group),
            sets: [
                RuleSet(
                    "owners",
                    owners.map { uid in
                        var element = ElementBuilder()
                        element.uid(uid)
                        return element.build()
                    }),
                RuleSet("published", published), RuleSet("everywhere", everywhere),
            ])
    }

    /// The first pair of log groups on the host; platforms beside one another take the next.
    package static let hostGroup: UInt16 = 40

    /// The fabric's interface of a compartment, as the links are named.
    package static func interfaceName(_ compartment: Int) -> String { "bh\(compartment)" }
}

/// The firewalls inside all compartments that have an address, each made when it is asked for.
package struct HostTables: Sendable {
    private let deployment: Deployment
    private let names: [String]
    /// Compartments that have an address, and what begins or ends in each of all.
    private let services: [Int]
    private let crossings: [[Crossing]]

    /// `closed` are indices of flows that have ended.
    package init(_ deployment: Deployment, closed: Set<Int> = []) {
        self.deployment = deployment
        names = deployment.compartments.map { $0.address.description }
        services = deployment.compartments.indices.filter {
            deployment.compartments[$0].kind == .service
        }
        var crossings = Array(repeating: [Crossing](), count: deployment.compartments.count)
        for crossing in Crossing.all(of: deployment, closed: closed) {
            crossings[crossing.source].append(crossing)
            crossings[crossing.target].append(crossing)
        }
        self.crossings = crossings
    }

    package var count: Int { services.count }

    /// In the order of the compartments.
    package subscript(_ number: Int) -> RuleTable {
        let compartment = services[number]
        return Rulebook.host(deployment, compartment, crossings[compartment], names)
    }
}
