internal import Addresses
package import Confinement

/// Opening or closing one flow while the platform runs: one transaction in each place.
package struct FlowChange: Sendable, Equatable {
    /// Compartments where the flow starts and ends.
    package let source: Int
    package let target: Int
    /// Text for the fabric, for the source's and for the target's own firewall; empty where the
    /// wall is left out.
    package let fabric: String
    package let sourceHost: String
    package let targetHost: String

    /// Allows flow `index` again; nil when it does not cross the fabric or another open flow,
    /// which keeps its mark, allows the same.
    package static func open(
        _ index: Int, of deployment: Deployment, closed: Set<Int>
    ) -> FlowChange? {
        guard let crossing = Crossing(deployment, flow: index),
            alike(crossing, index, deployment, closed) == nil
        else { return nil }
        return FlowChange(deployment, removing: nil, adding: crossing)
    }

    /// Stops allowing flow `index`; nil when it does not cross the fabric, or when another open
    /// flow allows the same and holds the element.
    ///
    /// `closed` are the flows that were closed before it.
    package static func close(
        _ index: Int, of deployment: Deployment, closed: Set<Int>
    ) -> FlowChange? {
        guard let crossing = Crossing(deployment, flow: index) else { return nil }
        let other = alike(crossing, index, deployment, closed)
        // The first of two alike holds the element: a later one leaves nothing to remove.
        if let other, other.mark < crossing.mark { return nil }
        return FlowChange(deployment, removing: crossing, adding: other)
    }

    private init(_ deployment: Deployment, removing: Crossing?, adding: Crossing?) {
        let names = deployment.compartments.map { $0.address.description }
        let one = removing ?? adding
        source = one?.source ?? 0
        target = one?.target ?? 0
        func text(
            _ wall: Walls, _ set: String, _ element: (Crossing) -> RuleElement
        ) -> String {
            guard !deployment.without.contains(wall) else { return "" }
            let old = removing.map {
                "delete element \(Rulebook.table) \(set) { \(element($0).key) }\n"
            }
            let new = adding.map {
                "add element \(Rulebook.table) \(set) { \(element($0).text) }\n"
            }
            return (old ?? "") + (new ?? "")
        }
        fabric = text(.fabric, "flows") { $0.fabricElement(names) }
        sourceHost = text(.host, "outgoing") { $0.outgoingElement(names) }
        targetHost = text(.host, "incoming") { $0.incomingElement(names) }
    }

    /// The first other open flow that allows the same packets.
    private static func alike(
        _ crossing: Crossing, _ index: Int, _ deployment: Deployment, _ closed: Set<Int>
    ) -> Crossing? {
        Crossing.all(of: deployment, closed: closed.union([index]), at: crossing.source)
            .first { $0.isAlike(crossing) }
    }
}
