// Segmentation: the packet filters of a platform, read back from the very text that the kernel is
// given, as gates between its compartments. Whoever asks what passes hears it from the rules, not
// from the plan that they were made of. Bounds: those of `Topology` and of the reader of the text.
internal import Addresses
package import Confinement
internal import Crew
internal import Packets
internal import Rulebook
package import Topology

/// All packet filters of one platform.
package struct Segmentation: Sendable {
    /// A group of filters that alone must keep every guarantee.
    package enum Layer: CaseIterable, Sendable {
        /// The ruleset of the routing namespace.
        case fabric
        /// The firewalls inside the compartments, all together.
        case hosts

        /// As people read it.
        package var name: String {
            switch self {
            case .fabric: "the fabric"
            case .hosts: "the compartments' firewalls"
            }
        }
    }

    /// Rules that cannot be read back: nothing can be proved of them.
    package struct Unreadable: Error, Equatable {
        /// `the fabric` or the compartment's name.
        package let filter: String
        package let problem: String
    }

    /// Compartments that have an address, in the order of the deployment, then everybody else.
    ///
    /// The index of an endpoint is that of its compartment.
    package let endpoints: [Endpoint]
    let gates: [Gate]
    let transit: [Int]
    private let atoms: AddressAtoms

    /// Reads what is written for the kernel; `closed` are indices of flows that have ended.
    package init(_ deployment: Deployment, closed: Set<Int> = []) throws(Unreadable) {
        let hosts = HostTables(deployment, closed: closed)
        try self.init(deployment) { number in
            number == 0
                ? Rulebook.fabric(deployment, closed: closed).creation
                : hosts[number - 1].creation
        }
    }

    /// Reads given texts: one for the fabric, one for each compartment that has an address.
    package init(
        _ deployment: Deployment, fabric: String, hosts: [String]
    ) throws(Unreadable) {
        let services = deployment.compartments.count { $0.kind == .service }
        guard hosts.count == services else {
            throw Unreadable(
                filter: "the compartments", problem: "\(hosts.count) texts for \(services)")
        }
        try self.init(deployment) { $0 == 0 ? fabric : hosts[$0 - 1] }
    }

    /// Text 0 is the fabric's, then come those of the compartments that have an address.
    private init(
        _ deployment: Deployment, text: @escaping @Sendable (Int) -> String
    ) throws(Unreadable) {
        let services = deployment.compartments.indices.filter {
            deployment.compartments[$0].kind == .service
        }
        let names = services.map { deployment.compartments[$0].name }
        let links = services.map(Rulebook.interfaceName)
        // The fabric's text is the longest: it is begun first.
        let filters = try Self.each(services.count + 1) { index throws(Unreadable) in
            index == 0
                ? try ReadRules("the fabric", text(0), interfaces: links)
                : try ReadRules(compartment: names[index - 1], text(index))
        }
        let maker = GateMaker(filters)
        let (inside, crossed) = Crew.both {
            Result { () throws(Unreadable) in
                try Self.each(services.count) { index throws(Unreadable) in
                    try maker.ends(filters[index + 1])
                }
            }
        } _: {
            Result { () throws(Unreadable) in try maker.transit(filters[0]) }
        }
        var gates = try crossed.get()
        let ends = try inside.get()
        transit = Array(gates.indices)
        gates.reserveCapacity(
            gates.count + ends.reduce(0) { $0 + $1.egress.count + $1.ingress.count })
        var endpoints: [Endpoint] = []
        for (number, index) in services.enumerated() {
            let compartment = deployment.compartments[index]
            let address = compartment.address.value
            let (egress, ingress) = ends[number]
            let first = gates.count
            gates += egress + ingress
            endpoints.append(
                Endpoint(
                    name: compartment.name, group: deployment.zones[compartment.zone].name,
                    v4: [address...address], link: UInt32(number + 1),
                    egress: egress.indices.map { Step(first + $0) },
                    ingress: ingress.indices.map { Step(first + egress.count + $0) }))
        }
        endpoints.append(
            Endpoint(.outside, name: "outside", v4: Self.outside(deployment.zones)))
        self.endpoints = endpoints
        self.gates = gates
        atoms = maker.atoms
    }

    /// What comes of every index, worked on at once, or what went wrong at the first.
    private static func each<Made: Sendable>(
        _ count: Int, _ make: @escaping @Sendable (Int) throws(Unreadable) -> Made
    ) throws(Unreadable) -> [Made] {
        let results = Crew.map(count) { index -> Result<Made, Unreadable> in
            do throws(Unreadable) {
                return .success(try make(index))
            } catch {
                return .failure(error)
            }
        }
        var made: [Made] = []
        made.reserveCapacity(count)
        for result in results { made.append(try result.get()) }
        return made
    }

    /// What parties' connections pass, by one layer alone or with nil by both in series.
    package func topology(_ layer: Layer? = nil) -> Topology {
        var topology = Topology()
        topology.gates = gates
        topology.endpoints = endpoints
        topology.atoms = atoms
        if layer == .fabric {
            for index in topology.endpoints.indices {
                topology.endpoints[index].egress = []
                topology.endpoints[index].ingress = []
            }
        }
        if layer != .hosts { topology.transit = transit }
        return topology
    }

    /// Whether the layer's rules are modelled whole, so that what may pass is what passes.
    package func isExact(_ layer: Layer) -> Bool {
        let used =
            layer == .fabric
            ? transit : endpoints.flatMap { ($0.egress + $0.ingress).map(\.gate) }
        return used.allSatisfy { gates[$0].v4.unmodelled.isEmpty }
    }

    /// Every compartment's address with its endpoint, ascending.
    var owners: [(address: UInt32, endpoint: Int)] {
        var owners: [(address: UInt32, endpoint: Int)] = []
        for (index, endpoint) in endpoints.enumerated() where endpoint.kind == .workload {
            owners.append((endpoint.v4[0].lowerBound, index))
        }
        return owners.sorted { $0.address < $1.address }
    }

    /// Addresses that no zone has.
    private static func outside(_ zones: [ZonePlan]) -> [ClosedRange<UInt32>] {
        let networks = zones.map(\.network).sorted { $0.base < $1.base }
        var ranges: [ClosedRange<UInt32>] = []
        var next: UInt32? = 0
        for network in networks {
            guard let first = next else { break }
            if network.base.value > first { ranges.append(first...network.base.value - 1) }
            let last = network.last.value
            if last >= first { next = last == .max ? nil : last + 1 }
        }
        if let next { ranges.append(next...UInt32.max) }
        return ranges
    }
}
