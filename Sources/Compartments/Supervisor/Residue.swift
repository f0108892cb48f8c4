internal import Cgroups
internal import Descriptors
internal import Findings
internal import Namespaces
internal import PacketFilter
internal import Rulebook

/// What an earlier run of the same instance left behind when it was killed: control groups with
/// whatever still runs in them, and the host's table.
///
/// Namespaces, links, mounts and loop devices end by themselves with the last process.
struct Residue {
    let places: Places

    /// Removes it all; one line for each thing found.
    func sweep() throws -> [String] {
        var found: [String] = []
        for name in try Cgroup.sweep(prefix: places.groupPrefix) {
            found.append("control group \(name)")
        }
        let host = try NetworkNamespace.current()
        var rules = try RuleSession(in: host)
        let table = "inet \(places.table)"
        if let listing = try? rules.listing(table), !listing.isEmpty {
            try rules.load("delete table \(table)\n")
            found.append("table \(table)")
        }
        return found
    }
}
