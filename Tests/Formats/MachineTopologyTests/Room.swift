import Connectivity
import Findings
import MachineTopology
import Packets
import Testing
import Topology

/// What passes in a file, as `source -> target: traffic`.
func lines(
    _ format: Machine.Format, _ texts: [(String, String)]
) throws -> (lines: [String], findings: [Finding]) {
    let files = texts.map { Machine.File(name: $0.0, bytes: Array($0.1.utf8)) }
    let (machine, findings) = Machine.read(format, files)
    guard let machine else { return ([], findings) }
    let topology = machine.topology()
    var connectivity = Connectivity(topology)
    var lines: [String] = []
    for source in topology.endpoints.indices {
        for target in topology.endpoints.indices {
            let traffic = try connectivity.traffic(from: source, to: target)
            guard !traffic.isEmpty else { continue }
            lines.append(
                "\(topology.endpoints[source].name) -> \(topology.endpoints[target].name): "
                    + Traffic.text(traffic))
        }
    }
    return (lines, topology.findings)
}

func lines(_ text: String) throws -> [String] { try lines(.nftables, [("rules", text)]).lines }

/// Findings as `line code`, sorted.
func review(_ format: Machine.Format, _ text: String) -> [String] {
    let (machine, findings) = Machine.read(
        format, [Machine.File(name: "rules", bytes: Array(text.utf8))])
    let all = findings + (machine?.review() ?? [])
    return all.sorted { ($0.place?.line ?? 0, $0.code) < ($1.place?.line ?? 0, $1.code) }
        .map { "\($0.place?.line ?? 0) \($0.code)" }
}
