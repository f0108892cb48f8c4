internal import Packets
internal import Topology

/// Whoever has an address: interfaces first, then groups that nobody wears.
struct Parties {
    struct Party {
        var name: String
        var group: Int?
        var interface: Int?
        /// What rules about addresses see.
        var v4: [ClosedRange<UInt32>]
        var v6: [ClosedRange<UInt128>]
        /// Where the true addresses lie, when the ones above only stand for them.
        var v4Within: [ClosedRange<UInt32>]?
        var v6Within: [ClosedRange<UInt128>]?
    }

    /// Private networks' addresses, which nobody on the internet has.
    static let private4: [ClosedRange<UInt32>] = [
        0x0A00_0000...0x0AFF_FFFF, 0xAC10_0000...0xAC1F_FFFF, 0xC0A8_0000...0xC0A8_FFFF,
        0x6440_0000...0x647F_FFFF,
    ]
    static let private6: [ClosedRange<UInt128>] = [0xFC << 120...((0xFE << 120) - 1)]

    private(set) var all: [Party] = []
    /// For each group who wears it for sure, and who may besides.
    private(set) var wearers: [[Int]]
    private(set) var mayWear: [[Int]]
    private let stoodFor: [Int]

    init(_ network: CloudNetwork) {
        wearers = Array(repeating: [], count: network.groups.count)
        mayWear = wearers
        var seen4: Set<ClosedRange<UInt32>> = []
        var seen6: Set<ClosedRange<UInt128>> = []
        for (index, interface) in network.interfaces.enumerated() {
            var party = Self.party(interface, network, number: index)
            party.interface = index
            // Two networks may use the same private address.
            if party.v4Within == nil, party.v4.contains(where: { !seen4.insert($0).inserted }) {
                party.v4Within = party.v4
                party.v4 = [Self.standIn4(index)]
            }
            if party.v6Within == nil, party.v6.contains(where: { !seen6.insert($0).inserted }) {
                party.v6Within = party.v6
                party.v6 = [Self.standIn6(index)]
            }
            all.append(party)
            for group in interface.groups { wearers[group].append(index) }
            guard !interface.unknownGroups.isEmpty else { continue }
            let may = interface.mayWear.isEmpty ? Array(network.groups.indices) : interface.mayWear
            for group in may { mayWear[group].append(index) }
        }
        for (index, group) in network.groups.enumerated()
        where wearers[index].isEmpty && (network.idleGroupsAreEndpoints || !group.isGiven) {
            wearers[index] = [all.count]
            all.append(
                Party(
                    name: group.id, group: index, v4: [Self.standIn4(all.count)],
                    v6: [Self.standIn6(all.count)], v4Within: [0 ... .max], v6Within: [0 ... .max]))
        }
        let made = all
        stoodFor = made.indices.filter { made[$0].v4Within != nil || made[$0].v6Within != nil }
    }

    private static func standIn4(_ number: Int) -> ClosedRange<UInt32> {
        let address = StandIns.v4.lowerBound + UInt32(truncatingIfNeeded: number) % (1 << 24)
        return address...address
    }

    private static func standIn6(_ number: Int) -> ClosedRange<UInt128> {
        let address = StandIns.v6.lowerBound + UInt128(number)
        return address...address
    }

    private static func party(
        _ interface: Interface, _ network: CloudNetwork, number: Int
    ) -> Party {
        var party = Party(name: interface.name, v4: [], v6: [])
        for span in interface.addresses {
            switch span {
            case .v4(let range): party.v4.append(range)
            case .v6(let range): party.v6.append(range)
            }
        }
        guard interface.addresses.isEmpty else { return party }
        let blocks = interface.subnet.map { network.subnets[$0].blocks } ?? interface.within
        party.v4 = [standIn4(number)]
        party.v4Within = blocks.compactMap(\.v4)
        party.v6Within = blocks.compactMap(\.v6)
        if blocks.isEmpty { (party.v4Within, party.v6Within) = ([0 ... .max], [0 ... .max]) }
        if party.v4Within == [] { (party.v4, party.v4Within) = ([], nil) }
        if party.v6Within == [] { party.v6Within = nil } else { party.v6 = [standIn6(number)] }
        return party
    }

    /// What of an interval is real, and which stand-ins lie in it for sure and possibly.
    func v4(_ range: ClosedRange<UInt32>) -> (
        sure: [ClosedRange<UInt32>], maybe: [ClosedRange<UInt32>]
    ) {
        var sure = [range].without([StandIns.v4])
        var maybe: [ClosedRange<UInt32>] = []
        for index in stoodFor {
            guard let within = all[index].v4Within else { continue }
            if within.allSatisfy({
                range.lowerBound <= $0.lowerBound && $0.upperBound <= range.upperBound
            }) {
                sure += all[index].v4
            } else if within.contains(where: range.overlaps) {
                maybe += all[index].v4
            }
        }
        return (sure.merged(), maybe.merged())
    }

    func v6(_ range: ClosedRange<UInt128>) -> (
        sure: [ClosedRange<UInt128>], maybe: [ClosedRange<UInt128>]
    ) {
        var sure = [range].without([StandIns.v6])
        var maybe: [ClosedRange<UInt128>] = []
        for index in stoodFor {
            guard let within = all[index].v6Within else { continue }
            if within.allSatisfy({
                range.lowerBound <= $0.lowerBound && $0.upperBound <= range.upperBound
            }) {
                sure += all[index].v6
            } else if within.contains(where: range.overlaps) {
                maybe += all[index].v6
            }
        }
        return (sure.merged(), maybe.merged())
    }
}

extension Span {
    var v4: ClosedRange<UInt32>? {
        guard case .v4(let range) = self else { return nil }
        return range
    }

    var v6: ClosedRange<UInt128>? {
        guard case .v6(let range) = self else { return nil }
        return range
    }
}

extension Array {
    /// The same numbers in ascending intervals that do not touch.
    func merged<Bound: FixedWidthInteger>() -> [Element] where Element == ClosedRange<Bound> {
        var merged: [Element] = []
        for range in sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last,
                last.upperBound == .max || range.lowerBound <= last.upperBound + 1
            {
                merged[merged.count - 1] =
                    last.lowerBound...Swift.max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// The numbers here that are not there.
    func without<Bound: FixedWidthInteger>(_ others: [Element]) -> [Element]
    where Element == ClosedRange<Bound> {
        let taken = others.merged()
        return merged().flatMap { range -> [Element] in
            var rest: [Element] = []
            var next = range.lowerBound
            for other in taken where other.overlaps(range) {
                if other.lowerBound > next { rest.append(next...other.lowerBound - 1) }
                guard other.upperBound < range.upperBound else { return rest }
                next = other.upperBound + 1
            }
            rest.append(next...range.upperBound)
            return rest
        }
    }
}
