internal import Addresses
internal import Packets
internal import Ruleset

/// Addresses that rules name, as the network beyond the machine.
struct Party {
    var name: String
    var v4: [ClosedRange<UInt128>] = []
    var v6: [ClosedRange<UInt128>] = []

    func intervals(_ family: Families) -> [ClosedRange<UInt128>] { family == .v4 ? v4 : v6 }
}

extension Machine {
    static let last4 = UInt128(UInt32.max)
    /// Addresses that no other machine has.
    static let own4: ClosedRange<UInt128> = 0x7F00_0000...0x7FFF_FFFF
    static let own6: ClosedRange<UInt128> = 1...1

    /// Named sets first, then addresses in the order in which rules name them; and how many
    /// were too many.
    func parties() -> (parties: [Party], left: Int) {
        var found: [Party] = []
        var seen: Set<Set<ClosedRange<UInt128>>> = []
        var names: Set<String> = []
        var left = 0
        func add(_ name: String, _ family: Families, _ intervals: [ClosedRange<UInt128>]) {
            guard family.isSubset(of: families), seen.insert(Set(intervals)).inserted else {
                return
            }
            guard found.count < Limits.parties else {
                left += 1
                return
            }
            var unique = name
            while !names.insert(unique).inserted { unique += "'" }
            var party = Party(name: unique)
            if family == .v4 { party.v4 = intervals } else { party.v6 = intervals }
            found.append(party)
        }
        for own in named where Self.isOutside(own.intervals, own.family) {
            add("@" + own.name, own.family, own.intervals)
        }
        // A set that rules list address by address stays one party.
        for own in named { for interval in own.intervals { seen.insert([interval]) } }
        for (family, interval) in mentioned() where Self.isOutside([interval], family) {
            add(Self.text(interval, family), family, [interval])
        }
        return (found, left)
    }

    static func text(_ interval: ClosedRange<UInt128>, _ family: Families) -> String {
        guard family == .v4 else { return RangeText.v6(interval) }
        let low = UInt32(truncatingIfNeeded: interval.lowerBound)
        return RangeText.v4(low...UInt32(truncatingIfNeeded: interval.upperBound))
    }

    /// Not what is left when something is excepted, not the machine's own, not for many at once.
    private static func isOutside(
        _ intervals: [ClosedRange<UInt128>], _ family: Families
    ) -> Bool {
        let last = family == .v4 ? last4 : .max
        let many: ClosedRange<UInt128> =
            family == .v4 ? 0xE000_0000...last4 : (0xFF << 120) ... .max
        let own = family == .v4 ? own4 : own6
        return intervals.allSatisfy { interval in
            interval.lowerBound > 0 && interval.upperBound < last && !interval.overlaps(many)
                && !interval.overlaps(own)
        }
    }

    /// Addresses of the other side in every rule, and those to which packets are sent on.
    private func mentioned() -> [(Families, ClosedRange<UInt128>)] {
        let hooks = hooks()
        var found: [(Families, ClosedRange<UInt128>)] = []
        for (chain, hooks) in zip(ruleset.chains, hooks) {
            var fields: [Field] = []
            if !hooks.isSubset(of: [.output, .postrouting]) || hooks.contains(.postrouting) {
                fields.append(.source)
            }
            // What a machine gets is for its own addresses, before and behind its own rules.
            if !hooks.isSubset(of: [.input, .prerouting]) { fields.append(.destination) }
            for rule in chain.rules {
                for clause in rule.match.clauses where clause.families != .both {
                    for field in fields {
                        found += (clause.values[field] ?? []).map { (clause.families, $0) }
                    }
                }
                if case .rewrite(let rewrite) = rule.action, rewrite.side == .destination,
                    let address = rewrite.address
                {
                    let isLong = address.upperBound > Self.last4 || chain.families == .v6
                    found.append((isLong ? .v6 : .v4, address))
                }
                if case .alter(let alteration) = rule.action,
                    alteration.fields == [.destination], let address = alteration.value
                {
                    found.append((alteration.families, address))
                }
            }
        }
        for own in ruleset.barriers.flatMap(\.alterations) where own.fields == [.destination] {
            if let address = own.value { found.append((own.families, address)) }
        }
        return found
    }
}

/// Intervals of addresses without others.
enum Rest {
    static func of(
        _ whole: ClosedRange<UInt128>, without taken: [ClosedRange<UInt128>]
    ) -> [ClosedRange<UInt128>] {
        var rest: [ClosedRange<UInt128>] = []
        var next = whole.lowerBound
        for interval in taken.sorted(by: { $0.lowerBound < $1.lowerBound })
        where interval.upperBound >= next {
            if interval.lowerBound > next { rest.append(next...interval.lowerBound - 1) }
            guard interval.upperBound < whole.upperBound else { return rest }
            next = interval.upperBound + 1
        }
        rest.append(next...whole.upperBound)
        return rest
    }
}
