package import Addresses
internal import Platform

extension Permits {
    /// Addresses that no zone has, ascending.
    package var outside: [ClosedRange<UInt32>] { Self.gaps(zones.map(\.network)) }

    /// Addresses that no network has, ascending.
    package static func gaps(_ networks: [Prefix]) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        var next: UInt64 = 0
        for network in networks.sorted(by: { $0.base < $1.base }) {
            let first = UInt64(network.base.value)
            if first > next { ranges.append(UInt32(next)...UInt32(first - 1)) }
            next = max(next, UInt64(network.last.value) + 1)
        }
        if next <= UInt64(UInt32.max) { ranges.append(UInt32(next)...UInt32.max) }
        return ranges
    }

    /// The office's addresses, ascending and apart.
    package var officeRanges: [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        for network in platform.office.sorted(by: { $0.base < $1.base }) {
            if let last = ranges.last, last.contains(network.base.value) { continue }
            ranges.append(network.base.value...network.last.value)
        }
        return ranges
    }

    /// Addresses from which a permit's connections come.
    package func addresses(of source: Source) -> [ClosedRange<UInt32>] {
        switch source {
        case .seat(let seat): [seats[seat].address.value...seats[seat].address.value]
        case .internet: outside
        case .office: officeRanges
        }
    }

    /// An interval as the fewest prefixes, ascending.
    package static func prefixes(_ range: ClosedRange<UInt32>) -> [Prefix] {
        var found: [Prefix] = []
        var next = UInt64(range.lowerBound)
        let end = UInt64(range.upperBound)
        while next <= end {
            var bits = next == 0 ? 32 : min(next.trailingZeroBitCount, 32)
            while next + (UInt64(1) << UInt64(bits)) - 1 > end { bits -= 1 }
            if let prefix = Prefix(base: Address(UInt32(next)), length: 32 - bits) {
                found.append(prefix)
            }
            next += UInt64(1) << UInt64(bits)
        }
        return found
    }
}
