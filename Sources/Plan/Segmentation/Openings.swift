package import Packets
package import Topology

/// What first packets of connections some filters let pass from one compartment to another.
package struct Opening: Sendable, Hashable {
    /// Endpoints; nil for an address that no compartment has.
    package let from: Int?
    package let to: Int
    package let protocols: ClosedRange<UInt32>
    package let ports: ClosedRange<UInt32>
    /// One of them.
    package let packet: Packet
}

extension Segmentation {
    /// More openings than this are no plan's.
    package static let openingsMax = 1 << 20

    /// Everything that a layer alone lets pass between two compartments or from nobody's address
    /// into one, each kind once, by senders and then by receivers.
    ///
    /// What a packet says of its sender counts for nothing: the sender is whose wire it comes by.
    package func openings(
        _ layer: Layer, _ bound: Bound = .may
    ) throws(PacketSet.TooLarge) -> [Opening] {
        var found = Found(addresses: owners)
        switch layer {
        case .fabric: try crossing(bound, &found)
        case .hosts: try ending(bound, &found)
        }
        return found.sorted
    }

    /// First packets by any wire.
    private static var first: Box {
        let new = ConnectionState.new.rawValue
        return Box.everything.with(.state, new...new)
    }

    private func passed(
        _ gates: some Sequence<Int>, _ question: Box, _ bound: Bound
    ) throws(PacketSet.TooLarge) -> [Box] {
        var parts = [question]
        for gate in gates {
            let list = self.gates[gate].v4[bound]
            var next: [Box] = []
            for part in parts { next += try list.allowedParts(in: part) }
            parts = next
        }
        return parts
    }

    /// What of some parts a list allows; neighbours share what the list says about all of them.
    ///
    /// Neighbours by one end and then by the other: a list has rules about either.
    private func pass(
        _ parts: [Box], _ some: ArraySlice<Int>, by end: Field, _ list: RuleList,
        _ passed: inout [[Box]]
    ) throws(PacketSet.TooLarge) {
        guard some.count > Self.neighboursMax, let first = some.first else {
            for part in some { passed[part] = try list.allowedParts(in: parts[part]) }
            return
        }
        var hull = parts[first]
        for part in some.dropFirst() { hull = hull.hull(parts[part]) }
        let near = list.touching(hull)
        let order = some.sorted { parts[$0].low[end.rawValue] < parts[$1].low[end.rawValue] }
        let other: Field = end == .source ? .destination : .source
        try pass(parts, order[..<(order.count / 2)], by: other, near, &passed)
        try pass(parts, order[(order.count / 2)...], by: other, near, &passed)
    }

    private static let neighboursMax = 8

    private func crossing(_ bound: Bound, _ found: inout Found) throws(PacketSet.TooLarge) {
        let links = endpoints.count - 1
        // What forwards knows the flows, so that little is left to ask those before it.
        var parts = [Self.first]
        for gate in transit.reversed() {
            var passed: [[Box]] = Array(repeating: [], count: parts.count)
            let all = Array(parts.indices)
            try pass(parts, all[...], by: .source, gates[gate].v4[bound], &passed)
            parts = passed.flatMap { $0 }
        }
        for part in parts {
            let wires = part[.arrival].clamped(to: 0...UInt32(links))
            for target in found.targets(part) {
                for wire in wires where part[.arrival].contains(wire) {
                    try found.add(wire == 0 ? nil : Int(wire) - 1, target, part)
                }
            }
        }
    }

    private func ending(_ bound: Bound, _ found: inout Found) throws(PacketSet.TooLarge) {
        var sent: [Int: [(from: Int, box: Box)]] = [:]
        for (index, endpoint) in endpoints.enumerated() where endpoint.kind == .workload {
            for part in try passed(endpoint.egress.lazy.map(\.gate), Self.first, bound) {
                for target in found.targets(part) where target != index {
                    sent[target, default: []].append((index, part))
                }
            }
        }
        for (index, endpoint) in endpoints.enumerated() where endpoint.kind == .workload {
            let question = Self.first.with(.destination, endpoint.v4[0])
            for part in try passed(endpoint.ingress.lazy.map(\.gate), question, bound) {
                for (from, box) in sent[index] ?? [] {
                    if let both = part.intersection(box) { try found.add(from, index, both) }
                }
                if found.holdsStranger(part[.source]) { try found.add(nil, index, part) }
            }
        }
    }
}

/// Openings while they are gathered.
private struct Found {
    private struct Key: Hashable {
        let from: Int
        let to: Int
        let protocols: ClosedRange<UInt32>
        let ports: ClosedRange<UInt32>
    }

    /// Every compartment's address with its endpoint, ascending.
    let addresses: [(address: UInt32, endpoint: Int)]
    private var openings: [Key: Packet] = [:]

    init(addresses: [(address: UInt32, endpoint: Int)]) { self.addresses = addresses }

    mutating func add(_ from: Int?, _ to: Int, _ box: Box) throws(PacketSet.TooLarge) {
        guard from != to else { return }
        let key = Key(
            from: from ?? -1, to: to, protocols: box[.protocolNumber],
            ports: box[.destinationPort])
        guard openings[key] == nil else { return }
        guard openings.count < Segmentation.openingsMax else { throw PacketSet.TooLarge() }
        openings[key] = box.first
    }

    /// Endpoints that a box's packets are for.
    func targets(_ box: Box) -> some Sequence<Int> {
        addresses[indices(box[.destination])].lazy.map(\.endpoint)
    }

    /// Whether some address of the interval is no compartment's.
    func holdsStranger(_ interval: ClosedRange<UInt32>) -> Bool {
        UInt64(interval.upperBound - interval.lowerBound) + 1
            > UInt64(indices(interval).count)
    }

    private func indices(_ interval: ClosedRange<UInt32>) -> Range<Int> {
        var (low, high) = (0, addresses.count)
        while low < high {
            let middle = (low + high) / 2
            if addresses[middle].address < interval.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        var end = low
        while end < addresses.count, addresses[end].address <= interval.upperBound { end += 1 }
        return low..<end
    }

    var sorted: [Opening] {
        openings.map { key, packet in
            Opening(
                from: key.from < 0 ? nil : key.from, to: key.to, protocols: key.protocols,
                ports: key.ports, packet: packet)
        }.sorted {
            ($0.from ?? -1, $0.to, $0.protocols.lowerBound, $0.ports.lowerBound)
                < ($1.from ?? -1, $1.to, $1.protocols.lowerBound, $1.ports.lowerBound)
        }
    }
}
