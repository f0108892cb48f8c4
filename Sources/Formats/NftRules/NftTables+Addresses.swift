package import Findings
package import Ruleset

/// Addresses that the rules' author gave a name.
package struct NftAddresses: Sendable {
    package let name: String
    package let families: Families
    package let intervals: [ClosedRange<UInt128>]
    package let place: Place
}

extension NftTables {
    /// Sets of nothing but addresses of one family that do not change by themselves, in the order
    /// of the text.
    package var addresses: [NftAddresses] {
        tables.filter { !$0.families.isEmpty }.flatMap { table in
            table.sets.values.filter { !$0.isDynamic && !$0.elements.isEmpty }.compactMap { set in
                for (family, header) in [(Families.v4, "ip"), (.v6, "ip6")] {
                    let part = Part(.payload(header, "saddr"))
                    var intervals: [ClosedRange<UInt128>] = []
                    let isOfFamily = set.elements.allSatisfy { element in
                        guard element.data == nil, element.key.isAddress(family),
                            let own = part.intervals(element.key)
                        else { return false }
                        intervals += own
                        return true
                    }
                    if isOfFamily {
                        return NftAddresses(
                            name: set.name, families: family, intervals: intervals,
                            place: set.place)
                    }
                }
                return nil
            }
        }.sorted { ($0.place, $0.name) < ($1.place, $1.name) }
    }
}

extension NftValue {
    fileprivate func isAddress(_ family: Families) -> Bool {
        switch self {
        case .address(_, let own): own == family
        case .prefix(let base, _): base.isAddress(family)
        case .range(let low, let high): low.isAddress(family) && high.isAddress(family)
        default: false
        }
    }
}
