internal import Connectivity
internal import Packets
internal import Topology

/// Everybody of both sides by name, in kinds that no gate of either side tells apart.
struct Parties {
    struct Party {
        var name: String
        var isOutside: Bool
        /// Endpoints of each side; nil where the side does not have it.
        var old: [Int]?
        var new: [Int]?
    }

    struct Kind {
        /// Indices of parties.
        var members: [Int]
        var oldClasses: [Int]
        var newClasses: [Int]
    }

    private struct Key: Hashable {
        var old: Int?
        var new: Int?
    }

    private(set) var all: [Party] = []
    private(set) var kinds: [Kind] = []
    /// Kinds that have endpoints of a class.
    private(set) var kindsOfOld: [Int: [Int]] = [:]
    private(set) var kindsOfNew: [Int: [Int]] = [:]

    init(_ old: Topology, _ new: Topology, _ oldClasses: [Int], _ newClasses: [Int]) {
        var numbers: [String: Int] = [:]
        var outside = Party(name: Comparison.outside, isOutside: true)
        for (topology, side) in [(old, \Party.old), (new, \Party.new)] {
            for (index, endpoint) in topology.endpoints.enumerated() {
                if endpoint.kind == .outside {
                    outside[keyPath: side] = (outside[keyPath: side] ?? []) + [index]
                } else if let number = numbers[endpoint.name] {
                    all[number][keyPath: side] = [index]
                } else {
                    numbers[endpoint.name] = all.count
                    var party = Party(name: endpoint.name, isOutside: false)
                    party[keyPath: side] = [index]
                    all.append(party)
                }
            }
        }
        var known: [Key: Int] = [:]
        for (number, party) in all.enumerated() {
            let key = Key(
                old: party.old.map { oldClasses[$0[0]] }, new: party.new.map { newClasses[$0[0]] })
            if let kind = known[key] {
                kinds[kind].members.append(number)
            } else {
                known[key] = kinds.count
                kinds.append(
                    Kind(
                        members: [number], oldClasses: key.old.map { [$0] } ?? [],
                        newClasses: key.new.map { [$0] } ?? []))
            }
        }
        if outside.old != nil || outside.new != nil {
            all.append(outside)
            kinds.append(
                Kind(
                    members: [all.count - 1],
                    oldClasses: Set((outside.old ?? []).map { oldClasses[$0] }).sorted(),
                    newClasses: Set((outside.new ?? []).map { newClasses[$0] }).sorted()))
        }
        for (number, kind) in kinds.enumerated() {
            for one in kind.oldClasses { kindsOfOld[one, default: []].append(number) }
            for one in kind.newClasses { kindsOfNew[one, default: []].append(number) }
        }
    }
}
