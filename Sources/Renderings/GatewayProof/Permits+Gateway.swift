internal import Addresses
package import Findings
package import Permits
internal import Platform

extension Permits {
    /// Addresses outside from which a permit's connections come and no earlier one's.
    package struct Entrance: Sendable {
        package let from: ClosedRange<UInt32>
        package let permit: Permit
    }

    private struct Door: Hashable {
        let to: Int
        let port: Port
    }

    /// Permits from outside in intervals of which no two share an address for the same door, in the
    /// order of the file.
    package var entrances: [Entrance] {
        var taken: [Door: [ClosedRange<UInt32>]] = [:]
        var found: [Entrance] = []
        for permit in permits {
            if case .seat = permit.from { continue }
            let door = Door(to: permit.to, port: permit.port)
            for range in addresses(of: permit.from) {
                for free in Self.rest(of: range, without: taken[door] ?? []) {
                    found.append(Entrance(from: free, permit: permit))
                }
            }
            taken[door, default: []] += addresses(of: permit.from)
        }
        return found
    }

    private static func rest(
        of range: ClosedRange<UInt32>, without taken: [ClosedRange<UInt32>]
    ) -> [ClosedRange<UInt32>] {
        var parts = [range]
        for other in taken {
            parts = parts.flatMap { part -> [ClosedRange<UInt32>] in
                guard part.overlaps(other) else { return [part] }
                var left: [ClosedRange<UInt32>] = []
                if part.lowerBound < other.lowerBound {
                    left.append(part.lowerBound...other.lowerBound - 1)
                }
                if part.upperBound > other.upperBound {
                    left.append(other.upperBound + 1...part.upperBound)
                }
                return left
            }
        }
        return parts
    }

    /// What somebody must know who loads a gateway's rules.
    package func gatewayFindings(_ gateway: Gateway) -> [Finding] {
        var findings: [Finding] = []
        if gateway.links == nil {
            findings.append(
                Finding(
                    .warning, "addresses-only", at: nil,
                    "no interfaces are named: the rules believe a packet's source address",
                    remedy: "name each zone's interface: --interface ZONE=NAME"))
        }
        let within = permits.filter { permit in
            guard case .seat(let seat) = permit.from else { return false }
            return seats[seat].zone == seats[permit.to].zone
        }
        if let first = within.first {
            findings.append(
                Finding(
                    .note, "within-zone", at: reasons[first.reason].flow.place,
                    "connections within a zone meet the gateway only where nothing else joins its "
                        + "machines",
                    remedy: "give each machine a link of its own, or filter on the machines too"))
        }
        for publication in platform.publications {
            findings.append(
                Finding(
                    .note, "published-address", at: publication.place,
                    "the gateway lets the outside reach \(publication.service).\(publication.port) "
                        + "at the service's own address, not at \(publication.address)",
                    remedy: "translate the address before the gateway, or route to it"))
        }
        return findings
    }
}
