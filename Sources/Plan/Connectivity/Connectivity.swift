// Connectivity: what passes between all pairs of a topology's endpoints, as lists for people and
// machines. It asks once for endpoints that no gate tells apart. Bounds: `Topology.partiesMax`
// endpoints; an answer is remembered for each pair of classes that was asked for.
package import Packets
internal import Ruleset
package import Topology

package struct Connectivity: Sendable {
    package let topology: Topology
    /// The class of each endpoint: no gate tells those of one class apart.
    package let classes: [Int]
    /// One or two endpoints of each class.
    private let members: [[Int]]
    private var answers: [Int: [Traffic]] = [:]
    private var prospects: Prospects

    package init(_ topology: Topology) {
        self.topology = topology
        classes = Alike.classes(of: topology)
        var members: [[Int]] = Array(repeating: [], count: (classes.max() ?? -1) + 1)
        for (index, number) in classes.enumerated() where members[number].count < 2 {
            members[number].append(index)
        }
        self.members = members
        prospects = Prospects(topology, members.map { $0[0] })
    }

    /// How many kinds of endpoints the gates tell apart.
    package var classCount: Int { members.count }

    /// Classes to which something may pass from a class; to all others nothing does.
    package mutating func prospects(from source: Int) -> [Int] {
        prospects.targets(of: source)
    }

    /// What passes from one endpoint to another, or between the machines of a group.
    package mutating func traffic(
        from source: Int, to target: Int
    ) throws(PacketSet.TooLarge) -> [Traffic] {
        let from = topology.endpoints[source]
        let to = topology.endpoints[target]
        if source == target, !from.isGroup { return [] }
        // What has no gate and begins and ends outside is nobody's here.
        if from.kind == .outside, to.kind == .outside,
            topology.way(from: source, to: target).isEmpty
        {
            return []
        }
        let key = classes[source] * members.count + classes[target]
        if let known = answers[key] { return known }
        let isOpen = prospects.mayPass(from: classes[source], to: classes[target])
        let traffic = isOpen ? try ask(classes[source], classes[target]) : []
        answers[key] = traffic
        return traffic
    }

    private func ask(
        _ source: Int, _ target: Int
    ) throws(PacketSet.TooLarge) -> [Traffic] {
        let from = members[source][0]
        let to = source == target ? members[target].last ?? from : members[target][0]
        let families = [Families.v4, .v6]
        var passings: [Passing] = []
        for family in families { passings.append(try topology.passing(from: from, to: to, family)) }
        guard passings.contains(where: { !$0.may.isEmpty }) else { return [] }
        var certain = Summary(topology, from, to)
        var hanging: [[String]: Summary] = [:]
        for (family, passing) in zip(families, passings) {
            certain.add(passing.must, family)
            for (words, packets) in passing.hanging {
                hanging[words, default: Summary(topology, from, to)].add(packets, family)
            }
        }
        var traffic = certain.traffic(isCertain: true, unless: [])
        for words in hanging.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            traffic += hanging[words]?.traffic(isCertain: false, unless: words) ?? []
        }
        return traffic
    }
}
