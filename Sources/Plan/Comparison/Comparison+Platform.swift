internal import Addresses
package import Confinement
internal import Packets
package import Platform
package import Segmentation
internal import Topology

/// A platform file and its network.
package struct PlatformPlan: Sendable {
    package var platform: Platform
    package var deployment: Deployment

    package init(_ platform: Platform, _ deployment: Deployment) {
        self.platform = platform
        self.deployment = deployment
    }
}

extension Comparison {
    /// Why there is no answer.
    package enum Problem: Error {
        case tooLarge
        case unreadable(Segmentation.Unreadable)
    }

    /// Platforms with more services are compared where their flows differ, `batch` services at once.
    package static let servicesMax = 240

    /// Compares two platform files by the rules that they become.
    ///
    /// Of a large platform only pairs with different flows are looked at: what a filter says of two
    /// services comes from the flows between them alone.
    package init(
        _ old: PlatformPlan, _ new: PlatformPlan, servicesMax: Int = servicesMax,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws(Problem) {
        let isSmall =
            max(old.deployment.compartments.count, new.deployment.compartments.count)
            <= servicesMax
        do {
            if isSmall {
                try self.init(try old.side(), try new.side(), progress: progress)
                return
            }
            try self.init(outlines: old.outline, new.outline)
            let pairs = Self.differing(old, new)
            isFocused = true
            var next = 0
            while next < pairs.count {
                var names: Set<String> = []
                let first = next
                while next < pairs.count, names.count + 2 <= max(servicesMax, 2) {
                    names.insert(pairs[next].from)
                    names.insert(pairs[next].to)
                    next += 1
                }
                let batch = Set(pairs[first..<next])
                try addPackets(
                    try old.only(names, batch).side(), try new.only(names, batch).side())
                progress(next, pairs.count)
            }
            sort()
        } catch let error as Segmentation.Unreadable {
            throw .unreadable(error)
        } catch {
            throw .tooLarge
        }
    }

    /// Pairs of compartments whose flows are not the same on both sides, sorted.
    private static func differing(_ old: PlatformPlan, _ new: PlatformPlan) -> [NamedPair] {
        let before = old.flows
        let after = new.flows
        return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    }
}

/// Two compartments by their names.
struct NamedPair: Hashable, Comparable {
    let from: String
    let to: String

    static func < (left: NamedPair, right: NamedPair) -> Bool {
        (left.from, left.to) < (right.from, right.to)
    }
}

extension PlatformPlan {
    func side() throws(Segmentation.Unreadable) -> Side {
        Side(platform, deployment, try Segmentation(deployment))
    }

    /// Names, addresses and lines, without any rule.
    fileprivate var outline: Side {
        var topology = Topology()
        for compartment in deployment.compartments where compartment.kind == .service {
            let address = compartment.address.value
            topology.endpoints.append(
                Endpoint(
                    name: compartment.name, group: deployment.zones[compartment.zone].name,
                    v4: [address...address]))
        }
        return Side(platform, topology, name: deployment.file, asOutside: false)
    }

    fileprivate var flows: [NamedPair: Set<Port>] {
        var found: [NamedPair: Set<Port>] = [:]
        let names = deployment.compartments.map(\.name)
        for flow in deployment.flows {
            guard case .compartment(let from) = flow.from else { continue }
            found[NamedPair(from: names[from], to: names[flow.to]), default: []].insert(flow.port)
        }
        return found
    }

    /// The same with some compartments and the flows between some of their pairs only.
    fileprivate func only(_ names: Set<String>, _ pairs: Set<NamedPair>) -> PlatformPlan {
        var plan = self
        var numbers: [Int: Int] = [:]
        plan.deployment.compartments = []
        for (index, compartment) in deployment.compartments.enumerated()
        where names.contains(compartment.name) {
            numbers[index] = plan.deployment.compartments.count
            plan.deployment.compartments.append(compartment)
        }
        plan.deployment.listeners = []
        plan.deployment.flows = deployment.flows.compactMap { flow in
            guard case .compartment(let from) = flow.from, let source = numbers[from],
                let target = numbers[flow.to],
                pairs.contains(
                    NamedPair(
                        from: deployment.compartments[from].name,
                        to: deployment.compartments[flow.to].name))
            else { return nil }
            var kept = flow
            kept.from = .compartment(source)
            kept.to = target
            return kept
        }
        let services = Set(names.map { String($0.prefix { $0 != "." }) })
        plan.platform.flows = platform.flows.filter { services.contains($0.to) }
        return plan
    }
}
