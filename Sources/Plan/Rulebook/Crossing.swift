internal import Addresses
internal import Confinement

/// A flow that crosses the fabric: from one compartment to another.
struct Crossing: Sendable {
    let mark: UInt32
    let source: Int
    let target: Int
    let sourceAddress: UInt32
    let targetAddress: UInt32
    let port: Port

    private struct Key: Hashable {
        let source: Int
        let target: Int
        let port: Port
    }

    /// The open flows between two different compartments, or of those the ones at `compartment`;
    /// of two alike, the first gives its mark.
    static func all(
        of deployment: Deployment, closed: Set<Int>, at compartment: Int? = nil
    ) -> [Crossing] {
        var seen: Set<Key> = []
        var found: [Crossing] = []
        // Read once: a compartment's plan is large, and there may be ten thousand flows.
        let addresses = deployment.compartments.map(\.address.value)
        for index in deployment.flows.indices where !closed.contains(index) {
            guard let crossing = Crossing(deployment.flows[index], index, addresses),
                compartment == nil || crossing.source == compartment
                    || crossing.target == compartment,
                seen.insert(crossing.key).inserted
            else { continue }
            found.append(crossing)
        }
        return found
    }

    /// Nil for a flow from outside, or within one compartment: those do not cross the fabric.
    init?(_ deployment: Deployment, flow index: Int) {
        guard deployment.flows.indices.contains(index) else { return nil }
        self.init(
            deployment.flows[index], index, deployment.compartments.map(\.address.value))
    }

    private init?(_ flow: FlowPlan, _ index: Int, _ addresses: [UInt32]) {
        guard case .compartment(let source) = flow.from, source != flow.to,
            addresses.indices.contains(source), addresses.indices.contains(flow.to)
        else { return nil }
        mark = UInt32(truncatingIfNeeded: index + 1)
        self.source = source
        target = flow.to
        sourceAddress = addresses[source]
        targetAddress = addresses[flow.to]
        port = flow.port
    }

    private var key: Key { Key(source: source, target: target, port: port) }

    /// Whether both allow the same packets.
    func isAlike(_ other: Crossing) -> Bool { key == other.key }

    func fabricElement(_ names: [String]) -> RuleElement {
        var element = ElementBuilder()
        element.interface(Rulebook.interfaceName(source))
        element.address(sourceAddress, names[source])
        element.address(targetAddress, names[target])
        element.transport(port.transport.rawValue)
        element.port(port.number)
        return element.build(mark: mark)
    }

    func incomingElement(_ names: [String]) -> RuleElement {
        end(sourceAddress, names[source])
    }

    func outgoingElement(_ names: [String]) -> RuleElement {
        end(targetAddress, names[target])
    }

    private func end(_ address: UInt32, _ name: String) -> RuleElement {
        var element = ElementBuilder()
        element.address(address, name)
        element.transport(port.transport.rawValue)
        element.port(port.number)
        return element.build(mark: mark)
    }
}
