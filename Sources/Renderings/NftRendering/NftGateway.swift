internal import Addresses
internal import GatewayProof
internal import Permits
internal import Platform

/// The text of a gateway's ruleset.
struct NftGateway {
    private let permits: Permits
    private let gateway: Gateway
    private let table: String

    init(_ permits: Permits, _ gateway: Gateway) {
        self.permits = permits
        self.gateway = gateway
        // A platform's name has no underscore, so no two platforms share a table.
        table = "inet bulkhead_" + permits.platform.name.replacing("-", with: "_")
    }

    var text: String {
        var lines = [
            "#!/usr/sbin/nft -f",
            "# Rendered by bulkhead from \(permits.file): the packet filter of the gateway between "
                + "its zones.",
            "# line_N allows what line N of that file allows. Loading it again replaces it whole.",
            "table \(table)", "delete table \(table)", "", "table \(table) {",
        ]
        for reason in used { lines += chain(reason) }
        lines += map("flows", "", inside)
        lines += map("entrances", "\t\tflags interval\n", entering)
        if let links = gateway.links { lines += origins(links) + arriving }
        lines += crossing + own("entering", "input", "iifname")
        lines += own("leaving", "output", "oifname")
        return lines.joined(separator: "\n") + "\n}\n"
    }

    /// Reasons that some permit has, in the order of the file.
    private var used: [Permits.Reason] {
        let numbers = Set(permits.permits.map(\.reason))
        return permits.reasons.indices.filter(numbers.contains).map { permits.reasons[$0] }
    }

    private func name(_ reason: Permits.Reason) -> String {
        "line_" + reason.id.replacing("-", with: "_")
    }

    private func mark(_ words: String) -> String {
        let prefix = Inscription.plain("bulkhead \(permits.platform.name) \(words)", limit: 126)
        return "\"\(prefix) \""
    }

    private func chain(_ reason: Permits.Reason) -> [String] {
        let owner = reason.flow.owner.map { "\($0): " } ?? ""
        let comment = Inscription.plain(owner + reason.flow.because, limit: 127)
        return [
            "\tchain \(name(reason)) {",
            "\t\tcounter log prefix \(mark("\(reason.id) allowed \(reason.ends)")) group 1 accept "
                + "comment \"\(comment)\"",
            "\t}",
        ]
    }

    private func map(_ name: String, _ flags: String, _ elements: [String]) -> [String] {
        let type = "\t\ttype ipv4_addr . ipv4_addr . inet_proto . inet_service : verdict\n"
        let body =
            elements.isEmpty
            ? ""
            : "\t\telements = {\n\t\t\t" + elements.joined(separator: ",\n\t\t\t") + "\n\t\t}\n"
        return ["\tmap \(name) {\n\(type)\(flags)\(body)\t}"]
    }

    private func element(_ source: String, _ permit: Permits.Permit) -> String {
        "\(source) . \(permits.seats[permit.to].address) . \(permit.port.transport.name) . "
            + "\(permit.port.number) : goto \(name(permits.reasons[permit.reason]))"
    }

    /// From compartment to compartment.
    private var inside: [String] {
        permits.permits.compactMap { permit in
            guard case .seat(let seat) = permit.from else { return nil }
            return element("\(permits.seats[seat].address)", permit)
        }
    }

    /// From outside: intervals, of which no two may touch.
    private var entering: [String] {
        permits.entrances.map { entrance in
            element(Self.range(entrance.from), entrance.permit)
        }
    }

    private static func range(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1
            ? "\(Address(range.lowerBound))"
            : "\(Address(range.lowerBound))-\(Address(range.upperBound))"
    }

    private func origins(_ links: [String]) -> [String] {
        var elements: [String] = []
        for (zone, link) in zip(permits.zones, links) {
            elements.append("\"\(link)\" . \(zone.network)")
        }
        for range in permits.outside {
            elements.append("\"\(links[links.count - 1])\" . \(Self.range(range))")
        }
        return [
            "\tset origins {", "\t\ttype ifname . ipv4_addr", "\t\tflags interval",
            "\t\telements = {\n\t\t\t" + elements.joined(separator: ",\n\t\t\t") + "\n\t\t}", "\t}",
        ]
    }

    /// Before connections are tracked: nobody becomes part of one in another's name.
    private var arriving: [String] {
        [
            "\tchain arriving {",
            "\t\ttype filter hook prerouting priority -300; policy drop;",
            "\t\tiifname \"lo\" accept",
            "\t\tiifname . ip saddr @origins accept",
            "\t\tcounter log prefix \(mark("spoofed")) group 4 drop",
            "\t}",
        ]
    }

    private var crossing: [String] {
        let refuse = "\t\tcounter log prefix \(mark("refused")) group 2 drop"
        let key = "ip saddr . ip daddr . meta l4proto . th dport"
        return [
            "\tchain crossing {",
            "\t\ttype filter hook forward priority 0; policy drop;",
            "\t\tmeta nfproto != ipv4 counter log prefix \(mark("refused ipv6")) group 2 drop",
            "\t\tct state established accept",
            "\t\tct state related meta l4proto icmp counter accept",
            "\t\tct state new \(key) vmap @flows",
            "\t\tct state new \(key) vmap @entrances",
            refuse,
            "\t}",
        ]
    }

    /// What the gateway itself may say and hear: nothing but what it says to itself.
    private func own(_ name: String, _ hook: String, _ link: String) -> [String] {
        [
            "\tchain \(name) {",
            "\t\ttype filter hook \(hook) priority 0; policy drop;",
            "\t\t\(link) \"lo\" accept",
            "\t\tcounter log prefix \(mark("refused \(hook)")) group 2 drop",
            "\t}",
        ]
    }
}
