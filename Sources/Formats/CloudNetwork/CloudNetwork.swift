// CloudNetwork: what security groups, network ACLs and route tables say, whatever text it was read
// from; laid out as a topology, and reviewed. Knows no format. Bounds: `CloudNetwork.Limits`.
package import Findings
package import Packets
package import Topology

/// Groups, the interfaces that wear them, and the filters of subnets.
package struct CloudNetwork: Sendable {
    package enum Limits {
        /// Rules in all, and addresses that rules name in all.
        package static let rules = 200_000
        /// Boxes of all gates together.
        package static let boxes = 4_000_000
    }

    package var groups: [SecurityGroup] = []
    package var interfaces: [Interface] = []
    package var subnets: [Subnet] = []
    package var accessLists: [AccessList] = []
    package var prefixLists: [PrefixList] = []
    package var routeTables: [RouteTable] = []
    /// Addresses of the networks themselves, whoever has them.
    package var blocks: [Span] = []
    /// A group that nobody wears stands for the machines that will: for texts that need not name
    /// all interfaces.
    package var idleGroupsAreEndpoints = true
    package var findings: [Finding] = []

    package init() {}
}

/// Addresses of one family.
package enum Span: Sendable, Hashable {
    case v4(ClosedRange<UInt32>)
    case v6(ClosedRange<UInt128>)

    package static let everyV4 = Span.v4(0 ... .max)
    package static let everyV6 = Span.v6(0 ... .max)
}

package struct SecurityGroup: Sendable {
    /// Unique: what references name.
    package var id: String
    /// What people call it.
    package var name: String
    /// Whether its rules are in the input.
    package var isGiven: Bool
    package var rules: [AccessRule] = []
    /// What of its rules is not known, as a whole.
    package var unknowns: [String] = []
    package var place: Place?
    /// The file of the place, where there are several.
    package var file = ""

    package init(id: String, name: String, isGiven: Bool = true, place: Place? = nil) {
        self.id = id
        self.name = name
        self.isGiven = isGiven
        self.place = place
    }
}

/// A rule of a security group, or an entry of a network ACL.
package struct AccessRule: Sendable, Hashable {
    package var label: RuleLabel
    package var isEgress: Bool
    package var isAllow: Bool
    package var traffic: Traffic
    /// The other ends; the rule holds for each of them.
    package var peers: [Peer]
    /// Attributes that are not known and for which `traffic` is as wide as it may be.
    package var unknowns: [String]

    package init(
        _ label: RuleLabel, isEgress: Bool, isAllow: Bool = true, traffic: Traffic, peers: [Peer],
        unknowns: [String] = []
    ) {
        self.label = label
        self.isEgress = isEgress
        self.isAllow = isAllow
        self.traffic = traffic
        self.peers = peers
        self.unknowns = unknowns
    }
}

/// Protocols with their ports, or types and codes of ICMP.
package struct Traffic: Sendable, Hashable {
    package static let ports: ClosedRange<UInt32> = 0...65_535
    package static let everything = Traffic(protocols: 0...255)

    package var protocols: ClosedRange<UInt32>
    /// The type, for ICMP.
    package var sourcePorts: ClosedRange<UInt32>
    /// The code, for ICMP.
    package var ports: ClosedRange<UInt32>

    package init(
        protocols: ClosedRange<UInt32>, sourcePorts: ClosedRange<UInt32> = Traffic.ports,
        ports: ClosedRange<UInt32> = Traffic.ports
    ) {
        self.protocols = protocols
        self.sourcePorts = sourcePorts
        self.ports = ports
    }

    package var box: Box {
        Box.everything.with(.protocolNumber, protocols).with(.sourcePort, sourcePorts)
            .with(.destinationPort, ports)
    }

    /// Whether it holds a connection to the port by TCP (6) or UDP (17).
    package func holds(_ transport: UInt32, _ port: UInt32) -> Bool {
        protocols.contains(transport) && ports.contains(port)
    }
}

/// Whom a rule is about.
package struct Peer: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case span(Span)
        /// Private addresses of whoever wears the group of that index.
        case group(Int)
        case prefixList(Int)
        case everybody
    }
    package var kind: Kind
    /// The attribute for which nobody knows whether the peer is this one; nil when it is.
    package var unknown: String?

    package init(_ kind: Kind, unknown: String? = nil) {
        self.kind = kind
        self.unknown = unknown
    }

    /// Nobody knows who.
    package static func unknown(_ attribute: String) -> Peer {
        Peer(.everybody, unknown: attribute)
    }
}

/// What has an address and wears groups.
package struct Interface: Sendable {
    /// Unique.
    package var name: String
    /// Private addresses; empty where nobody knows them yet.
    package var addresses: [Span] = []
    /// Where its addresses lie, when they are not known and it is in no one subnet.
    package var within: [Span] = []
    package var hasPublicAddress: Bool?
    /// By which the internet knows it, where they are told.
    package var publicAddresses: [Span] = []
    package var groups: [Int] = []
    /// Attributes by which it may wear these besides; empty with `mayWear` says any group.
    package var unknownGroups: [String] = []
    package var mayWear: [Int] = []
    package var subnet: Int?
    /// The attribute for which nobody knows the subnet, and so which filters are on the way.
    package var unknownSubnet: String?
    package var place: Place?

    package init(name: String, place: Place? = nil) {
        self.name = name
        self.place = place
    }

    /// By an attribute it may wear these groups besides, or any where that is nil.
    package mutating func mayWear(_ groups: [Int]?, by attribute: String) {
        let isAny = !unknownGroups.isEmpty && mayWear.isEmpty
        unknownGroups.append(attribute)
        if let groups, !isAny { mayWear += groups } else { mayWear = [] }
    }
}

package struct Subnet: Sendable {
    package var name: String
    package var blocks: [Span]
    /// Attributes for which nobody knows which network ACL filters it.
    package var unknowns: [String] = []
    package var accessList: Int?
    package var routeTable: Int?
    /// Which of several networks it belongs to, where that is told.
    package var network: String?

    package init(name: String, blocks: [Span] = []) {
        self.name = name
        self.blocks = blocks
    }
}

/// Entries of a network ACL by their numbers; what none decides is refused.
package struct AccessList: Sendable {
    package struct Entry: Sendable {
        package var number: Int
        package var rule: AccessRule

        package init(_ number: Int, _ rule: AccessRule) {
            self.number = number
            self.rule = rule
        }
    }
    package var name: String
    package var entries: [Entry] = []
    /// What keeps the whole list from being known.
    package var unknowns: [String] = []
    package var place: Place?

    package init(name: String, place: Place? = nil) {
        self.name = name
        self.place = place
    }
}

package struct PrefixList: Sendable {
    package var name: String
    package var spans: [Span]
    /// Whether its entries are in the input.
    package var isGiven: Bool

    package init(name: String, spans: [Span] = [], isGiven: Bool = true) {
        self.name = name
        self.spans = spans
        self.isGiven = isGiven
    }
}

package struct RouteTable: Sendable {
    package enum Target: Sendable, Hashable {
        case inside
        /// Leads to the internet for whoever has a public address.
        case gateway
        /// Lets connections out and none in: address translation, an egress-only gateway.
        case outward
        case blackhole
    }
    package struct Route: Sendable {
        package var destination: Peer.Kind
        package var target: Target

        package init(_ destination: Peer.Kind, _ target: Target) {
            self.destination = destination
            self.target = target
        }
    }
    package var name: String
    package var routes: [Route] = []

    package init(name: String) { self.name = name }
}
