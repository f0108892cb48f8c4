internal import Packets
internal import Ruleset

/// Values that a rule puts into packets.
enum Altering {
    static func alteration(_ key: NftKey, _ value: NftValue?) -> Alteration {
        let words = Words.assignment(key, value)
        guard case .payload(let header, let name) = key else {
            return Alteration(everything, nil, .both, words: words)
        }
        let families: Families = header == "ip" ? .v4 : header == "ip6" ? .v6 : .both
        let port = value.flatMap(Rewriting.ports).map { range in
            UInt128(range.lowerBound)...UInt128(range.upperBound)
        }
        switch name {
        case "saddr":
            let address = value.flatMap(Rewriting.addresses)
            return Alteration([.source], address, families, words: words)
        case "daddr":
            let address = value.flatMap(Rewriting.addresses)
            return Alteration([.destination], address, families, words: words)
        case "sport": return Alteration([.sourcePort], port, families, words: words)
        case "dport": return Alteration([.destinationPort], port, families, words: words)
        default: return Alteration(everything, nil, families, words: words)
        }
    }

    private static let everything: [Field] = [
        .source, .destination, .protocolNumber, .sourcePort, .destinationPort,
    ]
}
