internal import Addresses
internal import AuditTreaty
internal import Confinement
internal import ControlTreaty
internal import Descriptors
internal import Findings
internal import Glibc

// Flows end while the platform runs: by their date, or because an operator says so.
extension Supervisor {
    /// The next second at which an open flow expires; nil when none does.
    func nextExpiry() -> UInt64? {
        deployment.flows.indices
            .filter { !revoked.contains($0) && deployment.flows[$0].expires > 0 }
            .map { deployment.flows[$0].expires }.min()
    }

    /// Ends the flows whose time is over.
    mutating func expireFlows() {
        guard let next = nextExpiry(), next <= Clock.seconds else { return }
        for index in deployment.flows.indices where !revoked.contains(index) {
            let expires = deployment.flows[index].expires
            if expires > 0, expires <= Clock.seconds {
                _ = close(index, by: "its date")
            }
        }
    }

    /// Ends every flow between two ends; `to` may name one port.
    mutating func revoke(_ from: String, _ to: String) -> ControlReply {
        let named = deployment.flows.indices.filter { index in
            let flow = deployment.flows[index]
            let target = deployment.compartments[flow.to].name
            return name(of: flow.from) == from
                && (to == target || to == "\(target).\(flow.port.number)")
        }
        guard !named.isEmpty else {
            return .refused(
                problem: "no flow goes from \(from) to \(to)",
                remedy: "see the flows with `bulkhead status --json`; a port is its number")
        }
        let open = named.filter { !revoked.contains($0) }
        guard let first = open.first else {
            return .refused(
                problem: "the flow from \(from) to \(to) has ended already",
                remedy: "nothing to do")
        }
        var connections = 0
        for index in open {
            guard let count = close(index, by: "an operator") else {
                return .refused(
                    problem: "flow \(index + 1) could not be ended",
                    remedy: "the platform goes down; see the supervisor's log")
            }
            connections += count
        }
        let flow = deployment.flows[first]
        let which =
            open.count > 1
            ? "\(open.count) flows \(from) to \(to)"
            : "flow \(from) to \(deployment.compartments[flow.to].name) \(flow.port) "
                + "(line \(flow.line))"
        return .done("\(which) ended, \(connections) open connections cut")
    }

    /// Closes a flow everywhere; nil when that failed, and then the platform goes down, because a
    /// flow that may no longer be is worse than none.
    private mutating func close(_ index: Int, by whom: String) -> Int? {
        revoked.insert(index)
        do {
            let count = try network?.close(index) ?? 0
            record(
                nil,
                .flowClosed(flow: UInt32(index + 1), connections: UInt32(clamping: count), by: whom)
            )
            return count
        } catch {
            failure = Failure(
                .machine, "flow-close", "flow \(index + 1) could not be ended: \(error)",
                remedy: "see the supervisor's log; the platform was taken down")
            stop(reason: "a flow could not be ended")
            return nil
        }
    }
}
