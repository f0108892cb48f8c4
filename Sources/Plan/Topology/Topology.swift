// Topology: parties, the gates on their ways, and what passes from one to another. Importers and
// the compiler of platforms make it; questions are the same whatever a network was written in.
// Bounds: `Topology.partiesMax`; sets as large as `PacketSet.limit`.
package import Findings
package import Packets

/// One end of connections: a workload, a service, a group of machines, or everybody outside.
package struct Endpoint: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case workload = 0
        /// Whatever has no name: addresses that nobody inside has.
        case outside = 1
    }
    package var kind: Kind
    /// Unique, as people write it: `application/api`, `default/web`, `sg-1234`.
    package var name: String
    /// What it belongs to, for pictures and summaries: a zone, a namespace, a subnet.
    package var group: String
    /// Its addresses of each family; empty where it has none.
    package var v4: [ClosedRange<UInt32>]
    package var v6: [ClosedRange<UInt128>]
    /// It stands for several machines, which reach one another through its gates.
    package var isGroup: Bool
    /// The interface that leads to it at transit gates (`Field.arrival` and `.departure`).
    package var link: UInt32
    /// Gates that what it sends passes first, and that what it gets passes last, in order.
    package var egress: [Step]
    package var ingress: [Step]
    package var place: Place?

    package init(
        _ kind: Kind = .workload, name: String, group: String = "",
        v4: [ClosedRange<UInt32>] = [], v6: [ClosedRange<UInt128>] = [],
        isGroup: Bool = false, link: UInt32 = 0, egress: [Step] = [], ingress: [Step] = [],
        place: Place? = nil
    ) {
        self.kind = kind
        self.name = name
        self.group = group
        self.v4 = v4
        self.v6 = v6
        self.isGroup = isGroup
        self.link = link
        self.egress = egress
        self.ingress = ingress
        self.place = place
    }
}

/// A gate on a way.
package struct Step: Sendable, Hashable {
    /// Index into the topology's gates.
    package var gate: Int
    /// The gate stands at the edge of a group: what stays inside the group does not pass it.
    package var isEdge: Bool

    package init(_ gate: Int, isEdge: Bool = false) {
        self.gate = gate
        self.isEdge = isEdge
    }
}

/// Ordered rules at one place, for both families.
///
/// A stateful gate lets replies pass by rules about `Field.state`, as everything else: one that
/// tracks connections by itself (a security group) begins with a rule that allows `established`.
package struct Gate: Sendable {
    package var name: String
    package var v4: BoundedRules
    /// In numbers of the topology's `atoms`.
    package var v6: BoundedRules
    /// What the owners of the lists' rules stand for.
    package var labels: [RuleLabel]

    package init(name: String, v4: BoundedRules, v6: BoundedRules, labels: [RuleLabel]) {
        self.name = name
        self.v4 = v4
        self.v6 = v6
        self.labels = labels
    }

    /// The label of an owner; nil when the maker gave none.
    package func label(_ owner: UInt32) -> RuleLabel? {
        labels.indices.contains(Int(owner)) ? labels[Int(owner)] : nil
    }
}

/// A written rule, for people: what it is called, and where it stands.
package struct RuleLabel: Sendable, Hashable {
    package var name: String
    /// The file, where there are several; empty for the one that was named.
    package var file: String
    package var place: Place?

    package init(_ name: String, file: String = "", place: Place? = nil) {
        self.name = name
        self.file = file
        self.place = place
    }
}

/// Everything that questions about reachability need.
package struct Topology: Sendable {
    package static let partiesMax = 20_000
    /// More pairs than these make a list that nobody reads.
    private static let pairsMany = 1_000_000

    package var endpoints: [Endpoint] = []
    package var gates: [Gate] = []
    /// Gates that everything passes that goes from one endpoint to another, in order; their rules
    /// see the endpoints' links as interfaces.
    package var transit: [Int] = []
    /// Numbers of IPv6 addresses in all gates and questions.
    package var atoms = AddressAtoms([])
    /// What the importer could not read or model.
    package var findings: [Finding] = []

    package init() {}

    /// A note for whoever asks about all pairs at once; nil where these are few.
    package var abundance: Finding? {
        let pairs = endpoints.count * endpoints.count
        guard pairs > Self.pairsMany else { return nil }
        return Finding(
            .note, "many-pairs", at: nil,
            "\(endpoints.count) endpoints make \(pairs) pairs, and all that are connected follow",
            remedy: "ask with --from or --to about fewer")
    }

    /// The index of the endpoint of that name.
    package func endpoint(_ name: String) -> Int? { endpoints.firstIndex { $0.name == name } }

    /// The gates from one endpoint to another, and the interfaces that they see.
    package func way(from source: Int, to target: Int) -> [(gate: Int, context: Box)] {
        let from = endpoints[source]
        let to = endpoints[target]
        let isInside = !from.group.isEmpty && from.group == to.group
        let context = Box.everything.with(.arrival, from.link...from.link)
            .with(.departure, to.link...to.link)
        var way: [(gate: Int, context: Box)] = []
        for step in from.egress where !(step.isEdge && isInside) {
            way.append((step.gate, .everything))
        }
        for gate in transit { way.append((gate, context)) }
        for step in to.ingress where !(step.isEdge && isInside) {
            way.append((step.gate, .everything))
        }
        return way
    }
}
