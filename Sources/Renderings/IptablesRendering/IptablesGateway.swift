internal import Addresses
internal import GatewayProof
internal import Permits
internal import Platform

/// The text of a gateway's rules.
struct IptablesGateway {
    /// As many as NFLOG's prefix holds.
    private static let prefixMax = 62

    private let permits: Permits
    private let gateway: Gateway

    init(_ permits: Permits, _ gateway: Gateway) {
        self.permits = permits
        self.gateway = gateway
    }

    var text: String {
        var tree = PrefixTree()
        tree.build("new", permitted)
        let numbers = Set(permits.permits.map(\.reason))
        let used = permits.reasons.indices.filter(numbers.contains).map { permits.reasons[$0] }
        var lines = [
            "# Rendered by bulkhead from \(permits.file): IPv4 of the gateway between its zones.",
            "# line-N allows what line N of that file allows.",
        ]
        if let links = gateway.links { lines += arriving(links) }
        lines += ["*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT DROP [0:0]"]
        lines += used.map { ":line-\($0.id) - [0:0]" } + tree.names.map { ":\($0) - [0:0]" }
        lines += [
            "-A INPUT -i lo -j ACCEPT", "-A INPUT \(log("refused input", group: 2))",
            "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
            "-A FORWARD -p icmp -m conntrack --ctstate RELATED -j ACCEPT",
            "-A FORWARD -m conntrack --ctstate NEW -j new",
            "-A FORWARD \(log("refused", group: 2))",
            "-A OUTPUT -o lo -j ACCEPT", "-A OUTPUT \(log("refused output", group: 2))",
        ]
        for reason in used { lines += chain(reason) }
        return (lines + tree.lines + ["COMMIT"]).joined(separator: "\n") + "\n"
    }

    private func log(_ words: String, group: Int) -> String {
        let prefix = Inscription.plain(
            "bulkhead \(permits.platform.name) \(words)", limit: Self.prefixMax)
        return "-j NFLOG --nflog-prefix \"\(prefix) \" --nflog-group \(group)"
    }

    private func chain(_ reason: Permits.Reason) -> [String] {
        let comment = Inscription.plain("\(reason.ends): \(reason.flow.because)", limit: 250)
        return [
            "-A line-\(reason.id) \(log("\(reason.id) allowed", group: 1))",
            "-A line-\(reason.id) -m comment --comment \"\(comment)\" -j ACCEPT",
        ]
    }

    /// Nobody sends in another zone's name.
    private func arriving(_ links: [String]) -> [String] {
        var lines = ["*raw", ":PREROUTING DROP [0:0]", "-A PREROUTING -i lo -j ACCEPT"]
        for (zone, link) in zip(permits.zones, links) {
            lines.append("-A PREROUTING -i \(link) -s \(zone.network) -j ACCEPT")
        }
        for range in permits.outside {
            lines.append(
                "-A PREROUTING -i \(links[links.count - 1]) \(Self.source(range)) -j ACCEPT")
        }
        return lines + ["-A PREROUTING \(log("spoofed", group: 4))", "COMMIT"]
    }

    private var permitted: [PrefixTree.Item] {
        var items: [PrefixTree.Item] = []
        for permit in permits.permits {
            guard case .seat(let seat) = permit.from else { continue }
            let from = permits.seats[seat].address.value
            items.append(item(permit, from...from))
        }
        return items + permits.entrances.map { item($0.permit, $0.from) }
    }

    private func item(
        _ permit: Permits.Permit, _ from: ClosedRange<UInt32>
    ) -> PrefixTree.Item {
        let target = permits.seats[permit.to].address
        let name = permit.port.transport.name
        return PrefixTree.Item(
            target: target.value, source: from,
            rule: "\(Self.source(from)) -d \(target)/32 -p \(name) -m \(name) "
                + "--dport \(permit.port.number) -g line-\(permits.reasons[permit.reason].id)")
    }

    private static func source(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1
            ? "-s \(Address(range.lowerBound))/32"
            : "-m iprange --src-range \(Address(range.lowerBound))-\(Address(range.upperBound))"
    }
}
