package import Findings
package import Notation
package import OrderTreaty

/// The venue's listing out of its public description.
package enum PublicListing {
    /// Reads the answer of `/v1/instruments`; a tick is written with all digits of a price.
    package static func parse(_ document: JSON) throws(Failure) -> Listing {
        let instruments = (document["instruments"]?.asList ?? []).prefix(Listing.countMax)
        let completed = instruments.map { one -> JSON in
            var members = one.asObject ?? []
            let tick = one["tick"]?.asText ?? ""
            let point = tick.utf8.firstIndex(of: UInt8(ascii: "."))
            let digits = point.map { tick.utf8.distance(from: $0, to: tick.utf8.endIndex) - 1 }
            members.append(JSON.Member("priceDigits", .count(digits ?? 0)))
            return .object(members)
        }
        let whole: JSON = [
            "currencies": document["currencies"] ?? [], "instruments": .list(completed),
        ]
        return try Listing.parse(whole.render())
    }
}
