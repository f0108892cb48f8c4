extension Traffic {
    /// As the provider writes it; nil for what it never writes.
    ///
    /// A name or number of a protocol, `-1` for all; first and last port, or type and code of ICMP,
    /// where -1 and nothing mean any.
    package init?(protocolName name: String, from first: Int64?, to last: Int64?) {
        let number: UInt32
        switch name.lowercased() {
        case "-1", "all": number = 256
        case "tcp": number = 6
        case "udp": number = 17
        case "icmp": number = 1
        case "icmpv6": number = 58
        case let text:
            guard text.utf8.allSatisfy({ (48...57).contains($0) }), let value = UInt32(text),
                value <= 255
            else { return nil }
            number = value
        }
        // Ports beside `-1` narrow nothing, nor do they for protocols without any.
        guard number <= 255 else {
            self = .everything
            return
        }
        self.init(protocols: number...number)
        switch number {
        case 6, 17:
            if (first ?? -1) == -1, (last ?? -1) == -1 { return }
            guard let first, let last, first <= last, (0...65_535).contains(first), last <= 65_535
            else { return nil }
            ports = UInt32(first)...UInt32(last)
        case 1, 58:
            guard let type = Self.any(first), let code = Self.any(last) else { return nil }
            sourcePorts = type
            ports = type == Self.ports ? Self.ports : code
        default: return
        }
    }

    private static func any(_ value: Int64?) -> ClosedRange<UInt32>? {
        guard let value, value != -1 else { return ports }
        guard (0...255).contains(value) else { return nil }
        return UInt32(value)...UInt32(value)
    }

    /// `tcp/443`, `udp/1000-2000`, `icmp type 8`, `everything`.
    package var words: String {
        if protocols == 0...255 { return "everything" }
        let number = protocols.lowerBound
        switch number {
        case 6, 17:
            let name = number == 6 ? "tcp" : "udp"
            if ports == Self.ports { return "all \(name) ports" }
            let end = ports.count > 1 ? "-\(ports.upperBound)" : ""
            return "\(name)/\(ports.lowerBound)\(end)"
        case 1, 58:
            let name = number == 1 ? "icmp" : "icmpv6"
            if sourcePorts == Self.ports { return name }
            return "\(name) type \(sourcePorts.lowerBound)"
        default: return "protocol \(number)"
        }
    }
}
