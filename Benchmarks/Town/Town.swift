internal import Addresses
internal import Confinement
internal import Descriptors
internal import Findings
internal import Namespaces
internal import Netlink
internal import PacketFilter
internal import Rulebook

/// What stands in the places that a packet passes.
enum Walls: String, CaseIterable {
    /// The product's rules in the fabric and in each compartment.
    case ruled
    /// No ruleset at all.
    case empty
    /// A ruleset that only asks for connection tracking, which a stateful firewall cannot do
    /// without.
    case tracked
}

/// Three compartments on one fabric: `web` (0) and `other` (2) share the flows to `data` (1).
struct Town {
    let deployment: Deployment
    let fabric: SharedDescriptor
    let spaces: [SharedDescriptor]

    static let addresses = [0x0A4D_0102, 0x0A4D_0303, 0x0A4D_0204].map { Address($0) }
    static let firstPort = 1000
    static let flowsMax = 60_000

    private static let tracking = """
        table inet tracked {
            chain crossing {
                type filter hook forward priority 0; policy accept;
                ct state established accept
            }
            chain entering {
                type filter hook input priority 0; policy accept;
                ct state established accept
            }
            chain leaving {
                type filter hook output priority 0; policy accept;
                ct state established accept
            }
        }
        """

    static func plan(flows: Int) -> Deployment {
        var plan = Deployment(platform: "town", file: "town.yaml", isolation: .full)
        for (name, address) in zip(["web", "data", "other"], addresses) {
            plan.compartments.append(
                CompartmentPlan(name: name, zone: 0, address: address, program: "/bin/true"))
        }
        for index in 0..<min(flows, flowsMax) {
            guard let port = Port(.tcp, UInt16(firstPort + index)) else { continue }
            plan.flows.append(
                FlowPlan(from: .compartment(index % 2 * 2), to: 1, port: port, line: 1))
        }
        return plan
    }

    init(_ walls: Walls?, flows: Int) throws {
        deployment = Self.plan(flows: flows)
        fabric = SharedDescriptor(try NetworkNamespace.create())
        var links = try Fabric(in: fabric.descriptor)
        var made: [SharedDescriptor] = []
        for (index, compartment) in deployment.compartments.enumerated() {
            let space = SharedDescriptor(try NetworkNamespace.create())
            try links.attach(
                compartment: space.descriptor, index: index, address: compartment.address)
            made.append(space)
        }
        spaces = made
        switch walls {
        case .ruled: for (table, place) in tables { try load(table.text, place) }
        case .tracked: for (_, place) in tables { try load(Self.tracking, place) }
        case .empty, nil: break
        }
    }

    /// Each place's table; the fabric's first.
    var tables: [(RuleTable, SharedDescriptor)] {
        [(Rulebook.fabric(deployment), fabric)]
            + spaces.enumerated().map {
                (Rulebook.host(deployment, compartment: $0.offset), $0.element)
            }
    }

    func load(_ text: String, _ place: SharedDescriptor) throws {
        var session = try RuleSession(in: place.descriptor)
        try session.load(text)
    }

    /// Whether what a place holds is what the plan says.
    func differs(_ table: RuleTable, _ place: SharedDescriptor) throws -> Bool {
        var session = try RuleSession(in: place.descriptor)
        let listing = try session.listing(table.name)
        var found = RuleComparison.compare(expected: table, listing: listing)
        for set in table.sets {
            let elements = try RuleElements.read(
                in: place.descriptor, table: "bulkhead", set: set.name)
            found += RuleComparison.compare(expected: set, found: elements.map(\.bytes))
        }
        return !found.isEmpty
    }
}
