internal import Packets
internal import Ruleset
internal import Topology

/// Interfaces that the gates do not tell apart as far as some addresses are concerned.
struct Links {
    /// One interface for each kind, with all of them by name.
    struct Kind {
        let link: UInt32
        let names: [String]
    }

    /// Names of all interfaces but the machine's own; what has no name comes last.
    let interfaces: [(link: UInt32, name: String)]
    private let lists: [(list: RuleList, family: Families)]
    private let atoms: AddressAtoms

    init(_ machine: Machine, _ gates: [Gate], _ atoms: AddressAtoms) {
        let names = machine.ruleset.interfaces
        var all: [(link: UInt32, name: String)] = []
        for (index, name) in names.enumerated() where name != "lo" {
            all.append((UInt32(truncatingIfNeeded: index + 1), name))
        }
        interfaces = all + [(UInt32(truncatingIfNeeded: names.count + 1), "other")]
        lists = gates.flatMap { gate in
            [(gate.v4, Families.v4), (gate.v6, .v6)].flatMap { rules, family in
                (rules.unmodelled.isEmpty ? [rules.may] : [rules.may, rules.must]).map {
                    (list: $0, family: family)
                }
            }
        }
        self.atoms = atoms
    }

    /// The kinds of interfaces for some addresses, in the order of the interfaces.
    ///
    /// Where rules let the addresses pass by interfaces that they name, those kinds alone.
    func kinds(_ party: Party) -> [Kind] {
        guard lists.reduce(0, { $0 + $1.list.count }) <= Machine.Limits.compared else {
            return interfaces.map { Kind(link: $0.link, names: [$0.name]) }
        }
        var marks = Array(repeating: [UInt32](), count: interfaces.count)
        var homes: Set<Int> = []
        var number: UInt32 = 0
        let all = 0...Field.arrival.last
        for (list, family) in lists {
            let own = party.intervals(family).compactMap { family.values($0, atoms) }
            guard !own.isEmpty else { continue }
            for (rule, box) in list.boxes.enumerated() {
                for (end, link) in [(Field.source, Field.arrival), (.destination, .departure)] {
                    number += 1
                    guard box[link] != all, own.contains(where: box[end].overlaps) else {
                        continue
                    }
                    let isHome =
                        list.decisions[rule] == .allow && box[end] != 0...end.last
                        && !box[link].contains(other)
                    for (index, interface) in interfaces.enumerated()
                    where box[link].contains(interface.link) {
                        marks[index].append(number)
                        if isHome { homes.insert(index) }
                    }
                }
            }
        }
        var kinds: [[UInt32]: Int] = [:]
        var found: [(kind: Kind, isHome: Bool)] = []
        for (index, mark) in marks.enumerated() {
            let interface = interfaces[index]
            let isHome = homes.contains(index)
            if let known = kinds[mark] {
                let kind = found[known].kind
                found[known] = (
                    Kind(link: kind.link, names: kind.names + [interface.name]),
                    found[known].isHome || isHome
                )
            } else {
                kinds[mark] = found.count
                found.append((Kind(link: interface.link, names: [interface.name]), isHome))
            }
        }
        return found.filter { $0.isHome || homes.isEmpty }.map(\.kind)
    }

    /// The interface that no rule names.
    var other: UInt32 { interfaces.last?.link ?? 1 }
}

extension Families {
    /// An interval of addresses of this family as lists write it.
    func values(_ interval: ClosedRange<UInt128>, _ atoms: AddressAtoms) -> ClosedRange<UInt32>? {
        guard self == .v4 else { return atoms.atoms(interval) }
        let low = UInt32(truncatingIfNeeded: interval.lowerBound)
        return low...UInt32(truncatingIfNeeded: min(interval.upperBound, Machine.last4))
    }
}
