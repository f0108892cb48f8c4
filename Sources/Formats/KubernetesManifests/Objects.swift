internal import Addresses

/// The label of every namespace that holds its name.
let nameLabel = "kubernetes.io/metadata.name"

/// Pods that are alike: one pod, or all that a controller makes.
struct Workload {
    struct Port: Hashable {
        let name: String
        let transport: UInt8
        let number: UInt16
    }

    var namespace: String
    var kind: String
    var name: String
    var labels: [String: String]
    /// Labels that its controller adds, of values that the files do not say.
    var made: [String: MadeLabel] = [:]
    /// Named container ports.
    var ports: [Port] = []
    /// Its packets are its node's: selectors do not see it.
    var isHostNetwork = false
    /// Addresses that are known; none where nobody says.
    var addresses: [Block] = []
    /// The controller, of a pod or replica set that has one: kind and name.
    var owner: String?
    var spot: Spot

    var title: String { "\(namespace)/\(name)[\(kind)]" }

    /// More than one pod.
    var isGroup: Bool { kind != "Pod" }
}

struct NamespaceObject {
    var labels: [String: String]
    var spot: Spot
}

enum Direction: CaseIterable {
    case ingress
    case egress

    var name: String { self == .ingress ? "ingress" : "egress" }
}

/// Whom a rule is about.
enum Peer {
    /// Pods in the namespaces that are selected.
    case pods(Scope)
    /// An address block; `isLoose` where implementations differ about pods inside it.
    case block(Block, except: [Block], isLoose: Bool)
    /// Nodes or names: somewhere outside, nobody here knows where.
    case elsewhere(String)
    /// None of the fields that are known is set.
    case unknown
}

/// Pods by their own labels and by those of their namespace.
struct Scope {
    enum Namespaces {
        case only(String)
        case selected(Selector)
    }
    var namespaces: Namespaces
    var pods: Selector
}

/// Ports of a rule: a transport and an interval of ports, or a name that each pod resolves.
enum PortTerm {
    case range(transport: UInt8, ClosedRange<UInt16>)
    /// Nil for a name of any transport.
    case named(transport: UInt8?, String)
}

struct Rule {
    enum Action {
        case allow
        case deny
        case pass
    }
    var action: Action
    /// Nil for everybody.
    var peers: [Peer]?
    /// Nil for all ports of all protocols.
    var ports: [PortTerm]?
    var name: String
    var spot: Spot
}

struct Policy {
    enum Tier: Int {
        case admin = 0
        case plain = 1
        case baseline = 2
    }
    var tier: Tier
    /// Lower ones come first; 0 where there is none.
    var priority = 0
    var kind: String
    /// Empty for a policy of the whole cluster.
    var namespace: String
    var name: String
    var subject: Scope
    /// Nil for a direction that the policy says nothing about.
    var ingress: [Rule]?
    var egress: [Rule]?
    var spot: Spot

    subscript(_ direction: Direction) -> [Rule]? { direction == .ingress ? ingress : egress }

    /// Of the newer of the two generations of administrators' policies.
    var isClusterPolicy: Bool { kind == "ClusterNetworkPolicy" }

    /// The labels of pods that its selectors name.
    var keys: Set<String> {
        let scopes = ((ingress ?? []) + (egress ?? [])).flatMap { $0.peers ?? [] }.compactMap {
            if case .pods(let scope) = $0 { scope } else { nil }
        }
        return Set((scopes + [subject]).flatMap(\.pods.requirements).map(\.key))
    }

    /// As `NetworkPolicy default/web`.
    var title: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
}

/// A policy of a kind that is not read: whatever it concerns is unknown.
struct ForeignPolicy {
    /// Nil for the whole cluster.
    var namespace: String?
    var title: String
}

/// Everything in the files.
struct Cluster {
    var namespaces: [String: NamespaceObject] = [:]
    var workloads: [Workload] = []
    var policies: [Policy] = []
    var foreign: [ForeignPolicy] = []
    /// Networks of pods, where nodes say.
    var podNetworks: [Block] = []

    /// The labels of a namespace; open when it is not in the files.
    func labels(of namespace: String) -> Labels {
        var values = namespaces[namespace]?.labels ?? [:]
        values[nameLabel] = namespace
        return Labels(values: values, isOpen: namespaces[namespace] == nil)
    }
}
