internal import Addresses

// What another file's flows make of a running plan. Front and supervisor both ask here: one shows
// what will change, the other changes it.
extension RunningPlan {
    /// Why a plan cannot take the running one's place while its services run on.
    package struct NotAmendable: Error, Equatable {
        package let problem: String
    }

    /// The running plan with the flows of another, whose compartments must be the same.
    ///
    /// A flow with the same ends and port keeps its number, also one that had ended; new ones get
    /// numbers that no flow of this run had, because records name flows by them.
    package func amended(by other: Deployment) throws(NotAmendable) -> RunningPlan {
        try requireSame(other)
        var next = self
        next.deployment.file = other.file
        var free: [Key: [Int]] = [:]
        for index in deployment.flows.indices.reversed() {
            free[Key(deployment.flows[index]), default: []].append(index)
        }
        var numbers: [Int] = []
        next.closed = Set(deployment.flows.indices)
        for flow in other.flows {
            if let index = free[Key(flow)]?.popLast() {
                next.deployment.flows[index] = flow
                next.closed.remove(index)
                numbers.append(index)
            } else {
                next.deployment.flows.append(flow)
                numbers.append(next.deployment.flows.count - 1)
            }
        }
        guard next.deployment.flows.count <= DeploymentCodec.flowsMax else {
            throw NotAmendable(problem: "this run has given out all numbers of flows")
        }
        for (index, listener) in other.listeners.enumerated() {
            next.deployment.listeners[index].flows = listener.flows.map { numbers[$0] }
        }
        return next
    }

    /// This plan as it was, among the flows that another run of it has since had: those ended too
    /// that ended since.
    package func restored(from later: RunningPlan, endedSince: Set<Int>) -> RunningPlan {
        var plan = self
        let added = later.deployment.flows.indices.dropFirst(deployment.flows.count)
        plan.deployment.flows += later.deployment.flows[added]
        plan.closed.formUnion(added)
        plan.closed.formUnion(endedSince)
        return plan
    }

    private struct Key: Hashable {
        let from: Origin
        let to: Int
        let transport: UInt8
        let port: UInt16

        init(_ flow: FlowPlan) {
            from = flow.from
            to = flow.to
            transport = flow.port.transport.rawValue
            port = flow.port.number
        }
    }

    private func requireSame(_ other: Deployment) throws(NotAmendable) {
        guard other.platform == deployment.platform, other.isolation == deployment.isolation,
            other.without == deployment.without, other.zones == deployment.zones
        else {
            throw NotAmendable(problem: "platform, isolation or zones are not the running one's")
        }
        guard other.compartments.count == deployment.compartments.count else {
            throw NotAmendable(problem: "it has other compartments")
        }
        for (old, new) in zip(deployment.compartments, other.compartments) {
            guard old.name == new.name, old.kind == new.kind, old.zone == new.zone,
                old.address == new.address, old.ports == new.ports
            else { throw NotAmendable(problem: "\(old.name) is not as it runs") }
        }
        guard other.listeners.count == deployment.listeners.count else {
            throw NotAmendable(problem: "other ports are published")
        }
        for (old, new) in zip(deployment.listeners, other.listeners) {
            guard old.compartment == new.compartment, old.name == new.name,
                old.address == new.address, old.port == new.port
            else { throw NotAmendable(problem: "other ports are published") }
        }
    }
}
