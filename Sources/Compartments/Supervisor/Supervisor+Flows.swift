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

    mutating func revoke(_ id: UInt32) -> ControlReply {
        let index = Int(id) - 1
        guard deployment.flows.indices.contains(index) else {
            return .refused(problem: "there is no flow \(id)", remedy: "see `bulkhead status`")
        }
        guard !revoked.contains(index) else {
            return .refused(problem: "flow \(id) has ended already", remedy: "nothing to do")
        }
        let flow = deployment.flows[index]
        let text =
            "flow \(name(of: flow.from)) to \(deployment.compartments[flow.to].name) "
            + "\(flow.port) (line \(flow.line))"
        guard let count = close(index, by: "an operator") else {
            return .refused(
                problem: "\(text) could not be ended", remedy: "see `bulkhead logs supervisor`")
        }
        return .done("\(text) ended, \(count) open connections cut")
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
