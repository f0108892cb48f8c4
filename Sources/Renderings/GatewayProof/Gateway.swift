// GatewayProof: what a gateway's packet filter must decide, made from the flows of a deployment, and
// the comparison of rules that were read back with it: every packet, both families, every state.
// It reads no text. Bounds: sets as large as `PacketSet.limit` where rules differ.
package import Findings
package import Permits
internal import Platform

/// The machine that joins the zones.
package struct Gateway: Sendable {
    /// The name by which the outside's interface is given.
    package static let outside = "outside"

    /// The interface of each zone, and behind them that of the outside; nil where addresses alone
    /// say who somebody is.
    package let links: [String]?

    /// One whose rules know addresses alone.
    package init() { links = nil }

    /// From `ZONE=NAME` words; zones with a vlan that no word names have `vlanN`.
    package init(_ words: [String], for permits: Permits) throws(Failure) {
        guard !words.isEmpty else {
            links = nil
            return
        }
        let known = permits.zones.map(\.name) + [Self.outside]
        var names: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
                .map(String.init)
            guard parts.count == 2, known.contains(parts[0]), names[parts[0]] == nil,
                Self.isName(parts[1])
            else {
                throw Failure(
                    .usage, "interface", "--interface does not take `\(Excerpt.of(word))`",
                    remedy: "write ZONE=NAME once for each of \(known.joined(separator: ", "))")
            }
            names[parts[0]] = parts[1]
        }
        for zone in permits.zones {
            if let vlan = zone.vlan, names[zone.name] == nil { names[zone.name] = "vlan\(vlan)" }
        }
        var links: [String] = []
        for name in known {
            guard let link = names[name], !links.contains(link) else {
                throw Failure(
                    .usage, "interface", "\(name) has no interface of its own",
                    remedy: "add --interface \(name)=NAME")
            }
            links.append(link)
        }
        self.links = links
    }

    /// A name that the kernel takes and no format quotes: 1 to 15 of letters, digits, `.`, `_`, `-`.
    package static func isName(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return (1...15).contains(name.utf8.count) && isPlain && !["lo", ".", ".."].contains(name)
            && name.utf8.first != UInt8(ascii: "-")
    }

    /// All interfaces in the order of their numbers in rules that are read back.
    package var interfaces: [String] { ["lo"] + (links ?? []) }

    /// The number of the loopback, of a zone's interface, and of the outside's.
    static let loopback: UInt32 = 1
    func number(zone: Int) -> UInt32 { UInt32(zone + 2) }
    var outsideNumber: UInt32 { UInt32((links?.count ?? 0) + 1) }
}
