import Findings
import KubernetesManifests
import Packets
import Ruleset
import Topology

/// Three namespaces of three pods each, and policies over them.
///
/// Pod `a` calls TCP port 80 `web`, pod `b` calls 81 so, and pod `c` has no name for any.
let threeByThree = ["x", "y", "z"].map { space in
    """
    apiVersion: v1
    kind: Namespace
    metadata: {name: \(space), labels: {team: t\(space)}}

    """
        + ["a", "b", "c"].map { pod in
            let ports = ["a": "80", "b": "81"][pod].map {
                "[{name: web, containerPort: \($0)}, {name: dns, containerPort: 81, protocol: UDP}]"
            }
            return """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: \(pod), namespace: \(space), labels: {pod: \(pod)}}
                spec: {containers: [{name: c, image: i, ports: \(ports ?? "[]")}]}

                """
        }.joined()
}.joined(separator: "---\n")

func read(_ texts: String...) -> Topology {
    KubernetesManifests.read(
        texts.enumerated().map { index, text in
            KubernetesManifests.Source(name: "\(index).yaml", bytes: Array(text.utf8))
        })
}

func networkPolicy(_ spec: String, space: String = "x", name: String = "p") -> String {
    """
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: \(name), namespace: \(space)}
    spec: {\(spec)}

    """
}

func adminPolicy(_ spec: String, name: String = "p") -> String {
    """
    ---
    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: AdminNetworkPolicy
    metadata: {name: \(name)}
    spec: {\(spec)}

    """
}

func baselinePolicy(_ spec: String) -> String {
    """
    ---
    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: BaselineAdminNetworkPolicy
    metadata: {name: default}
    spec: {\(spec)}

    """
}

func clusterPolicy(_ spec: String, name: String = "p") -> String {
    """
    ---
    apiVersion: policy.networking.k8s.io/v1alpha2
    kind: ClusterNetworkPolicy
    metadata: {name: \(name)}
    spec: {\(spec)}

    """
}

/// One cell of a truth table.
struct Cell: Hashable, CustomStringConvertible {
    /// As `x/a`.
    let from: String
    let to: String
    let transport: String
    let port: UInt32

    var fromSpace: String { String(from.prefix(1)) }
    var toSpace: String { String(to.prefix(1)) }
    var fromPod: String { String(from.suffix(1)) }
    var toPod: String { String(to.suffix(1)) }
    var description: String { "\(from)>\(to) \(transport)/\(port)" }
}

private let transports: [String: UInt32] = ["tcp": 6, "udp": 17, "sctp": 132]

/// All 432 cells: every pod to every other, three transports, two ports.
let cells: [Cell] = {
    let pods = ["x", "y", "z"].flatMap { space in ["a", "b", "c"].map { "\(space)/\($0)" } }
    return pods.flatMap { from in
        pods.filter { $0 != from }.flatMap { to in
            transports.keys.sorted().flatMap { transport in
                [80, 81].map { Cell(from: from, to: to, transport: transport, port: $0) }
            }
        }
    }
}()

extension Topology {
    /// The cells of which a packet passes in a family.
    func table(_ bound: Bound, _ family: Families) throws -> Set<Cell> {
        var passed: Set<Cell> = []
        var known: [String: Passing] = [:]
        for cell in cells {
            guard let from = endpoint("\(cell.from)[Pod]"), let to = endpoint("\(cell.to)[Pod]")
            else { continue }
            let pair = "\(from) \(to)"
            let passing = try known[pair] ?? self.passing(from: from, to: to, family)
            known[pair] = passing
            var packet = Packet()
            packet[.source] = first(from, family)
            packet[.destination] = first(to, family)
            packet[.protocolNumber] = transports[cell.transport] ?? 0
            packet[.sourcePort] = 40_000
            packet[.destinationPort] = cell.port
            if (bound == .may ? passing.may : passing.must).contains(packet) {
                passed.insert(cell)
            }
        }
        return passed
    }

    private func first(_ endpoint: Int, _ family: Families) -> UInt32 {
        if family == .v4 { return endpoints[endpoint].v4[0].lowerBound }
        return endpoints[endpoint].v6.compactMap(atoms.atoms)[0].lowerBound
    }

    var marks: [String] {
        findings.filter { $0.severity != .note }.map { finding in
            "\(finding.code) \(finding.file):\(finding.place?.line ?? 0):\(finding.place?.column ?? 0)"
        }
    }
}
