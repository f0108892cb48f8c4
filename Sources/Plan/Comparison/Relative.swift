internal import Packets
internal import Ruleset
internal import Topology

/// Sets of packets of two sides in terms that both share: addresses of IPv6 in common numbers, and
/// no addresses at all of a party whose addresses are others on the other side.
struct Relative {
    /// Which ends have other addresses on the other side.
    struct Moved {
        var source = false
        var target = false
        var fields: [Field] { (source ? [.source] : []) + (target ? [.destination] : []) }
    }

    let atoms: AddressAtoms

    init(_ old: AddressAtoms, _ new: AddressAtoms) {
        let both = [old, new].flatMap { atoms in
            atoms.starts.indices.map { index in
                let number = UInt32(truncatingIfNeeded: index)
                return atoms.addresses(number...number)
            }
        }
        atoms = AddressAtoms(both)
    }

    /// A side's set in common numbers.
    func common(_ set: PacketSet, _ own: AddressAtoms) throws(PacketSet.TooLarge) -> PacketSet {
        let boxes = set.boxes.map { box in
            box.with(.source, number(box[.source], own))
                .with(.destination, number(box[.destination], own))
        }
        return try PacketSet(disjoint: boxes)
    }

    private func number(
        _ range: ClosedRange<UInt32>, _ own: AddressAtoms
    ) -> ClosedRange<UInt32> {
        let addresses = own.addresses(range)
        return atoms.atom(addresses.lowerBound)...atoms.atom(addresses.upperBound)
    }

    /// What passes from and to some address of whoever moved.
    static func some(_ set: PacketSet, _ moved: Moved) throws(PacketSet.TooLarge) -> PacketSet {
        guard !moved.fields.isEmpty else { return set }
        var wide = PacketSet()
        for box in set.boxes { try wide.insert(Self.wide(box, moved)) }
        return wide.joined()
    }

    /// What passes from and to every address of whoever moved.
    static func every(
        _ set: PacketSet, _ moved: Moved, in domain: [Box]
    ) throws(PacketSet.TooLarge) -> PacketSet {
        guard !moved.fields.isEmpty else { return set }
        var missing = PacketSet()
        for box in domain { missing = try missing.union(PacketSet(box)) }
        missing = try missing.subtracting(set)
        return try some(set, moved).subtracting(try some(missing, moved))
    }

    private static func wide(_ box: Box, _ moved: Moved) -> Box {
        var box = box
        for field in moved.fields { box = box.with(field, 0...field.last) }
        return box
    }

    /// What of a set lies between given addresses.
    static func placed(
        _ set: PacketSet, _ sources: [ClosedRange<UInt32>], _ targets: [ClosedRange<UInt32>]
    ) throws(PacketSet.TooLarge) -> PacketSet {
        var boxes: [Box] = []
        for box in set.boxes {
            for source in sources {
                guard let part = box.narrowed(.source, to: source) else { continue }
                for target in targets {
                    if let whole = part.narrowed(.destination, to: target) { boxes.append(whole) }
                }
            }
        }
        return try PacketSet(disjoint: boxes)
    }
}
